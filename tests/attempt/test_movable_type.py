"""The write probes for Movable Type, against its mock: they say what failed, and leave nothing behind."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from tests.mocks.movable_type import (
    API_PASSWORD,
    BLOG_ID,
    BLOG_NAME,
    PASSWORD,
    USER,
    MovableType,
    movable_type,
)

from tenmatsu.attempt.kinds import Ready, get_ready
from tenmatsu.attempt.series import make_mark
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.probe_plan import ProbePlan
from tenmatsu.reach.http import HttpAsker

# By kind: the address, and the password.
WAYS = {
    "mt-data-api": ("/mt/mt-data-api.cgi", PASSWORD),
    "mt-form": ("/mt/mt.cgi", PASSWORD),
    "atompub": ("/mt/mt-atom.cgi/1.0", API_PASSWORD),
}
POSTS = 40
MakeReady = Callable[..., Ready]


@pytest.fixture
def engine() -> Iterator[MovableType]:
    with movable_type() as engine:
        yield engine


@pytest.fixture(params=WAYS)
def ready(request: pytest.FixtureRequest, engine: MovableType) -> Iterator[MakeReady]:
    path, password = WAYS[request.param]

    def make(**more: str) -> Ready:
        given = {"url": engine.base_url + path, "blog": BLOG_ID, "blog_name": BLOG_NAME, "user": USER}
        if request.param == "mt-form":  # its pages are not called by their titles
            given["page"] = engine.base_url + "/diary/entry-{id}.html"
        settings = {**given, **{key: value for key, value in more.items() if key != "password"}}
        secrets = {"password": more.get("password", password)}
        plan = ProbePlan(name="post", kind=request.param, settings=settings)
        return get_ready(plan, asker, secrets, lambda: datetime.now(UTC))

    with HttpAsker() as asker:
        yield make


def test_a_post_on_a_well_blog(engine: MovableType, ready: MakeReady) -> None:
    done = ready().attempt(make_mark())
    assert (done.outcome, done.reason, done.mark_found, done.left_behind) == (Outcome.OK, "", True, ())
    assert engine.entries == {}


@pytest.mark.parametrize("harm", ["before", "between", "after", "error_page", "cut_page"])
def test_each_harm_is_a_failure_and_leaves_nothing(engine: MovableType, ready: MakeReady, harm: str) -> None:
    probe = ready()
    engine.inject(plan=[harm])
    done = probe.attempt(make_mark())
    assert done.outcome is Outcome.FAILED
    assert done.reason
    assert done.copies <= 1
    engine.inject()
    assert probe.clean_up([done]) == ()
    assert engine.entries == {}


def test_many_posts_with_failures_leave_nothing(engine: MovableType, ready: MakeReady) -> None:
    probe = ready()
    engine.inject({"before": 0.06, "between": 0.06, "after": 0.04}, seed=5)
    attempts = [probe.attempt(make_mark()) for _ in range(POSTS)]
    assert any(one.outcome is Outcome.FAILED for one in attempts)
    assert any(one.outcome is Outcome.OK for one in attempts)
    assert all(one.copies <= 1 for one in attempts)
    engine.inject()
    assert {one.page for one in probe.clean_up(attempts)} == remains(engine)
    assert engine.entries == {}


def remains(engine: MovableType) -> set[str]:
    """Return the addresses of entries' pages that a deletion left that was killed before its rebuild."""
    paths = (path for path, page in engine.pages.items() if "entry-" in path and "tenmatsu-" in page)
    return {engine.base_url + path for path in paths}


def test_a_page_that_outlives_its_entry_is_told_until_it_is_gone(
    engine: MovableType, ready: MakeReady
) -> None:
    probe = ready()
    engine.inject(plan=["none", "between"])
    done = probe.attempt(make_mark())
    (left,) = done.left_behind
    assert {left.page} == remains(engine)
    assert (done.outcome, done.step, left.mark) == (Outcome.FAILED, "delete", done.mark)
    (again,) = probe.clean_up([done])
    assert again.page == left.page
    engine.pages.clear()
    assert probe.clean_up([done]) == ()


def test_another_blog_is_refused(engine: MovableType, ready: MakeReady) -> None:
    done = ready(blog_name="The real one").attempt(make_mark())
    assert (done.outcome, done.hopeless) == (Outcome.FAILED, True)
    assert engine.harms == []


def test_a_wrong_password_is_refused(engine: MovableType, ready: MakeReady) -> None:
    wrong = ready(password="guess").attempt(make_mark())
    assert (wrong.outcome, wrong.hopeless) == (Outcome.FAILED, True)
    assert "guess" not in wrong.reason
    assert engine.harms == []
