"""The kernel warns of something that no other finding is about, or that it never said before."""

from tenmatsu.diagnose.kernel_reading import count_messages, find_reading
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, plain

# Severities up to 4 are warnings and worse (RFC 5424).
WARNING = 4
# Every machine warns of much while it starts.
BOOT_SECONDS = 120.0
# Known to mean something, but the subject of no finding of its own.
_NOTABLE = frozenset(
    {
        "kernel-warning",
        "page-allocation",
        "policy-denied",
        "file-limit",
        "hypervisor",
        "file-server",
        "clock-unstable",
    }
)


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look for warnings since the time in question whose like was not read from before it."""
    reading = find_reading(evidence)
    if reading is None:
        return kind.unknown(evidence)
    odd = [event for event in evidence.find_events("kernel.message", since=evidence.since) if _is_odd(event)]
    if not odd:
        words = QUIET.fill(lines=f"{reading.lines:,}")
        return kind.absent(evidence, words, strength=reading.covered, lines=reading.lines)
    count = count_messages(odd)
    kinds = len({event.text("template") for event in odd})
    worst = min(odd, key=lambda event: event.number("severity") or WARNING)
    return kind.present(
        evidence,
        SEEN.fill(count=count, kinds=kinds, text=plain(worst.body[:120])),
        strength=0.3 + 0.1 * kinds,
        harm=False,
        since=odd[0].time,
        last=odd[-1].time,
        messages=count,
        templates=kinds,
        lines=reading.lines,
    )


def _is_odd(event: Event) -> bool:
    if (event.number("since_boot_seconds") or BOOT_SECONDS) < BOOT_SECONDS:
        return False
    if event.text("class") in _NOTABLE:
        return True
    severity = event.number("severity")
    new = not event.number("seen_before")
    return event.text("class") == "other" and severity is not None and severity <= WARNING and new


SEEN = Words(
    "{count:unusual message|unusual messages} of {kinds:kind|kinds}, the gravest: {text}",
    "普段と違うメッセージ {count} 件 ({kinds} 種類)。最も重いもの: {text}",
)
QUIET = Words(
    "none in {lines} kernel messages is new or unusual",
    "カーネルメッセージ {lines} 件に新しいもの・異常なものなし",
)

KIND = FindingKind(
    id="kernel-other-unusual",
    layer=Layer.GUEST_KERNEL,
    title=Words("Unusual kernel messages", "普段と違うカーネルメッセージ"),
    sights=("kernel_log",),
    source="severities of RFC 5424; compared by template with what was read from earlier",
    judge=judge,
    see=("dmesg -T --level=emerg,alert,crit,err,warn",),
)
