"""Scripts die when the CPU time that they used reaches the limit set for them."""

from tenmatsu.diagnose.cgi_ends import CgiEnd, CgiEnds, find_cgi_ends
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, plain

# A process is seen last up to a look (0.1 s; 0.25 s on a crowded machine) before its death, and the
# kernel checks the limit at ticks: setrlimit(2), Linux kernel/time/posix-cpu-timers.c.
SEEN_BEFORE_SECONDS = 0.25
SEEN_BEFORE_RATIO = 0.05
OVER_SECONDS = 0.3
SURE_DEATHS = 3


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare the CPU of the scripts that died with their limits."""
    ends = find_cgi_ends(evidence)
    if not ends.seen:
        return _say_unseen(kind, evidence)
    limited = [one for one in ends.seen if one.limit_cpu_seconds is not None]
    if not limited:
        return kind.absent(evidence, UNLIMITED.fill(count=len(ends.seen)), scripts=len(ends.seen))
    over = any(one.cpu_seconds > (one.limit_cpu_seconds or 0) + OVER_SECONDS for one in limited)
    dead = [one for one in _dead(ends) if _is_at_limit(one)]
    if dead and not over:
        return _say_dead(kind, evidence, ends, dead)
    words = QUIET.fill(
        most=f"{max(one.cpu_seconds for one in limited):.1f}",
        limit=f"{min(one.limit_cpu_seconds or 0 for one in limited):g}",
        count=len(ends.died),
    )
    return kind.absent(evidence, words, strength=_trust(ends))


def _say_dead(kind: FindingKind, evidence: Evidence, ends: CgiEnds, dead: list[CgiEnd]) -> Finding:
    others = len(ends.died) - len(dead) if ends.told else 0
    script = dead[0].event.text("script")
    words = SEEN.fill(
        count=len(dead),
        limit=f"{dead[0].limit_cpu_seconds:g}",
        least=f"{min(one.cpu_seconds for one in dead):.1f}",
        most=f"{max(one.cpu_seconds for one in dead):.1f}",
        script=plain(script),
    )
    number = min(1.0, len(dead) / SURE_DEATHS + 0.3)
    return kind.present(
        evidence,
        words,
        strength=number * len(dead) / (len(dead) + others) * _trust(ends),
        since=dead[0].event.time,
        last=dead[-1].event.time,
        deaths=len(dead),
        deaths_otherwise=others,
        limit_cpu_seconds=dead[0].limit_cpu_seconds or 0,
        script=script,
    )


def _dead(ends: CgiEnds) -> tuple[CgiEnd, ...]:
    """Return the scripts that died; where no log tells which did, all that ended may have."""
    return ends.died if ends.told else ends.ended


def _trust(ends: CgiEnds) -> float:
    return 1.0 if ends.told else 0.5


def _is_at_limit(one: CgiEnd) -> bool:
    limit = one.limit_cpu_seconds
    if limit is None:
        return False
    return one.cpu_seconds >= limit - max(SEEN_BEFORE_SECONDS, SEEN_BEFORE_RATIO * limit)


def _say_unseen(kind: FindingKind, evidence: Evidence) -> Finding:
    """Return what it means that no script was seen: nothing, unless there is no limit anyway."""
    servers = evidence.find_events("web.server")
    if servers and all(
        "timeout_seconds" in one.attributes and one.number("rlimit_cpu_seconds") is None for one in servers
    ):
        return kind.absent(evidence, NOT_SET, strength=0.7)
    return kind.unknown(evidence, NONE_SEEN if evidence.looked("cgi") else None)


SEEN = Words(
    "{count:script|scripts} died when their CPU time ({least} to {most} s)"
    " came to the limit, {limit} s ({script})",
    "スクリプト {count} 個が CPU 制限 {limit} 秒に達して終了 (使用 {least}〜{most} 秒、{script})",
)
QUIET = Words(
    "no script died at its CPU limit of {limit} s (most used: {most} s; {count} died otherwise)",
    "CPU 制限 {limit} 秒で終了したスクリプトはない (最大使用 {most} 秒、別の理由の終了 {count} 個)",
)
UNLIMITED = Words(
    "{count:script|scripts} seen, none with a CPU limit", "スクリプト {count} 個を確認、CPU 制限なし"
)
NOT_SET = Words("the web server sets no CPU limit for scripts", "ウェブサーバーに CPU 制限の設定なし")
NONE_SEEN = Words("no script ran for long enough to be seen", "観察できる長さで動いたスクリプトがありません")

KIND = FindingKind(
    id="cgi-dies-at-cpu-limit",
    layer=Layer.APPLICATION,
    title=Words("Scripts die at their CPU limit", "CPU 制限でのスクリプト終了"),
    sights=("cgi", "web_logs"),
    source="setrlimit(2) RLIMIT_CPU; Apache core RLimitCPU; measured on Apache 2.4 with a Perl CGI",
    judge=judge,
    harm=True,
    see=("grep -ri rlimitcpu /etc/apache2 /etc/httpd", "grep 'cpu time' /proc/PID/limits"),
)
