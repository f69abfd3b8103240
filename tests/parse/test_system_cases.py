"""Kernel messages, logs, packages, clocks, units: real and faithfully made input, compared whole.

The cases have the form that `test_machine_cases.py` describes; times and zones are given as text.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.parse.test_machine_cases import CASES, as_json, read_input

from tenmatsu.errors import ParseError
from tenmatsu.parse.adjtimex import parse_adjtimex
from tenmatsu.parse.cpuinfo import parse_cpuinfo
from tenmatsu.parse.dpkg_log import parse_dpkg_log
from tenmatsu.parse.journal import parse_journal
from tenmatsu.parse.kernel_messages import classify, find_template, is_report_detail
from tenmatsu.parse.kmsg import parse_kmsg
from tenmatsu.parse.os_release import parse_os_release
from tenmatsu.parse.syslog import SyslogPart, parse_syslog
from tenmatsu.parse.systemctl_show import parse_systemctl_show
from tenmatsu.parse.time_daemons import (
    parse_chrony_tracking,
    parse_ntpq_variables,
    parse_timedatectl_show,
)
from tenmatsu.parse.wtmp import parse_wtmp
from tenmatsu.parse.yum_log import parse_dnf_log, parse_rpm_installed, parse_yum_log
from tenmatsu.parse.zone import parse_zone

NEW_YEAR = datetime(2026, 1, 1)  # noqa: DTZ001 - any moment: a zone is asked for its offset


def read_kmsg(text: bytes) -> object:
    """Return the records of a recording, in which each ends with its line break."""
    return parse_kmsg(re.split(rb"\n(?=[^ ])", text.rstrip(b"\n")))


def read_syslog(text: bytes, *, modified: str, zone: str) -> SyslogPart:
    return parse_syslog(
        text,
        modified=datetime.fromisoformat(modified),
        zone=ZoneInfo(zone),
        keep=lambda message: not is_report_detail(message),
    )


def read_yum(text: bytes, *, modified: str, zone: str) -> object:
    return parse_yum_log(text, modified=datetime.fromisoformat(modified), zone=ZoneInfo(zone))


def read_dpkg(text: bytes, *, since: str) -> object:
    return parse_dpkg_log(text, datetime.fromisoformat(since))


def read_zone(text: bytes) -> timedelta | None:
    zone: tzinfo = parse_zone(text)
    return NEW_YEAR.replace(tzinfo=zone).utcoffset()


def read_messages(text: bytes) -> list[dict[str, Any]]:
    """Return what each line is taken for; of what is not told, nothing."""
    found = []
    for line in text.decode().splitlines():
        message = as_json(classify(line)) or {}
        told = {name: value for name, value in message.items() if value not in (None, "", False)}
        found.append({"template": find_template(line), **told})
    return found


PARSERS: dict[str, Callable[..., object]] = {
    "adjtimex": parse_adjtimex,
    "chrony_tracking": parse_chrony_tracking,
    "cpuinfo": parse_cpuinfo,
    "dnf_rpm_log": parse_dnf_log,
    "dpkg_log": read_dpkg,
    "journal": parse_journal,
    "kernel_messages": read_messages,
    "kmsg": read_kmsg,
    "ntpq_variables": parse_ntpq_variables,
    "os_release": parse_os_release,
    "rpm_installed": parse_rpm_installed,
    "syslog": read_syslog,
    "systemctl_show": parse_systemctl_show,
    "timedatectl_show": parse_timedatectl_show,
    "wtmp": parse_wtmp,
    "yum_log": read_yum,
    "zone": read_zone,
}
NAMES = sorted(path.name for path in CASES.iterdir() if path.name.partition("-")[0] in PARSERS)


def plain(value: object) -> Any:
    """Return a value as JSON holds it, times as text."""
    return json.loads(json.dumps(as_json(value), default=str))


@pytest.mark.parametrize("name", NAMES)
def test_the_input_is_read_as_expected(name: str) -> None:
    expected = json.loads((CASES / name / "expected.json").read_text("utf-8"))
    parse = PARSERS[name.partition("-")[0]]
    arguments = expected.get("arguments", {})
    assert expected["source"]
    if "error" in expected:
        with pytest.raises(ParseError) as caught:
            parse(read_input(name), **arguments)
        assert str(caught.value) == expected["error"]
    else:
        assert plain(parse(read_input(name), **arguments)) == expected["value"]


def test_each_parser_has_cases_that_are_read_and_that_are_refused() -> None:
    cases = {name: json.loads((CASES / name / "expected.json").read_text("utf-8")) for name in NAMES}
    read = {name.partition("-")[0] for name, case in cases.items() if "value" in case}
    refused = {name.partition("-")[0] for name, case in cases.items() if "error" in case}
    never_refused = {"kernel_messages", "dnf_rpm_log"}  # lines that mean nothing to them are left out
    assert read == set(PARSERS)
    assert refused == set(PARSERS) - never_refused
