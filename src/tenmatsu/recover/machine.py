"""The states of a run and of its steps, and every change between them. All of it is in the two tables here.

Sans-I/O: the runner tells what happened, this says what state that leads to. The diagram in
docs/recovery.md is made from the tables (`make_diagram`).
"""

from collections.abc import Iterable, Mapping
from enum import Enum

from tenmatsu.errors import TenmatsuError
from tenmatsu.model.words import Words


class StepState(Enum):
    """Where a step stands."""

    WAITING = "waiting"  # for the steps before it
    STARTING = "starting"  # its first look, before anything is done
    ACTING = "acting"  # the act may have begun: written before it is
    ACTED = "acted"  # the act was taken; its effect is awaited
    UNSURE = "unsure"  # nobody knows whether it was taken; its effect is awaited all the same
    READYING = "readying"  # the state is right; its services are awaited
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


class Happened(Enum):
    """What happened to a step."""

    PREDECESSORS_DONE = "predecessors done"
    AS_EXPECTED = "as expected"  # the state before is what the plan says
    ALREADY_SO = "already so"  # the state after is there already
    NOT_AS_EXPECTED = "not as expected"
    TAKEN = "taken"  # the act was taken
    REFUSED = "refused"
    LOST = "lost"  # nobody knows whether it was taken
    EFFECT_SEEN = "effect seen"
    NO_EFFECT = "no effect yet"  # may be sent again
    ANSWERS = "answers"
    TOO_LONG = "too long"
    SYMPTOM_BACK = "symptom is back"
    UNDO_WANTED = "undo wanted"
    UNDO_TAKEN = "undo taken"


class RunState(Enum):
    """Where a run stands."""

    PLANNED = "planned"
    APPROVED = "approved"
    RUNNING = "running"
    STOPPING = "stopping"  # no new step begins; those that act come to their end
    STOPPED = "stopped"
    UNDOING = "undoing"
    UNDONE = "undone"
    DONE = "done"
    PROVEN = "done and proven"
    NOT_CURED = "done and not cured"


class RunHappened(Enum):
    """What happened to a run."""

    APPROVAL = "approval"
    START = "start"
    STOP_WANTED = "stop wanted"
    ALL_QUIET = "no step at work"
    STEP_FAILED = "a step failed"
    ALL_DONE = "all steps done"
    PROOF = "proof"
    DISPROOF = "still failing"
    RESUME = "resume"
    UNDO_WANTED = "undo wanted"
    ALL_UNDONE = "all undone"


class NotAllowed(TenmatsuError):
    """A change that no row of the table has."""

    def __init__(self, state: Enum, happened: Enum) -> None:
        super().__init__(NO_SUCH.fill(state=state.value, happened=happened.value))


_S, _H = StepState, Happened
STEP_CHANGES: Mapping[tuple[StepState, Happened], StepState] = {
    (_S.WAITING, _H.PREDECESSORS_DONE): _S.STARTING,
    (_S.STARTING, _H.AS_EXPECTED): _S.ACTING,
    (_S.STARTING, _H.ALREADY_SO): _S.READYING,
    (_S.STARTING, _H.NOT_AS_EXPECTED): _S.FAILED,
    (_S.STARTING, _H.TOO_LONG): _S.FAILED,
    (_S.ACTING, _H.TAKEN): _S.ACTED,
    (_S.ACTING, _H.REFUSED): _S.FAILED,
    # After a crash or a cut line nobody knows whether it was taken: its effect is awaited as if it had been,
    # and only where none comes is it done again, after another look.
    (_S.ACTING, _H.LOST): _S.UNSURE,
    (_S.UNSURE, _H.EFFECT_SEEN): _S.READYING,
    (_S.UNSURE, _H.NO_EFFECT): _S.STARTING,
    (_S.UNSURE, _H.TOO_LONG): _S.FAILED,
    (_S.ACTED, _H.EFFECT_SEEN): _S.READYING,
    (_S.ACTED, _H.NO_EFFECT): _S.STARTING,
    (_S.ACTED, _H.TOO_LONG): _S.FAILED,
    (_S.READYING, _H.ANSWERS): _S.DONE,
    (_S.READYING, _H.TOO_LONG): _S.FAILED,
    (_S.READYING, _H.SYMPTOM_BACK): _S.FAILED,
    (_S.READYING, _H.NOT_AS_EXPECTED): _S.FAILED,
    # Going on after a failure: the person has seen to it.
    (_S.FAILED, _H.PREDECESSORS_DONE): _S.STARTING,
    (_S.FAILED, _H.UNDO_WANTED): _S.UNDOING,
    (_S.DONE, _H.UNDO_WANTED): _S.UNDOING,
    (_S.UNDOING, _H.UNDO_TAKEN): _S.UNDONE,
    (_S.UNDOING, _H.REFUSED): _S.FAILED,
}

_R, _T = RunState, RunHappened
RUN_CHANGES: Mapping[tuple[RunState, RunHappened], RunState] = {
    (_R.PLANNED, _T.APPROVAL): _R.APPROVED,
    (_R.APPROVED, _T.START): _R.RUNNING,
    (_R.RUNNING, _T.STOP_WANTED): _R.STOPPING,
    (_R.RUNNING, _T.STEP_FAILED): _R.STOPPING,
    (_R.RUNNING, _T.ALL_DONE): _R.DONE,
    (_R.STOPPING, _T.STEP_FAILED): _R.STOPPING,
    (_R.STOPPING, _T.STOP_WANTED): _R.STOPPING,
    (_R.STOPPING, _T.ALL_QUIET): _R.STOPPED,
    (_R.STOPPING, _T.ALL_DONE): _R.DONE,
    (_R.STOPPED, _T.RESUME): _R.RUNNING,
    (_R.STOPPED, _T.UNDO_WANTED): _R.UNDOING,
    (_R.DONE, _T.UNDO_WANTED): _R.UNDOING,
    (_R.NOT_CURED, _T.UNDO_WANTED): _R.UNDOING,
    (_R.UNDOING, _T.ALL_UNDONE): _R.UNDONE,
    (_R.UNDOING, _T.STEP_FAILED): _R.STOPPED,
    (_R.DONE, _T.PROOF): _R.PROVEN,
    (_R.DONE, _T.DISPROOF): _R.NOT_CURED,
}

AT_WORK = frozenset({_S.STARTING, _S.ACTING, _S.ACTED, _S.UNSURE, _S.READYING, _S.UNDOING})
ENDED = frozenset({_R.UNDONE, _R.PROVEN, _R.NOT_CURED, _R.DONE})


def change_step(state: StepState, happened: Happened) -> StepState:
    """Return the state that follows. Raises NotAllowed where there is no such change."""
    try:
        return STEP_CHANGES[state, happened]
    except KeyError:
        raise NotAllowed(state, happened) from None


def change_run(state: RunState, happened: RunHappened) -> RunState:
    """Return the state that follows. Raises NotAllowed where there is no such change."""
    try:
        return RUN_CHANGES[state, happened]
    except KeyError:
        raise NotAllowed(state, happened) from None


def make_diagram() -> str:
    """Return both tables as two Mermaid diagrams, for the docs."""
    of_runs = [(state, happened, after) for (state, happened), after in RUN_CHANGES.items()]
    of_steps = [(state, happened, after) for (state, happened), after in STEP_CHANGES.items()]
    return "\n\n".join((_draw(RunState.PLANNED, of_runs), _draw(StepState.WAITING, of_steps)))


def _draw(first: Enum, changes: Iterable[tuple[Enum, Enum, Enum]]) -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {_node(first)}"]
    lines += [
        f"    {_node(state)} --> {_node(after)}: {happened.value}" for state, happened, after in changes
    ]
    return "\n".join([*lines, "```"])


def _node(state: Enum) -> str:
    return str(state.value).replace(" ", "_")


NO_SUCH = Words(
    "nothing leads on from '{state}' when '{happened}'", "「{state}」で「{happened}」の時に進む先がありません"
)
