"""What every ended process says: storms, their starters, crash loops, and now against normal."""

from typing import Any

import pytest
from tests.evidence_builder import EvidenceBuilder

from tenmatsu.diagnose.findings import (
    crash_loop,
    dearer_processes_than_normal,
    fork_storm,
    more_processes_than_normal,
    short_lived_burn_cpu,
    storm_starter,
)
from tenmatsu.model.evidence import Value
from tenmatsu.model.finding import State

SECONDS = 20.0


def seen(
    *,
    forks: int = 10,
    used: float = 1.0,
    prefix: str = "",
    made: EvidenceBuilder | None = None,
    **changes: Any,
) -> EvidenceBuilder:
    usual: dict[str, Any] = {"rung": "ebpf", "cpu": "exact", "cpu_attributed_seconds": used}
    made = made or EvidenceBuilder(seconds=SECONDS).looked("programs", "normal", "processes")
    return made.event(
        f"{prefix}process.capture",
        watched_seconds=SECONDS,
        forks_counted=forks,
        cpu_used_seconds=used,
        **{**usual, **changes},
    )


def ran(made: EvidenceBuilder, name: str, *, prefix: str = "", **changes: Any) -> EvidenceBuilder:
    """Add a program that ran; unless said otherwise it is short-lived and started by cron."""
    usual: dict[str, Any] = {
        "process__executable__name": name,
        "process__command": name[:15],
        "started": 0,
        "ended": 0,
        "alive": 0,
        "cpu_seconds": 0.0,
        "ended_cpu_seconds": 0.0,
        "mean_life_seconds": 0.002,
        "exit_codes": "",
        "signals": "",
        "parents": "cron",
        "unnamed": False,
    }
    return made.event(f"{prefix}program.ran", **{**usual, **changes})


def storm(**changes: Any) -> EvidenceBuilder:
    many: dict[str, Any] = {"started": 4000, "ended": 4000, "cpu_seconds": 8.0, "ended_cpu_seconds": 8.0}
    return ran(seen(forks=4000, used=10.0), "hald-addon-storage", **{**many, **changes})


def crashing(ended: int, **changes: Any) -> EvidenceBuilder:
    return ran(seen(), "mysqld", ended=ended, started=ended, program__kind="daemon", **changes)


def compared(*, forks: int, ended: int, cpu: float) -> EvidenceBuilder:
    """Return a window against a normal in which 100 of a program ended and used 0.5 s in 20 s."""
    made = ran(seen(forks=100, prefix="normal."), "perl", prefix="normal.", ended=100, ended_cpu_seconds=0.5)
    return ran(seen(forks=forks, made=made), "perl", ended=ended, ended_cpu_seconds=cpu)


def start(made: EvidenceBuilder, name: str, ended: int) -> EvidenceBuilder:
    return made.event(
        "program.starter",
        process__executable__name=name,
        started=ended,
        ended=ended,
        ended_cpu_seconds=1.0,
        chain=f"{name} < init",
    )


CASES = {
    "crash-loop": (lambda: crashing(5, signals="11:5"), lambda: crashing(5, exit_codes="0:5")),
    "short-lived-burn-cpu": (storm, lambda: storm(ended_cpu_seconds=0.2)),
    "more-processes-than-normal": (
        lambda: compared(forks=2000, ended=1900, cpu=9.5),
        lambda: compared(forks=150, ended=140, cpu=0.7),
    ),
    "dearer-processes-than-normal": (
        lambda: compared(forks=100, ended=100, cpu=1.5),
        lambda: compared(forks=100, ended=100, cpu=0.55),
    ),
}  # fmt: skip


@pytest.mark.parametrize("ends", [{"signals": "6:3"}, {"exit_codes": "1:3"}])
def test_three_bad_ends_of_a_daemon_are_a_loop(ends: dict[str, Value]) -> None:
    assert crash_loop.KIND(crashing(3, **ends).build()).state is State.PRESENT


@pytest.mark.parametrize(
    ("ended", "changes"),
    [
        (2, {"signals": "11:2"}),  # twice may be chance
        (10, {"signals": "11:3", "exit_codes": "0:7"}),  # it mostly ends well
        (9, {"signals": "15:9"}),  # asked to end
        (9, {"signals": "11:9", "parents": "apache2"}),  # a request each: judged as such
    ],
)
def test_what_is_no_loop(ended: int, changes: dict[str, Value]) -> None:
    assert crash_loop.KIND(crashing(ended, **changes).build()).state is State.ABSENT


def test_a_tool_that_says_no_by_its_exit_code_is_not_crashing() -> None:
    made = ran(seen(), "grep", ended=50, started=50, exit_codes="1:50", parents="bash")
    assert crash_loop.KIND(made.build()).state is State.ABSENT
    kept = ran(seen(), "my-own-thing", ended=50, started=50, exit_codes="1:50", parents="systemd")
    assert crash_loop.KIND(kept.build()).state is State.PRESENT


def test_who_keeps_services_is_known_by_the_whole_name() -> None:
    udev = ran(seen(), "scsi_id", ended=50, started=50, exit_codes="1:50", parents="systemd-udevd")
    assert crash_loop.KIND(udev.build()).state is State.ABSENT
    pod = ran(seen(), "my-own-thing", ended=5, started=5, exit_codes="1:5", parents="containerd-shim-runc-v2")
    assert crash_loop.KIND(pod.build()).state is State.PRESENT


def test_a_pool_that_crashes_once_and_is_not_started_again_is_no_loop() -> None:
    made = ran(seen(), "mysqld", ended=6, started=0, program__kind="daemon", signals="11:6")
    assert crash_loop.KIND(made.build()).state is State.ABSENT


@pytest.mark.parametrize(
    ("capture", "ends"),
    [
        ({"rung": "proc", "cpu": "none"}, {"ended": 0}),
        ({"rung": "perf", "cpu": "partly"}, {"ended": 9}),  # tells no exit status
        ({"rung": "connector", "cpu": "none"}, {"ended": 9, "exit_codes": "1:9", "name": ""}),
        ({"events_lost": 3}, {"ended": 9, "exit_codes": "0:9"}),
    ],
)
def test_where_no_crash_could_be_seen_its_absence_is_not_told(
    capture: dict[str, Any], ends: dict[str, Any]
) -> None:
    made = ran(seen(**capture), ends.pop("name", "mysqld"), started=9, parents="systemd", **ends)
    assert crash_loop.KIND(made.build()).state is State.UNKNOWN


def test_cpu_that_stands_in_no_program_may_be_that_of_short_lived_ones() -> None:
    hidden = ran(seen(used=10.0, cpu_attributed_seconds=2.0, rung="trace"), "true", ended=9, started=9)
    assert short_lived_burn_cpu.KIND(hidden.build()).state is State.UNKNOWN
    told = ran(seen(used=10.0, cpu_attributed_seconds=9.5), "true", ended=9, started=9)
    assert short_lived_burn_cpu.KIND(told.build()).state is State.ABSENT


def test_names_that_were_not_seen_are_not_told() -> None:
    many: dict[str, Any] = {"started": 4000, "ended": 4000, "parents": ""}
    made = ran(seen(forks=4000), "", **many).looked("cpu").counter("system.process.created", 0, 4000)
    assert "most of them" not in fork_storm.KIND(made.build()).sentence.en
    assert storm_starter.KIND(start(made, "", 4000).build()).state is State.ABSENT


def test_requests_are_no_storm_however_dear_they_are() -> None:
    assert short_lived_burn_cpu.KIND(storm(parents="apache2").build()).state is State.ABSENT


def test_unseen_children_are_short_lived_ones_too() -> None:
    made = ran(seen(used=5.0), "cron", unnamed=True, ended_cpu_seconds=4.0, cpu_seconds=4.0)
    found = short_lived_burn_cpu.KIND(made.build())
    assert found.state is State.PRESENT
    assert "children of cron" in found.sentence.en


def test_the_starter_of_a_storm_is_named_by_its_starts_with_its_own_starter() -> None:
    found = storm_starter.KIND(start(storm(), "hald-runner", 4000).build())
    assert found.state is State.PRESENT
    assert "hald-runner starts them: 200 processes each second" in found.sentence.en
    assert "itself started by init" in found.sentence.en


def test_a_pid_of_a_strangers_case_becomes_no_command() -> None:
    made = seen().event(
        "process.usage",
        process__command="cron",
        process__pid="1; reboot",
        cpu_seconds=1.0,
        unseen_children_cpu_seconds=9.0,
    )
    found = storm_starter.KIND(made.build())
    assert (found.state, found.see) == (State.PRESENT, storm_starter.KIND.see)


def test_a_web_servers_children_are_its_requests() -> None:
    assert storm_starter.KIND(start(storm(), "apache2", 4000).build()).state is State.ABSENT


def test_the_storm_is_called_by_the_name_that_was_captured() -> None:
    made = storm().looked("cpu").counter("system.process.created", 0, 4000)
    assert "hald-addon-storage (4,000 times, started by cron)" in fork_storm.KIND(made.build()).sentence.en


def test_more_work_at_the_usual_price_is_not_dearer_work() -> None:
    evidence = compared(forks=2000, ended=1900, cpu=9.5).build()
    found = more_processes_than_normal.KIND(evidence)
    assert "more work, not dearer work" in found.sentence.en
    assert dearer_processes_than_normal.KIND(evidence).state is State.ABSENT


def test_the_same_work_dearer_is_not_more_work() -> None:
    evidence = compared(forks=100, ended=100, cpu=1.5).build()
    assert more_processes_than_normal.KIND(evidence).state is State.ABSENT
    assert dearer_processes_than_normal.KIND(evidence).values["price"] == 3.0


def test_a_price_of_a_few_processes_is_not_told() -> None:
    evidence = compared(forks=100, ended=5, cpu=1.5).build()
    found = dearer_processes_than_normal.KIND(evidence)
    assert (found.state, "too few" in found.sentence.en) == (State.UNKNOWN, True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"rung": "connector", "cpu": "none"}, "does not tell"), ({"rung": "perf", "cpu": "partly"}, "alike")],
)
def test_prices_of_different_ways_of_looking_are_not_compared(changes: dict[str, Any], said: str) -> None:
    made = ran(seen(forks=100, prefix="normal."), "perl", prefix="normal.", ended=100, ended_cpu_seconds=0.5)
    made = ran(seen(forks=100, made=made, **changes), "perl", ended=100, ended_cpu_seconds=1.5)
    found = dearer_processes_than_normal.KIND(made.build())
    assert (found.state, said in found.sentence.en) == (State.UNKNOWN, True)


def test_what_lives_long_is_charged_while_it_lives_and_has_no_price_at_its_end() -> None:
    made = ran(seen(prefix="normal."), "perl", prefix="normal.", ended=100, ended_cpu_seconds=0.5)
    made = ran(seen(made=made), "perl", ended=100, ended_cpu_seconds=1.5, mean_life_seconds=3.0)
    assert dearer_processes_than_normal.KIND(made.build()).state is State.UNKNOWN


def test_a_price_that_hangs_on_few_processes_is_as_uncertain_as_they_are() -> None:
    made = ran(seen(prefix="normal."), "perl", prefix="normal.", ended=40, ended_cpu_seconds=5.0)
    ran(made, "true", prefix="normal.", ended=4000, ended_cpu_seconds=0.1)
    ran(seen(made=made), "perl", ended=40, ended_cpu_seconds=10.0)
    found = dearer_processes_than_normal.KIND(ran(made, "true", ended=100, ended_cpu_seconds=0.05).build())
    assert (found.state, round(float(found.values["price"]), 1)) == (State.ABSENT, 2.0)


def test_without_a_normal_it_says_how_to_get_one() -> None:
    for kind in (more_processes_than_normal.KIND, dearer_processes_than_normal.KIND):
        found = kind(storm().build())
        assert (found.state, "--normal" in found.sentence.en) == (State.UNKNOWN, True)
