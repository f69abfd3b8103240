"""Findings on changes and restarts: the nearer, the more they say."""

from datetime import timedelta
from typing import Any

from tests.findings.made_system_evidence import ago, event, evidence

from tenmatsu.diagnose.findings import application_changed, recent_change, recent_restart
from tenmatsu.model.finding import State

SEARCHED = event("change.summary", days=14, complete=True, application_roots=2)


def test_the_nearer_a_change_the_more_it_says() -> None:
    near, far = (
        recent_change.KIND(
            evidence(SEARCHED, event("change.package", ago(s), package="perl", action="upgrade"))
        )
        for s in (600, 10 * 86400)
    )
    unrelated = recent_change.KIND(
        evidence(SEARCHED, event("change.package", ago(600), package="tzdata", action="upgrade"))
    )
    assert near.strength > unrelated.strength > far.strength


def test_a_change_within_the_window_says_most_of_the_application() -> None:
    def changed(seconds: float, what: str = "content") -> float:
        path: dict[str, Any] = {"area": "application", "path": "/srv/mt/lib/MT.pm", "what": what}
        return application_changed.KIND(
            evidence(SEARCHED, event("change.file", ago(seconds), **path))
        ).strength

    assert changed(5) > changed(600) > changed(86400)
    assert changed(5) > changed(5, "names")


def test_without_an_application_known_nothing_is_said_of_its_files() -> None:
    nowhere = event("change.summary", days=14, complete=True, application_roots=0)
    assert application_changed.KIND(evidence(nowhere)).state is State.UNKNOWN


def test_a_start_without_a_shutdown_was_a_crash() -> None:
    boot: dict[str, Any] = {"kind": "boot", "by": "/var/log/wtmp"}
    clean = recent_restart.KIND(evidence(SEARCHED, event("change.boot", ago(900), **boot, clean=True)))
    crash = recent_restart.KIND(evidence(SEARCHED, event("change.boot", ago(900), **boot, clean=False)))
    assert crash.strength > clean.strength
    assert "without a shutdown" in crash.sentence.en


def test_services_that_start_with_the_machine_are_part_of_its_start() -> None:
    boot = event("change.boot", ago(900), kind="boot", by="/proc/stat")
    with_it = event("change.restart", ago(900) + timedelta(seconds=20), service="apache2")
    finding = recent_restart.KIND(evidence(SEARCHED, boot, with_it))
    assert finding.values["services"] == 0
