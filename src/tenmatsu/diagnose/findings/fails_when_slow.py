"""The requests that fail are the slow ones; else: they fail at once, or however long they take."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from tenmatsu.diagnose.failure_shape import SURE_PROCESS, Shape, Times, cpus_of
from tenmatsu.diagnose.failure_shares import (
    CHANCE,
    LEAST_FAILURES,
    ended_requests,
    failures_of,
    quiet_strength,
    strength_of,
)
from tenmatsu.diagnose.request_join import JoinedRequest, join_requests
from tenmatsu.diagnose.web_requests import pattern_of
from tenmatsu.model.evidence import Evidence, Outcome, Transaction
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, listing, plain


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare the durations of failures with those of successes of the same pages."""
    requests = _of_failing_pages(ended_requests(evidence))
    failures = [one for one in failures_of(requests) if one.duration_seconds is not None]
    if len(failures) < LEAST_FAILURES:
        gone = not requests and evidence.gaps_of(*kind.sights)
        return kind.unknown(evidence, None if gone else FEW.fill(count=len(failures)))
    joined = [one for one in join_requests(evidence, requests) if one.transaction.outcome is Outcome.FAILED]
    times = Times(
        failures=_durations(failures),
        successes=_durations([one for one in requests if one.outcome is Outcome.OK]),
        cpus=cpus_of(joined),
    )
    if times.shape is not Shape.AT_ONCE and times.least_chance > CHANCE:
        return kind.unknown(evidence, ALONE.fill(failed=len(failures), count=len(times.successes)))
    return _say(kind, evidence, times, joined)


def _say(kind: FindingKind, evidence: Evidence, times: Times, joined: Sequence[JoinedRequest]) -> Finding:
    figures = _figures(times, joined)
    words = {
        "failed": f"{median(times.failures):.2g}",
        "well": f"{median(times.successes):.2g}" if times.successes else "-",
        "how": _how(times),
        "ended": _ended(joined),
    }
    if times.shape is Shape.AT_ONCE:
        return kind.absent(evidence, (AT_ONCE if times.successes else ALL_AT_ONCE).fill(**words), **figures)
    if times.chance > CHANCE:
        return kind.absent(evidence, QUIET.fill(**words), strength=quiet_strength(times.chance), **figures)
    failed = [one.transaction for one in joined]
    return kind.present(
        evidence,
        SEEN.fill(**words),
        strength=strength_of(times.chance),
        since=failed[0].time,
        last=failed[-1].time,
        **figures,
    )


def _of_failing_pages(requests: Sequence[Transaction]) -> list[Transaction]:
    """Return the requests for pages of which some fail: other pages have other durations."""
    failing = {pattern_of(one.path) for one in failures_of(requests)}
    return [one for one in requests if pattern_of(one.path) in failing]


def _durations(requests: Sequence[Transaction]) -> tuple[float, ...]:
    return tuple(one.duration_seconds for one in requests if one.duration_seconds is not None)


def _figures(times: Times, joined: Sequence[JoinedRequest]) -> Figures:
    known: Figures = {
        "shape": times.shape.value,
        "failures": len(times.failures),
        "successes": len(times.successes),
        "median_failure_seconds": round(median(times.failures), 3),
        "chance": round(times.chance, 6),
        "processes": len(times.cpus),
        "lines": sum(bool(one.lines) for one in joined),
        "ends": ", ".join(f"{end}: {count}" for end, count in _count_ends(joined).items()),
    }
    if times.successes:
        known["median_success_seconds"] = round(median(times.successes), 3)
    if times.cpus:
        known["median_cpu_seconds"] = round(median(times.cpus), 3)
    return known


def _count_ends(joined: Sequence[JoinedRequest]) -> Counter[str]:
    """Count how the processes of failures ended: `signal 9`, `exit code 2`."""
    sure = [one.process for one in joined if one.process and one.probability >= SURE_PROCESS]
    ends: Counter[str] = Counter()
    for one in sure:
        if one.signal is not None:
            ends[f"signal {one.signal}"] += 1
        elif one.exit_code is not None:
            ends[f"exit code {one.exit_code}"] += 1
    return ends


def _ended(joined: Sequence[JoinedRequest]) -> Words:
    parts = tuple(plain(f"{end} × {count}") for end, count in _count_ends(joined).most_common(2))
    return ENDED.fill(ends=listing(parts)) if parts else NOTHING


def _how(times: Times) -> Words:
    if times.shape is Shape.FIXED_CPU:
        return FIXED_CPU.fill(cpu=f"{median(times.cpus):.2g}")
    return FIXED_TIME if times.shape is Shape.FIXED_TIME else NOTHING


FIXED_CPU = Words(", always after {cpu} s of CPU", "。CPU 時間は毎回約 {cpu} 秒")
FIXED_TIME = Words(", always at about that time", "。毎回ほぼ同じ時間")
NOTHING = Words("", "")
ENDED = Words("; their processes ended by {ends}", "。プロセスの終わり方: {ends}")
SEEN = Words(
    "the slow requests fail (half of the failures after {failed} s, of the others {well} s){how}{ended}",
    "失敗するのは遅いリクエスト (失敗の中央値 {failed} 秒、成功は {well} 秒){how}{ended}",
)
AT_ONCE = Words(
    "requests fail at once (after {failed} s; the others take {well} s){ended}",
    "失敗は即座 ({failed} 秒後、成功は {well} 秒){ended}",
)
ALL_AT_ONCE = Words(
    "requests fail at once (after {failed} s), all of them{ended}",
    "失敗は即座 ({failed} 秒後) で、すべて失敗{ended}",
)
QUIET = Words(
    "failures are not clearly slower than successes ({failed} s against {well} s){ended}",
    "失敗が特に遅いわけではない (失敗 {failed} 秒、成功 {well} 秒){ended}",
)
FEW = Words("failures with a duration: {count}, too few", "所要時間のわかる失敗が {count} 件だけ")
ALONE = Words(
    "too few to compare (failures: {failed}, successes of the same pages: {count})",
    "比較には少なすぎます (失敗 {failed} 件、同じページの成功 {count} 件)",
)

KIND = FindingKind(
    id="fails-when-slow",
    layer=Layer.APPLICATION,
    title=Words("The slow requests fail", "遅いリクエストの失敗"),
    sights=("requests", "web_logs", "cgi", "programs"),
    source="Wilcoxon's rank sum test (Wilcoxon 1945), exact; shapes: measured on Apache 2.4 with a Perl CGI",
    judge=judge,
    see=("grep -i logformat -r /etc/apache2 /etc/httpd",),
)
