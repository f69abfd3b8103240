"""An own transaction of steps, as the site file says them: requests one after the other, then a clean-up."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

from tenmatsu.attempt.fill import NoSuchVariable, fill_text, make_ask
from tenmatsu.attempt.judge_answer import find_fault
from tenmatsu.attempt.take import take_value
from tenmatsu.model.attempt import Attempt, LeftBehind
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.exchange import NOT_THERE, Asker, Exchange
from tenmatsu.model.probe_plan import Expect, ProbePlan, Step
from tenmatsu.model.reason import NO_VARIABLE, NOT_SAID

# A server that fails itself says nothing about what is there.
_CANNOT_SAY = 500
# These ask for nothing to be changed (RFC 9110, 9.2.1): after them alone there is nothing to clean up.
_SAFE_METHODS = frozenset({"GET", "HEAD"})


@dataclass
class _Run:
    asker: Asker
    variables: dict[str, str]
    wrote: bool = False
    left: list[LeftBehind] = field(default_factory=list)


def run_steps(
    plan: ProbePlan, asker: Asker, secrets: Mapping[str, str], mark: str, now: Callable[[], datetime]
) -> Attempt:
    """Do the steps until one fails; look for what was written; then the whole clean-up.

    `{mark}` is new in each attempt, so that nothing of anybody else's is taken for ours.
    """
    run = _Run(asker, {**secrets, "mark": mark})
    began, time_began = time.monotonic(), now()
    attempt = _do_all(plan.steps, run, time_began)
    attempt = replace(attempt, duration_seconds=time.monotonic() - began)
    if run.wrote:
        attempt = replace(attempt, mark_found=_look(plan.look, run, time_began))
        run.left += _clean_up(plan.clean_up, run, mark, now)
    return replace(attempt, mark=mark if run.wrote else "", left_behind=tuple(run.left))


def _do_all(steps: Iterable[Step], run: _Run, began: datetime) -> Attempt:
    attempt = Attempt(time=began, outcome=Outcome.UNKNOWN, duration_seconds=0.0)
    for step in steps:
        attempt = _do(step, run, began)
        if attempt.outcome is not Outcome.OK:
            break
    return attempt


def _do(step: Step, run: _Run, began: datetime) -> Attempt:
    try:
        ask = make_ask(step, run.variables)
        expect = _fill_expect(step.expect, run.variables)
    except NoSuchVariable as missing:
        why = NO_VARIABLE.fill(name=missing)
        return Attempt(
            time=began, outcome=Outcome.FAILED, duration_seconds=0.0, step=step.name, reason=why.en
        )
    run.wrote = run.wrote or step.method not in _SAFE_METHODS
    exchange = run.asker.ask(ask)
    reason, maker = _judge(step, expect, exchange, run)
    return Attempt(
        time=began,
        outcome=Outcome.FAILED if reason else Outcome.OK,
        duration_seconds=0.0,
        step=step.name,
        method=step.method,
        path=path_of(exchange.url),
        status=exchange.status,
        stage=exchange.stage,
        timings=exchange.timings,
        size_bytes=exchange.size_bytes if exchange.status is not None else None,
        page_maker=maker,
        reason=reason,
        hopeless=exchange.stage in NOT_THERE,
    )


def _judge(step: Step, expect: Expect, exchange: Exchange, run: _Run) -> tuple[str, str]:
    """Return what is wrong, empty if nothing is, and who made the page; take the variables if all is well."""
    if not exchange.is_whole:
        return exchange.reason, ""
    if fault := find_fault(expect, exchange):
        return fault[0].en, fault[1]
    for take in step.takes:
        value = take_value(take, exchange)
        if value is None:
            return NOT_SAID.fill(name=take.name).en, ""
        run.variables[take.name] = value
    return "", ""


def _look(steps: Iterable[Step], run: _Run, began: datetime) -> bool | None:
    """Return whether what was written is there; None where nothing was asked for, or nobody could look."""
    found: bool | None = None
    for step in steps:
        looked = _do(step, run, began)
        if looked.outcome is not Outcome.OK:
            # A whole answer that is not as expected, or that there is no such page: it is not there.
            return False if looked.status is not None and looked.status < _CANNOT_SAY else None
        found = True
    return found


def _clean_up(steps: Iterable[Step], run: _Run, mark: str, now: Callable[[], datetime]) -> list[LeftBehind]:
    """Do every step of the clean-up, also after one that failed; return what it could not do."""
    left = []
    for step in steps:
        done = _do(step, run, now())
        if done.outcome is not Outcome.OK:
            left.append(LeftBehind(time=done.time, mark=mark, what=step.name, reason=done.reason))
    return left


def _fill_expect(expect: Expect, variables: Mapping[str, str]) -> Expect:
    return replace(
        expect,
        holds=tuple(fill_text(one, variables) for one in expect.holds),
        lacks=tuple(fill_text(one, variables) for one in expect.lacks),
    )


def path_of(url: str) -> str:
    """Return an address' path; "/" of what is no address."""
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return "/"
