"""One write to a blog, for every API and whatever fails: written once, removed, and nothing kept quiet."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.attempt import fake_atompub, fake_json, fake_metaweblog, fake_mt_form
from tests.attempt.fake_blog import KINDS, MARK, NOW, PASSWORD, FakeAsker, FakeBlog, Server

from tenmatsu.attempt import write_probe
from tenmatsu.attempt.blog_target import BlogTarget
from tenmatsu.attempt.write_probe import make_write_probe
from tenmatsu.model.attempt import Attempt
from tenmatsu.model.evidence import Outcome


class Api(NamedTuple):
    target: BlogTarget
    make_server: Callable[[FakeBlog], Server]


APIS = {
    "atompub": Api(fake_atompub.TARGET, fake_atompub.AtomServer),
    "metaweblog": Api(fake_metaweblog.TARGET, fake_metaweblog.MetaWeblogServer),
    "mt-data-api": Api(fake_json.DATA_API, fake_json.DataApiServer),
    "mt-form": Api(fake_mt_form.TARGET, fake_mt_form.FormServer),
    "wordpress-rest": Api(fake_json.WORDPRESS, fake_json.WordPressServer),
}
api = pytest.mark.parametrize("kind", APIS)


class Run(NamedTuple):
    attempt: Attempt
    blog: FakeBlog
    asker: FakeAsker
    target: BlogTarget

    @property
    def steps(self) -> tuple[str, str]:
        return self.attempt.outcome.value, self.attempt.step


def run(kind: str, failures: Sequence[str] = (), blog: FakeBlog | None = None, **changes: object) -> Run:
    target, make_server = APIS[kind]
    blog = blog or FakeBlog()
    asker = FakeAsker(make_server(blog), failures)
    target = replace(target, **changes)  # type: ignore[arg-type]
    return Run(make_write_probe(target).attempt(asker, lambda: NOW, MARK), blog, asker, target)


def until_write(kind: str) -> int:
    """Return how many requests come before the one that writes, in a run where nothing fails."""
    blog = FakeBlog()
    target, make_server = APIS[kind]
    asker = FakeAsker(make_server(blog))
    before = 0
    original = asker.ask

    def ask(one: object) -> object:
        nonlocal before
        answer = original(one)  # type: ignore[arg-type]
        if not blog.written:
            before += 1
        return answer

    asker.ask = ask  # type: ignore[method-assign, assignment]
    make_write_probe(target).attempt(asker, lambda: NOW, MARK)
    return before


def fail_write(kind: str, failure: str) -> Run:
    return run(kind, [""] * until_write(kind) + [failure])


def test_every_kind_is_tested() -> None:
    assert set(APIS) == set(write_probe.KINDS)


@api
@pytest.mark.parametrize("has_trash", [False, True])
def test_all_well(kind: str, has_trash: bool) -> None:
    found = run(kind, blog=FakeBlog(has_trash=has_trash))
    assert (found.attempt.outcome, found.attempt.reason) == (Outcome.OK, "")
    assert (found.attempt.mark_found, found.attempt.copies, found.attempt.left_behind) == (True, 1, ())
    assert found.attempt.method in ("POST", "PUT")
    assert (found.blog.written, found.blog.ours(), len(found.blog.posts)) == (1, [], 2)
    assert all(not ask.follow for ask in found.asker.asked if PASSWORD in str((ask.headers, ask.body)))


def test_an_old_data_api_is_tried_from_the_highest_version_down() -> None:
    blog = FakeBlog()
    asker = FakeAsker(fake_json.OldDataApiServer(blog))
    attempt = make_write_probe(fake_json.DATA_API).attempt(asker, lambda: NOW, MARK)
    assert (attempt.outcome, attempt.path) == (Outcome.OK, "/mt-data-api.cgi/v4/sites/7/entries")


def test_wordpress_without_permalinks() -> None:
    target = replace(fake_json.WORDPRESS, url="http://blog.test/?rest_route=")
    asker = FakeAsker(fake_json.WordPressServer(FakeBlog()))
    make_write_probe(target).attempt(asker, lambda: NOW, MARK)
    assert asker.asked[0].url == "http://blog.test/?rest_route=/wp/v2/users/me"


def test_the_rebuild_that_movable_type_leads_on_to_is_part_of_the_write() -> None:
    blog = FakeBlog()
    asker = FakeAsker(fake_mt_form.LeadingOnServer(blog))
    attempt = make_write_probe(fake_mt_form.TARGET).attempt(asker, lambda: NOW, MARK)
    assert (attempt.outcome, attempt.method, attempt.reason) == (Outcome.OK, "POST", "")
    assert attempt.duration_seconds == 4 * 0.25
    assert not any("send_pings" in ask.url for ask in asker.asked)


def test_a_rebuild_that_fails_after_the_save_is_a_failed_write() -> None:
    blog = FakeBlog()
    asker = FakeAsker(fake_mt_form.LeadingOnServer(blog), ["", "", "", "before"])
    attempt = make_write_probe(fake_mt_form.TARGET).attempt(asker, lambda: NOW, MARK)
    assert (attempt.outcome, attempt.step, attempt.mark_found) == (Outcome.FAILED, "write", True)
    assert blog.ours() == []


def test_a_server_that_asks_for_basic_gets_it() -> None:
    blog = FakeBlog()
    asker = FakeAsker(fake_atompub.BasicServer(blog))
    attempt = make_write_probe(fake_atompub.TARGET).attempt(asker, lambda: NOW, MARK)
    assert (attempt.outcome, blog.ours()) == (Outcome.OK, [])
    assert "X-WSSE" not in asker.asked[1].headers


def test_a_log_in_goes_to_no_other_server() -> None:
    blog = FakeBlog()
    asker = FakeAsker(fake_atompub.StrangeServer(blog))
    attempt = make_write_probe(fake_atompub.TARGET).attempt(asker, lambda: NOW, MARK)
    assert (attempt.outcome, attempt.step, blog.written) == (Outcome.FAILED, "open", 0)
    assert {ask.url for ask in asker.asked} == {fake_atompub.URL}


@api
def test_saved_but_not_rebuilt(kind: str) -> None:
    found = fail_write(kind, "after")
    assert found.steps == ("failed", "write")
    assert (found.attempt.status, found.attempt.page_maker, found.attempt.mark_found) == (500, "server", True)
    assert (found.blog.written, found.blog.ours(), found.attempt.left_behind) == (1, [], ())


@api
def test_killed_before_the_commit(kind: str) -> None:
    found = fail_write(kind, "before")
    assert found.steps == ("failed", "write")
    assert (found.attempt.mark_found, found.attempt.copies, found.attempt.left_behind) == (False, 0, ())


@api
def test_a_write_that_ends_after_we_looked_is_reported(kind: str) -> None:
    found = fail_write(kind, "late")
    found.asker.settle()
    assert found.steps == ("failed", "write")
    left = found.attempt.left_behind
    assert [one.mark for one in left] == [MARK] or found.blog.ours() == []
    assert make_write_probe(found.target).clean_up(found.asker, [MARK]) == ()
    assert found.blog.ours() == []


@api
def test_the_gateways_page_is_the_proxys(kind: str) -> None:
    found = fail_write(kind, "gateway")
    assert (found.steps, found.attempt.page_maker) == (("failed", "write"), "proxy")


@api
def test_locked(kind: str) -> None:
    found = fail_write(kind, "locked")
    assert found.steps == ("failed", "write")
    assert "locked" in found.attempt.reason
    assert found.attempt.hopeless is False


@api
def test_a_page_that_a_full_disk_cut_off(kind: str) -> None:
    found = run(kind, blog=FakeBlog(full_disk=True))
    assert found.steps == ("failed", "page")
    assert "ends early" in found.attempt.reason
    assert found.blog.ours() == []


@api
def test_a_page_that_was_not_rebuilt(kind: str) -> None:
    found = run(kind, blog=FakeBlog(stale=True))
    assert found.steps == ("failed", "page")
    assert found.attempt.reason == "the published page does not show the entry"


@api
@pytest.mark.parametrize("has_trash", [False, True])
def test_a_page_that_outlives_its_entry_is_left_behind(kind: str, has_trash: bool) -> None:
    found = run(kind, blog=FakeBlog(keeps_pages=True, has_trash=has_trash))
    assert found.steps == ("failed", "delete")
    assert found.attempt.reason == "its entry is deleted, but the published page is still there"
    (left,) = found.attempt.left_behind
    assert (left.mark, left.page, found.blog.ours()) == (MARK, left.what, [])
    probe = make_write_probe(found.target)
    assert [one.page for one in probe.clean_up(found.asker, [MARK], {MARK: [left.page]})] == [left.page]
    found.blog.keeps_pages = False
    assert probe.clean_up(found.asker, [MARK], {MARK: [left.page]}) == ()


@api
def test_another_page_in_its_place_is_none_of_ours(kind: str) -> None:
    found = run(kind, blog=FakeBlog(front_page=True))
    assert (found.attempt.outcome, found.attempt.left_behind) == (Outcome.OK, ())


@api
def test_a_page_that_nobody_could_see_is_told_and_is_no_failure(kind: str) -> None:
    last = len(run(kind).asker.asked) - 1
    found = run(kind, [""] * last + ["before"])
    assert found.attempt.outcome is Outcome.OK
    (left,) = found.attempt.left_behind
    assert left.reason.startswith(
        "its entry is deleted; whether the published page is gone, nobody could see"
    )


@api
def test_saved_twice(kind: str) -> None:
    found = run(kind, blog=FakeBlog(extra_saves=1))
    assert (found.steps, found.attempt.copies, found.blog.ours()) == (("failed", "find"), 2, [])


@api
def test_another_blog_is_refused(kind: str) -> None:
    found = run(kind, blog=FakeBlog(name="The real one"))
    assert (found.steps, found.attempt.hopeless, found.blog.written) == (("failed", "open"), True, 0)
    assert "The real one" in found.attempt.reason
    assert run(kind, blog=FakeBlog(name="The real one"), allow_any_blog=True).attempt.outcome is Outcome.OK
    assert run(kind, blog_name="").attempt.hopeless is True


@api
def test_a_wrong_password_is_hopeless_and_in_no_word_of_ours(kind: str) -> None:
    found = run(kind, password="wrong-secret")
    assert (found.steps, found.attempt.hopeless) == (("failed", "open"), True)
    assert "wrong-secret" not in repr(found.attempt) + repr(found.target) + repr(found.asker.asked)
    assert found.blog.written == 0


@api
def test_a_bad_mark_touches_nothing(kind: str) -> None:
    blog = FakeBlog()
    target, make_server = APIS[kind]
    asker = FakeAsker(make_server(blog))
    probe = make_write_probe(target)
    for mark in ("", "a", "entry", ".*" * 8, "about tenmatsu"):
        assert probe.attempt(asker, lambda: NOW, mark).outcome is Outcome.UNKNOWN
        assert probe.clean_up(asker, [mark]) == ()
    assert asker.asked == []


@api
@given(
    failures=st.lists(st.sampled_from(KINDS), max_size=25),
    has_trash=st.booleans(),
    extra_saves=st.sampled_from((0, 0, 0, 1)),
)
def test_nothing_is_left_or_doubled(
    kind: str, failures: list[str], has_trash: bool, extra_saves: int
) -> None:
    blog = FakeBlog(has_trash=has_trash, extra_saves=extra_saves)
    found = run(kind, failures, blog)
    found.asker.settle()
    assert blog.written <= 1
    if [post for post in blog.ours() if not post.trashed]:
        assert [one.mark for one in found.attempt.left_behind]
    assert PASSWORD not in repr(found.attempt)
    found.asker.failures = iter(())
    assert make_write_probe(found.target).clean_up(found.asker, [MARK]) == ()
    assert [post for post in blog.ours() if not post.trashed] == []
    assert set(blog.posts) >= {"1", "2"}


@api
@given(failures=st.lists(st.sampled_from(KINDS), max_size=20))
def test_an_outcome_says_what_came_of_it(kind: str, failures: list[str]) -> None:
    found = run(kind, failures).attempt
    assert (found.outcome is Outcome.OK) == (found.reason == "")
    assert found.time == NOW
    assert found.as_transaction("blog").stage in ("name", "connect", "tls", "first_byte", "body", "done")
