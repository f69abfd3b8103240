"""Debian's WordPress as a bed: what is posted, by XML-RPC and by REST, and where a killed post was killed."""

from __future__ import annotations

import xmlrpc.client
from typing import Any

import httpx
import pytest

from .bed.wordpress import WordPress

pytestmark = pytest.mark.live


def test_what_is_posted_by_xmlrpc_is_in_the_database_and_on_a_whole_page(wordpress_blog: WordPress) -> None:
    entry_id = _post(wordpress_blog, "A & B ünï 記事")

    (entry,) = (entry for entry in wordpress_blog.entries() if str(entry.id) == entry_id)
    assert (entry.text, entry.status) == ("A text.", "publish")
    page = httpx.get(wordpress_blog.page_url(entry_id))
    assert page.status_code == 200
    assert "ünï 記事" in page.text
    assert page.text.rstrip().endswith("</html>")
    (named,) = _call(
        wordpress_blog, "blogger.getUsersBlogs", "", wordpress_blog.user, wordpress_blog.password
    )
    assert (named["blogid"], named["blogName"]) == (wordpress_blog.blog_id, wordpress_blog.blog_name)


def test_what_is_posted_by_rest_is_there_until_it_is_deleted(wordpress_blog: WordPress) -> None:
    login = (wordpress_blog.user, wordpress_blog.application_password)
    made = httpx.post(
        f"{wordpress_blog.rest_url}wp/v2/posts",
        auth=login,
        json={"title": "By REST", "status": "publish"},
        timeout=30,
    )
    assert made.status_code == 201
    assert made.json()["link"] == wordpress_blog.page_url(made.json()["id"])
    assert "By REST" in {entry.title for entry in wordpress_blog.entries()}

    one = f"{wordpress_blog.rest_url}wp/v2/posts/{made.json()['id']}"
    assert httpx.delete(one, timeout=30).status_code == 401
    assert httpx.delete(f"{one}&force=true", auth=login, timeout=30).status_code == 200
    assert "By REST" not in {entry.title for entry in wordpress_blog.entries()}


def test_a_wrong_password_is_a_fault(wordpress_blog: WordPress) -> None:
    with pytest.raises(xmlrpc.client.Fault, match="Incorrect username or password"):
        _call(wordpress_blog, "metaWeblog.newPost", "1", wordpress_blog.user, "guess", {"title": "x"}, True)


@pytest.mark.parametrize(("harm", "is_there"), [("kill_before", 0), ("kill_between", 1), ("kill_after", 1)])
def test_a_killed_post_is_a_500(wordpress_blog: WordPress, harm: str, is_there: int) -> None:
    wordpress_blog.inject(plan=[harm])

    with pytest.raises(xmlrpc.client.ProtocolError, match="500"):
        _post(wordpress_blog, harm)
    assert [entry.title for entry in wordpress_blog.entries()].count(harm) == is_there
    assert wordpress_blog.harms() == (harm,)


def test_a_locked_database_is_a_500_and_reading_goes_on(wordpress_blog: WordPress) -> None:
    before = wordpress_blog.entries()
    with wordpress_blog.lock_database():
        with pytest.raises(xmlrpc.client.ProtocolError, match="500"):
            _post(wordpress_blog, "Locked out")
        assert httpx.get(f"{wordpress_blog.url}/", timeout=30).status_code == 200
    assert wordpress_blog.entries() == before
    assert _post(wordpress_blog, "Let in again")


def _post(wordpress_blog: WordPress, title: str) -> str:
    content = {"title": title, "description": "A text.", "mt_allow_pings": 0}
    entry_id = _call(
        wordpress_blog,
        "metaWeblog.newPost",
        wordpress_blog.blog_id,
        wordpress_blog.user,
        wordpress_blog.password,
        content,
        True,
    )
    assert isinstance(entry_id, str)
    return entry_id


def _call(wordpress_blog: WordPress, method: str, *parameters: Any) -> Any:
    with xmlrpc.client.ServerProxy(wordpress_blog.xmlrpc_url) as client:
        return getattr(client, method)(*parameters)
