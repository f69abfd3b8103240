"""Which service and which container a control group's path stands for, on the systems that we know."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.parse.cgroup_path import Group, parse_cgroup_path

CASES = Path(__file__).parent.parent / "cases" / "parse" / "cgroup_path-systems" / "expected.json"
KNOWN: list[dict[str, Any]] = json.loads(CASES.read_text("utf-8"))["cases"]


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case["what"])
def test_the_path_is_read_as_expected(case: dict[str, Any]) -> None:
    assert parse_cgroup_path(case["path"]) == Group(service=case["service"], container=case["container"])


PARTS = st.sampled_from(
    ["docker", "lxc", "machine", "a.service", "b.scope", "ab" * 32, "machine-x.scope", ""]
)


@given(st.text() | st.lists(PARTS | st.text(max_size=5)).map("/".join))
def test_any_path_gives_parts_of_itself_or_nothing(path: str) -> None:
    found = parse_cgroup_path(path)
    assert found.service in path
    assert found.container in path or "\\x" in path
