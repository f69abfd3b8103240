"""Debian's WordPress as a bed: what is posted, by XML-RPC and by REST, and where a killed post was killed."""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from .bed.leftovers import find_leftovers
from .bed.wordpress import WordPress, why_no_wordpress, wordpress

pytestmark = pytest.mark.live


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


def test_what_is_posted_by_xmlrpc_is_in_the_database_and_on_a_whole_page(blog: WordPress) -> None:
    entry_id = _post(blog, "A & B ünï 記事")

    (entry,) = (entry for entry in blog.entries() if str(entry.id) == entry_id)
    assert (entry.text, entry.status) == ("A text.", "publish")
    page = httpx.get(blog.page_url(entry_id))
    assert page.status_code == 200
    assert "ünï 記事" in page.text
    assert page.text.rstrip().endswith("</html>")
    (named,) = _call(blog, "blogger.getUsersBlogs", "", blog.user, blog.password)
    assert (named["blogid"], named["blogName"]) == (blog.blog_id, blog.blog_name)


def test_what_is_posted_by_rest_is_there_until_it_is_deleted(blog: WordPress) -> None:
    login = (blog.user, blog.application_password)
    made = httpx.post(
        f"{blog.rest_url}wp/v2/posts", auth=login, json={"title": "By REST", "status": "publish"}, timeout=30
    )
    assert made.status_code == 201
    assert made.json()["link"] == blog.page_url(made.json()["id"])
    assert "By REST" in {entry.title for entry in blog.entries()}

    one = f"{blog.rest_url}wp/v2/posts/{made.json()['id']}"
    assert httpx.delete(one, timeout=30).status_code == 401
    assert httpx.delete(f"{one}&force=true", auth=login, timeout=30).status_code == 200
    assert "By REST" not in {entry.title for entry in blog.entries()}


def test_a_wrong_password_is_a_fault(blog: WordPress) -> None:
    with pytest.raises(xmlrpc.client.Fault, match="Incorrect username or password"):
        _call(blog, "metaWeblog.newPost", "1", blog.user, "guess", {"title": "x"}, True)


@pytest.mark.parametrize(("harm", "is_there"), [("kill_before", 0), ("kill_between", 1), ("kill_after", 1)])
def test_a_killed_post_is_a_500(blog: WordPress, harm: str, is_there: int) -> None:
    blog.inject(plan=[harm])

    with pytest.raises(xmlrpc.client.ProtocolError, match="500"):
        _post(blog, harm)
    assert [entry.title for entry in blog.entries()].count(harm) == is_there
    assert blog.harms() == (harm,)


def _post(blog: WordPress, title: str) -> str:
    content = {"title": title, "description": "A text.", "mt_allow_pings": 0}
    entry_id = _call(blog, "metaWeblog.newPost", blog.blog_id, blog.user, blog.password, content, True)
    assert isinstance(entry_id, str)
    return entry_id


def _call(blog: WordPress, method: str, *parameters: Any) -> Any:
    with xmlrpc.client.ServerProxy(blog.xmlrpc_url) as client:
        return getattr(client, method)(*parameters)
