"""What the machine's own files and a server's answers say: real and faithfully made input, compared whole.

A case is a folder `tests/cases/parse/PARSER-WHAT` with the input as it is read and `expected.json`:
`source` (where it was recorded, or after what it was made), `value` or `error`, and the further
`arguments` of the parser where it takes any.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from tenmatsu.errors import ParseError
from tenmatsu.parse.answer_page import PageFault, find_page_fault
from tenmatsu.parse.diskstats import parse_diskstats
from tenmatsu.parse.key_values import parse_key_values
from tenmatsu.parse.mounts import parse_mounts
from tenmatsu.parse.net_dev import parse_net_dev
from tenmatsu.parse.net_sockets import parse_listeners
from tenmatsu.parse.netstat import parse_netstat
from tenmatsu.parse.proc_cgroup import parse_proc_cgroup
from tenmatsu.parse.proc_pid_stat import parse_pid_stat
from tenmatsu.parse.proc_pressure import parse_pressure
from tenmatsu.parse.proc_stat import parse_proc_stat
from tenmatsu.parse.resolv_conf import parse_resolv_conf
from tenmatsu.parse.routes import parse_default_routes

CASES = Path(__file__).parent.parent / "cases" / "parse"


def find_fault(body: bytes, *, status: int, content_type: str) -> PageFault | None:
    return find_page_fault(status, body, content_type=content_type)


PARSERS: dict[str, Callable[..., object]] = {
    "answer_page": find_fault,
    "diskstats": parse_diskstats,
    "key_values": parse_key_values,
    "mounts": parse_mounts,
    "net_dev": parse_net_dev,
    "net_sockets": parse_listeners,
    "netstat": parse_netstat,
    "proc_cgroup": parse_proc_cgroup,
    "proc_pid_stat": parse_pid_stat,
    "proc_pressure": parse_pressure,
    "proc_stat": parse_proc_stat,
    "resolv_conf": parse_resolv_conf,
    "routes": parse_default_routes,
}
NAMES = sorted(path.name for path in CASES.iterdir() if path.name.partition("-")[0] in PARSERS)


def as_json(value: object) -> Any:
    """Return a parsed value as JSON would hold it; what has no order is sorted."""
    if is_dataclass(value) and not isinstance(value, type):
        return as_json(asdict(value))
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return as_json(value._asdict())
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return [as_json(inner) for inner in value] if isinstance(value, list | tuple) else value


def read_input(name: str) -> bytes:
    (path,) = (CASES / name).glob("input.*")
    return path.read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_the_input_is_read_as_expected(name: str) -> None:
    expected = json.loads((CASES / name / "expected.json").read_text("utf-8"))
    parse = PARSERS[name.partition("-")[0]]
    assert expected["source"]
    if "error" in expected:
        with pytest.raises(ParseError) as caught:
            parse(read_input(name))
        assert str(caught.value) == expected["error"]
    else:
        found = parse(read_input(name), **expected.get("arguments", {}))
        assert as_json(found) == expected["value"]


def test_each_parser_has_real_input() -> None:
    recorded = {name.partition("-")[0] for name in NAMES if "recorded" in source(name)}
    assert recorded == set(PARSERS)


def source(name: str) -> str:
    text: str = json.loads((CASES / name / "expected.json").read_text("utf-8"))["source"]
    return text
