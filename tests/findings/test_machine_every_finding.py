"""What holds for each finding about the machine: three answers, two languages, nothing left unfilled."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.evidence_builder import WHY, EvidenceBuilder
from tests.findings import (
    test_failing_requests,
    test_from_below,
    test_machine_cpu,
    test_machine_disks,
    test_machine_memory,
    test_machine_network,
    test_machine_requests,
    test_programs,
)

from tenmatsu.diagnose.findings import FINDINGS
from tenmatsu.model.evidence import Attributes, Evidence, Series
from tenmatsu.model.finding import Finding, FindingKind, State

Make = Callable[[], EvidenceBuilder]
CASES: dict[str, tuple[Make, Make]] = {
    **test_failing_requests.CASES,
    **test_from_below.CASES,
    **test_machine_cpu.CASES,
    **test_machine_disks.CASES,
    **test_machine_memory.CASES,
    **test_machine_network.CASES,
    **test_machine_requests.CASES,
    **test_programs.CASES,
}
IDS = sorted(CASES)
OWN_REASON = {"requests-fail", "requests-slow", "failures-at-fixed-time"}  # "no URL was named"
NAMES = {
    "cgroup",
    "dns.question.name",
    "network.interface.name",
    "parents",
    "process.command",
    "process.executable.name",
    "system.device",
    "system.filesystem.mountpoint",
}


def kind_of(id: str) -> FindingKind:
    return next(kind for kind in FINDINGS if kind.id == id)


def check_words(found: Finding) -> None:
    """Both sentences are there, and no place in them was left unfilled."""
    for text in (found.sentence.en, found.sentence.ja):
        assert text
        assert not set(text) & set("{}\n")
    for command in found.see:
        assert command
        assert command.isprintable()
    for value in found.values.values():
        assert isinstance(value, str | int | float | bool)
        assert value == value  # noqa: PLR0124 - it is no NaN


@pytest.mark.parametrize("id", IDS)
def test_it_fires(id: str) -> None:
    found = kind_of(id)(CASES[id][0]().build())
    assert (found.id, found.state, found.component) == (id, State.PRESENT, "machine/boot")
    assert 0 < found.strength <= 1
    check_words(found)


@pytest.mark.parametrize("id", IDS)
def test_it_stays_quiet(id: str) -> None:
    found = kind_of(id)(CASES[id][1]().build())
    assert found.state is State.ABSENT
    assert not found.harm
    check_words(found)


@pytest.mark.parametrize("id", IDS)
def test_it_is_unknown_when_nobody_could_look_and_says_why(id: str) -> None:
    kind = kind_of(id)
    for sight in kind.sights:
        found = kind(EvidenceBuilder().gap(sight).build())
        assert (found.state, found.strength) == (State.UNKNOWN, 0.0)
        assert id in OWN_REASON or found.sentence == WHY
    check_words(kind(EvidenceBuilder().build()))
    assert kind(EvidenceBuilder().build()).state is State.UNKNOWN


@pytest.mark.parametrize("id", IDS)
def test_a_counter_that_was_reset_within_the_window_breaks_nothing(id: str) -> None:
    for make in CASES[id]:
        evidence = make().build()
        check_words(kind_of(id)(replace(evidence, series=tuple(run_back(one) for one in evidence.series))))


@pytest.mark.parametrize("id", IDS)
def test_names_that_look_like_our_own_places_to_fill_are_only_names(id: str) -> None:
    for make in CASES[id]:
        evidence = make().build()
        same, hostile = kind_of(id)(evidence), kind_of(id)(rename(evidence))
        assert (hostile.state, hostile.strength) == (same.state, same.strength)
        assert hostile.sentence.en.count("{x}") == hostile.sentence.ja.count("{x}")


def run_back(series: Series) -> Series:
    values = [value for _, value in reversed(series.points)]
    return replace(series, points=tuple((time, values.pop(0)) for time, _ in series.points))


def rename(evidence: Evidence) -> Evidence:
    """Return the evidence with a hostile end on every name that a machine's user may choose."""
    return replace(
        evidence,
        series=tuple(replace(one, attributes=spoil(one.attributes)) for one in evidence.series),
        events=tuple(replace(one, attributes=spoil(one.attributes)) for one in evidence.events),
    )


def spoil(attributes: Attributes) -> Attributes:
    return {key: f"{value}{{x}}{{0}}%s" if key in NAMES else value for key, value in attributes.items()}
