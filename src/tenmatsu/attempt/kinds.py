"""The ready-made kinds of probe, by name, and how a plan of any kind becomes attempts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenmatsu.attempt.blog_target import BlogTarget
from tenmatsu.attempt.steps import run_steps
from tenmatsu.attempt.write_probe import KINDS as WRITE_PROBES
from tenmatsu.attempt.write_probe import make_write_probe
from tenmatsu.model.attempt import Attempt, LeftBehind
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.exchange import Asker
from tenmatsu.model.probe_plan import ProbePlan

_OF_BLOGS = ("url", "blog", "blog_name", "user", "page", "limit_seconds", "allow_any_blog")
#: By kind, the settings that it may have in the site file.
KINDS: Mapping[str, tuple[str, ...]] = dict.fromkeys(WRITE_PROBES, _OF_BLOGS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """What makes an attempt with a mark; and what tries again to remove what attempts left behind."""

    attempt: Callable[[str], Attempt]
    clean_up: Callable[[Sequence[Attempt]], tuple[LeftBehind, ...]]


def get_ready(
    plan: ProbePlan, asker: Asker, secrets: Mapping[str, str], now: Callable[[], datetime]
) -> Ready:
    """Return what makes attempts of the plan."""
    if not plan.kind:
        return Ready(attempt=lambda mark: run_steps(plan, asker, secrets, mark, now), clean_up=_left_by)
    probe = make_write_probe(_target_of(plan, secrets))
    return Ready(
        attempt=lambda mark: probe.attempt(asker, now, mark),
        clean_up=lambda attempts: (
            probe.clean_up(asker, marks, _pages(attempts)) if (marks := _uncertain(attempts)) else ()
        ),
    )


def _target_of(plan: ProbePlan, secrets: Mapping[str, str]) -> BlogTarget:
    given = plan.settings
    return BlogTarget(
        kind=plan.kind,
        url=given["url"],
        blog=given.get("blog", "1"),
        blog_name=given.get("blog_name", ""),
        user=given["user"],
        password=secrets["password"],
        page_url=given.get("page", ""),
        limit_seconds=float(given.get("limit_seconds", 60.0)),
        allow_any_blog=given.get("allow_any_blog") == "true",
    )


def _left_by(attempts: Sequence[Attempt]) -> tuple[LeftBehind, ...]:
    return tuple(left for one in attempts for left in one.left_behind)


def _uncertain(attempts: Sequence[Attempt]) -> list[str]:
    """Return the marks of those that may have left something: a late answer may still have written."""
    return [one.mark for one in attempts if one.mark and (one.left_behind or one.outcome is not Outcome.OK)]


def _pages(attempts: Sequence[Attempt]) -> dict[str, list[str]]:
    """Return by mark the pages that were there when their entries had been deleted."""
    found: dict[str, list[str]] = {}
    for left in _left_by(attempts):
        if left.page:
            found.setdefault(left.mark, []).append(left.page)
    return found
