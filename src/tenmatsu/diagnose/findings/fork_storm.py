"""Far more processes are begun than the requests can explain."""

from tenmatsu.diagnose.programs_seen import find_programs
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# A small server begins 1 to 10 processes a second when idle (cron, monitoring, log-ins). 40 a second
# that no request explains is beyond that; 200 a second costs about a tenth of a core in exec alone.
STORM_PER_SECOND = 40.0
SURE_PER_SECOND = 150.0
# A CGI request costs one process, a shell script behind it some more.
FORKS_PER_REQUEST = 8.0


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare the kernel's fork counter with what the requests of the window explain."""
    forks = evidence.one_series("system.process.created")
    if forks is None or forks.rate is None:
        return kind.unknown(evidence)
    requests = count_requests(evidence) / max(evidence.window.seconds, 1.0)
    unexplained = forks.rate - requests * FORKS_PER_REQUEST
    figures: Figures = {"forks_per_second": round(forks.rate, 2), "requests_per_second": round(requests, 2)}
    if unexplained < STORM_PER_SECOND:
        sentence = QUIET.fill(forks=f"{forks.rate:.1f}", requests=f"{requests:.1f}")
        return kind.absent(evidence, sentence, **figures)
    return kind.present(
        evidence,
        SEEN.fill(forks=f"{forks.rate:,.0f}", requests=f"{requests:.1f}", who=_named(evidence)),
        strength=unexplained / SURE_PER_SECOND,
        unexplained_per_second=round(unexplained, 2),
        **figures,
    )


def count_requests(evidence: Evidence) -> float:
    """Return the requests of the window, our own among them, also those that were only counted."""
    single = sum(evidence.window.holds(one.time) for one in evidence.transactions)
    summed = sum(
        value
        for series in evidence.find_series("web.request.count")
        for time, value in series.points
        if evidence.window.holds(time)
    )
    return single + summed


def _named(evidence: Evidence) -> Words:
    """Return what the short-lived ones are called: the probe knows; else those that were met by chance."""
    if captured := _captured(evidence):
        return captured
    brief = [event for event in evidence.find_events("process.program") if (event.number("brief") or 0) >= 2]
    if not brief:
        return Words("", "")
    most = max(brief, key=lambda event: event.number("brief") or 0)
    return NAMED.fill(name=most.text("process.command"), parents=most.text("parents"))


def _captured(evidence: Evidence) -> Words | None:
    seen = find_programs(evidence)
    named = [one for one in seen.programs if one.name and not one.unnamed] if seen else []
    programs = [one for one in named if not one.is_requests]
    most = max(programs, key=lambda one: one.started, default=None)
    if seen is None or most is None or most.started < STORM_PER_SECOND * seen.seconds / 2:
        return None
    parents = ", ".join(most.parents[:2]) or "?"
    return CAPTURED.fill(name=most.name, started=f"{most.started:,}", parents=parents)


SEEN = Words(
    "{forks:process begins|processes begin} each second, {requests:request comes|requests come} in{who}",
    "毎秒 {forks} 個のプロセスが発生、リクエストは毎秒 {requests} 件{who}",
)
CAPTURED = Words(
    "; most of them {name} ({started:time|times}, started by {parents})",
    "。主に {name} ({started} 回、起動元 {parents})",
)
NAMED = Words(
    "; met most often: {name}, started by {parents}", "。最も多く見えた名前: {name} (親: {parents})"
)
QUIET = Words(
    "{forks:process begins|processes begin} each second, {requests:request|requests}: nothing unusual",
    "プロセス発生は毎秒 {forks} 個、リクエストは毎秒 {requests} 件で、異常なし",
)

KIND = FindingKind(
    id="fork-storm",
    layer=Layer.GUEST_USERLAND,
    title=Words("More processes begin than requests explain", "リクエストに見合わない大量のプロセス発生"),
    sights=("cpu", "processes"),
    source="/proc/stat 'processes' (proc(5)); thresholds: see the comments in fork_storm.py",
    judge=judge,
    see=("vmstat -s | grep forks; sleep 10; vmstat -s | grep forks",),
)
