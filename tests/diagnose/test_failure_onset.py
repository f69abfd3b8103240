"""Since when requests fail: found where there is such a moment, with an interval that holds it."""

from random import Random

import pytest
from tests.evidence_builder import HERE, at
from tests.findings.made_web_evidence import served

from tenmatsu.diagnose.failure_onset import find_onset
from tenmatsu.diagnose.findings import user_requests_fail
from tenmatsu.model.evidence import Outcome, Transaction


def requests(outcomes: list[bool]) -> list[Transaction]:
    return [
        Transaction(
            sight="web_logs",
            component=HERE,
            time=at(second),
            outcome=Outcome.FAILED if failed else Outcome.OK,
            maker="user",
            path="/mt.cgi",
        )
        for second, failed in enumerate(outcomes)
    ]


def drawn(random: Random, *parts: tuple[int, float]) -> list[Transaction]:
    """Draw so many requests at each rate."""
    return requests([random.random() < rate for count, rate in parts for _ in range(count)])


def test_a_plain_beginning_is_found_to_the_second() -> None:
    onset = find_onset(requests([False] * 60 + [True, False, True] * 10))
    assert onset is not None
    assert onset.time == at(60)
    assert at(50) < onset.low < onset.time <= onset.high < at(70)


@pytest.mark.parametrize("failing", [[], [False] * 100, [True] * 100, [False, True] * 50, [True] * 3])
def test_where_there_is_no_beginning_none_is_told(failing: list[bool]) -> None:
    assert find_onset(requests(failing)) is None


def test_an_end_is_no_beginning() -> None:
    assert find_onset(requests([True, False] * 15 + [False] * 100)) is None


def test_the_interval_holds_the_true_moment_as_often_as_it_says_and_chance_makes_hardly_any() -> None:
    random = Random(4)
    found = [find_onset(drawn(random, (150, 0.01), (150, 0.3))) for _ in range(300)]
    known = [one for one in found if one is not None]
    assert len(known) == len(found)
    held = sum(one.low <= at(150) <= one.high for one in known)
    assert held >= 0.95 * len(known) - 12  # three standard deviations
    false = sum(find_onset(drawn(random, (300, 0.1))) is not None for _ in range(300))
    assert false <= 6


def test_the_finding_tells_when_it_began() -> None:
    made = served(seconds=20, since=600).users(200, begin=-400, step=1.0).users(20, failed=10, begin=-195)
    found = user_requests_fail.KIND(made.build())
    assert found.since == at(-195)
    assert "; it began 4 min ago (" in found.sentence.en
    assert str(found.values["onset_low"]) < at(-195).isoformat() <= str(found.values["onset_high"])
