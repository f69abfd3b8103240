"""The hardware reports errors, or is too hot. A guest cannot see that of the machine below it."""

from tenmatsu.diagnose.kernel_reading import (
    count_messages,
    find_messages,
    find_reading,
    say_quiet,
)
from tenmatsu.model.evidence import Evidence, Series
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, listing, plain

_CLASSES = ("machine-check", "memory-error", "pcie-error", "thermal")
# Corrected errors do no harm yet: vendors exchange a module at thousands a day.
CORRECTED_STRENGTH = 0.4


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Take the kernel's reports, the counters of memory errors, and temperatures at their limit."""
    messages = find_messages(evidence, *_CLASSES)
    uncorrected = _increase(evidence, "uncorrected")
    corrected = _increase(evidence, "corrected")
    hot = _find_hot(evidence)
    throttled = sum(one.increase for one in evidence.find_series("linux.cpu.thermal_throttle"))
    if not (messages.recent or uncorrected or corrected or hot or throttled):
        return _say_nothing(kind, evidence)
    bad = bool(uncorrected or hot) or any(_is_bad(event.body) for event in messages.recent)
    text = plain(messages.recent[-1].body[:100]) if messages.recent else Words("", "")
    return kind.present(
        evidence,
        SEEN.fill(
            reports=count_messages(messages.recent),
            uncorrected=int(uncorrected),
            corrected=int(corrected),
            hot=listing(tuple(plain(name) for name in hot)) if hot else NONE,
            text=text,
        ),
        strength=1.0 if bad or throttled else CORRECTED_STRENGTH,
        harm=bad,
        since=messages.first,
        last=messages.last,
        reports=count_messages(messages.recent),
        uncorrected=int(uncorrected),
        corrected=int(corrected),
        throttled=int(throttled),
    )


def _increase(evidence: Evidence, kind: str) -> float:
    return sum(one.increase for one in evidence.find_series("hw.errors", error__type=kind))


def _find_hot(evidence: Evidence) -> list[str]:
    """Return the sensors that reached their critical temperature."""
    limits = {str(s.attributes["hw.id"]): s.last for s in evidence.find_series("hw.temperature.limit")}
    return [
        _name(s) for s in evidence.find_series("hw.temperature") if s.highest >= limits.get(_name(s), 1e9)
    ]


def _name(series: Series) -> str:
    return str(series.attributes["hw.id"])


def _is_bad(text: str) -> bool:
    """Tell whether a report is of more than a corrected error."""
    lower = text.lower()
    return not ("correct" in lower and "uncorrect" not in lower) and " ce " not in lower


def _say_nothing(kind: FindingKind, evidence: Evidence) -> Finding:
    machine = evidence.latest("machine.identity")
    if machine is None:
        return kind.unknown(evidence)
    if machine.text("virtualisation") != "none":
        return kind.unknown(evidence, GUEST.fill(hypervisor=machine.text("virtualisation")))
    if find_reading(evidence) is None:
        return kind.unknown(evidence)
    older = find_messages(evidence, *_CLASSES).older
    return say_quiet(kind, evidence, older)


SEEN = Words(
    "{reports:report|reports} of hardware errors; memory errors in the window: {uncorrected} uncorrected, "
    "{corrected} corrected; too hot: {hot}. {text}",
    "ハードウェアエラーの報告 {reports} 件。観察中のメモリーエラー: 訂正不能 {uncorrected}、"
    "訂正済み {corrected}。過熱: {hot}。{text}",
)
NONE = Words("nothing", "なし")
GUEST = Words(
    "a guest ({hypervisor}) does not see the hardware below it: ask the host",
    "ゲスト ({hypervisor}) からは下のハードウェアが見えません。ホスト側で確認が必要です",
)

KIND = FindingKind(
    id="hardware-errors",
    layer=Layer.HARDWARE,
    title=Words("Hardware errors", "ハードウェアのエラー"),
    sights=("machine", "kernel_log"),
    source="Linux Documentation/admin-guide/RAS, arch/x86/kernel/cpu/mce, hwmon sysfs interface",
    judge=judge,
    harm=True,
    see=("dmesg -T | grep -iE 'hardware error|EDAC|temperature'", "sensors"),
)
