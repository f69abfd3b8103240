"""What rows of access logs come to."""

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parse.test_machine_properties import quick

from tenmatsu.parse.access_log import AccessReader
from tenmatsu.parse.access_stream import StreamReader, find_format, read_format
from tenmatsu.parse.request_kind import RequestKind
from tenmatsu.traffic import fold as fold_module
from tenmatsu.traffic.fold import TrafficFold
from tenmatsu.traffic.periods import Periods
from tenmatsu.traffic.study import study
from tenmatsu.traffic.tally import Asked, Count, Tally

FORMAT = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %D'
BEGIN = 1763820300  # 22/Nov/2025:23:05:00 +0900
PERSON, BOT = "Mozilla/5.0 (X11)", "bingbot/2.0"


def line(
    second: int = 0, request: str = "GET /a", status: object = 200, agent: str = PERSON, took: object = 1000
) -> str:
    clock = f"{5 + second // 60:02}:{second % 60:02}"
    return (
        f'192.0.2.1 - - [22/Nov/2025:23:{clock} +0900] "{request} HTTP/1.1" {status} 9 "-" "{agent}" {took}\n'
    )


def tally_of(*lines: str, since: int | None = None, until: int | None = None) -> Tally:
    fold = TrafficFold(since, until)
    fold.take(StreamReader(read_format(FORMAT)).read("".join(lines).encode()))
    return fold.tally()


def test_failures_are_counted_by_all_that_tells_them_apart() -> None:
    tally = tally_of(
        line(0), line(1, "POST /mt.cgi?id=7", 500, took=60_000_000), line(70, "POST /mt.cgi", agent=BOT),
        line(80, "GET /.env", 404, "curl/8"), line(81, "GET /e/2025/11", 503, BOT),
    )  # fmt: skip
    assert tally.count == Count(5, 2)
    assert tally.by_kind == {
        RequestKind.PERSON: Count(2, 1),
        RequestKind.CRAWLER: Count(2, 1),
        RequestKind.ATTACK: Count(1, 0),
    }
    assert tally.by_asked[Asked("POST", "/mt.cgi")] == Count(2, 1)
    assert tally.by_asked[Asked("GET", "/e/#/#")] == Count(1, 1)
    assert tally.periods == ((BEGIN, Count(2, 1)), (BEGIN + 60, Count(3, 1)))
    assert (tally.first, tally.last) == (BEGIN, BEGIN + 81)
    assert tally.by_client == {"192.0.2.1": Count(5, 2)}
    first = tally.failures[0]
    assert (first.begin, first.end, first.status) == (BEGIN + 1, BEGIN + 61, 500)


def test_what_is_not_the_servers_is_left_out_and_counted() -> None:
    tally = tally_of(
        line(), line(0, status=499), line(0, status="-"), line(0, agent="tenmatsu/1", status=500)
    )
    assert (tally.count, tally.unknown, tally.own) == (Count(1, 0), 2, 1)


def test_only_the_time_asked_for_is_counted() -> None:
    tally = tally_of(*(line(second) for second in range(10)), since=BEGIN + 3, until=BEGIN + 5)
    assert (tally.count.total, tally.outside) == (2, 8)


def test_a_hostile_log_fills_no_memory_and_hides_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold_module, "MOST_PATHS", 50)
    monkeypatch.setattr(fold_module, "MOST_CLIENTS", 50)
    monkeypatch.setattr(fold_module, "MOST_FAILURES", 20)
    fold = TrafficFold()
    reader = StreamReader(read_format(FORMAT))
    names = ["".join(chr(97 + int(digit)) for digit in str(number)) for number in range(2000)]
    for at in range(0, 2000, 100):
        flood = [line(0, f"GET /{name}", 404) for name in names[at : at + 100]]
        fold.take(reader.read("".join([*flood, line(1, "POST /mt.cgi", 500)] * 2).encode()))
    tally = fold.tally()
    assert tally.count == Count(4040, 40)
    assert tally.by_asked[Asked("POST", "/mt.cgi")] == Count(40, 40)
    assert len(tally.by_asked) <= 100
    assert sum(count.total for count in tally.by_asked.values()) + tally.folded_paths == 4040
    assert (len(tally.failures), tally.failures_dropped) == (20, 20)


def test_what_was_forgotten_between_a_request_and_its_failure_adds_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fold_module, "MOST_PATHS", 3)
    monkeypatch.setattr(fold_module, "MOST_CLIENTS", 1)
    letters = "abcdefghijklmnopqrst"
    tally = tally_of(*(line(0, f"POST /{one}", 500).replace(".1 ", f".{one} ") for one in letters))
    assert tally.count == Count(20, 20)
    found = study(tally, None, UTC)
    assert found.rate.failures == 20
    for counts in (tally.by_asked, tally.by_client):
        assert all(count.failed <= count.total for count in counts.values())
        assert sum(count.total for count in counts.values()) <= 20
    for one in tally.durations.values():
        assert all(bad <= total for bad, total in zip(one.failed, one.total, strict=True))


def test_made_up_times_are_counted_more_coarsely() -> None:
    periods = Periods(most=100)
    for number in range(5000):
        periods.add(number * 4000, 1, number % 2)
    assert len(periods.counted()) <= 100
    assert periods.seconds > 60
    assert sum(count.total for _, count in periods.counted()) == 5000
    assert sum(count.failed for _, count in periods.counted()) == 2500


TOOK = st.integers(0, 10**9) | st.sampled_from(["-", "", "nan", "9" * 5000, "1.5"])


@quick
@given(
    asked=st.lists(
        st.tuples(st.integers(0, 999), st.sampled_from(["GET /a", "POST /b", "GET /.env", "x"]), TOOK),
        max_size=30,
    )
)
def test_the_counts_are_those_of_the_values(asked: list[tuple[int, str, object]]) -> None:
    lines = [line(0, request, f"{status:03}", took=took) for status, request, took in asked]
    block = "".join(lines).encode()
    tally = tally_of(*lines)
    values = AccessReader(read_format(FORMAT).format).read(block)
    ended = [one for one in values if 100 <= one.status <= 599 and one.status != 499]
    assert tally.count == Count(len(ended), sum(one.status >= 500 for one in ended))
    for kind in RequestKind:
        mine = [one for one in ended if one.kind is kind]
        assert tally.by_kind.get(kind, Count()).total == len(mine)
    assert tally.count.total + tally.unknown == len(values)


@quick
@given(block=st.binary(max_size=400))
def test_any_bytes_are_counted(block: bytes) -> None:
    fold = TrafficFold()
    reader = StreamReader(find_format(block))
    fold.take(reader.read(block))
    tally = fold.tally()
    assert tally.count.total + tally.unknown + tally.own + reader.unread == reader.lines
