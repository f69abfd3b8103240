"""What the sizes of answers tell, and what chance alone makes of them."""

from datetime import UTC

import pytest
from tests.traffic.test_fold import BEGIN, PERSON

from tenmatsu.parse.access_stream import StreamReader, read_format
from tenmatsu.parse.request_kind import RequestKind
from tenmatsu.traffic.fold import TrafficFold
from tenmatsu.traffic.sizes import find_same_size, find_size_change
from tenmatsu.traffic.study import study
from tenmatsu.traffic.tally import Asked, Failure, Tally, Written

MT = Asked("POST", "/mt.cgi")
BODY, SENT = '%h %t "%r" %>s %b "%{User-Agent}i"', '%h %t "%r" %>s %O "%{User-Agent}i"'


def line(second: int, request: str, size: int, status: int = 200, client: str = "192.0.2.1") -> str:
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f'{client} [22/Nov/2025:{clock} +0000] "{request} HTTP/1.1" {status} {size} "{PERSON}"\n'


def tally_of(*lines: str, format: str = BODY) -> Tally:
    fold = TrafficFold()
    fold.take(StreamReader(read_format(format)).read("".join(lines).encode()))
    return fold.tally()


def failed(size: int | None, status: int = 500) -> Failure:
    return Failure(0.0, "192.0.2.1", MT, RequestKind.PERSON, status, size, None)


def test_one_maker_has_one_size() -> None:
    found = find_same_size(MT, [failed(620)] * 39 + [failed(7000)] + [failed(300, 503)] * 9)
    assert found
    assert (found.status, found.size_bytes, found.alike, found.failures) == (500, 620, 39, 40)


@pytest.mark.parametrize(
    "failures",
    [
        [failed(600 + n) for n in range(40)],
        [failed(620)] * 4,
        [failed(620), failed(621)] * 20,
        [failed(None)] * 9,
    ],
    ids=["varied", "few", "two", "not logged"],
)
def test_sizes_that_vary_or_are_few_tell_of_no_maker(failures: list[Failure]) -> None:
    assert find_same_size(MT, failures) is None


def entries(*sizes: int, begin: int = 0) -> list[str]:
    return [line(begin + n, f"GET /entry-{n}.html", size) for n, size in enumerate(sizes)]


WELL = [9000 + 37 * n for n in range(60)]


def test_pages_that_a_full_disk_cut_end_at_a_whole_block() -> None:
    tally = tally_of(*entries(*WELL), *entries(4096, 8192, 4096, begin=3600))
    (found,) = study(tally, None, UTC).cut_pages
    assert (found.asked.path, found.pages, found.answers) == ("/entry-#.html", 3, 3)
    assert (found.example, found.size_bytes) == ("/entry-2.html", 4096)
    assert found.decibans > 50


@pytest.mark.parametrize(
    "lines",
    [
        entries(*WELL, 8192),  # one of 61 is so by chance once in 70
        [*entries(*WELL), *[line(99, "GET /entry-1.html", 8192)] * 40],  # one page, however often
        entries(4096, 8192, 12288),  # made in blocks
        [line(n, f"GET /{chr(97 + n // 26)}{chr(97 + n % 26)}", 4096 if n == 7 else 9000) for n in range(99)]
        + [line(99, "GET /ah", 9000)],  # one of ninety-nine kinds
        [
            *entries(*WELL),
            *(line(99, f"GET /entry-{n}.html", 4096, 206) for n in range(9)),
        ],  # a part was asked for
        [line(n, f"GET /disk-{n}.img", 4096 * (n % 3 + 1) + (n > 50)) for n in range(60)],
    ],
    ids=["chance", "one page", "made so", "many kinds", "part", "no page"],
)
def test_whole_blocks_that_mean_nothing(lines: list[str]) -> None:
    assert study(tally_of(*lines), None, UTC).cut_pages == ()


def test_where_headers_count_in_the_size_nothing_is_told_of_blocks() -> None:
    tally = tally_of(*entries(*WELL), *entries(4096, 8192, 4096, begin=3600), format=SENT)
    assert tally.whole_blocks == {}


def test_answers_that_succeed_and_say_something_else_since_the_onset() -> None:
    well = [Written(BEGIN + n, MT, 400 + n % 7) for n in range(40)]
    faults = [Written(BEGIN + 40 + n, MT, 230) for n in range(40)]
    found = find_size_change(MT, [*well, *faults], BEGIN + 40)
    assert found
    assert (found.before_bytes, found.after_bytes, found.answers) == (403, 230, 40)
    assert find_size_change(MT, [*well, *faults], BEGIN + 75) is None  # too few since
    assert find_size_change(MT, well, BEGIN + 20) is None


def test_answers_of_writes_are_kept_from_the_log() -> None:
    tally = tally_of(line(1, "POST /mt.cgi?id=1", 400), line(2, "POST /mt.cgi", 9, 500), line(3, "GET /", 7))
    assert [(one.asked, one.size) for one in tally.written] == [(MT, 400)]
