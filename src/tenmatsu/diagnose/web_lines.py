"""What findings share that rest on lines of web servers' error logs."""

import re
import shlex
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from tenmatsu.diagnose.web_requests import find_requests, is_over, runs_no_server
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.words import Words, plain

# One in 200 requests: below that every busy site has some; from one in 20 on everybody notices.
LEAST_SHARE = 0.005
FULL_SHARE = 0.05
FULL_COUNT = 3  # within the window, in which requests are few
# What is over still tells of the past, but of nothing that is wrong now.
OVER_STRENGTH = 0.2
# Without requests to count by: three times the longest pause between lines, five minutes for few
# lines.
_PAUSES = 3
_SHORTEST_END = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """Lines of some classes since `evidence.since`, about one request each. Times are None for none."""

    events: tuple[Event, ...]
    count: int
    in_window: int
    first: datetime | None
    last: datetime | None
    requests: int
    over: bool

    @property
    def share(self) -> float | None:
        """Return the share of all requests, at most 1, or None where nobody counted those."""
        return min(1.0, self.count / self.requests) if self.requests else None

    def most_frequent(self) -> Event | None:
        """Return an event of the most frequent kind: what the lines mostly say."""
        kinds = Counter(event.text("template") for event in self.events)
        if not kinds:
            return None
        usual = kinds.most_common(1)[0][0]
        return next(event for event in reversed(self.events) if event.text("template") == usual)


def find_lines(evidence: Evidence, *classes: str) -> Lines:
    """Return the lines of these classes."""
    events = [
        event
        for event in evidence.find_events("web.error", since=evidence.since)
        if event.text("error.type") in classes
    ]
    counted = [
        (time, int(value))
        for name in classes
        for series in evidence.find_series("web.error.count", error__type=name)
        for time, value in series.points
    ]
    times = sorted([event.time for event in events] + [time for time, _ in counted])
    return Lines(
        events=tuple(events),
        count=len(events) + sum(count for _, count in counted),
        in_window=sum(evidence.window.holds(event.time) for event in events),
        first=times[0] if times else None,
        last=times[-1] if times else None,
        requests=_count_requests(evidence) if times else 0,
        over=_are_over(evidence, times),
    )


def _count_requests(evidence: Evidence) -> int:
    """Return how many requests could have left such a line: ours are in the error log as well."""
    return find_requests(evidence).total + len(evidence.made_by("probe"))


def _are_over(evidence: Evidence, times: list[datetime]) -> bool:
    """Tell whether it has stopped: enough requests without such a line, else a pause much too long."""
    if not times or times[-1] >= evidence.window.start:
        return False
    after = find_requests(evidence, times[-1] + timedelta(seconds=1)).total
    during = find_requests(evidence, times[0]).total - after
    if during >= len(times):
        return is_over(len(times), during, after)
    pauses = [late - early for early, late in pairwise(times)]
    longest = max([*pauses, _SHORTEST_END if len(times) < FULL_COUNT else timedelta()])
    return evidence.window.end - times[-1] > _PAUSES * longest


def judge_lines(
    kind: FindingKind, evidence: Evidence, lines: Lines, seen: Words, quiet: Words, **more: str
) -> Finding:
    """Return the finding that lines of a kind are there, or are not.

    Args:
        kind: of finding.
        evidence: all of it.
        lines: those that speak for it.
        seen: the sentence if there are some, with `{count}`, `{share}` and `{text}`.
        quiet: the sentence if there are none, with `{lines}`, how many were read.
        more: further figures.
    """
    if not lines.count:
        return say_no_lines(kind, evidence, quiet)
    event = lines.most_frequent()
    text = event.body[:90] if event else ""
    share = lines.share
    figures: Figures = {"count": lines.count, "in_window": lines.in_window, "template": text, **more}
    if share is not None:
        figures |= {"requests": lines.requests, "share_ratio": round(share, 4)}
    return kind.present(
        evidence,
        seen.fill(count=lines.count, share=_spoken_share(lines), text=plain(text))
        + (PAST if lines.over else NOTHING),
        strength=strength_of(lines),
        harm=kind.harm and not lines.over and (lines.in_window > 0 or share is None or share >= LEAST_SHARE),
        since=lines.first,
        last=lines.last,
        see=see_lines(event) or kind.see,
        **figures,
    )


def strength_of(lines: Lines) -> float:
    """Return how much the lines weigh: by their share of the requests, or by their number just now."""
    if lines.over:
        return OVER_STRENGTH
    if lines.in_window >= FULL_COUNT:
        return 1.0
    if lines.share is None:
        return min(1.0, 0.4 + 0.2 * lines.in_window)
    return min(1.0, max(0.25, lines.share / FULL_SHARE, 0.35 * lines.in_window))


def say_no_lines(kind: FindingKind, evidence: Evidence, quiet: Words) -> Finding:
    """Return that nothing was found: absent as far as there was something to read."""
    if runs_no_server(evidence):
        return kind.absent(evidence, NO_SERVER)
    logs = [one for one in evidence.find_events("web.log") if one.text("kind") == "error"]
    if not logs or not evidence.looked("web_logs"):
        return kind.unknown(evidence)
    lines = int(sum(one.number("lines") or 0 for one in logs))
    missed = any("access" not in gap.what.en for gap in evidence.gaps_of("web_logs"))
    return kind.absent(evidence, quiet.fill(lines=f"{lines:,}"), strength=0.5 if missed else 1.0, lines=lines)


def see_lines(event: Event | None) -> tuple[str, ...]:
    """Return commands that show lines like an event's in the log in which it stands."""
    if event is None:
        return ()
    path, words = event.text("log.file.path"), _distinct(event)
    if path == "journalctl":
        return (f"journalctl -r | grep -F -m 20 {shlex.quote(words)}",)
    return (f"grep -F {shlex.quote(words)} {shlex.quote(path)} | tail",)


def _distinct(event: Event) -> str:
    """Return the longest part of a line's template without a mask or quote: what a search finds it by."""
    parts = re.split("#|…/|…|'", event.text("template"))
    return max((part.strip() for part in parts), key=len)[:60]


def _spoken_share(lines: Lines) -> Words:
    share = lines.share
    if share is None:
        return NOTHING
    return SHARE.fill(percent=f"{share:.1%}", requests=f"{lines.requests:,}")


SHARE = Words(" ({percent} of {requests:request|requests})", " (リクエスト {requests} 件の {percent})")
PAST = Words("; but no more since", "。ただしその後は発生していない")
NOTHING = Words("", "")
NO_SERVER = Words("no web server runs here", "ここではウェブサーバーが動いていません")
