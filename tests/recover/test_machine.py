"""All that may happen stands in the tables; the diagram is made from them."""

from pathlib import Path

import pytest

from tenmatsu.recover.machine import (
    RUN_CHANGES,
    STEP_CHANGES,
    Happened,
    NotAllowed,
    RunHappened,
    RunState,
    StepState,
    change_run,
    change_step,
    make_diagram,
)


def test_nothing_is_done_before_it_was_written_down() -> None:
    """Acting is a state of its own, and only a look leads to it."""
    into = {
        (state, happened) for (state, happened), after in STEP_CHANGES.items() if after is StepState.ACTING
    }
    assert into == {(StepState.STARTING, Happened.AS_EXPECTED)}


def test_a_lost_answer_never_leads_to_acting_again_without_waiting_for_the_effect() -> None:
    assert change_step(StepState.ACTING, Happened.LOST) is StepState.UNSURE


def test_every_state_can_be_reached_and_every_change_is_of_known_states() -> None:
    reached = {StepState.WAITING, *STEP_CHANGES.values()}
    assert reached == set(StepState)
    assert {RunState.PLANNED, *RUN_CHANGES.values()} == set(RunState)


def test_what_no_row_has_is_refused() -> None:
    with pytest.raises(NotAllowed):
        change_step(StepState.DONE, Happened.TAKEN)
    with pytest.raises(NotAllowed):
        change_run(RunState.PLANNED, RunHappened.START)


def test_the_diagram_has_every_change() -> None:
    drawn = make_diagram()
    assert drawn in (Path(__file__).parents[2] / "docs" / "recovery.md").read_text("utf-8")
    assert drawn.count(" --> ") == len(STEP_CHANGES) + len(RUN_CHANGES) + 2
