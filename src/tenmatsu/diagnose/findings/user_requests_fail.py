"""The users' requests fail: answers 5xx in the access logs."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from tenmatsu.chance.rate import Rate, estimate_rate
from tenmatsu.diagnose.failure_onset import Onset, find_onset
from tenmatsu.diagnose.spans import spoken_span
from tenmatsu.diagnose.web_requests import (
    Requests,
    access_logs_read,
    clean_after,
    find_requests,
    group_by_path,
    is_over,
    runs_no_server,
)
from tenmatsu.model.evidence import Evidence, Transaction
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, plain

# Every busy site has a failure in some thousands; one in a hundred, for sure, is a fault.
LEAST_RATE = 0.01
FULL_RATE = 0.05
LEAST_FAILURES = 2
LEAST_REQUESTS = 3
# So many answers of exactly one size come from one maker: pages of several differ.
LEAST_ALIKE = 5
OVER_STRENGTH = 0.2
# As sure as a look at our own requests can be: 20 without a failure leave a true rate under 17 %.
SURE_SUCCESS = 0.83


@dataclass(frozen=True, kw_only=True, slots=True)
class _Group:
    """Requests for one kind of path, or all of them (`path` empty)."""

    path: str
    rate: Rate
    whole: Sequence[Transaction]


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Find the path that fails most surely; that others do not tells where the fault lies."""
    if runs_no_server(evidence):
        return kind.absent(evidence, NO_SERVER, strength=0.0)
    if not access_logs_read(evidence):
        return kind.unknown(evidence)
    requests = find_requests(evidence)
    if requests.total < LEAST_REQUESTS:
        return kind.unknown(evidence, FEW.fill(total=requests.total))
    worst = _worst(requests)
    figures = _figures(worst, requests)
    if worst.rate.failures >= LEAST_FAILURES and worst.rate.low > LEAST_RATE:
        return _say_failing(kind, evidence, worst, requests, figures)
    words = QUIET.fill(failed=requests.failed, total=f"{requests.total:,}", high=f"{worst.rate.high:.1%}")
    return kind.absent(evidence, words, strength=(1 - worst.rate.high) / SURE_SUCCESS, **figures)


def _worst(requests: Requests) -> _Group:
    everything = _Group(path="", rate=estimate_rate(requests.failed, requests.total), whole=requests.whole)
    groups = [
        _Group(path=path, rate=estimate_rate(sum(_failed(one) for one in group), len(group)), whole=group)
        for path, group in group_by_path(requests.whole).items()
    ]
    failing = [one for one in groups if one.rate.failures >= LEAST_FAILURES]
    return max([everything, *failing], key=lambda one: one.rate.low)


def _failed(one: Transaction) -> bool:
    return (one.status or 0) >= 500


def _say_failing(
    kind: FindingKind, evidence: Evidence, worst: _Group, requests: Requests, figures: Figures
) -> Finding:
    failures = [one for one in worst.whole if _failed(one)] or requests.failures
    clean = clean_after(worst.whole)
    over = is_over(worst.rate.failures, worst.rate.total, clean)
    onset = find_onset(worst.whole[: len(worst.whole) - clean] if over else worst.whole)
    if onset is not None:
        figures |= {"onset_low": onset.low.isoformat(), "onset_high": onset.high.isoformat()}
    size = _one_size(failures)
    if size is not None:
        figures |= {"failure_bytes": size}
    words = SEEN.fill(
        failed=worst.rate.failures,
        total=f"{worst.rate.total:,}",
        path=plain(worst.path) if worst.path else ALL,
        rate=f"{worst.rate.estimate:.0%}",
        low=f"{worst.rate.low:.0%}",
        high=f"{worst.rate.high:.0%}",
    )
    return kind.present(
        evidence,
        words
        + (ONE_PAGE.fill(size=f"{size:,}") if size is not None else NOTHING)
        + (_began(evidence, onset) if onset else NOTHING)
        + (PAST if over else NOTHING),
        strength=OVER_STRENGTH if over else max(0.4, worst.rate.low / FULL_RATE),
        harm=not over,
        since=onset.time if onset else failures[0].time if failures else None,
        last=failures[-1].time if failures else None,
        see=_see(evidence),
        **figures,
    )


def _one_size(failures: Sequence[Transaction]) -> int | None:
    """Return the one size that all failures have, as far as the logs tell sizes; None where they differ."""
    sizes = [one.size_bytes for one in failures if one.size_bytes is not None]
    return sizes[0] if len(sizes) >= LEAST_ALIKE and len(set(sizes)) == 1 else None


def _began(evidence: Evidence, onset: Onset) -> Words:
    """Return how long ago it began, with the interval: requests before that seldom failed, or never."""
    end = evidence.window.end
    ago = {"ago": onset.time, "least": onset.high, "most": onset.low}
    return BEGAN.fill(**{name: spoken_span((end - time).total_seconds()) for name, time in ago.items()})


def _figures(worst: _Group, requests: Requests) -> Figures:
    return {
        "failures": requests.failed,
        "total": requests.total,
        "path": worst.path,
        "path_failures": worst.rate.failures,
        "path_total": worst.rate.total,
        "low": round(worst.rate.low, 4),
        "high": round(worst.rate.high, 4),
    }


def _see(evidence: Evidence) -> tuple[str, ...]:
    path = access_logs_read(evidence)[0].text("log.file.path")
    return (f"grep -E '\" 5[0-9][0-9] ' {shlex.quote(path)} | tail",)


SEEN = Words(
    "{failed} of {total:request|requests} for {path} failed ({rate}; true rate {low} to {high})",
    "{path} へのリクエスト {total} 件中 {failed} 件が失敗 ({rate}、真の率 {low}〜{high})",
)
ALL = Words("any page", "全ページ")
ONE_PAGE = Words("; each time the same page, {size} bytes", "。毎回同じページ ({size} バイト)")
BEGAN = Words("; it began {ago} ago ({least} to {most})", "。始まりは {ago}前 ({least}〜{most}前)")
NOTHING = Words("", "")
PAST = Words("; but none since", "。ただしその後は発生していない")
QUIET = Words(
    "{failed} of the users' {total:request|requests} failed (true rate under {high})",
    "利用者のリクエスト {total} 件中、失敗は {failed} 件 (真の率は {high} 未満)",
)
FEW = Words(
    "the access logs hold only {total:request|requests} of the time",
    "該当期間のアクセスログは {total} 件だけ",
)
NO_SERVER = Words("no web server runs here", "ここではウェブサーバーが動いていません")

KIND = FindingKind(
    id="user-requests-fail",
    layer=Layer.APPLICATION,
    title=Words("Users' requests fail", "利用者のリクエストの失敗"),
    sights=("web_logs",),
    source="access logs; Clopper and Pearson's interval (1934)",
    judge=judge,
    harm=True,
    see=("grep -cE '\" 5[0-9][0-9] ' /var/log/apache2/access.log",),
)
