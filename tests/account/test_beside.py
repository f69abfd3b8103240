"""The report tells of the machines beside: why each was looked at, what of it, and how much stayed unseen."""

from dataclasses import replace

import pytest
from tests.diagnose.made_evidence import make_case, storm_evidence
from tests.diagnose.test_besides import with_beside

from tenmatsu.account.as_json import as_object
from tenmatsu.account.report import make_report
from tenmatsu.model.case import Case
from tenmatsu.model.site import Component, Site


@pytest.fixture
def case() -> Case:
    made = make_case(with_beside(storm_evidence(), storm_evidence()))
    dns1 = Component(id="dns1/boot", name="dns1", kind="guest")
    return replace(made, site=Site(components=(*made.site.components, dns1)))


def test_each_machine_beside_has_its_line(case: Case) -> None:
    (section,) = [one for one in make_report(case, "en").sections if one.title == "The machines beside"]
    (line,) = section.lines
    assert line.label == "dns1"
    assert "storm of short-lived processes" in line.text
    (section,) = [one for one in make_report(case, "ja").sections if one.title == "隣の機械"]
    assert "短命プロセスの嵐" in section.lines[0].text


def test_the_json_has_its_verdict_too(case: Case) -> None:
    (beside,) = as_object(case, "en")["beside"]
    assert (beside["component"], beside["cause"]) == ("dns1", "short-lived-process-storm")


def test_without_machines_beside_there_is_no_such_section() -> None:
    titles = [one.title for one in make_report(make_case(storm_evidence()), "en").sections]
    assert "The machines beside" not in titles


def test_a_recording_is_said_to_be_one_with_its_times() -> None:
    evidence = storm_evidence()
    told = replace(
        evidence.events[0],
        sight="below",
        name="hypervisor.identity",
        attributes={"name": "esx1", "recorded": True},
    )
    value = replace(evidence.series[0], sight="below")
    made = replace(evidence, events=(*evidence.events, told), series=(*evidence.series, value))
    assert any(
        "a recording" in line and "esx1" in line for line in make_report(make_case(made), "en").opening
    )
