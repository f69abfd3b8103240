"""A machine that this one needs is judged itself, and blamed where it fails."""

from dataclasses import replace

from tests.diagnose.made_evidence import healthy_evidence, storm_evidence

from tenmatsu.diagnose.engine import diagnose
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import State
from tenmatsu.model.verdict import Verdict


def with_beside(here: Evidence, other: Evidence) -> Evidence:
    told = Event(
        sight="beside",
        component="dns1/boot",
        name="site.entry",
        time=here.window.start,
        attributes={"name": "dns1"},
    )
    beside = replace(other, component="dns1/boot")
    return replace(here, events=(*here.events, told), beside=(beside,))


def finding_of(verdict: Verdict) -> tuple[State, str]:
    (found,) = [one for one in verdict.findings if one.id == "dependency-fails"]
    return found.state, found.sentence.en


def test_without_a_site_nobody_knows() -> None:
    assert finding_of(diagnose(healthy_evidence()))[0] is State.UNKNOWN


def test_a_machine_beside_that_fails_is_named_as_the_site_calls_it() -> None:
    state, sentence = finding_of(diagnose(with_beside(healthy_evidence(), storm_evidence())))
    assert state is State.PRESENT
    assert sentence.startswith("dns1, which it needs, fails itself")


def test_a_machine_beside_that_is_well_is_no_cause() -> None:
    assert finding_of(diagnose(with_beside(storm_evidence(), healthy_evidence())))[0] is State.ABSENT


def test_what_happens_beside_is_never_taken_for_this_machines() -> None:
    alone, beside = diagnose(healthy_evidence()), diagnose(with_beside(healthy_evidence(), storm_evidence()))
    states = {one.id: one.state for one in alone.findings if one.id != "dependency-fails"}
    assert states == {one.id: one.state for one in beside.findings if one.id != "dependency-fails"}


def test_the_same_evidence_gives_the_same_verdict() -> None:
    evidence = with_beside(healthy_evidence(), storm_evidence())
    assert diagnose(evidence) == diagnose(evidence)
