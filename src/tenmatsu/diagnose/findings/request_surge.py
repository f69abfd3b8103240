"""Far more requests come in than before, or than can be served, from few clients or for one page.

Without a past to compare with, many requests alone prove nothing: a healthy busy server has them
too. Then three things must come together: the workers are all taken, few clients (or one page) hold
most of the requests, and others suffer.
"""

import shlex
from statistics import median

from tenmatsu.diagnose.web_load import WebLoad, find_web_load
from tenmatsu.diagnose.web_requests import access_logs_read, runs_no_server
from tenmatsu.diagnose.web_traffic import Traffic, find_traffic
from tenmatsu.model.evidence import Evidence, Outcome
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, plain

# Day and night of a small site differ by a factor of ten, neighbouring minutes by two or three.
GROWTH = 5.0
# Below that no surge is worth its name: a person who clicks makes a request every few seconds.
LEAST_PER_SECOND = 2.0
# Without a past: a crowd of fifty people who click comes to this.
CROWD_PER_SECOND = 5.0
# Three clients with more than half of all requests are not a crowd; one page with four fifths is a
# target.
CLIENTS_SHARE = 0.5
PATH_SHARE = 0.8
FAILING = 0.05
# Limit of a person's patience (Nielsen 1993), for our own request among the others.
SLOW_SECONDS = 2.0
SLOWER = 5.0
HARMLESS_STRENGTH = 0.4


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare the window's requests with those before, and with what the workers can do."""
    if runs_no_server(evidence):
        return kind.absent(evidence, NO_SERVER)
    if not access_logs_read(evidence):
        return kind.unknown(evidence)
    traffic, load = find_traffic(evidence), find_web_load(evidence)
    demand = _demand(evidence, traffic, load)
    figures = _figures(traffic, demand)
    narrow = traffic.clients_share >= CLIENTS_SHARE or traffic.path_share >= PATH_SHARE
    grown = traffic.before is not None and demand >= GROWTH * max(traffic.before, traffic.before_busiest / 2)
    crowded = traffic.before is None and demand >= CROWD_PER_SECOND and load.is_exhausted
    suffering = _suffers(evidence, traffic) or load.is_exhausted
    if narrow and demand >= LEAST_PER_SECOND and (grown or (crowded and _suffers(evidence, traffic))):
        return kind.present(
            evidence,
            _sentence(traffic, demand),
            strength=_strength(evidence, traffic, load) if suffering else HARMLESS_STRENGTH,
            since=evidence.window.start,
            last=evidence.window.end,
            see=_see(evidence),
            **figures,
        )
    compared = traffic.before is not None or not load.is_exhausted
    words = QUIET.fill(rate=f"{traffic.rate:.1f}", before=_spoken_before(traffic))
    return kind.absent(evidence, words, strength=1.0 if compared else 0.5, **figures)


def _demand(evidence: Evidence, traffic: Traffic, load: WebLoad) -> float:
    """Return the requests asked for per second, those included that are still served or wait."""
    open_ones = load.most_scripts + load.most_waiting
    return traffic.rate + open_ones / max(evidence.window.seconds, 1.0)


def _suffers(evidence: Evidence, traffic: Traffic) -> bool:
    """Tell whether requests fail or are slow: the users', or our own among them."""
    if traffic.count and traffic.failed / traffic.count >= FAILING:
        return True
    if traffic.duration and traffic.duration_before and traffic.duration >= SLOWER * traffic.duration_before:
        return True
    probes = evidence.made_by("probe")
    taken = [one.duration_seconds for one in probes if one.duration_seconds is not None]
    slow = bool(taken) and median(taken) >= SLOW_SECONDS
    return slow or any(one.outcome is Outcome.FAILED for one in probes)


def _strength(evidence: Evidence, traffic: Traffic, load: WebLoad) -> float:
    """Return 1 where all signs are there; each that is missing leaves another explanation open."""
    signs = (
        traffic.before is not None,
        load.is_exhausted,
        _suffers(evidence, traffic),
        traffic.clients_share >= CLIENTS_SHARE,
        traffic.path_share >= PATH_SHARE,
    )
    return min(1.0, 0.4 + 0.2 * sum(signs))


def _sentence(traffic: Traffic, demand: float) -> Words:
    return SEEN.fill(
        rate=f"{demand:.0f}",
        before=_spoken_before(traffic),
        clients=len(traffic.top_clients),
        share=f"{traffic.clients_share:.0%}",
        path_share=f"{traffic.path_share:.0%}",
        path=plain(traffic.path[:60]),
    )


def _spoken_before(traffic: Traffic) -> Words:
    return NO_PAST if traffic.before is None else BEFORE.fill(rate=f"{traffic.before:.1f}")


def _figures(traffic: Traffic, demand: float) -> Figures:
    return {
        "requests": traffic.count,
        "requests_per_second": round(traffic.rate, 2),
        "demand_per_second": round(demand, 2),
        "before_per_second": -1.0 if traffic.before is None else round(traffic.before, 2),
        "clients": traffic.clients,
        "busiest_clients_ratio": round(traffic.clients_share, 3),
        "path": traffic.path,
        "path_ratio": round(traffic.path_share, 3),
        "failed": traffic.failed,
    }


def _see(evidence: Evidence) -> tuple[str, ...]:
    path = shlex.quote(access_logs_read(evidence)[0].text("log.file.path"))
    return (f"tail -n 5000 {path} | awk '{{print $1}}' | sort | uniq -c | sort -rn | head",)


SEEN = Words(
    "{rate} requests a second ({before}); {share} from {clients:client|clients}, {path_share} for {path}",
    "毎秒 {rate} 件のリクエスト ({before})。{clients} 者から {share}、{path} へ {path_share}",
)
BEFORE = Words("{rate} before", "以前は {rate} 件")
NO_PAST = Words("no past to compare with", "比較できる過去なし")
QUIET = Words(
    "{rate} requests a second ({before}): no surge",
    "リクエストは毎秒 {rate} 件 ({before})、急増なし",
)
NO_SERVER = Words("no web server runs here", "ここではウェブサーバーが動いていません")

KIND = FindingKind(
    id="request-surge",
    layer=Layer.CLIENT,
    title=Words("A surge of requests", "リクエストの急増"),
    sights=("web_logs", "web_servers", "sockets", "requests"),
    source="access log of the window against the ten minutes before it; thresholds: see the comments",
    judge=judge,
    see=("awk '{print $1}' /var/log/apache2/access.log | sort | uniq -c | sort -rn | head",),
)
