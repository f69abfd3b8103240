"""Figures are taken while nobody disturbs, on a machine that others use too."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from bench.capture_storm import STARTER, Storm, count_forks
from bench.capture_tools import Idle, Seen

# Neither spoils the other: tests that depend on timing, other storms, and the figures here.
_LIVE_TESTS = re.compile(r"(?!-)(?:\S*/)?tests/live(?:/\S*)?")
_STORMS = ("storm", STARTER)
_CALM_FORKS_A_SECOND = 20
_LOOK_SECONDS = 0.3
_MOST_TRIES = 4


class _Patience:
    """How much longer one run may wait for others, in all; after that it says what disturbed it."""

    left_seconds = 300.0


def wait_for_others() -> None:
    """Wait until nobody makes storms, runs tests that depend on timing, or starts many processes."""
    began = time.monotonic()
    while time.monotonic() - began < _Patience.left_seconds and not _is_calm():
        continue
    _Patience.left_seconds -= max(0.0, time.monotonic() - began - _LOOK_SECONDS)


def _is_calm() -> bool:
    forks = count_forks()
    time.sleep(_LOOK_SECONDS)
    few = count_forks() - forks <= _CALM_FORKS_A_SECOND * _LOOK_SECONDS
    return few and not any(_disturbs(one) for one in Path("/proc").glob("[1-9]*/cmdline"))


def _disturbs(command_line: Path) -> bool:
    try:
        words = command_line.read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:  # it has ended
        return False
    return Path(words[0]).name in _STORMS or any(_LIVE_TESTS.fullmatch(word) for word in words)


def measure_idle(watch: Callable[[], Idle]) -> Idle:
    """Return what a tool takes while nothing happens; again if something happened."""
    while True:
        wait_for_others()
        began, forks = time.monotonic(), count_forks()
        idle = watch()
        took = time.monotonic() - began
        if count_forks() - forks <= _CALM_FORKS_A_SECOND * took or _Patience.left_seconds <= 0:
            return idle
        _Patience.left_seconds -= took


def measure_undisturbed(watch_one: Callable[[], tuple[Storm, Seen]]) -> tuple[Storm, Seen]:
    """Watch one storm while it is calm; again if others came in between, as long as there is patience.

    A storm that was not seen completely counts, whoever disturbed it. Of several, the calmest counts.
    """
    tries = []
    while True:
        wait_for_others()
        began = time.monotonic()
        storm, seen = watch_one()
        tries.append((storm, seen))
        missed = seen.processes not in (None, storm.started)
        if missed or not storm.is_disturbed:
            return storm, seen
        if len(tries) == _MOST_TRIES or _Patience.left_seconds <= 0:
            return min(tries, key=lambda one: one[0].other_forks / one[0].started)
        _Patience.left_seconds -= time.monotonic() - began
