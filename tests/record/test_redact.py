"""A redacted case names nobody and is judged the same."""

from dataclasses import replace
from pathlib import Path

from tests.diagnose.made_evidence import HOST, event, make_case, storm_evidence

from tenmatsu.cli.main import main
from tenmatsu.model.evidence import Event
from tenmatsu.model.site import Component, Site
from tenmatsu.record.redact import redact
from tenmatsu.record.write_case import write_case

SITE = Site(components=(Component(id=HOST, name="web1", kind="host"),))


def redacted(body: str) -> str:
    evidence = replace(storm_evidence(), events=(event("web.error", body=body),))
    found: Event = redact(SITE, evidence)[1].events[0]
    return found.body


def test_names_addresses_homes_and_mail_get_stand_ins() -> None:
    body = redacted("web1: 203.0.113.9 and fe80::1 read /home/taro/x for taro@example.com; 203.0.113.9 again")
    assert body == "host: 198.18.0.1 and 2001:db8::2 read /home/user/x for user@example.org; 198.18.0.1 again"


def test_what_is_no_name_and_no_address_stays() -> None:
    text = "web11 at 10:20:30 with version 2.4.57.1x on 127.0.0.1 and ::1"
    assert redacted(text) == text


def test_what_stands_below_and_beside_gets_stand_ins_too() -> None:
    guest = replace(event("vm.facts"), component="5a5a", attributes={"name": "dns1", "host": "esx/host-1"})
    other = replace(
        storm_evidence(), component="other/boot", events=(event("web.error", body="dns1 is gone"),)
    )
    evidence = replace(storm_evidence(), events=(guest,), beside=(other,))
    found = redact(SITE, evidence)[1]
    assert (found.events[0].component, found.events[0].text("name")) == ("host-2", "host")
    assert found.beside[0].events[0].body == "host is gone"
    assert not [trace for trace in ("5a5a", "dns1", "other/boot") if trace in repr(found)]


def test_the_verdict_stays_the_same(tmp_path: Path) -> None:
    case = make_case(storm_evidence())
    site, evidence = redact(case.site, case.evidence)
    again = make_case(evidence)
    assert site.here.name == "host-1"
    assert HOST not in repr(evidence)
    assert [f.state for f in again.verdict.findings] == [f.state for f in case.verdict.findings]
    assert again.verdict.cause == case.verdict.cause


def test_the_command_writes_a_copy_that_can_be_replayed(tmp_path: Path) -> None:
    whole, copy = tmp_path / "whole.case", tmp_path / "copy.case"
    write_case(make_case(storm_evidence()), whole)
    assert main(["case", "redact", str(whole), str(copy)]) == 0
    assert main(["investigate", "--replay", str(copy)]) == 1
    assert b"web1" not in copy.read_bytes()
    assert main(["case", "redact", str(whole), str(copy)]) == 2


def test_command_lines_and_private_paths_are_left_out() -> None:
    attributes: dict[str, str | int | float | bool] = {
        "process.command_line": "mysql --user=root",
        "process.executable.path": "/srv/taro/bin/mysql",
        "process.executable.name": "mysql",
    }
    seen = replace(event("program.ran"), attributes=attributes)
    evidence = replace(storm_evidence(), events=(seen,))
    (found,) = redact(SITE, evidence)[1].events
    assert found.attributes == {"process.executable.path": "mysql", "process.executable.name": "mysql"}
