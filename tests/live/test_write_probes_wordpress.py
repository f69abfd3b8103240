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

from .bed.leftovers import find_leftovers
from .bed.wordpress import WordPress, why_no_wordpress, wordpress

pytestmark = pytest.mark.live

# A post takes WordPress a second or more.
POSTS = int(os.environ.get("TENMATSU_BED_POSTS", "15"))
CHANCES = {"kill_before": 0.06, "kill_between": 0.06, "kill_after": 0.05}
MakeReady = Callable[[], Ready]


@pytest.fixture(scope="module")
def module_blog() -> Iterator[WordPress]:
    if reason := why_no_wordpress():
        pytest.skip(reason)
    with wordpress() as blog:
        yield blog
    assert find_leftovers(blog.root) == ()


@pytest.fixture
def blog(module_blog: WordPress) -> Iterator[WordPress]:
    """The blog as it is when nothing is wrong with it."""
    module_blog.inject()
    yield module_blog
    module_blog.inject()


@pytest.fixture(params=["metaweblog", "wordpress-rest"])
def ready(request: pytest.FixtureRequest, blog: WordPress) -> Iterator[Ready]:
    by_rest = request.param == "wordpress-rest"
    settings = {
        "url": blog.rest_url.rstrip("/") if by_rest else blog.xmlrpc_url,
        "blog": blog.blog_id,
        "blog_name": blog.blog_name,
        "user": blog.user,
    }
    plan = ProbePlan(name="post", kind=request.param, settings=settings)
    password = blog.application_password if by_rest else blog.password
    with HttpAsker() as asker:
        yield get_ready(plan, asker, {"password": password}, lambda: datetime.now(UTC))


def test_a_post_on_a_well_blog(blog: WordPress, ready: Ready) -> None:
    done = ready.attempt(make_mark())
    assert (done.outcome, done.reason, done.mark_found, done.left_behind) == (Outcome.OK, "", True, ())
    assert ours(blog) == []


@pytest.mark.parametrize(("harm", "is_there"), [("kill_before", False), ("kill_between", True)])
def test_a_killed_post_is_found_where_it_was_saved(
    blog: WordPress, ready: Ready, harm: str, is_there: bool
) -> None:
    blog.inject(plan=[harm], methods=("save",))
    done = ready.attempt(make_mark())
    assert (done.outcome, done.status, done.mark_found) == (Outcome.FAILED, 500, is_there)
    blog.inject()
    assert ready.clean_up([done]) == ()
    assert ours(blog) == []


def test_posts_with_failures_leave_nothing_and_double_nothing(blog: WordPress, ready: Ready) -> None:
    blog.inject(CHANCES, seed=11)
    attempts = [ready.attempt(make_mark()) for _ in range(POSTS)]
    assert any(one.outcome is Outcome.FAILED for one in attempts)
    assert all(one.copies <= 1 for one in attempts)
    blog.inject()
    assert ready.clean_up(attempts) == ()
    assert ours(blog) == []


def ours(blog: WordPress) -> list[str]:
    return [entry.title for entry in blog.entries() if "tenmatsu" in entry.title + entry.text]
