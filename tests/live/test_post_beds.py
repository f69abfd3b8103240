"""The blogs that write probes are tried on fail as they say: their own databases and pages are the judge."""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from .bed import why_unusable
from .bed.ask import ask
from .bed.leftovers import find_leftovers
from .bed.post_blog import BLOCK_BYTES, PostBlog, post_blog

pytestmark = pytest.mark.live

END = "</html>"


@pytest.fixture(scope="module")
def module_blog() -> Iterator[PostBlog]:
    if reason := why_unusable():
        pytest.skip(reason)
    with post_blog() as blog:
        yield blog
    assert find_leftovers(blog.server.root) == ()


@pytest.fixture
def blog(module_blog: PostBlog) -> Iterator[PostBlog]:
    """The blog as it is when nothing is wrong with it."""
    module_blog.inject()
    yield module_blog
    module_blog.inject()


def test_what_is_posted_is_in_the_database_and_on_a_whole_page(blog: PostBlog) -> None:
    entry_id = _post(blog, "A < B & ünï 記事")

    assert ("A < B & ünï 記事", "A text.") in {entry[1:] for entry in blog.entries()}
    page = ask(blog.page_url(entry_id)).body
    assert "ünï 記事" in page
    assert page.rstrip().endswith(END)
    assert "ünï 記事</li>" in ask(blog.site_url).body
    assert blog.page(entry_id).stat().st_size > 2 * BLOCK_BYTES, "too small to be cut off in the middle"


def test_the_calls_of_a_client(blog: PostBlog) -> None:
    entry_id = _post(blog, "First title")
    who = (blog.user, blog.password)

    assert _call(blog, "blogger.getUsersBlogs", "", *who) == [
        {"blogid": blog.blog_id, "blogName": blog.blog_name, "url": blog.site_url}
    ]
    assert "metaWeblog.newPost" in _call(blog, "mt.supportedMethods")
    assert (
        _call(
            blog,
            "metaWeblog.editPost",
            entry_id,
            *who,
            {"title": "Second title", "description": "New."},
            True,
        )
        is True
    )
    post = _call(blog, "metaWeblog.getPost", entry_id, *who)
    assert (post["postid"], post["title"], post["description"]) == (entry_id, "Second title", "New.")
    assert post["link"] == blog.page_url(entry_id)
    assert "Second title" in ask(blog.page_url(entry_id)).body
    recent = _call(blog, "metaWeblog.getRecentPosts", blog.blog_id, *who, 2)
    assert [each["postid"] for each in recent] == [entry_id, str(int(entry_id) - 1)]
    assert _call(blog, "blogger.deletePost", "", entry_id, *who, True) is True
    assert int(entry_id) not in {entry.id for entry in blog.entries()}
    assert ask(blog.page_url(entry_id)).status == 404
    assert "Second title" not in ask(blog.site_url).body
    with pytest.raises(xmlrpc.client.Fault, match="Invalid entry ID"):
        _call(blog, "metaWeblog.getPost", entry_id, *who)


def test_a_draft_has_no_page(blog: PostBlog) -> None:
    entry_id = _post(blog, "Not yet", publish=False)

    assert "Not yet" in {entry.title for entry in blog.entries()}
    assert ask(blog.page_url(entry_id)).status == 404
    _post(blog, "Another")
    assert "Not yet" not in ask(blog.site_url).body


def test_a_wrong_password_is_a_fault_and_so_is_what_is_no_call(blog: PostBlog) -> None:
    before = blog.entries()
    with pytest.raises(xmlrpc.client.Fault, match="Invalid login"):
        _call(blog, "metaWeblog.newPost", blog.blog_id, blog.user, "guess", {"title": "x"}, True)
    with pytest.raises(xmlrpc.client.Fault, match="Unknown method"):
        _call(blog, "metaWeblog.newMedia")
    assert blog.entries() == before


@pytest.mark.parametrize(
    ("harm", "is_there", "has_page"),
    [("kill_before", False, False), ("kill_between", True, False), ("kill_after", True, True)],
)
def test_a_killed_post_is_a_500(blog: PostBlog, harm: str, is_there: bool, has_page: bool) -> None:
    blog.inject(plan=[harm])

    assert _status_of_post(blog, harm) == 500
    kept = [entry.id for entry in blog.entries() if entry.title == harm]
    assert len(kept) == is_there
    assert [blog.page(entry_id).exists() for entry_id in kept] == [has_page] * len(kept)
    assert blog.harms() == (harm,)
    assert _post(blog, "The plan is over"), "only the first call was to be harmed"


def test_a_killed_deletion_leaves_the_page_of_an_entry_that_is_gone(blog: PostBlog) -> None:
    entry_id = _post(blog, "To be deleted")
    blog.inject(plan=["kill_between"], methods=["deletePost"])

    with pytest.raises(xmlrpc.client.ProtocolError, match="500"):
        _call(blog, "blogger.deletePost", "", entry_id, blog.user, blog.password, True)
    assert int(entry_id) not in {entry.id for entry in blog.entries()}
    assert ask(blog.page_url(entry_id)).status == 200


def test_lots_are_drawn_by_the_seed(blog: PostBlog) -> None:
    drawn = []
    for _ in range(2):
        blog.inject({"kill_before": 0.3, "kill_between": 0.3}, seed=4)
        for number in range(12):
            _status_of_post(blog, f"Lot {number}")
        drawn.append(blog.harms())
    assert drawn[0] == drawn[1]
    assert {"kill_before", "kill_between", "none"} == set(drawn[0])


def test_a_locked_database_is_a_fault(blog: PostBlog) -> None:
    before = blog.entries()
    with blog.lock_database(), pytest.raises(xmlrpc.client.Fault, match="database is locked"):
        _post(blog, "Locked out")
    assert blog.entries() == before
    assert _post(blog, "Let in again")


def test_a_full_data_disk_is_a_fault(blog: PostBlog) -> None:
    with blog.fill_data(), pytest.raises(xmlrpc.client.Fault, match="full"):
        _post(blog, "Long " * 4000)
    assert _post(blog, "Room again")


def test_a_full_site_cuts_pages_off_and_says_nothing(blog: PostBlog) -> None:
    with blog.fill_site(free_blocks=1):
        entry_id = _post(blog, "Cut off")
        page = ask(blog.page_url(entry_id))
        size = blog.page(entry_id).stat().st_size
    assert page.status == 200
    assert END not in page.body
    assert size > 0
    assert size % BLOCK_BYTES == 0


def test_a_post_that_sleeps_is_a_504(blog: PostBlog) -> None:
    usual = blog.server.settings
    blog.server.reload(replace(usual, timeout_seconds=2))
    try:
        blog.inject(plan=["sleep_between"])
        assert _status_of_post(blog, "Too late") == 504
        assert "Too late" in {entry.title for entry in blog.entries()}
    finally:
        blog.server.reload(usual)


def _call(blog: PostBlog, method: str, *parameters: Any) -> Any:
    with xmlrpc.client.ServerProxy(blog.xmlrpc_url) as client:
        return getattr(client, method)(*parameters)


def _post(blog: PostBlog, title: str, *, publish: bool = True) -> str:
    content = {"title": title, "description": "A text.", "mt_allow_pings": 0}
    entry_id = _call(blog, "metaWeblog.newPost", blog.blog_id, blog.user, blog.password, content, publish)
    assert isinstance(entry_id, str)
    return entry_id


def _status_of_post(blog: PostBlog, title: str) -> int:
    try:
        _post(blog, title)
    except xmlrpc.client.ProtocolError as error:
        return error.errcode
    return 200
