"""CPU: held at a limit, saturated, stolen; runaways, storms and who starts them."""

import shlex
from typing import Any

import pytest
from tests.evidence_builder import EvidenceBuilder, at

from tenmatsu.diagnose.findings import (
    cpu_held_at_limit,
    cpu_saturated,
    cpu_stolen,
    fork_storm,
    runaway_process,
    storm_starter,
)
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.finding import State


def held(throttled: float, periods: float = 200, *, group: str = "/web") -> EvidenceBuilder:
    made = EvidenceBuilder().looked("cgroups")
    return add_group(made, group, throttled, periods)


def add_group(made: EvidenceBuilder, group: str, throttled: float, periods: float) -> EvidenceBuilder:
    return (
        made.counter("linux.cgroup.cpu.periods", 50, 50 + periods, cgroup=group)
        .counter("linux.cgroup.cpu.throttled_periods", 7, 7 + throttled, cgroup=group)
        .gauge("linux.cgroup.cpu.limit", 0.5, 0.5, cgroup=group)
    )


def times(**seconds: float) -> EvidenceBuilder:
    """Return CPU time by mode over the window of 20 s."""
    made = EvidenceBuilder().looked("cpu")
    for mode, spent in seconds.items():
        made.counter("system.cpu.time", 1000, 1000 + spent, cpu__mode=mode)
    return made


def waiting(made: EvidenceBuilder, seconds: float) -> EvidenceBuilder:
    name = "linux.pressure.stalled_time"
    return made.counter(name, 3, 3 + seconds, resource="cpu", degree="some")


def on(made: EvidenceBuilder, virtualisation: str, *, trusted: bool) -> EvidenceBuilder:
    return made.event("machine.identity", virtualisation=virtualisation, steal_trusted=trusted)


def usage(made: EvidenceBuilder | None = None, **changes: float | str | bool) -> EvidenceBuilder:
    """Return a process that was there all the time and uses what `changes` say."""
    usual: dict[str, Any] = {
        "process__command": "perl",
        "process__pid": 815,
        "cpu_seconds": 0.0,
        "unseen_children_cpu_seconds": 0.0,
        "looks": 20,
        "running_looks": 1,
        "alive": True,
        "from_start": True,
    }
    made = made or EvidenceBuilder().looked("processes")
    return made.event("process.usage", **{**usual, **changes})


def forks(count: float, *, requests: int = 0, summed: float = 0.0) -> EvidenceBuilder:
    made = EvidenceBuilder().looked("cpu", "processes").counter("system.process.created", 9, 9 + count)
    for _ in range(requests):
        made.request(Outcome.OK, 0.1, maker="user")
    return made.gauge("web.request.count", 0, summed) if summed else made


CASES = {
    "cpu-held-at-limit": (lambda: held(190), lambda: held(3)),
    "cpu-saturated": (
        lambda: waiting(times(user=19.5, idle=0.5), 15),
        lambda: waiting(times(user=1, idle=19), 0.2),
    ),
    "cpu-stolen": (
        lambda: times(user=10, steal=4, idle=6),
        lambda: on(times(user=1, steal=0, idle=19), "kvm", trusted=True),
    ),
    "fork-storm": (lambda: forks(4000), lambda: forks(30)),
    "storm-starter": (
        lambda: usage(process__command="hald-runner", unseen_children_cpu_seconds=9.0),
        lambda: usage(cpu_seconds=1.0),
    ),
    "runaway-process": (
        lambda: usage(cpu_seconds=19.8, running_looks=20),
        lambda: usage(cpu_seconds=2.0, running_looks=2),
    ),
}


@pytest.mark.parametrize(("throttled", "state"), [(49, State.ABSENT), (50, State.PRESENT)])
def test_a_quarter_of_the_periods_is_held(throttled: float, state: State) -> None:
    assert cpu_held_at_limit.KIND(held(throttled).build()).state is state


@pytest.mark.parametrize(("periods", "state"), [(79, State.ABSENT), (80, State.PRESENT)])
def test_a_group_that_is_seldom_awake_feels_no_limit(periods: float, state: State) -> None:
    assert cpu_held_at_limit.KIND(held(periods, periods).build()).state is state


def test_the_group_held_most_is_named_with_its_limit() -> None:
    found = cpu_held_at_limit.KIND(add_group(held(60), "/db", 120, 200).build())
    assert dict(found.values) == {"held_ratio": 0.6, "cgroup": "/db", "limit_cores": 0.5}
    assert found.strength == 1.0
    assert found.sentence.en == "group /db stands still at its limit of 0.5 cores in 60% of the periods"


def test_a_command_to_see_it_can_be_pasted_whatever_the_group_is_called() -> None:
    found = cpu_held_at_limit.KIND(held(190, group="/u/$(reboot) it's").build())
    (command,) = found.see
    assert shlex.split(command) == [
        "grep",
        "throttled",
        "/sys/fs/cgroup/u/$(reboot) it's/cpu.stat",
        "/sys/fs/cgroup/cpu/u/$(reboot) it's/cpu.stat",
    ]


def test_no_group_with_a_limit_is_absent_and_a_look_cut_short_is_unknown() -> None:
    assert cpu_held_at_limit.KIND(EvidenceBuilder().looked("cgroups").build()).state is State.ABSENT
    cut = EvidenceBuilder().looked("cgroups", complete=False)
    assert cpu_held_at_limit.KIND(cut.build()).state is State.UNKNOWN


@pytest.mark.parametrize(("idle", "state"), [(1.01, State.ABSENT), (1.0, State.PRESENT)])
def test_the_cores_are_full_from_95_percent_on(idle: float, state: State) -> None:
    assert cpu_saturated.KIND(times(user=20 - idle, idle=idle).build()).state is state


def test_waiting_for_the_disks_is_not_busy() -> None:
    assert cpu_saturated.KIND(times(user=0.5, iowait=19.5, idle=0).build()).state is State.ABSENT


@pytest.mark.parametrize(("stalled", "strength"), [(9.9, 0.6), (10.0, 1.0)])
def test_full_cores_are_sick_when_tasks_wait_half_of_the_time(stalled: float, strength: float) -> None:
    assert cpu_saturated.KIND(waiting(times(user=20, idle=0), stalled).build()).strength == strength


def test_one_sample_tells_nothing_of_the_cpu() -> None:
    one = EvidenceBuilder().looked("cpu").counter("system.cpu.time", 5.0, cpu__mode="user")
    assert cpu_saturated.KIND(one.build()).state is State.UNKNOWN
    assert cpu_stolen.KIND(one.build()).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("steal", "state", "strength"),
    [(0.99, State.ABSENT, 1.0), (1.0, State.PRESENT, 0.25), (4.0, State.PRESENT, 1.0)],
)
def test_steal_is_noticed_from_five_percent_on(steal: float, state: State, strength: float) -> None:
    made = on(times(user=20 - steal, steal=steal), "kvm", trusted=True)
    found = cpu_stolen.KIND(made.build())
    assert (found.state, found.strength) == (state, strength)


def test_zero_steal_is_believed_only_where_the_hypervisor_tells_it() -> None:
    def judge(made: EvidenceBuilder) -> State:
        return cpu_stolen.KIND(made.build()).state

    assert judge(times(user=10, steal=0)) is State.UNKNOWN
    assert judge(on(times(user=10, steal=0), "vmware", trusted=False)) is State.UNKNOWN
    assert judge(on(times(user=10, steal=0), "kvm", trusted=True)) is State.ABSENT
    assert judge(on(times(user=10, steal=0), "none", trusted=False)) is State.ABSENT
    assert judge(on(times(user=10, idle=10), "kvm", trusted=True)) is State.UNKNOWN  # no such column


def test_the_newest_identity_of_the_machine_counts() -> None:
    made = on(times(user=10, steal=0), "kvm", trusted=True)
    made.event("machine.identity", seconds=5, virtualisation="vmware", steal_trusted=False)
    assert "vmware" in cpu_stolen.KIND(made.build()).sentence.en


@pytest.mark.parametrize(
    ("cpu_seconds", "running", "state"),
    [
        (16.99, 1, State.ABSENT),
        (17.0, 1, State.PRESENT),  # 85 % of a core
        (5.99, 20, State.ABSENT),
        (6.0, 18, State.PRESENT),  # 30 % of a core, running at 90 % of the looks
        (6.0, 17, State.ABSENT),
    ],
)
def test_a_runaway_takes_a_core_or_is_never_seen_waiting(
    cpu_seconds: float, running: int, state: State
) -> None:
    made = usage(cpu_seconds=cpu_seconds, running_looks=running)
    assert runaway_process.KIND(made.build()).state is state


@pytest.mark.parametrize("missing", ["alive", "from_start"])
def test_a_runaway_is_there_from_the_first_look_to_the_last(missing: str) -> None:
    changes: dict[str, Any] = {missing: False}
    made = usage(cpu_seconds=19, running_looks=20, **changes)
    assert runaway_process.KIND(made.build()).state is State.ABSENT


def test_a_runaway_is_found_behind_a_busier_process_that_ended() -> None:
    made = usage(cpu_seconds=19.0, process__command="build", process__pid=1, alive=False)
    usage(made, cpu_seconds=18.0, process__command="loop", process__pid=2, running_looks=20)
    found = runaway_process.KIND(made.build())
    assert (found.state, found.values["process"]) == (State.PRESENT, "loop")
    assert found.see[0] == "ps -o pid,ppid,user,etimes,cputimes,args -p 2"


def test_a_runaway_needs_four_seconds_of_window() -> None:
    def judge(seconds: float) -> State:
        made = usage(EvidenceBuilder(seconds=seconds).looked("processes"), cpu_seconds=seconds)
        return runaway_process.KIND(made.build()).state

    assert (judge(3.9), judge(4.0)) == (State.UNKNOWN, State.PRESENT)


def test_no_busy_process_at_all_is_no_runaway() -> None:
    assert runaway_process.KIND(EvidenceBuilder().looked("processes").build()).state is State.ABSENT


@pytest.mark.parametrize(("count", "state"), [(799, State.ABSENT), (800, State.PRESENT)])
def test_forty_processes_a_second_are_a_storm(count: float, state: State) -> None:
    assert fork_storm.KIND(forks(count).build()).state is state


def test_requests_explain_eight_processes_each() -> None:
    assert fork_storm.KIND(forks(800 + 79, requests=10).build()).state is State.ABSENT
    assert fork_storm.KIND(forks(800 + 80, requests=10).build()).state is State.PRESENT
    assert fork_storm.KIND(forks(800 + 799, summed=100).build()).state is State.ABSENT


def test_requests_from_before_the_window_explain_nothing() -> None:
    made = forks(850)
    for _ in range(10):
        made.request(Outcome.OK, 0.1, time=at(-60), maker="user")
    assert fork_storm.KIND(made.build()).state is State.PRESENT


def test_a_storm_names_whom_it_met_most_often() -> None:
    made = forks(4000)
    made.event("process.program", process__command="sh", brief=1, parents="cron")
    made.event("process.program", process__command="hald-addon-stor", brief=7, parents="hald-runner")
    found = fork_storm.KIND(made.build())
    assert found.sentence.en == (
        "200 processes begin each second, 0.0 requests come in"
        "; met most often: hald-addon-stor, started by hald-runner"
    )
    assert found.strength == 1.0
    assert "hald-addon-stor" in found.sentence.ja


def test_a_storm_needs_two_samples() -> None:
    one = EvidenceBuilder().looked("cpu").counter("system.process.created", 4000)
    assert fork_storm.KIND(one.build()).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("spent", "others", "state"),
    [
        (1.99, 0.0, State.ABSENT),  # a tenth of a core is 2 s
        (2.0, 8.0, State.PRESENT),  # and a fifth of all that was used
        (2.0, 8.1, State.ABSENT),
    ],
)
def test_a_starter_spends_a_tenth_of_a_core_and_a_fifth_of_all(
    spent: float, others: float, state: State
) -> None:
    made = usage(unseen_children_cpu_seconds=spent)
    usage(made, process__command="mysqld", process__pid=9, cpu_seconds=others)
    assert storm_starter.KIND(made.build()).state is state


@pytest.mark.parametrize(
    "name", ["apache2", "httpd", "httpd-prefork", "nginx", "php-fpm", "php-fpm8.2", "fcgiwrap"]
)
def test_the_unseen_children_of_a_web_server_are_its_requests(name: str) -> None:
    made = usage(process__command=name, unseen_children_cpu_seconds=15)
    assert storm_starter.KIND(made.build()).state is State.ABSENT
    usage(made, process__command="watchdog", process__pid=7, unseen_children_cpu_seconds=6)
    found = storm_starter.KIND(made.build())
    assert (found.state, found.values["starter"]) == (State.PRESENT, "watchdog")


def test_many_starters_of_one_program_are_one_storm() -> None:
    made = usage(process__command="cgi-watchdog", process__pid=31, unseen_children_cpu_seconds=1.2)
    usage(made, process__command="cgi-watchdog", process__pid=32, unseen_children_cpu_seconds=1.3)
    usage(made, process__command="cgi-watchdog", process__pid=33)
    usage(made, process__command="mysqld", process__pid=9, cpu_seconds=2.5, unseen_children_cpu_seconds=2.0)
    found = storm_starter.KIND(made.build())
    assert dict(found.values) == {"unseen_cpu_seconds": 2.5, "starter": "cgi-watchdog", "processes": 2}
    assert found.sentence.en.startswith("cgi-watchdog (pid 31, 32) starts them: 2.5 s of CPU, 36% of all")
