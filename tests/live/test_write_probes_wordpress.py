"""Write probes against Debian's WordPress, by XML-RPC and by REST, while posts are killed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from tenmatsu.attempt.kinds import Ready, get_ready
from tenmatsu.attempt.series import make_mark
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.probe_plan import ProbePlan
from tenmatsu.reach.http import HttpAsker

from .bed.wordpress import LOCK_SECONDS, WordPress

pytestmark = pytest.mark.live

# A post takes WordPress a second or more.
POSTS = int(os.environ.get("TENMATSU_BED_POSTS", "15"))
CHANCES = {"kill_before": 0.06, "kill_between": 0.06, "kill_after": 0.05}
MakeReady = Callable[[], Ready]


@pytest.fixture(params=["metaweblog", "wordpress-rest"])
def ready(request: pytest.FixtureRequest, wordpress_blog: WordPress) -> Iterator[Ready]:
    by_rest = request.param == "wordpress-rest"
    settings = {
        "url": wordpress_blog.rest_url.rstrip("/") if by_rest else wordpress_blog.xmlrpc_url,
        "blog": wordpress_blog.blog_id,
        "blog_name": wordpress_blog.blog_name,
        "user": wordpress_blog.user,
    }
    plan = ProbePlan(name="post", kind=request.param, settings=settings)
    password = wordpress_blog.application_password if by_rest else wordpress_blog.password
    with HttpAsker() as asker:
        yield get_ready(plan, asker, {"password": password}, lambda: datetime.now(UTC))


def test_a_post_on_a_well_blog(wordpress_blog: WordPress, ready: Ready) -> None:
    done = ready.attempt(make_mark())
    assert (done.outcome, done.reason, done.mark_found, done.left_behind) == (Outcome.OK, "", True, ())
    assert ours(wordpress_blog) == []


@pytest.mark.parametrize(("harm", "is_there"), [("kill_before", False), ("kill_between", True)])
def test_a_killed_post_is_found_where_it_was_saved(
    wordpress_blog: WordPress, ready: Ready, harm: str, is_there: bool
) -> None:
    wordpress_blog.inject(plan=[harm], methods=("save",))
    done = ready.attempt(make_mark())
    assert (done.outcome, done.status, done.mark_found) == (Outcome.FAILED, 500, is_there)
    wordpress_blog.inject()
    assert ready.clean_up([done]) == ()
    assert ours(wordpress_blog) == []


def test_a_locked_database_is_a_failure_by_the_application(wordpress_blog: WordPress, ready: Ready) -> None:
    with wordpress_blog.lock_database():
        done = ready.attempt(make_mark())
    assert (done.outcome, done.step, done.page_maker) == (Outcome.FAILED, "write", "application")
    assert done.duration_seconds >= LOCK_SECONDS
    assert ready.clean_up([done]) == ()
    assert ours(wordpress_blog) == []


def test_posts_with_failures_leave_nothing_and_double_nothing(
    wordpress_blog: WordPress, ready: Ready
) -> None:
    wordpress_blog.inject(CHANCES, seed=11)
    attempts = [ready.attempt(make_mark()) for _ in range(POSTS)]
    assert any(one.outcome is Outcome.FAILED for one in attempts)
    assert all(one.copies <= 1 for one in attempts)
    wordpress_blog.inject()
    assert ready.clean_up(attempts) == ()
    assert ours(wordpress_blog) == []


def ours(wordpress_blog: WordPress) -> list[str]:
    return [entry.title for entry in wordpress_blog.entries() if "tenmatsu" in entry.title + entry.text]
