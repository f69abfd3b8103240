"""Carries a plan out: looks, writes down what it is about to do, does it, and waits for the effect.

Everything that touches a machine is the `Actor`'s. The runner holds no state of its own that the journal has
not: killed anywhere, another one goes on from there.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tenmatsu.errors import NotPermitted, ReachError, TenmatsuError
from tenmatsu.model.plan import READS_ONLY, PlannedStep
from tenmatsu.recover.journal import Journal, Standing
from tenmatsu.recover.machine import AT_WORK, Happened, RunHappened, RunState, StepState

_S, _H = StepState, Happened


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighted:
    """What a component is like now: its `state` (`on`, `off`, …) and a `mark` that a restart changes."""

    state: str
    mark: str = ""


class Refused(TenmatsuError):
    """The act was refused for good: a missing right, a wrong state. Nothing was changed."""


class Actor(Protocol):
    """Looks at components and acts on them. Every method may raise ReachError: then nobody knows."""

    def look(self, step: PlannedStep) -> Sighted:
        """Return what the step's component is like now."""

    def act(self, step: PlannedStep, *, force: bool) -> None:
        """Begin what the step says, and return at once.

        `force` says that the gentle way was tried for its whole limit, and that the plan allows the other.
        Raises Refused, or ReachError where the answer is lost.
        """

    def is_ready(self, step: PlannedStep) -> bool:
        """Tell whether all that must answer on the component answers now."""

    def symptom_is_back(self, step: PlannedStep) -> bool:
        """Tell whether the case's symptom shows on the component that comes up."""


@dataclass(kw_only=True)
class _Clocks:
    """Times of one step in this process. A clock that is set does not touch them."""

    began: float
    acted: float
    steady_since: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """How far a run is, for whoever shows it."""

    run: RunState
    steps: Mapping[str, StepState]
    seconds: Mapping[str, float]
    notes: Mapping[str, str] = field(default_factory=dict)


class Runner:
    """One executor of one run."""

    def __init__(
        self,
        journal: Journal,
        run: int,
        actor: Actor,
        *,
        now: Callable[[], datetime],
        every_seconds: float = 1.0,
        show: Callable[[Moment], None] | None = None,
    ) -> None:
        """Take up a run from where the journal says that it stands."""
        self._journal, self._run, self._actor, self._now = journal, run, actor, now
        self._every, self._show = every_seconds, show
        standing = journal.standing(run)
        self._plan, self._state = standing.plan, standing.run
        self._steps = dict(standing.steps)
        self._notes = {step: dict(note) for step, note in standing.notes.items()}
        self._clocks: dict[str, _Clocks] = {}
        self._said: dict[str, str] = {}
        self._stopping = False

    def stop(self) -> None:
        """Stop at the next safe point: no act is under way, and everything is written down."""
        self._stopping = True

    def carry_out(self) -> RunState:
        """Go on until all is done, a step fails, or it is stopped. Raises JournalFailed before an act."""
        if self._state is RunState.APPROVED:
            self._change_run(RunHappened.START)
        elif self._state is RunState.STOPPED:
            self._take_up_failed()
            self._change_run(RunHappened.RESUME)
        self._take_up_lost()
        while self._state in (RunState.RUNNING, RunState.STOPPING):
            self._tick()
            if self._show:
                self._show(self._moment())
            if self._state in (RunState.RUNNING, RunState.STOPPING):
                time.sleep(self._every)
        return self._state

    def _take_up_lost(self) -> None:
        """An act of which nobody knows whether it was taken: its effect is awaited."""
        for step in self._plan.steps:
            if self._steps[step.id] is _S.ACTING:
                self._change(step, _H.LOST)

    def _take_up_failed(self) -> None:
        for step in self._plan.steps:
            if self._steps[step.id] is _S.FAILED:
                self._change(step, _H.PREDECESSORS_DONE)

    def _tick(self) -> None:
        if self._stopping and self._state is RunState.RUNNING:
            self._change_run(RunHappened.STOP_WANTED)
        if self._state is RunState.STOPPING:
            self._change_run(RunHappened.ALL_QUIET)  # between two ticks no act is under way
            return
        for step in self._plan.steps:
            self._advance(step)
            if self._steps[step.id] is _S.FAILED:
                self._change_run(RunHappened.STEP_FAILED, step=step.id)
                return
        if all(state is _S.DONE for state in self._steps.values()):
            self._change_run(RunHappened.ALL_DONE)

    def _advance(self, step: PlannedStep) -> None:
        """Take one step as far as it goes without waiting."""
        state = self._steps[step.id]
        if state is _S.WAITING and all(self._steps[id] is _S.DONE for id in step.after):
            state = self._change(step, _H.PREDECESSORS_DONE)
        if state not in AT_WORK:
            return
        clocks = self._clocks.setdefault(step.id, _Clocks(began=time.monotonic(), acted=time.monotonic()))
        try:
            if state is _S.STARTING:
                self._start(step, clocks)
            elif state in (_S.ACTED, _S.UNSURE):
                self._await_effect(step, clocks)
            elif state is _S.READYING:
                self._await_ready(step, clocks)
        except ReachError as error:
            self._said[step.id] = error.words.en
            self._fail_if_too_long(step, clocks)

    def _start(self, step: PlannedStep, clocks: _Clocks) -> None:
        if time.monotonic() - clocks.began < step.delay_seconds:
            return
        if step.action in READS_ONLY or not step.check_after:
            self._change(step, _H.AS_EXPECTED)
            self._act(step, clocks)
            return
        seen = self._actor.look(step)
        if self._is_so(step, seen):
            self._change(step, _H.ALREADY_SO)
        elif not step.expect_before or seen.state == step.expect_before:
            note = {} if "mark" in self._notes.get(step.id, {}) else {"mark": seen.mark}
            self._change(step, _H.AS_EXPECTED, **note)
            self._act(step, clocks)
        else:
            self._change(step, _H.NOT_AS_EXPECTED, saw=seen.state)

    def _act(self, step: PlannedStep, clocks: _Clocks) -> None:
        """Act, now that it is written down. An answer that got lost is no reason to act again."""
        clocks.acted = time.monotonic()
        try:
            self._actor.act(step, force="forced" in self._notes.get(step.id, {}))
        except (Refused, NotPermitted) as error:
            self._change(step, _H.REFUSED, why=error.words.en)
            return
        except ReachError as error:
            self._said[step.id] = error.words.en
            self._change(step, _H.LOST, why=error.words.en)
            return
        self._change(step, _H.TAKEN)

    def _await_effect(self, step: PlannedStep, clocks: _Clocks) -> None:
        if step.action in READS_ONLY or not step.check_after:
            unsure = self._steps[step.id] is _S.UNSURE  # what only reads can be done again at once
            self._change(step, _H.NO_EFFECT if unsure else _H.EFFECT_SEEN)
            return
        if self._is_so(step, self._actor.look(step)):
            self._change(step, _H.EFFECT_SEEN)
        elif self._may_force(step, clocks):
            clocks.began = time.monotonic()
            self._change(step, _H.NO_EFFECT, forced="the gentle way took too long")
        elif time.monotonic() - clocks.began >= step.limit_seconds:
            self._change(step, _H.TOO_LONG, why=self._said.get(step.id, ""))
        elif time.monotonic() - clocks.acted >= step.resend_seconds:
            self._change(step, _H.NO_EFFECT)

    def _may_force(self, step: PlannedStep, clocks: _Clocks) -> bool:
        waited = time.monotonic() - clocks.began >= step.limit_seconds
        return step.force and waited and "forced" not in self._notes.get(step.id, {})

    def _await_ready(self, step: PlannedStep, clocks: _Clocks) -> None:
        """Wait until all answers, and has answered for its time without a break."""
        if self._actor.symptom_is_back(step):
            self._change(step, _H.SYMPTOM_BACK)
            return
        steady = max((one.steady_seconds for one in step.ready), default=0.0)
        if step.ready and not self._actor.is_ready(step):
            clocks.steady_since = None
            self._fail_if_too_long(step, clocks)
            return
        if clocks.steady_since is None:
            clocks.steady_since = time.monotonic()
        if time.monotonic() - clocks.steady_since >= steady:
            self._change(step, _H.ANSWERS)

    def _is_so(self, step: PlannedStep, seen: Sighted) -> bool:
        """Tell whether the state after is there. A restart is seen by a mark other than that of before."""
        if step.check_after != "restarted":
            return seen.state == step.check_after
        before = self._notes.get(step.id, {}).get("mark", "")
        return bool(before) and bool(seen.mark) and seen.mark != before and seen.state == "on"

    def _fail_if_too_long(self, step: PlannedStep, clocks: _Clocks) -> None:
        if time.monotonic() - clocks.began >= step.limit_seconds and self._steps[step.id] is not _S.ACTING:
            self._change(step, _H.TOO_LONG, why=self._said.get(step.id, ""))

    def _change(self, step: PlannedStep, happened: Happened, **note: str) -> StepState:
        after = self._journal.write_step(
            self._run, step.id, self._steps[step.id], happened, self._now(), **note
        )
        self._steps[step.id] = after
        for key, value in note.items():
            self._notes.setdefault(step.id, {}).setdefault(key, value)
        return after

    def _change_run(self, happened: RunHappened, **note: str) -> None:
        self._state = self._journal.write_run(self._run, self._state, happened, self._now(), **note)

    def _moment(self) -> Moment:
        now = time.monotonic()
        return Moment(
            run=self._state,
            steps=dict(self._steps),
            seconds={id: now - clocks.began for id, clocks in self._clocks.items()},
            notes=dict(self._said),
        )


def waits_for(standing: Standing, step: PlannedStep) -> Sequence[str]:
    """Return the ids of the steps that a step still waits for."""
    return [id for id in step.after if standing.steps[id] is not StepState.DONE]
