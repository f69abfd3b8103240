"""Weights add up, groups count once, and probabilities are probabilities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.diagnose.causes import load_causes
from tenmatsu.diagnose.findings import FINDINGS
from tenmatsu.diagnose.weigh import share_out, weigh_cause, weigh_health
from tenmatsu.model.cause import Cause, Expectation
from tenmatsu.model.finding import Finding, State
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, plain


def finding(id: str, state: State, *, strength: float = 1.0, harm: bool = False) -> Finding:
    return Finding(
        id=id,
        state=state,
        layer=Layer.APPLICATION,
        component="c",
        sentence=plain(id),
        strength=strength,
        harm=harm,
    )


def cause(*expectations: tuple[str, float, float, str]) -> Cause:
    return Cause(
        id="c",
        layer=Layer.APPLICATION,
        name=plain("c"),
        sentence=plain("c"),
        why=plain("c"),
        prior_decibans=-14,
        expectations=tuple(
            Expectation(finding=f, present=p, absent=a, reason="r", source="s", group=g)
            for f, p, a, g in expectations
        ),
        next_looks=(),
        remedies=(),
    )


def test_independent_findings_add_up_and_strength_scales() -> None:
    findings = {
        "a": finding("a", State.PRESENT, strength=0.5),
        "b": finding("b", State.ABSENT),
    }
    weighed = weigh_cause(cause(("a", 10, -3, ""), ("b", 8, -4, "")), findings)
    assert weighed.evidence_decibans == 10 * 0.5 - 4
    assert weighed.total_decibans == -14 + 1


def test_what_could_not_be_seen_weighs_nothing() -> None:
    findings = {"a": finding("a", State.UNKNOWN)}
    assert weigh_cause(cause(("a", 10, -30, ""), ("not-there", 10, -30, "")), findings).weights == ()


def test_findings_that_see_the_same_thing_count_once_by_the_heaviest() -> None:
    findings = {name: finding(name, State.PRESENT) for name in "abc"}
    weighed = weigh_cause(cause(("a", 5, 0, "cpu"), ("b", -9, 0, "cpu"), ("c", 3, 0, "")), findings)
    assert [(w.finding, w.decibans) for w in weighed.weights] == [("b", -9), ("c", 3)]


def test_only_harm_that_is_there_speaks_against_health() -> None:
    present, absent = finding("a", State.PRESENT, harm=True), finding("b", State.ABSENT, harm=True)
    bystander = finding("c", State.PRESENT)
    assert weigh_health([absent, bystander]) == 0
    assert weigh_health([present]) < -20


@given(st.lists(st.floats(min_value=-200, max_value=200), min_size=1, max_size=30))
def test_probabilities_sum_to_one(decibans: list[float]) -> None:
    shares = share_out(decibans)
    assert sum(shares) == pytest.approx(1.0)
    assert all(0 <= share <= 1 for share in shares)


def test_every_cause_speaks_of_findings_that_exist_and_gives_reason_and_source() -> None:
    known = {kind.id for kind in FINDINGS}
    for one in load_causes():
        assert {e.finding for e in one.expectations} <= known, one.id
        assert all(e.reason and e.source for e in one.expectations), one.id
        assert one.next_looks, one.id
        assert one.remedies, one.id


def test_every_finding_and_cause_speaks_both_languages() -> None:
    words: list[Words] = [kind.title for kind in FINDINGS]
    for one in load_causes():
        words += [one.name, one.sentence, one.why]
        words += [look.tells for look in one.next_looks]
        words += [part for remedy in one.remedies for part in (remedy.title, remedy.harm)]
    for each in words:
        assert each.en.strip()
        assert each.ja.strip()
    assert sum(not each.ja.isascii() for each in words) == len(words)


def test_the_sixteen_causes_of_the_first_engine_are_there_and_every_layer_has_one() -> None:
    causes = load_causes()
    assert len(causes) >= 16
    assert {one.layer for one in causes} == set(Layer)


def test_ids_are_unique() -> None:
    ids = [kind.id for kind in FINDINGS]
    assert len(ids) == len(set(ids))
