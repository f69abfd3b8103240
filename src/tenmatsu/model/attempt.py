"""One own transaction at a site, of one request or many: how it ended, and what it left behind."""

from dataclasses import dataclass
from datetime import datetime

from tenmatsu.model.evidence import Outcome, Transaction
from tenmatsu.model.exchange import NOT_TIMED, Timings


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftBehind:
    """Something of ours that could not be removed. `what` is enough for a person to find it.

    `page` is the address of a published page that outlived its entry; empty where the entry itself is left.
    """

    time: datetime
    mark: str
    what: str
    reason: str
    page: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """How one transaction ended.

    `status`, `stage`, `page_maker` and `timings` are those of the exchange that decided it, `step` its name
    in the plan. `page_maker` is who made an error page: `server`, `application`, `proxy`, or empty. `reason`
    is in English, a sentence of `model/reason.py` where it is one of ours. `mark_found` is None where nothing
    was written or nobody could look; `copies` is how many entries with the mark were met, and
    `page_checked` whether the published page was looked at: nobody may have said where it is. `hopeless`: the
    site is down or refuses us for good, so that another attempt is of no use until a person did something.
    """

    time: datetime
    outcome: Outcome
    duration_seconds: float
    step: str = ""
    method: str = "GET"
    path: str = "/"
    status: int | None = None
    stage: str = "done"
    timings: Timings = NOT_TIMED
    size_bytes: int | None = None
    page_maker: str = ""
    reason: str = ""
    mark: str = ""
    mark_found: bool | None = None
    copies: int = 0
    page_checked: bool = False
    left_behind: tuple[LeftBehind, ...] = ()
    hopeless: bool = False

    def as_transaction(self, component: str) -> Transaction:
        """Return it as evidence."""
        return Transaction(
            sight="attempts",
            component=component,
            time=self.time,
            outcome=self.outcome,
            maker="probe",
            path=self.path,
            method=self.method,
            status=self.status,
            stage=self.stage,
            duration_seconds=self.duration_seconds,
            size_bytes=self.size_bytes,
            reason=self.reason,
        )
