"""A program ends the same bad way again and again."""

from collections.abc import Iterator

from tenmatsu.diagnose.programs_seen import Program, find_programs
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.program import ProgramKind
from tenmatsu.model.words import Words

# Once is an accident, twice may be one cause and its repetition; three times in one window is a loop.
LEAST_ENDS = 3
# Of all its ends in the window: a program that mostly ends well and sometimes not is no loop.
LEAST_SHARE = 0.8
# With so many there is no doubt left.
SURE_ENDS = 6
# Ended by these, a program did something that it must not: signal(7), action "Core", numbers of x86, ARM.
CRASHES = {
    4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 11: "SIGSEGV", 31: "SIGSYS",
}  # fmt: skip
# Tools say "no" by an exit code all day long (grep, test). It means failure where somebody keeps a service
# running, or where the program is known to stay.
STAYING = (ProgramKind.DAEMON.value, ProgramKind.POLLER.value, ProgramKind.WORKER.value)
KEEPERS = (
    "systemd", "init", "upstart", "runsv", "supervisord", "s6-supervise", "monit", "supervise", "conmon",
    "runit", "inetd", "xinetd",
)  # fmt: skip
# What follows is a version. Whole names otherwise: systemd-udevd's tools say "no" by their exit codes, too.
KEEPERS_BY_BEGINNING = ("containerd-shim", "PM2 v")


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look for the program with the most ends of one bad way."""
    seen = find_programs(evidence)
    if seen is None:
        return kind.unknown(evidence)
    loops = [(one, *bad) for one in seen.programs for bad in _find_bad(one)]
    if not loops and not seen.sees_ends:
        return kind.unknown(evidence, NO_ENDS)
    if not loops and seen.unjudged >= LEAST_ENDS:
        return kind.unknown(evidence, NO_STATUS.fill(count=seen.unjudged, rung=seen.rung))
    if not loops:
        return kind.absent(evidence, QUIET.fill(count=sum(one.ended for one in seen.programs)))
    program, way, count = max(loops, key=lambda loop: loop[2])
    return kind.present(
        evidence,
        SEEN.fill(name=program.name, count=count, seconds=f"{seen.seconds:.0f}", way=way),
        strength=count / SURE_ENDS,
        see=(f"tenmatsu top --once --for 30s --sort ended --filter {program.comm}",)
        if program.comm.isalnum()
        else kind.see,
        program=program.name,
        ends=count,
        per_minute=round(count / seen.seconds * 60, 1),
    )


def _find_bad(program: Program) -> Iterator[tuple[Words, int]]:
    """Yield how it ends badly, and how often, where that makes a loop."""
    if program.unnamed or not program.name or program.is_requests:
        return
    for number, count in program.signals.items():
        if number in CRASHES and _is_loop(count, program):
            yield BY_SIGNAL.fill(signal=CRASHES[number]), count
    for code, count in program.exit_codes.items():
        if code and _is_loop(count, program) and _should_stay(program):
            yield BY_CODE.fill(code=code), count


def _is_loop(count: int, program: Program) -> bool:
    # The first of them may have been there already; what is not started again does not loop.
    again = program.started >= LEAST_ENDS - 1
    return again and count >= LEAST_ENDS and count >= LEAST_SHARE * program.ended


def _should_stay(program: Program) -> bool:
    return program.kind in STAYING or any(map(_is_keeper, program.parents))


def _is_keeper(name: str) -> bool:
    return name in KEEPERS or name.startswith(KEEPERS_BY_BEGINNING)


SEEN = Words(
    "{name} ended {count:time|times} in {seconds} s {way}, and was started again each time",
    "{name} が {seconds} 秒間に {count} 回{way}し、そのつど再起動された",
)
BY_SIGNAL = Words("by {signal}", " {signal} で異常終了")
BY_CODE = Words("with exit code {code}", "終了コード {code} で終了")
QUIET = Words(
    "{count:process|processes} ended, none in a loop of crashes",
    "終了した {count} プロセスに異常終了の繰り返しはない",
)
NO_ENDS = Words(
    "only /proc could be looked at: it does not show how a process ended",
    "/proc を見ることしかできず、プロセスの終わり方は見えない",
)
NO_STATUS = Words(
    "{count:process|processes} ended of which the name or the exit status was not seen ({rung})",
    "名前か終了コードの見えない終了が {count} 件ある ({rung})",
)

KIND = FindingKind(
    id="crash-loop",
    layer=Layer.GUEST_USERLAND,
    title=Words("A program crashes again and again", "異常終了を繰り返すプログラム"),
    sights=("programs",),
    source="exit status of every process that ended (wait(2)); thresholds: see the comments in crash_loop.py",
    judge=judge,
    harm=True,
    see=("tenmatsu top --once --for 30s --sort ended",),
)
