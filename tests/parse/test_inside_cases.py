"""What machines say of their place in a site: sockets, domains, timed jobs; and any bytes whatever.

The cases have the form that `test_machine_cases.py` describes.
"""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parse.test_machine_cases import CASES, as_json, read_input
from tests.parse.test_machine_properties import mutations, quick

from tenmatsu.parse.crontab import count_jobs
from tenmatsu.parse.domains import parse_krb5, parse_smb, parse_sssd
from tenmatsu.parse.hosts_file import parse_hosts
from tenmatsu.parse.sockets import parse_socket_table, parse_ss

PARSERS: dict[str, Callable[[bytes], object]] = {
    "crontab": count_jobs,
    "hosts_file": parse_hosts,
    "krb5": lambda text: parse_krb5(text, "/etc/krb5.conf"),
    "smb": lambda text: parse_smb(text, "/etc/samba/smb.conf"),
    "socket_table": lambda text: parse_socket_table(text, "tcp"),
    "ss": parse_ss,
    "sssd": lambda text: parse_sssd(text, "/etc/sssd/sssd.conf"),
}
NAMES = sorted(path.name for path in CASES.iterdir() if path.name.partition("-")[0] in PARSERS)


@pytest.mark.parametrize("name", NAMES)
def test_the_input_is_read_as_expected(name: str) -> None:
    expected = json.loads((CASES / name / "expected.json").read_text("utf-8"))
    assert as_json(PARSERS[name.partition("-")[0]](read_input(name))) == expected["value"]


def test_every_parser_has_a_case() -> None:
    assert {name.partition("-")[0] for name in NAMES} == set(PARSERS)


def inputs(name: str) -> list[bytes]:
    return [read_input(case) for case in NAMES if case.partition("-")[0] == name]


@pytest.mark.parametrize("name", PARSERS)
@quick
@given(data=st.data())
def test_any_bytes_give_a_value(name: str, data: st.DataObject) -> None:
    text = data.draw(st.binary(max_size=400) | mutations(inputs(name)))
    PARSERS[name](text)
