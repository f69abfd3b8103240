"""Write probes against real blogs that fail in every way: what they say, and that nothing is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tenmatsu.attempt.kinds import Ready, get_ready
from tenmatsu.attempt.series import make_mark
from tenmatsu.cli.main import main
from tenmatsu.model.attempt import Attempt
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.probe_plan import ProbePlan
from tenmatsu.reach.http import HttpAsker

from .bed import why_unusable
from .bed.leftovers import find_leftovers
from .bed.post_blog import PostBlog, post_blog
from .bed.settings import Settings

pytestmark = pytest.mark.live

POSTS = 200
# Of all calls that write, and each attempt makes two, a post and a deletion: about 30 % of the attempts fail.
CHANCES = {"kill_before": 0.055, "kill_between": 0.065, "kill_after": 0.045}
TIMEOUT_SECONDS = 2
MakeAttempt = Callable[[], Attempt]


@pytest.fixture(scope="module")
def module_blog() -> Iterator[PostBlog]:
    if reason := why_unusable():
        pytest.skip(reason)
    with post_blog(settings=Settings(timeout_seconds=TIMEOUT_SECONDS)) as blog:
        yield blog
    assert find_leftovers(blog.server.root) == ()


@pytest.fixture
def blog(module_blog: PostBlog) -> Iterator[PostBlog]:
    """The blog as it is when nothing is wrong with it."""
    module_blog.inject()
    yield module_blog
    module_blog.inject()


@pytest.fixture
def ready(blog: PostBlog) -> Iterator[Ready]:
    with HttpAsker() as asker:
        yield get_ready(plan_of(blog), asker, {"password": blog.password}, lambda: datetime.now(UTC))


def plan_of(blog: PostBlog, **more: str) -> ProbePlan:
    settings = {"url": blog.xmlrpc_url, "blog": blog.blog_id, "blog_name": blog.blog_name, "user": blog.user}
    return ProbePlan(name="post", kind="metaweblog", settings={**settings, **more})


def ours(blog: PostBlog) -> list[str]:
    return [entry.title for entry in blog.entries() if "tenmatsu" in entry.title + entry.text]


def test_a_post_on_a_well_blog(blog: PostBlog, ready: Ready) -> None:
    done = ready.attempt(make_mark())
    assert (done.outcome, done.mark_found, done.copies, done.left_behind) == (Outcome.OK, True, 1, ())
    assert ours(blog) == []


def test_two_hundred_posts_with_failures_leave_nothing_and_double_nothing(
    blog: PostBlog, ready: Ready
) -> None:
    before = len(blog.entries())
    blog.inject(CHANCES, seed=7)
    attempts = [ready.attempt(make_mark()) for _ in range(POSTS)]
    failed = [one for one in attempts if one.outcome is Outcome.FAILED]
    assert 0.2 * POSTS <= len(failed) <= 0.4 * POSTS
    assert all(one.copies <= 1 for one in attempts)
    assert {one.status for one in failed} == {500}
    assert any(one.mark_found for one in failed), "killed between commit and rebuild: saved all the same"
    assert any(one.mark_found is False for one in failed), "killed before the commit: not saved"
    blog.inject()
    left = ready.clean_up(attempts)
    assert {one.page for one in left} == remains(blog)
    assert left, "killed between a deletion's commit and its rebuild: the page is there without its entry"
    assert ours(blog) == []
    assert len(blog.entries()) == before


def remains(blog: PostBlog) -> set[str]:
    """Return the addresses of pages that the disk holds of entries that the database does not."""
    known = {blog.page(entry.id).name for entry in blog.entries()}
    pages = (page for page in blog.site.glob("entry-*.html") if page.name not in known)
    return {blog.server.url(f"/{page.name}") for page in pages if "tenmatsu-" in page.read_text()}


def test_a_deletion_that_dies_before_its_rebuild_leaves_a_page_that_is_told(
    blog: PostBlog, ready: Ready
) -> None:
    blog.inject(plan=("kill_between",), methods=("deletePost",))
    done = ready.attempt(make_mark())
    (left,) = done.left_behind
    assert (done.outcome, done.step) == (Outcome.FAILED, "delete")
    assert left.page in remains(blog)
    assert ours(blog) == []
    blog.inject()
    assert [one.page for one in ready.clean_up([done])] == [left.page]
    (blog.site / left.page.rpartition("/")[2]).unlink()
    assert ready.clean_up([done]) == ()


def test_killed_between_commit_and_rebuild_is_found_and_removed(blog: PostBlog, ready: Ready) -> None:
    blog.inject(plan=("kill_between",), methods=("newPost",))
    done = ready.attempt(make_mark())
    assert (done.outcome, done.status, done.page_maker) == (Outcome.FAILED, 500, "server")
    assert (done.mark_found, done.copies, done.left_behind) == (True, 1, ())
    assert ours(blog) == []


def test_an_answer_that_takes_too_long_is_the_servers_page(blog: PostBlog, ready: Ready) -> None:
    blog.inject(plan=("sleep_between",), methods=("newPost",), sleep_seconds=3 * TIMEOUT_SECONDS)
    done = ready.attempt(make_mark())
    assert (done.outcome, done.status) == (Outcome.FAILED, 504)
    assert done.duration_seconds >= TIMEOUT_SECONDS
    blog.inject()
    ready.clean_up([done])
    assert ours(blog) == []


def test_a_locked_database_answers_200_and_is_a_failure(blog: PostBlog, ready: Ready) -> None:
    with blog.lock_database():
        done = ready.attempt(make_mark())
    assert (done.outcome, done.status, done.page_maker) == (Outcome.FAILED, 200, "application")
    assert "locked" in done.reason
    ready.clean_up([done])
    assert ours(blog) == []


def test_a_full_disk_cuts_the_page_and_only_the_page_shows_it(blog: PostBlog, ready: Ready) -> None:
    if not blog.site_is_small:
        pytest.skip("no tmpfs can be mounted for the site")
    with blog.fill_site():
        done = ready.attempt(make_mark())
    assert done.outcome is Outcome.FAILED
    assert "page" in done.reason
    ready.clean_up([done])
    assert ours(blog) == []


def test_a_blog_that_is_not_the_one_named_is_not_written_to(blog: PostBlog) -> None:
    before = blog.entries()
    with HttpAsker() as asker:
        plan = plan_of(blog, blog_name="Another blog")
        done = get_ready(plan, asker, {"password": blog.password}, lambda: datetime.now(UTC)).attempt(
            make_mark()
        )
        wrong = get_ready(plan_of(blog), asker, {"password": "wr0ng"}, lambda: datetime.now(UTC)).attempt(
            make_mark()
        )
    assert (done.outcome, done.hopeless) == (Outcome.FAILED, True)
    assert (wrong.outcome, wrong.hopeless) == (Outcome.FAILED, True)
    assert blog.entries() == before


def test_the_commands_measure_it_and_prove_its_end(
    blog: PostBlog, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLOG_PASSWORD", blog.password)
    file = tmp_path / "site.toml"
    file.write_text(
        f'[probe.post]\nkind = "metaweblog"\nurl = "{blog.xmlrpc_url}"\nblog = {blog.blog_id}\n'
        f'blog_name = "{blog.blog_name}"\nuser = "{blog.user}"\npassword = "env:BLOG_PASSWORD"\n'
        "every_seconds = 0.5\n"
    )
    words = ["post", "--site", str(file), "--json"]
    blog.inject({"kill_between": 0.5}, methods=("newPost",), seed=3)
    assert main(["probe", "run", *words, "--count", "12"]) == 1
    measured = json.loads(capsys.readouterr().out)
    failures = measured["rate"]["failures"]
    assert failures == list(blog.harms()).count("kill_between")
    assert measured["left_behind"] == []

    assert main(["verify", *words, "--earlier-failures", f"{failures}/12"]) == 1
    assert json.loads(capsys.readouterr().out)["answer"] == "still"

    blog.inject()
    assert main(["verify", *words, "--earlier-failures", f"{failures}/12"]) == 0
    told = capsys.readouterr().out
    assert json.loads(told)["answer"] == "over"
    assert blog.password not in told
    assert ours(blog) == []
