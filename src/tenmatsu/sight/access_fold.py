"""What stands in access logs, folded so that it stays small however much it is.

The newest requests are kept whole, as transactions. Older ones, and those from before `since`,
which are only there for comparison, are counted as `web.request.count`: by minute, within the
window by second, with status class and path pattern. Nothing is in both.
"""

import re
from collections import Counter, deque
from datetime import UTC, datetime

from tenmatsu.model.evidence import Outcome
from tenmatsu.parse.access_log import Access
from tenmatsu.parse.clean_text import clean_text
from tenmatsu.parse.request_kind import RequestKind
from tenmatsu.sight.scene import Notebook

MOST_TRANSACTIONS = 20_000
_MOST_PATTERNS = 40
_MINUTE_SECONDS = 60
_DIGITS = re.compile(r"\d+")
_LONGEST = 200
OTHER_PATHS = "*"


class AccessFold:
    """Takes requests in about the order of their times; `own` counts those of Tenmatsu itself."""

    def __init__(self, since: datetime, start: datetime) -> None:
        """Keep requests from `since` on; the window begins at `start`."""
        self.taken = 0
        self.own = 0
        self._since = since
        self._start = start
        self._newest: deque[Access] = deque()
        self._older: Counter[tuple[int, str, str]] = Counter()
        self._cleaned: dict[str, str] = {}

    def take(self, accesses: list[Access]) -> None:
        """Fold requests in."""
        for access in accesses:
            if access.kind is RequestKind.OWN:
                self.own += 1
            elif access.time < self._since:
                self._count(access)
            else:
                self.taken += 1
                self._newest.append(access)
        while len(self._newest) > MOST_TRANSACTIONS:
            self._count(self._newest.popleft())

    def _count(self, access: Access) -> None:
        second = int(access.time.timestamp())
        if access.time < self._start:
            second -= second % _MINUTE_SECONDS
        status = f"{access.status // 100}xx"
        self._older[second, status, self._pattern(access.path)] += 1

    def _pattern(self, path: str) -> str:
        return _DIGITS.sub("#", self._clean(path))

    def _clean(self, text: str) -> str:
        """Return text fit to be kept; paths and addresses repeat, so that most are cleaned already."""
        if text not in self._cleaned:
            if len(self._cleaned) > MOST_TRANSACTIONS:
                self._cleaned.clear()
            self._cleaned[text] = clean_text(text, _LONGEST)
        return self._cleaned[text]

    def write(self, notebook: Notebook) -> None:
        """Write down what was taken."""
        for access in self._newest:
            notebook.transaction(
                access.time,
                outcome_of(access.status),
                "user",
                self._clean(access.path),
                method=access.method,
                status=access.status or None,
                duration_seconds=access.duration_seconds,
                size_bytes=access.size_bytes,
                client=self._clean(access.client),
                reason=access.kind.value,
                pid=access.pid,
            )
        for (second, status, pattern), count in sorted(self._by_usual_paths().items()):
            notebook.sample(
                self._time_of(second),
                "web.request.count",
                count,
                "{request}",
                status=status,
                path=pattern,
            )

    def _time_of(self, second: int) -> datetime:
        """Return the time of a count; in the second in which the window begins, the window's start."""
        begins = second == int(self._start.timestamp())
        return self._start if begins else datetime.fromtimestamp(second, UTC)

    def _by_usual_paths(self) -> Counter[tuple[int, str, str]]:
        """Keep the patterns apart that are asked for most, or fail most; put the rest together."""
        asked: Counter[str] = Counter()
        for (_, status, pattern), count in self._older.items():
            asked[pattern] += count * (100 if status == "5xx" else 1)
        usual = {pattern for pattern, _ in asked.most_common(_MOST_PATTERNS)}
        folded: Counter[tuple[int, str, str]] = Counter()
        for (second, status, pattern), count in self._older.items():
            folded[second, status, pattern if pattern in usual else OTHER_PATHS] += count
        return folded


def outcome_of(status: int) -> Outcome:
    """Return how a request ended for its user.

    What the client itself did wrong (4xx) was answered as it should be. 499 is nginx's for a client
    that went away, 0 is no status at all.
    """
    if status >= 500:
        return Outcome.FAILED
    return Outcome.UNKNOWN if status in {0, 499} else Outcome.OK
