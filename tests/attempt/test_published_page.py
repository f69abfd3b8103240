"""Whether a published page is whole: what a full disk leaves, and what only looks like it."""

import pytest
from tests.attempt.fake_blog import MARK, NOW

from tenmatsu.attempt.blog_api import write_body
from tenmatsu.attempt.published_page import is_cut
from tenmatsu.model.exchange import Exchange

BODY = write_body(MARK).encode()
WHOLE = b"<html><body>" + BODY + b"</body></html>"
OPEN_ENDED = b"<!doctype html><html><body>" + BODY  # HTML may leave its end out
BLOCK = OPEN_ENDED + b"x" * (4096 - len(OPEN_ENDED))


@pytest.mark.parametrize(
    ("body", "cut"),
    [
        (WHOLE, False),
        (WHOLE + b"<!-- made in 0.2 s -->\n", False),
        (WHOLE[:-10], False),  # nothing of ours is missing: no proof
        (WHOLE[:100], True),
        (WHOLE[:5], True),
        (WHOLE[:4], False),  # not HTML, and nothing of ours: told by what it does not show
        (OPEN_ENDED, False),
        (BLOCK, True),
        (BODY, False),
        (BODY[:60], True),
    ],
)
def test_where_a_page_ends(body: bytes, cut: bool) -> None:
    assert is_cut(page(body), MARK) is cut


def test_a_page_shorter_than_it_says_is_cut() -> None:
    assert is_cut(page(WHOLE, {"Content-Length": str(len(WHOLE) + 1)}), MARK)
    packed = {"Content-Length": str(len(WHOLE) + 1), "Content-Encoding": "gzip"}
    assert not is_cut(page(WHOLE, packed), MARK)
    assert not is_cut(page(WHOLE, {"Content-Length": "-"}), MARK)


def test_of_a_page_too_large_to_keep_nothing_is_said() -> None:
    assert not is_cut(page(WHOLE[:100], size=5_000_000), MARK)


def page(body: bytes, headers: dict[str, str] | None = None, size: int = 0) -> Exchange:
    return Exchange(
        time=NOW,
        method="GET",
        url="http://blog.test/1",
        status=200,
        headers=tuple((headers or {}).items()),
        body=body,
        size_bytes=size or len(body),
    )
