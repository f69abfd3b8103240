"""A file system has become read-only that should not be."""

from tenmatsu.diagnose.kernel_reading import find_messages, find_reading
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, listing, plain


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Take what is read-only now, less what is so by configuration, and what the kernel says of it."""
    mounts = _find_latest(evidence)
    remounts = find_messages(evidence, "read-only-remount")
    if not mounts and not remounts.recent:
        return kind.unknown(evidence)
    now = [mount for mount in mounts if _is_odd(mount)]
    became = [mount for mount in now if _became(evidence, mount)]
    blamed = became or [mount for mount in now if _names(remounts.recent, mount)]
    if blamed or remounts.recent:
        devices = [mount.text("mountpoint") for mount in blamed]
        devices = devices or [event.text("device") for event in remounts.recent]
        named = listing(tuple(plain(name) for name in dict.fromkeys(devices)))
        return kind.present(
            evidence,
            (SEEN if blamed else WAS).fill(named=named),
            since=remounts.first,
            last=remounts.last,
            mountpoints=len(blamed),
        )
    if now and find_reading(evidence) is None:
        # somebody may have mounted it so; only the log, which cannot be read, could tell
        named = listing(tuple(plain(mount.text("mountpoint")) for mount in now[:3]))
        return kind.present(evidence, UNTOLD.fill(named=named), strength=0.3, harm=False)
    return kind.absent(evidence, QUIET.fill(count=len(mounts), meant=len(now)), mounts=len(mounts))


def _find_latest(evidence: Evidence) -> list[Event]:
    events = evidence.find_events("system.filesystem")
    return list({event.text("mountpoint"): event for event in events}.values())


def _is_odd(mount: Event) -> bool:
    return bool(mount.attributes.get("read_only")) and not mount.attributes.get("read_only_by_config")


def _became(evidence: Evidence, mount: Event) -> bool:
    """Tell whether it was writable earlier in the window."""
    return any(
        event.text("mountpoint") == mount.text("mountpoint") and event.attributes.get("read_only") is False
        for event in evidence.find_events("system.filesystem")
    )


def _names(remounts: tuple[Event, ...], mount: Event) -> bool:
    device = mount.text("device").rpartition("/")[2]
    return any(event.text("device") == device for event in remounts)


SEEN = Words("read-only since an error: {named}", "エラー後に読み取り専用: {named}")
WAS = Words(
    "the kernel made {named} read-only because of an error",
    "エラーのためカーネルが {named} を読み取り専用に変更",
)
UNTOLD = Words(
    "{named} is read-only; whether on purpose only the kernel's log could tell",
    "{named} が読み取り専用 (意図的かどうかはカーネルログが読めず不明)",
)
QUIET = Words(
    "none of {count} file systems became read-only by an error ({meant} are so on purpose)",
    "エラーで読み取り専用になったファイルシステムなし ({count} 個中、意図的なもの {meant} 個)",
)

KIND = FindingKind(
    id="file-system-read-only",
    layer=Layer.GUEST_KERNEL,
    title=Words("A file system became read-only", "ファイルシステムの読み取り専用化"),
    sights=("file_systems", "kernel_log"),
    source="Linux fs/ext4/super.c (errors=remount-ro), fs/xfs, fs/btrfs; /proc/self/mountinfo",
    judge=judge,
    harm=True,
    see=("findmnt -O ro", "dmesg -T | grep -iE 'read-?only|shut.?down'"),
)
