"""What `probe run` and `verify` share: a plan with its secrets becomes attempts, one after the other."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tenmatsu.model.attempt import Attempt, LeftBehind

if TYPE_CHECKING:
    from tenmatsu.model.probe_plan import ProbePlan


@dataclass(frozen=True, kw_only=True, slots=True)
class Making:
    """What makes an attempt with a mark, and what removes afterwards what attempts left behind."""

    make: Callable[[str], Attempt]
    clean_up: Callable[[Sequence[Attempt]], tuple[LeftBehind, ...]]


@contextmanager
def making_attempts(plan: "ProbePlan") -> Iterator[Making]:
    """Give what makes attempts. Raises what a secret's place raises, before anything is asked."""
    from tenmatsu.attempt.kinds import get_ready
    from tenmatsu.reach.http import HttpAsker
    from tenmatsu.reach.secrets import read_secret

    secrets = {name: read_secret(place) for name, place in plan.secrets.items()}
    with HttpAsker(ca_file=plan.ca_file) as asker:
        ready = get_ready(plan, asker, secrets, lambda: datetime.now(UTC))

        def make(mark: str) -> Attempt:
            asker.forget()  # each attempt is a new visitor
            return ready.attempt(mark)

        yield Making(make=make, clean_up=ready.clean_up)
