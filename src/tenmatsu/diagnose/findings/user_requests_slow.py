"""The users' requests take longer than people wait."""

from statistics import median

from tenmatsu.diagnose.web_requests import access_logs_read, find_requests, runs_no_server
from tenmatsu.model.evidence import Evidence, Transaction
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Ten seconds is the limit of a person's attention (Miller 1968; Nielsen 1993); half of that is
# slow.
SLOW_SECONDS = 4.0
# One in ten: their users know it; one in two: everybody does.
SLOW_SHARE = 0.1
FULL_SHARE = 0.5
LEAST_REQUESTS = 5
# A large download takes as long as the client's line takes.
LARGEST_BYTES = 1 << 20


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Return the share of slow requests in the window, where the log gives durations."""
    if runs_no_server(evidence):
        return kind.absent(evidence, NO_SERVER, strength=0.0)
    if not access_logs_read(evidence):
        return kind.unknown(evidence)
    timed = _timed(evidence)
    if len(timed) < LEAST_REQUESTS:
        return kind.unknown(evidence, NO_TIMES if not timed else FEW.fill(count=len(timed)))
    times = [one.duration_seconds or 0.0 for one in timed]
    slow = [one.time for one, seconds in zip(timed, times, strict=True) if seconds >= SLOW_SECONDS]
    share = len(slow) / len(times)
    figures: Figures = {"median_seconds": round(median(times), 3), "slow": len(slow), "total": len(times)}
    if share < SLOW_SHARE:
        return kind.absent(evidence, QUIET.fill(**_words(times, len(slow))), **figures)
    return kind.present(
        evidence,
        SEEN.fill(**_words(times, len(slow))),
        strength=share / FULL_SHARE,
        harm=share >= FULL_SHARE,
        since=slow[0],
        **figures,
    )


def _timed(evidence: Evidence) -> list[Transaction]:
    """Return the window's requests of which the log gives the duration, downloads left out."""
    return [
        one
        for one in find_requests(evidence, evidence.window.start).whole
        if one.duration_seconds is not None and (one.size_bytes or 0) < LARGEST_BYTES
    ]


def _words(times: list[float], slow: int) -> dict[str, object]:
    return {
        "slow": slow,
        "total": f"{len(times):,}",
        "limit": f"{SLOW_SECONDS:g}",
        "median": f"{median(times):.2f}",
        "longest": f"{max(times):.1f}",
    }


SEEN = Words(
    "{slow} of the users' {total:request|requests} took over {limit} s"
    " (half: {median} s; longest: {longest} s)",
    "利用者のリクエスト {total} 件中 {slow} 件が {limit} 秒超 (中央値 {median} 秒、最長 {longest} 秒)",
)
QUIET = Words(
    "the users' requests take {median} s ({slow} of {total} over {limit} s; longest {longest} s)",
    "利用者のリクエストは中央値 {median} 秒 ({total} 件中 {slow} 件が {limit} 秒超、最長 {longest} 秒)",
)
NO_TIMES = Words(
    "the access log holds no durations, or no requests (add %D to its LogFormat)",
    "アクセスログに所要時間またはリクエストがありません (LogFormat に %D を追加)",
)
FEW = Words("only {count:request|requests} with a duration", "所要時間つきのリクエストが {count} 件だけ")
NO_SERVER = Words("no web server runs here", "ここではウェブサーバーが動いていません")

KIND = FindingKind(
    id="user-requests-slow",
    layer=Layer.APPLICATION,
    title=Words("Users' requests are slow", "利用者のリクエストが遅い"),
    sights=("web_logs",),
    source="Nielsen 1993, response time limits; Apache %D, nginx $request_time",
    judge=judge,
    harm=True,
    see=("grep -i logformat -r /etc/apache2 /etc/httpd",),
)
