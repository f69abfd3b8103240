"""CGI scripts that ended in the window, and which of them ended a request badly.

A script that died leaves "End of script output before headers" at the moment of its death: joined
by time, one line to one process. Nobody but its parent is told its exit status.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenmatsu.model.evidence import Event, Evidence, Outcome

# A process's end is known to within half an interval of looking; a line's time exactly, but the server
# writes it some milliseconds later, on a crowded machine some tens.
LATER_SECONDS = 0.06
LEAST_WITHIN_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class CgiEnd:
    """A script's process at its end. Seconds of CPU as seen last, of life, and of its CPU limit.

    `told` is what the probe told of the same end (`process.ended`), None where it told nothing.
    """

    event: Event
    told: Event | None = None

    def fits(self, time: datetime) -> bool:
        """Tell whether it may have ended at a time."""
        within = max(LEAST_WITHIN_SECONDS, self.event.number("end_within_seconds") or 0.0)
        return -within <= (time - self.event.time).total_seconds() <= within + LATER_SECONDS

    @property
    def cpu_seconds(self) -> float:
        """Return the CPU that it had used when it was seen last."""
        # The probe's figure is whole only for what no look of its own met alive: the larger one holds.
        alone = self.told is not None and self.told.number("processes") == 1
        told = self.told.number("cpu_seconds") if self.told is not None and alone else None
        return max(self.event.number("cpu_seconds") or 0.0, told or 0.0)

    @property
    def lived_seconds(self) -> float:
        """Return how long it lived."""
        return self.event.number("lived_seconds") or 0.0

    @property
    def exit_code(self) -> int | None:
        """Return its exit code; None where a signal ended it, or nobody could tell."""
        code = self.told.number("exit_code") if self.told is not None else None
        return None if code is None else int(code)

    @property
    def signal(self) -> int | None:
        """Return the signal that ended it; None where none did, or nobody could tell."""
        signal = self.told.number("signal") if self.told is not None else None
        return None if signal is None else int(signal)

    @property
    def script_name(self) -> str:
        """Return the script's own name, without its folder; empty where it is not known."""
        return self.event.text("script").rpartition("/")[2]

    @property
    def limit_cpu_seconds(self) -> float | None:
        """Return its CPU limit, or None where it had none."""
        return self.event.number("limit_cpu_seconds")


@dataclass(frozen=True, kw_only=True, slots=True)
class CgiEnds:
    """All scripts seen, those that ended, and those whose end was a failure, by time of end.

    `failures` is how many failures there were to join; `told` is False where no log tells of any.
    """

    seen: tuple[CgiEnd, ...]
    ended: tuple[CgiEnd, ...]
    died: tuple[CgiEnd, ...]
    failures: int
    told: bool


def find_cgi_ends(evidence: Evidence) -> CgiEnds:
    """Return the scripts of the window; of one that only answered badly nobody can tell."""
    seen = tuple(
        CgiEnd(event=event)
        for event in evidence.find_events("process.cgi")
        if event.text("kind") == "cgi" and event.attributes.get("begun") is not False
    )
    ended = tuple(one for one in seen if one.event.attributes.get("ended") is True)
    times = _failure_times(evidence)
    told = bool(times) or any(one.text("kind") == "error" for one in evidence.find_events("web.log"))
    return CgiEnds(seen=seen, ended=ended, died=_join(ended, times), failures=len(times), told=told)


def _failure_times(evidence: Evidence) -> list[datetime]:
    """Return when scripts ended without an answer: by the error log, else by our own requests."""
    lines = [
        event.time
        for event in evidence.find_events("web.error", since=evidence.window.start)
        if event.text("error.type") == "script-ended-early"
    ]
    if lines:
        return lines
    failed = [one for one in evidence.made_by("probe") if one.outcome is Outcome.FAILED and one.status == 500]
    return [one.time + timedelta(seconds=one.duration_seconds or 0.0) for one in failed]


def _join(ended: Sequence[CgiEnd], times: Sequence[datetime]) -> tuple[CgiEnd, ...]:
    """Return the ends that fit a failure, each failure used once, the nearest end first."""
    free = list(ended)
    joined: list[CgiEnd] = []
    for time in times:
        near = min(free, key=lambda one: abs(one.event.time - time), default=None)
        if near is not None and near.fits(time):
            free.remove(near)
            joined.append(near)
    return tuple(joined)
