"""The proof of the end, and the other signs of a case."""

import random

import pytest

from tenmatsu.model.finding import Finding, State
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import plain
from tenmatsu.verify.proof import ASSUMED_STILL, Answer, CannotTell, Proving, set_goal
from tenmatsu.verify.symptoms import Now, compare_symptoms


def prove(rate: float, seed: int, earlier: tuple[int, int] = (31, 100)) -> Answer:
    chance = random.Random(seed)
    proving = Proving(set_goal(earlier))
    for _ in range(5000):
        proving.add(chance.random() < rate)
        if proving.stands.answer is not Answer.UNDECIDED:
            break
    return proving.stands.answer


def test_clean_transactions_prove_it_and_as_many_as_were_said() -> None:
    proving = Proving(set_goal((31, 100)))
    needed = proving.stands.clean_needed
    assert needed is not None
    for _ in range(needed - 1):
        proving.add(failed=False)
    assert (proving.stands.answer, proving.stands.clean_needed) == (Answer.UNDECIDED, 1)
    proving.add(failed=False)
    assert proving.stands.answer is Answer.OVER
    assert proving.stands.confidence >= 0.95


def test_the_low_end_of_the_earlier_rate_counts() -> None:
    few, many = set_goal((3, 10)), set_goal((300, 1000))
    assert few.still < many.still < 0.3
    assert Proving(few).stands.clean_needed > Proving(many).stands.clean_needed  # type: ignore[operator]  # both are numbers


def test_one_failure_is_judged_and_not_simply_a_reset() -> None:
    goal = set_goal((31, 100), (5, 100))
    proving = Proving(goal)
    needed = proving.stands.clean_needed or 0
    for failed in [False] * (needed - 2) + [True]:
        proving.add(failed=failed)
    stands = proving.stands
    assert stands.answer is Answer.UNDECIDED
    assert 2 < (stands.clean_needed or 0) < needed


def test_it_errs_no_more_often_than_it_says() -> None:
    runs = 400
    wrong_over = sum(prove(0.31, seed) is not Answer.STILL for seed in range(runs))
    wrong_still = sum(prove(0.001, seed) is not Answer.OVER for seed in range(runs))
    assert wrong_over <= 0.08 * runs
    assert wrong_still <= 0.08 * runs


def test_without_an_earlier_rate_one_is_assumed() -> None:
    goal = set_goal(None)
    assert (goal.still, goal.earlier) == (ASSUMED_STILL, None)


@pytest.mark.parametrize(("earlier", "usual"), [((1, 50), (3, 100)), ((30, 100), (25, 100))])
def test_what_cannot_be_told_from_good_times_is_said(
    earlier: tuple[int, int], usual: tuple[int, int]
) -> None:
    with pytest.raises(CannotTell):
        set_goal(earlier, usual)


def test_everything_failed() -> None:
    assert Proving(set_goal((5, 5))).stands.clean_needed is not None


def finding(name: str, state: State) -> Finding:
    return Finding(
        id=name, state=state, layer=Layer.APPLICATION, component="c", sentence=plain(f"{name} {state.value}")
    )


def test_each_sign_is_gone_still_there_or_could_not_be_looked_at() -> None:
    before = [finding(name, State.PRESENT) for name in ("a", "b", "c", "d", "recent-change")]
    before.append(finding("e", State.ABSENT))
    after = [finding("a", State.ABSENT), finding("b", State.PRESENT), finding("c", State.UNKNOWN)]
    assert [(one.id, one.now) for one in compare_symptoms(before, after)] == [
        ("a", Now.GONE),
        ("b", Now.STILL),
        ("c", Now.UNKNOWN),
        ("d", Now.UNKNOWN),
    ]
