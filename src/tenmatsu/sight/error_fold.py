"""What stands in error logs, folded so that it stays small however much it is.

The newest lines of each class are kept as events, the others counted by class and minute as
`web.error.count`. Nothing is in both. Several lines of one class about one request count once.
"""

from collections import Counter, defaultdict, deque
from datetime import UTC, datetime, timedelta

from tenmatsu.parse.clean_text import clean_text
from tenmatsu.parse.error_line import ErrorLine
from tenmatsu.parse.error_messages import ErrorClass, classify_error, template_of
from tenmatsu.sight.scene import Notebook

# Of each class, in all logs together.
MOST_EVENTS = 1_000
_MOST_OF_LITTLE_USE = 100
_LITTLE_USE = (ErrorClass.OTHER, ErrorClass.ATTACK, ErrorClass.LIFECYCLE)
_MINUTE_SECONDS = 60
# Lines of one class about one connection within this time are about one request. Lines without a time have
# that of the line about their request.
_ONE_REQUEST = timedelta(seconds=0.5)

_Kept = tuple[ErrorLine, str]


class ErrorFold:
    """Takes the lines of all error logs; `taken` counts those from `since` on."""

    def __init__(self, since: datetime) -> None:
        """Keep lines from `since` on."""
        self.taken = 0
        self._since = since
        self._newest: dict[ErrorClass, deque[_Kept]] = defaultdict(deque)
        self._older: Counter[tuple[int, ErrorClass]] = Counter()
        self._before: dict[tuple[ErrorClass, str], datetime] = {}

    def take(self, lines: list[ErrorLine], log: str) -> None:
        """Fold lines of a log in."""
        for line in lines:
            if line.time < self._since:
                continue
            self.taken += 1
            found = classify_error(line.code, line.message)
            if self._is_repeated(found, line):
                continue
            newest = self._newest[found]
            newest.append((line, log))
            if len(newest) > (_MOST_OF_LITTLE_USE if found in _LITTLE_USE else MOST_EVENTS):
                old, _ = newest.popleft()
                self._older[int(old.time.timestamp()) // _MINUTE_SECONDS, found] += 1

    def _is_repeated(self, found: ErrorClass, line: ErrorLine) -> bool:
        """Tell whether the line before was of the same class and about the same request."""
        about = line.client if ":" in line.client else ("" if line.dated else "undated")
        if not about:
            return False  # nginx gives no port: nobody can tell
        before = self._before.get((found, about))
        if len(self._before) > MOST_EVENTS:
            self._before.clear()
        self._before[found, about] = line.time
        longest = _ONE_REQUEST if line.dated else timedelta()
        return before is not None and abs(line.time - before) <= longest

    def write(self, notebook: Notebook) -> None:
        """Write down what was taken."""
        for found, kept in self._newest.items():
            for line, log in kept:
                _write_line(notebook, found, line, log)
        for (minute, found), count in sorted(self._older.items(), key=lambda item: item[0][0]):
            time = datetime.fromtimestamp(minute * _MINUTE_SECONDS, UTC)
            notebook.sample(
                max(time, self._since), "web.error.count", count, "{line}", error__type=found.value
            )


def _write_line(notebook: Notebook, found: ErrorClass, line: ErrorLine, log: str) -> None:
    body = clean_text(line.message)
    notebook.event(
        "web.error",
        line.time,
        body,
        error__type=found.value,
        level=clean_text(line.level, 20),
        module=clean_text(line.module, 40),
        code=line.code,
        client=bool(line.client),
        client__address=clean_text(line.address, 60),
        process__pid=line.pid,
        script=line.script,
        dated=line.dated,
        template=template_of(body),
        log__file__path=log,
    )
