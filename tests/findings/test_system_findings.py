"""Findings on the kernel's log, services, changes, the clock and the machine: three answers each."""

from typing import Any

import pytest
from tests.findings.made_system_evidence import (
    END,
    START,
    ago,
    counter,
    event,
    evidence,
    gap,
    gauge,
    log_read,
    looked,
    message,
)

from tenmatsu.diagnose.findings import (
    application_changed,
    clock_source_slow,
    clock_step,
    clock_unsynchronised,
    disk_errors,
    file_system_read_only,
    fork_rejected,
    hardware_errors,
    hung_task,
    kernel_lockup,
    kernel_log_stopped,
    kernel_other_unusual,
    network_kernel_trouble,
    oom_kill,
    recent_change,
    recent_restart,
    segfaults,
    service_failed,
    service_flapping,
)
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind, State

KIND_OF_METAL = event("machine.identity", virtualisation="none", container="none")
KIND_OF_GUEST = event("machine.identity", virtualisation="kvm", container="none")
WRITABLE = event(
    "system.filesystem", START, mountpoint="/", device="/dev/sda1", read_only=False, read_only_by_config=False
)
READ_ONLY = event(
    "system.filesystem", END, mountpoint="/", device="/dev/sda1", read_only=True, read_only_by_config=False
)
MEANT_READ_ONLY = event(
    "system.filesystem", END, mountpoint="/usr", device="/dev/sdb1", read_only=True, read_only_by_config=True
)
MANAGER = event("service.summary", manager="systemd", units=40, failed=0)
SEARCHED = event("change.summary", days=14, complete=True, application_roots=2)
KEPT = event(
    "machine.clock", synchronised=True, estimated_error_seconds=0.001, source="tsc", source_slow=False
)
OTHER_WARNING = message("other", body="foo0: firmware did not answer", severity=4)


def unit(when: float, **attributes: str | float) -> Event:
    known: dict[str, Any] = {
        "service": "feed.service",
        "active": "failed",
        "sub": "failed",
        "result": "exit-code",
    }
    return event("service.state", ago(when), **known | {"kind": "simple"} | attributes)


# Each line: the finding, evidence that makes it fire (and whether that does harm), evidence in which it
# was looked for and is not there.
CASES: list[tuple[FindingKind, Evidence, bool, Evidence]] = [
    (
        oom_kill.KIND,
        evidence(log_read(), message("oom-kill", victim="mt.cgi", cgroup="/web")),
        True,
        evidence(log_read()),
    ),
    (
        disk_errors.KIND,
        evidence(log_read(), message("disk-error", device="sda", body="I/O error, dev sda, sector 7")),
        True,
        evidence(log_read()),
    ),
    (
        file_system_read_only.KIND,
        evidence(log_read(), READ_ONLY, message("read-only-remount", device="sda1")),
        True,
        evidence(log_read(), WRITABLE, MEANT_READ_ONLY),
    ),
    (
        kernel_lockup.KIND,
        evidence(log_read(), message("soft-lockup", body="BUG: soft lockup - CPU#0 stuck for 23s!")),
        True,
        evidence(log_read()),
    ),
    (
        hung_task.KIND,
        evidence(log_read(), message("hung-task", victim="jbd2/sda1-8")),
        True,
        evidence(log_read()),
    ),
    (segfaults.KIND, evidence(log_read(), message("segfault", victim="perl")), True, evidence(log_read())),
    (
        fork_rejected.KIND,
        evidence(log_read(), message("fork-rejected", cgroup="/web")),
        True,
        evidence(log_read()),
    ),
    (
        network_kernel_trouble.KIND,
        evidence(log_read(), message("conntrack-full")),
        True,
        evidence(log_read()),
    ),
    (
        hardware_errors.KIND,
        evidence(KIND_OF_METAL, log_read(), message("machine-check", body="Machine check events logged")),
        True,
        evidence(KIND_OF_METAL, log_read()),
    ),
    (kernel_other_unusual.KIND, evidence(log_read(), OTHER_WARNING), False, evidence(log_read())),
    (
        kernel_log_stopped.KIND,
        evidence(log_read(), event("kernel.log", kind="file", source="/var/log/syslog", missing_seconds=9e4)),
        False,
        evidence(log_read(), event("kernel.log", kind="file", source="/var/log/syslog")),
    ),
    (service_failed.KIND, evidence(MANAGER, unit(60)), True, evidence(MANAGER)),
    (
        service_flapping.KIND,
        evidence(MANAGER, unit(5, active="activating", sub="auto-restart", restarts=37)),
        True,
        evidence(MANAGER, unit(60)),
    ),
    (
        clock_step.KIND,
        evidence(gauge("machine.clock.step", 0.0, 0.0, -3.5, 0.0)),
        True,
        evidence(gauge("machine.clock.step", 0.0, 0.0, 0.02)),
    ),
    (
        clock_unsynchronised.KIND,
        evidence(KIND_OF_METAL, event("machine.clock", synchronised=False)),
        False,
        evidence(KEPT),
    ),
    (
        clock_source_slow.KIND,
        evidence(event("machine.clock", source="hpet", sources_available="hpet acpi_pm", source_slow=True)),
        False,
        evidence(KEPT),
    ),
    (
        recent_change.KIND,
        evidence(SEARCHED, event("change.package", ago(1800), package="apache2", action="upgrade")),
        False,
        evidence(SEARCHED),
    ),
    (
        application_changed.KIND,
        evidence(SEARCHED, event("change.file", area="application", path="/srv/mt/mt.cgi", what="content")),
        False,
        evidence(SEARCHED, event("change.file", area="configuration", path="/etc/hosts", what="content")),
    ),
    (
        recent_restart.KIND,
        evidence(SEARCHED, event("change.restart", ago(600), service="mysqld")),
        False,
        evidence(SEARCHED, event("change.restart", ago(90_000), service="mysqld")),
    ),
]


def name(kind: FindingKind) -> str:
    return kind.id


def check(finding: Finding, kind: FindingKind) -> None:
    assert finding.id == kind.id
    assert finding.sentence.en
    assert finding.sentence.ja
    assert "{" not in finding.sentence.en + finding.sentence.ja


@pytest.mark.parametrize(("kind", "found", "harm", "_quiet"), CASES, ids=[case[0].id for case in CASES])
def test_it_fires(kind: FindingKind, found: Evidence, harm: bool, _quiet: Evidence) -> None:
    finding = kind(found)
    check(finding, kind)
    assert finding.state is State.PRESENT
    assert finding.strength > 0
    assert finding.harm is harm


@pytest.mark.parametrize(("kind", "_found", "_harm", "quiet"), CASES, ids=[case[0].id for case in CASES])
def test_it_stays_quiet(kind: FindingKind, _found: Evidence, _harm: bool, quiet: Evidence) -> None:
    finding = kind(quiet)
    check(finding, kind)
    assert finding.state is State.ABSENT
    assert not finding.harm


@pytest.mark.parametrize("kind", [case[0] for case in CASES], ids=name)
def test_without_a_look_nothing_is_said(kind: FindingKind) -> None:
    finding = kind(evidence(gap(kind.sights[0])))
    assert finding.state is State.UNKNOWN
    assert finding.sentence.en == "no permission"
    assert finding.strength == 0


BY_THE_LOG = {
    oom_kill.KIND: "oom-kill",
    disk_errors.KIND: "disk-error",
    kernel_lockup.KIND: "soft-lockup",
    hung_task.KIND: "hung-task",
    segfaults.KIND: "segfault",
    fork_rejected.KIND: "fork-rejected",
    network_kernel_trouble.KIND: "conntrack-full",
}


@pytest.mark.parametrize(("kind", "kernel_class"), BY_THE_LOG.items(), ids=BY_THE_LOG.values())
def test_what_was_before_the_time_in_question_is_only_its_past(kind: FindingKind, kernel_class: str) -> None:
    finding = kind(evidence(log_read(), message(kernel_class, ago(7200))))
    assert finding.state is State.ABSENT
    assert "the last 2 h ago" in finding.sentence.en


@pytest.mark.parametrize("kind", BY_THE_LOG, ids=name)
def test_nothing_found_says_how_much_was_read(kind: FindingKind) -> None:
    finding = kind(evidence(log_read(lines=3211, hours=24)))
    assert "3,211" in finding.sentence.en
    assert "24 h" in finding.sentence.en
    assert finding.strength == 1


def test_a_log_that_reaches_back_half_way_says_half_as_much() -> None:
    finding = hung_task.KIND(evidence(log_read(hours=0.5)))
    assert finding.state is State.ABSENT
    assert 0.4 < finding.strength < 0.6


def test_a_hole_between_two_sources_is_not_covered() -> None:
    file = log_read(kind="file", source="/var/log/kern.log", hours=2, ends=ago(1800).isoformat())
    ring = log_read(hours=0.25, ends=END.isoformat())
    finding = hung_task.KIND(evidence(file, ring))
    assert finding.strength == pytest.approx((3620 - 900) / 3620, abs=0.02)


def test_an_empty_cd_drive_is_no_dying_disk() -> None:
    finding = disk_errors.KIND(
        evidence(log_read(), message("removable-medium", device="sr0", bystander=True))
    )
    assert finding.state is State.ABSENT
    assert "sr0" in finding.sentence.en


def test_a_kill_is_told_with_its_group_and_its_victim() -> None:
    finding = oom_kill.KIND(
        evidence(
            log_read(),
            *(message("oom-kill", ago(n), victim="mt.cgi", cgroup="/web") for n in (9, 6, 3)),
            counter("linux.memory.oom_kill", 4),
        )
    )
    assert finding.values["kills"] == 4
    assert finding.values["cgroup"] == "/web"
    assert "mt.cgi" in finding.sentence.en
    assert (finding.since, finding.last) == (ago(9), ago(3))


def test_a_kill_in_a_group_that_is_gone_is_not_what_fails_now() -> None:
    here = event("machine.identity", virtualisation="kvm", container="none")
    other = gauge("linux.cgroup.memory.limit", 1e9, cgroup="/other")
    same = gauge("linux.cgroup.memory.limit", 1e9, cgroup="/web")
    early, late = (message("oom-kill", ago(s), victim="mt.cgi", cgroup="/web") for s in (1800, 60))
    seen = looked("cgroups")
    gone = oom_kill.KIND(evidence(log_read(), here, other, early, seen))
    assert (gone.state, gone.harm) == (State.ABSENT, False)
    assert "no longer exist: /web" in gone.sentence.en
    assert oom_kill.KIND(evidence(log_read(), here, same, early, seen)).harm
    assert oom_kill.KIND(
        evidence(log_read(), here, other, late, seen)
    ).harm  # a container that dies again and again
    assert oom_kill.KIND(evidence(log_read(), here, other, early)).harm  # nobody looked at the groups


def test_the_counter_alone_tells_of_a_kill_but_not_whose_within_a_container() -> None:
    contained = event("machine.identity", virtualisation="kvm", container="docker")
    outside = oom_kill.KIND(evidence(counter("linux.memory.oom_kill", 1)))
    within = oom_kill.KIND(evidence(contained, counter("linux.memory.oom_kill", 1)))
    own = oom_kill.KIND(
        evidence(contained, counter("linux.cgroup.memory.oom_kill", 1, cgroup="/"), gap("kernel_log"))
    )
    assert (outside.harm, within.harm, own.harm) == (True, False, True)


def test_without_the_log_the_counter_still_says_that_nobody_was_killed() -> None:
    finding = oom_kill.KIND(evidence(gap("kernel_log"), counter("linux.memory.oom_kill", 0)))
    assert finding.state is State.ABSENT
    assert finding.strength < 1


def test_a_guest_cannot_speak_for_the_hardware() -> None:
    assert hardware_errors.KIND(evidence(KIND_OF_GUEST, log_read())).state is State.UNKNOWN


def test_corrected_memory_errors_do_no_harm_and_heat_does() -> None:
    corrected = counter("hw.errors", 3, hw__type="memory", hw__id="mc0", error__type="corrected")
    hot = gauge("hw.temperature", 91.0, 101.0, hw__id="coretemp Package id 0")
    limit = gauge("hw.temperature.limit", 100.0, 100.0, hw__id="coretemp Package id 0")
    assert not hardware_errors.KIND(evidence(KIND_OF_METAL, log_read(), corrected)).harm
    assert hardware_errors.KIND(evidence(KIND_OF_METAL, log_read(), hot, limit)).harm


def test_a_file_system_that_was_writable_a_moment_ago_needs_no_log() -> None:
    finding = file_system_read_only.KIND(evidence(WRITABLE, READ_ONLY))
    assert finding.state is State.PRESENT
    assert finding.harm


def test_a_read_only_file_system_nobody_complains_of_is_meant_so_or_unclear() -> None:
    assert file_system_read_only.KIND(evidence(log_read(), READ_ONLY)).state is State.ABSENT
    unclear = file_system_read_only.KIND(evidence(READ_ONLY))
    assert (unclear.state, unclear.harm) == (State.PRESENT, False)


def test_warnings_of_the_start_and_those_seen_before_are_usual() -> None:
    at_boot = message("other", since_boot_seconds=3.0, severity=4)
    again = message("other", seen_before=4, severity=4)
    assert kernel_other_unusual.KIND(evidence(log_read(), at_boot, again)).state is State.ABSENT


def test_a_file_that_the_journal_replaced_has_not_stopped() -> None:
    left = event("kernel.log", kind="file", source="/var/log/syslog", missing_seconds=9e6, daemon=False)
    journal = event("kernel.log", kind="journal", source="journal", lines=10)
    assert kernel_log_stopped.KIND(evidence(log_read(), left, journal)).state is State.ABSENT
    assert kernel_log_stopped.KIND(evidence(log_read(), left)).state is State.PRESENT


def test_a_service_that_failed_long_ago_does_no_harm_now() -> None:
    finding = service_failed.KIND(evidence(MANAGER, unit(90_000)))
    assert (finding.state, finding.harm) == (State.PRESENT, False)
    assert finding.strength < 0.5


def test_where_systemd_is_not_the_first_process_its_services_prove_nothing() -> None:
    nobody = event("service.summary", manager="none", units=0, failed=0)
    for kind in (service_failed.KIND, service_flapping.KIND):
        finding = kind(evidence(nobody))
        assert (finding.state, finding.strength) == (State.ABSENT, 0)


def test_a_clock_known_to_be_far_off_does_harm_even_if_kept() -> None:
    far = event("machine.clock", synchronised=True, offset_seconds=45.0, daemon="chrony")
    near = event("machine.clock", synchronised=True, offset_seconds=0.002, daemon="chrony")
    assert clock_unsynchronised.KIND(evidence(far)).harm
    assert clock_unsynchronised.KIND(evidence(near)).state is State.ABSENT


def test_a_small_jump_of_the_clock_does_no_harm() -> None:
    finding = clock_step.KIND(evidence(gauge("machine.clock.step", 0.0, 0.3)))
    assert (finding.state, finding.harm) == (State.PRESENT, False)


def test_a_link_that_came_up_again_does_less_harm_than_one_that_did_not() -> None:
    down = message("link-down", ago(15), device="eth0")
    up = message("link-up", ago(5), device="eth0", bystander=True)
    assert network_kernel_trouble.KIND(evidence(log_read(), down)).harm
    assert not network_kernel_trouble.KIND(evidence(log_read(), down, up)).harm
