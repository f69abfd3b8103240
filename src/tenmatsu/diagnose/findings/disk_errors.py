"""The kernel reports errors of disks, of their file systems, or of volumes that ran out of room."""

from tenmatsu.diagnose.kernel_reading import (
    count_messages,
    find_messages,
    list_attribute,
    say_quiet,
)
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, plain

# One reset of a link may be a bad cable's only sign; from a handful on nobody doubts.
SURE_MESSAGES = 5


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look for errors; an empty floppy or CD drive, which reports the same, is told apart."""
    messages = find_messages(evidence, "disk-error", "file-system-error", "volume-full")
    if not messages.recent:
        finding = say_quiet(kind, evidence, messages.older)
        return _mention_empty_drive(kind, evidence, finding)
    count = count_messages(messages.recent)
    return kind.present(
        evidence,
        SEEN.fill(
            count=count,
            devices=list_attribute(messages.recent, "device"),
            text=plain(messages.recent[-1].body[:100]),
        ),
        strength=0.5 + 0.5 * count / SURE_MESSAGES,
        since=messages.first,
        last=messages.last,
        messages=count,
    )


def _mention_empty_drive(kind: FindingKind, evidence: Evidence, quiet: Finding) -> Finding:
    """Return the same with a word on errors that prove nothing, where there are such."""
    empty = [
        event
        for event in evidence.find_events("kernel.message", since=evidence.since)
        if event.text("class") == "removable-medium"
    ]
    if not empty or not quiet.strength:
        return quiet
    words = quiet.sentence + EMPTY_DRIVE.fill(devices=list_attribute(empty, "device"))
    return kind.absent(evidence, words, strength=quiet.strength, **quiet.values)


SEEN = Words(
    "{count:error|errors} of disks or file systems ({devices}), the last: {text}",
    "ディスクまたはファイルシステムのエラー {count} 件 ({devices})。最後: {text}",
)
EMPTY_DRIVE = Words(
    "; errors of {devices} only mean that the drive is empty",
    " ({devices} のエラーは媒体が無いだけで無関係)",
)

KIND = FindingKind(
    id="disk-errors",
    layer=Layer.GUEST_KERNEL,
    title=Words("Errors of disks or file systems", "ディスク・ファイルシステムのエラー"),
    sights=("kernel_log",),
    source="Linux block/blk-core.c, drivers/ata, drivers/nvme, fs/ext4, fs/xfs, fs/btrfs",
    judge=judge,
    harm=True,
    see=("dmesg -T --level=emerg,alert,crit,err", "smartctl -a /dev/sda"),
)
