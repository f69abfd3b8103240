"""File systems and disks."""

import pytest
from tests.evidence_builder import EvidenceBuilder

from tenmatsu.diagnose.findings import disk_slow, disk_wait, file_system_full, processes_stuck
from tenmatsu.model.finding import State

BLOCKS = "system.filesystem.usage"
INODES = "linux.filesystem.inodes"


def room(
    *free: float, path: str = "/", metric: str = BLOCKS, made: EvidenceBuilder | None = None
) -> EvidenceBuilder:
    """Return a file system of which so many per mille were free, look by look."""
    made = made or EvidenceBuilder().looked("file_systems")
    where = {"system__filesystem__mountpoint": path}
    made.gauge(metric, *(1000 - one for one in free), system__filesystem__state="used", **where)
    return made.gauge(metric, *free, system__filesystem__state="free", **where)


def disk(
    operations: float, seconds: float, *, device: str = "vda", made: EvidenceBuilder | None = None
) -> EvidenceBuilder:
    """Return a disk whose reads and writes together took so long."""
    made = made or EvidenceBuilder().looked("disks")
    for direction in ("read", "write"):
        where = {"system__device": device, "disk__io__direction": direction}
        made.counter("system.disk.operations", 5, 5 + operations / 2, **where)
        made.counter("system.disk.operation_time", 1, 1 + seconds / 2, **where)
    return made


def stalled(seconds: float) -> EvidenceBuilder:
    made = EvidenceBuilder().looked("pressure")
    return made.counter("linux.pressure.stalled_time", 0, seconds, resource="io", degree="some")


def stuck(*programs: tuple[str, int]) -> EvidenceBuilder:
    made = EvidenceBuilder().looked("processes")
    for name, count in programs:
        made.event("process.stuck", process__command=name, processes=count)
    return made


CASES = {
    "file-system-full": (lambda: room(400, 0), lambda: room(400, 390)),
    "disk-slow": (lambda: disk(100, 20), lambda: disk(100, 0.2)),
    "disk-wait": (lambda: stalled(12), lambda: stalled(0.2)),
    "processes-stuck": (lambda: stuck(("nfsd", 8)), stuck),
}


@pytest.mark.parametrize(
    ("free", "state", "strength", "harm"),
    [
        (10, State.PRESENT, 1.0, True),
        (10.1, State.PRESENT, 0.25, False),
        (30, State.PRESENT, 0.25, False),
        (30.1, State.ABSENT, 1.0, False),
    ],
)
def test_one_percent_is_full_and_three_are_nearly(
    free: float, state: State, strength: float, harm: bool
) -> None:
    for metric in (BLOCKS, INODES):
        found = file_system_full.KIND(room(500, free, metric=metric).build())
        assert (found.state, found.strength, found.harm) == (state, strength, harm)


def test_the_lowest_of_the_looks_counts() -> None:
    assert file_system_full.KIND(room(0, 500).build()).state is State.PRESENT


def test_all_that_is_full_is_named_with_what_is_missing() -> None:
    made = room(200, path="/")
    room(5, path="/var/lib/my site", metric=INODES, made=made)
    room(0, path="/srv", made=made)
    found = file_system_full.KIND(made.build())
    assert found.sentence.en == "full: /srv (no room left), /var/lib/my site (no inodes left)"
    assert found.sentence.ja == "満杯: /srv (容量の残りなし)、/var/lib/my site (inodeの残りなし)"
    assert dict(found.values) == {"free_ratio": 0.0, "mountpoint": "/srv"}
    assert found.see == ("df -h /srv", "df -i /srv")


def test_a_command_to_see_it_can_be_pasted_whatever_the_mount_is_called() -> None:
    found = file_system_full.KIND(room(0, path="/mnt/a; reboot").build())
    assert found.see == ("df -h '/mnt/a; reboot'", "df -i '/mnt/a; reboot'")


def test_a_file_system_of_no_size_is_not_full() -> None:
    made = EvidenceBuilder()
    for state in ("used", "free"):
        made.gauge(BLOCKS, 0, system__filesystem__mountpoint="/x", system__filesystem__state=state)
    assert file_system_full.KIND(made.build()).state is State.ABSENT


def test_free_without_used_is_unknown() -> None:
    made = EvidenceBuilder().looked("file_systems")
    made.gauge(BLOCKS, 0, system__filesystem__mountpoint="/x", system__filesystem__state="free")
    assert file_system_full.KIND(made.build()).state is State.UNKNOWN


@pytest.mark.parametrize(("seconds", "state"), [(3.99, State.ABSENT), (4.0, State.PRESENT)])
def test_forty_milliseconds_are_slow(seconds: float, state: State) -> None:
    assert disk_slow.KIND(disk(100, seconds).build()).state is state


@pytest.mark.parametrize(("operations", "state"), [(28, State.UNKNOWN), (30, State.PRESENT)])
def test_a_disk_with_few_requests_is_not_judged(operations: float, state: State) -> None:
    assert disk_slow.KIND(disk(operations, 20).build()).state is state


def test_the_slowest_disk_is_named() -> None:
    made = disk(100, 8, device="sdb", made=disk(100, 6, device="sda"))
    found = disk_slow.KIND(made.build())
    assert dict(found.values) == {"mean_wait_seconds": 0.08, "device": "sdb"}
    assert (found.sentence.en, found.strength) == ("disk sdb takes 80 ms for a request", 0.5)


def test_a_machine_without_disks_has_no_slow_one() -> None:
    assert disk_slow.KIND(EvidenceBuilder().looked("disks").build()).state is State.ABSENT


@pytest.mark.parametrize(("seconds", "state"), [(3.99, State.ABSENT), (4.0, State.PRESENT)])
def test_a_fifth_of_the_time_is_too_long_to_wait_for_disks(seconds: float, state: State) -> None:
    assert disk_wait.KIND(stalled(seconds).build()).state is state


def test_one_sample_of_waiting_is_unknown() -> None:
    made = EvidenceBuilder().counter("linux.pressure.stalled_time", 5, resource="io", degree="some")
    assert disk_wait.KIND(made.build()).state is State.UNKNOWN


def test_stuck_programs_are_counted_and_named() -> None:
    found = processes_stuck.KIND(stuck(("nfsd", 2), ("jbd2/vda1", 1), ("nfsd", 1)).build())
    assert found.sentence.en == "4 processes wait for a device all the time (state D): nfsd, jbd2/vda1"
    assert (found.values["processes"], found.strength) == (4, 0.9)
