"""The mock commits, rebuilds and fails as it says: its entries and pages are the judge."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator

import httpx
import pytest

from .movable_type import API_PASSWORD, BLOCK_BYTES, PASSWORD, USER, MovableType, movable_type

ATOM_ENTRY = '<entry xmlns="http://www.w3.org/2005/Atom"><title>{}</title><content>Text.</content></entry>'


@pytest.fixture
def engine() -> Iterator[MovableType]:
    with movable_type() as running:
        yield running


@pytest.mark.parametrize(
    ("harm", "status", "is_saved", "has_page"),
    [
        ("none", 200, True, True),
        ("before", 500, False, False),
        ("between", 500, True, False),
        ("after", 500, True, True),
        ("error_page", 200, False, False),
    ],
)
def test_where_a_write_was_killed_shows_in_entries_and_pages(
    engine: MovableType, harm: str, status: int, is_saved: bool, has_page: bool
) -> None:
    engine.inject(plan=[harm])
    answer = _post_by_data_api(engine, "A title")

    assert answer.status_code == status
    assert ("error" in answer.text.lower()) == (harm != "none")
    assert [entry.title for entry in engine.entries.values()] == ["A title"] * is_saved
    assert len([path for path in engine.pages if "entry-" in path]) == has_page


def test_a_cut_page_ends_after_whole_blocks(engine: MovableType) -> None:
    engine.inject(plan=["cut_page"])
    link = _post_by_data_api(engine, "A title").json()["permalink"]

    page = httpx.get(link)
    assert page.status_code == 200
    assert len(page.content) == BLOCK_BYTES
    assert "</html>" not in page.text


@pytest.mark.parametrize("version", range(1, 8))
def test_the_data_api_lists_what_it_saved_and_deletes_it(engine: MovableType, version: int) -> None:
    id = _post_by_data_api(engine, "Mark-1", version=version).json()["id"]
    entries = f"{engine.base_url}/mt/mt-data-api.cgi/v{version}/sites/1/entries"
    found = httpx.get(entries, params={"search": "mark-1"}).json()

    assert (found["totalResults"], found["items"][0]["id"]) == (1, id)
    assert httpx.get(entries, params={"search": "mark-2"}).json() == {"totalResults": 0, "items": []}
    assert httpx.delete(f"{entries}/{id}").status_code == 401
    assert httpx.delete(f"{entries}/{id}", headers=_token(engine)).status_code == 200
    assert engine.entries == {}
    assert "Mark-1" not in httpx.get(engine.site_url).text


def test_the_form_asks_for_a_session_and_its_token(engine: MovableType) -> None:
    url = f"{engine.base_url}/mt/mt.cgi"
    new = {"__mode": "save_entry", "_type": "entry", "blog_id": "1", "title": "By form", "status": "2"}
    with httpx.Client(follow_redirects=True) as client:
        assert 'name="password"' in client.post(url, data=new).text
        client.post(url, data={"username": USER, "password": PASSWORD})
        form = client.get(url, params={"__mode": "view", "_type": "entry", "blog_id": "1"}).text
        token = re.findall(r'name="magic_token" value="(\w+)"', form)[0]
        assert 'name="password"' in client.post(url, data=new).text
        assert engine.entries == {}
        saved = client.post(url, data={**new, "magic_token": token})
        assert (saved.url.params["id"], saved.url.params["saved_added"]) == ("1", "1")
        assert 'value="By form"' in saved.text
        gone = {"__mode": "delete", "_type": "entry", "blog_id": "1", "id": "1", "magic_token": token}
        assert "Publishing" in client.post(url, data=gone).text
    assert engine.entries == {}


def test_atompub_takes_a_token_once(engine: MovableType) -> None:
    collection = f"{engine.base_url}/mt/mt-atom.cgi/1.0/blog_id=1"
    headers = _wsse("first nonce")

    assert httpx.post(collection).status_code == 401
    made = httpx.post(collection, content=ATOM_ENTRY.format("By Atom"), headers=headers)
    assert (made.status_code, made.headers["Location"]) == (201, f"{collection}/entry_id=1")
    assert httpx.get(collection, headers=headers).status_code == 403
    assert "By Atom" in httpx.get(collection, headers=_wsse("second")).text
    assert httpx.delete(made.headers["Location"], headers=_wsse("third")).status_code == 200
    assert httpx.get(made.headers["Location"], headers=_wsse("fourth")).status_code == 400
    assert engine.entries == {}


def _post_by_data_api(engine: MovableType, title: str, *, version: int = 4) -> httpx.Response:
    url = f"{engine.base_url}/mt/mt-data-api.cgi/v{version}/sites/1/entries"
    form = {"entry": json.dumps({"title": title, "body": "Text.", "status": "Publish"}), "publish": "1"}
    return httpx.post(url, data=form, headers=_token(engine))


def _token(engine: MovableType) -> dict[str, str]:
    login = {"username": USER, "password": PASSWORD, "clientId": "tests"}
    answer = httpx.post(f"{engine.base_url}/mt/mt-data-api.cgi/v1/authentication", data=login).json()
    return {"X-MT-Authorization": f"MTAuth accessToken={answer['accessToken']}"}


def _wsse(nonce: str) -> dict[str, str]:
    created = "2026-11-25T12:00:00Z"
    digest = base64.b64encode(hashlib.sha1(f"{nonce}{created}{API_PASSWORD}".encode()).digest()).decode()
    sent = base64.b64encode(nonce.encode()).decode()
    token = f'Username="{USER}", PasswordDigest="{digest}", Nonce="{sent}", Created="{created}"'
    return {"X-WSSE": f"UsernameToken {token}"}
