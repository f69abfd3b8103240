"""The ready-made kinds of probe, by name, and how a plan of any kind becomes attempts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenmatsu.attempt.steps import run_steps
from tenmatsu.model.attempt import Attempt, LeftBehind
from tenmatsu.model.exchange import Asker
from tenmatsu.model.probe_plan import ProbePlan

#: By kind, the settings that it may have in the site file.
KINDS: Mapping[str, tuple[str, ...]] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """What makes an attempt with a mark; and what tries again to remove what attempts left behind."""

    attempt: Callable[[str], Attempt]
    clean_up: Callable[[Sequence[Attempt]], tuple[LeftBehind, ...]]


def get_ready(
    plan: ProbePlan, asker: Asker, secrets: Mapping[str, str], now: Callable[[], datetime]
) -> Ready:
    """Return what makes attempts of the plan."""
    return Ready(
        attempt=lambda mark: run_steps(plan, asker, secrets, mark, now),
        clean_up=lambda attempts: tuple(left for one in attempts for left in one.left_behind),
    )
