"""An earlier series is read, or said to be none."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.errors import ParseError
from tenmatsu.parse.probe_series import PastSeries, parse_probe_series


def series(*outcomes: str, seconds: object = 0.5) -> bytes:
    return json.dumps(
        {"transactions": [{"outcome": one, "duration_seconds": seconds} for one in outcomes]}
    ).encode()


def test_outcomes_are_counted_and_durations_are_those_of_the_good() -> None:
    assert parse_probe_series(series("ok", "failed", "unknown", "ok")) == PastSeries(1, 3, (0.5, 0.5))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"transactions": 3}',
        series(),
        series("unknown"),
        series("ok", seconds="x"),
        series("ok", seconds=-1),
        series("ok", seconds=True),
        b'{"transactions": [{"outcome": "ok", "duration_seconds": NaN}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_none_is_said(data: bytes) -> None:
    with pytest.raises(ParseError):
        parse_probe_series(data)


@given(st.binary(max_size=100))
def test_any_bytes_are_a_series_or_none(data: bytes) -> None:
    with suppress(ParseError):
        parse_probe_series(data)
