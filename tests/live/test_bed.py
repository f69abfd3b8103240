"""Each fault of the bed really shows its symptom, and lifting it really mends the server."""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Mapping

import pytest

from .bed import Server
from .bed.ask import Answer, for_each_answer, share_failed
from .bed.fault import Fault
from .bed.faults import FAULTS
from .conftest import Break

pytestmark = pytest.mark.live

LIMIT_SECONDS = 45.0
USUAL_POSTS = 3
MENDED_POSTS = 2


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_shows_while_it_lasts_and_is_gone_after(fault: Fault, server: Server, broken: Break) -> None:
    """The share of failures, the log line and the kernel's counters are as the fault says."""
    slow_seconds = max(fault.slow_seconds, fault.slow_times * _usual_seconds(server.post_url))
    logged = len(server.error_log.read_bytes())
    with broken(fault, server) as scene:
        counted = scene.counters()
        answers = _watch(scene.url, fault, slow_seconds)
        assert _moved(counted, scene.counters()) == set(counted)
    lowest, highest = fault.failing
    assert lowest <= share_failed(answers) <= highest, answers
    new_lines = server.error_log.read_bytes()[logged:].decode(errors="replace")
    assert re.search(fault.log_pattern or "", new_lines), new_lines

    mended = _some(server.post_url, MENDED_POSTS)
    assert not any(each.failed for each in mended), mended


def test_names_of_faults_differ() -> None:
    """A fault is called by its name: on the command line of `record`, and as a file."""
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def _usual_seconds(url: str) -> float:
    """Return how long a post takes on the well server: what is slow is told by it, fast machine or not."""
    return statistics.median(each.seconds for each in _some(url, USUAL_POSTS))


def _watch(url: str, fault: Fault, slow_seconds: float) -> tuple[Answer, ...]:
    """Ask until the fault has shown itself: slow, and failing and succeeding where it comes and goes."""
    seen: list[Answer] = []
    for answer in for_each_answer(url, seconds=LIMIT_SECONDS):
        seen.append(answer)
        if _is_enough(seen, fault, slow_seconds):
            return tuple(seen)
    pytest.fail(f"{fault.name} did not show in {LIMIT_SECONDS:g} s: {seen}")


def _is_enough(seen: list[Answer], fault: Fault, slow_seconds: float) -> bool:
    failures = sum(each.failed for each in seen)
    both = min(failures, len(seen) - failures) >= 2
    slow = max(each.seconds for each in seen) >= slow_seconds
    return slow and len(seen) >= fault.fewest_answers and (both or not fault.is_intermittent)


def _some(url: str, count: int) -> tuple[Answer, ...]:
    return tuple(itertools.islice(for_each_answer(url, seconds=LIMIT_SECONDS), count))


def _moved(before: Mapping[str, int], after: Mapping[str, int]) -> set[str]:
    return {name for name in before if after[name] > before[name]}
