"""Nobody keeps the clock right, or it is known to be wrong."""

from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, plain

# One-time passwords live 30 s (RFC 6238, 5.2), Kerberos tickets bear 300 s (RFC 4120): from the first on
# log-ins fail.
HARM_SECONDS = 30.0
# A clock that is kept is right to a tenth of a second; a whole one shows that it is not.
NOTICED_SECONDS = 1.0
# Drift alone takes days to matter, and a host may set the clock of its guests unseen.
UNKEPT_STRENGTH = 0.3


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Take the kernel's and the time daemon's word for it."""
    clock = evidence.latest("machine.clock")
    if clock is None or ("synchronised" not in clock.attributes and clock.number("offset_seconds") is None):
        return kind.unknown(evidence)
    offset = clock.number("offset_seconds")
    if offset is not None and offset >= NOTICED_SECONDS:
        return kind.present(
            evidence,
            OFF.fill(seconds=f"{offset:.1f}", daemon=plain(clock.text("daemon"))),
            strength=offset / HARM_SECONDS,
            harm=offset >= HARM_SECONDS,
            offset_seconds=round(offset, 3),
        )
    if clock.attributes.get("synchronised"):
        return kind.absent(evidence, _say_kept(clock))
    words = BY_HOST if _is_hosted(evidence) else UNKEPT
    return kind.present(evidence, words, strength=UNKEPT_STRENGTH, harm=False)


def _say_kept(clock: Event) -> Words:
    offset = clock.number("offset_seconds")
    error = offset if offset is not None else clock.number("estimated_error_seconds")
    return KEPT if error is None else KEPT_WITHIN.fill(milliseconds=f"{error * 1000:.0f}")


def _is_hosted(evidence: Evidence) -> bool:
    machine = evidence.latest("machine.identity")
    return machine is not None and (
        machine.text("virtualisation") != "none" or machine.text("container") != "none"
    )


OFF = Words(
    "the clock is off by {seconds} s, says {daemon}", "時計が {seconds} 秒ずれている ({daemon} による)"
)
UNKEPT = Words(
    "nothing on this machine keeps the clock right (no NTP); how far it is off is not known",
    "時刻同期 (NTP) が働いていない。ずれの大きさは不明",
)
BY_HOST = Words(
    "nothing in this guest keeps the clock right; its host may, and how far it is off is not known",
    "このゲスト内では時刻同期が働いていない (ホストが合わせている可能性あり)。ずれの大きさは不明",
)
KEPT = Words("the clock is kept in step with others (NTP)", "時計は同期されている (NTP)")
KEPT_WITHIN = Words(
    "the clock is kept in step with others, right within {milliseconds} ms by its own account",
    "時計は同期されている (自己申告で誤差 {milliseconds} ms 以内)",
)

KIND = FindingKind(
    id="clock-unsynchronised",
    layer=Layer.GUEST_KERNEL,
    title=Words("The clock is not kept", "時刻同期なし"),
    sights=("clock", "machine"),
    source="adjtimex(2) STA_UNSYNC; chronyc(1); RFC 6238, RFC 4120",
    judge=judge,
    harm=True,
    see=("timedatectl", "chronyc tracking"),
)
