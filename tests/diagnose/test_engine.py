"""From evidence to verdict: blames the right thing, rules out with reasons, and says when it cannot tell."""

from dataclasses import replace

from tests.diagnose.made_evidence import END, HOST, START, event, gap, healthy_evidence, looks, storm_evidence

from tenmatsu.diagnose.engine import diagnose
from tenmatsu.model.evidence import Evidence, Window
from tenmatsu.model.layer import Layer
from tenmatsu.model.verdict import LayerState, Status, Verdict


def layer_of(verdict: Verdict, layer: Layer) -> LayerState:
    return next(one.state for one in verdict.layers if one.layer is layer)


def test_a_quiet_machine_is_healthy_and_nothing_is_blamed() -> None:
    verdict = diagnose(healthy_evidence())
    assert (verdict.status, verdict.cause, verdict.failing) == (Status.HEALTHY, None, False)
    assert LayerState.SUSPECTED not in {one.state for one in verdict.layers}


def test_a_storm_in_a_limited_group_is_blamed_on_the_storm_not_on_the_limit() -> None:
    verdict = diagnose(storm_evidence())
    assert (verdict.status, verdict.cause) == (Status.LIKELY, "short-lived-process-storm")
    assert verdict.layer is Layer.GUEST_USERLAND
    assert layer_of(verdict, Layer.GUEST_USERLAND) is LayerState.SUSPECTED
    assert verdict.since == START


def test_no_evidence_at_all_is_no_verdict() -> None:
    verdict = diagnose(Evidence(window=Window(start=START, end=END), since=START, component=HOST))
    assert (verdict.status, verdict.cause, verdict.layer) == (Status.INCONCLUSIVE, None, None)
    assert {one.state for one in verdict.layers} == {LayerState.UNKNOWN}


def test_health_needs_the_essential_looks() -> None:
    seen = healthy_evidence()
    partly = replace(seen, looks=looks("cpu", "memory", "requests"), gaps=(gap("processes"),))
    assert diagnose(partly).status is Status.INCONCLUSIVE


def test_failing_requests_without_any_reason_are_inconclusive_not_guessed() -> None:
    storm = storm_evidence()
    verdict = diagnose(replace(healthy_evidence(), transactions=storm.transactions))
    assert verdict.failing
    assert verdict.status is Status.INCONCLUSIVE
    assert verdict.cause is None
    assert verdict.suggestions


def test_an_url_that_could_not_be_asked_is_not_called_healthy() -> None:
    verdict = diagnose(replace(healthy_evidence(), transactions=()))
    assert verdict.status is Status.INCONCLUSIVE


def test_a_layer_is_ruled_out_only_by_named_findings() -> None:
    verdict = diagnose(healthy_evidence())
    for judged in verdict.layers:
        if judged.state is LayerState.RULED_OUT:
            assert judged.by, judged.layer
            assert all(verdict.finding(id) for id in judged.by)


def test_nothing_is_ever_certain_or_confirmed() -> None:
    verdict = diagnose(storm_evidence())
    assert verdict.status is not Status.CONFIRMED
    assert verdict.probability < 1


def test_the_same_evidence_gives_the_same_verdict() -> None:
    assert diagnose(storm_evidence()) == diagnose(storm_evidence())


def test_what_to_do_next_names_the_machine_that_was_looked_at() -> None:
    storm = storm_evidence()
    reached = event("machine.reached", sight="reach", host="root@web1", by="ssh")
    commands = [
        [one.command for one in diagnose(evidence).suggestions if one.command.startswith("tenmatsu ")]
        for evidence in (storm, replace(storm, events=(*storm.events, reached)))
    ]
    assert commands[0]
    assert commands[1] == [
        command.replace(" top", " top --on root@web1").replace(" investigate", " investigate --on root@web1")
        for command in commands[0]
    ]
