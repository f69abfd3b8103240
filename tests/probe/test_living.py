"""Each tick of the living and of the dead is charged once, whoever tells of it."""

import pytest

from tenmatsu.probe import living as living_module
from tenmatsu.probe.living import Living
from tenmatsu.probe.proc_files import NS_PER_TICK, Stat, parse_kernel_count, parse_stat
from tenmatsu.probe.rows import charge, prepare_sample, sum_up
from tenmatsu.probe.rung import Ended, Sample

TICK = NS_PER_TICK
LATER = 1 << 60  # a start long after the first look


def process(
    pid: int, own: int = 0, children: int = 0, *, parent: int = 1, started: int = 5, state: bytes = b"S"
) -> Stat:
    return Stat(pid, b"p%d" % pid, state, parent, 100 * own, 100 * children, own, children, 1, started)


class Machine:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.present: dict[int, Stat] = {}
        self.living = Living()
        monkeypatch.setattr(living_module, "list_pids", lambda: [str(pid) for pid in self.present])
        monkeypatch.setattr(living_module, "read_stat", lambda name: self.present.get(int(name)))

    def look(self, *processes: Stat, alone: bool = True) -> dict[int, tuple[int, int]]:
        """Return by pid: own ticks, and those of children that nobody saw."""
        self.present = {one.pid: one for one in processes}
        changes = self.living.look(with_new_zombies=alone)
        assert all(one.children_faults == 100 * one.children_ticks for one in changes)
        return {one.stat.pid: (one.own_ticks, one.children_ticks) for one in changes}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_what_was_used_before_the_first_look_is_not_ours(machine: Machine) -> None:
    assert machine.look(process(1, 100, 200)) == {1: (0, 0)}
    assert machine.look(process(1, 103, 207)) == {1: (3, 7)}


def test_what_began_since_is_charged_whole(machine: Machine) -> None:
    machine.look(process(1))
    assert machine.look(process(1), process(9, 4, 2, started=LATER))[9] == (4, 2)


def test_a_child_that_was_seen_is_not_charged_to_its_parent_again(machine: Machine) -> None:
    machine.look(process(1), process(9, 10))
    machine.look(process(1), process(9, 15))
    assert machine.look(process(1, 0, 18)) == {1: (0, 3)}


def test_a_grandchilds_time_goes_where_it_is_waited_for(machine: Machine) -> None:
    machine.look(process(1), process(8, 1, 0), process(9, 10, parent=8))
    assert machine.look(process(1, 0, 14)) == {1: (0, 3)}


def test_a_parent_read_too_early_owes_nothing_later(machine: Machine) -> None:
    machine.look(process(1), process(9, 10))
    assert machine.look(process(1, 0, 0)) == {1: (0, 0)}
    assert machine.look(process(1, 0, 12)) == {1: (0, 2)}
    assert machine.look(process(1, 0, 15)) == {1: (0, 3)}


def test_a_child_that_nobody_waited_for_is_forgotten_in_time(machine: Machine) -> None:
    machine.look(process(1), process(9, 10))
    for _ in range(4):
        machine.look(process(1))
    assert machine.look(process(1, 0, 7)) == {1: (0, 7)}


def test_a_pid_used_again_is_another_process(machine: Machine) -> None:
    machine.look(process(1), process(9, 50))
    assert machine.look(process(1), process(9, 2, started=LATER))[9] == (2, 0)
    assert [one.pid for one in machine.living.gone] == [9]


def test_a_zombie_never_met_alive_is_left_to_the_rung_that_tells_of_it(machine: Machine) -> None:
    machine.look(process(1))
    zombie = process(9, 5, started=LATER, state=b"Z")
    assert 9 not in machine.look(process(1), zombie, alone=False)
    assert machine.look(process(1), zombie, alone=True)[9] == (5, 0)


def test_a_zombie_met_alive_stays_charged(machine: Machine) -> None:
    machine.look(process(1), process(9, 5))
    machine.look(process(1), process(9, 7, state=b"Z"), alone=False)
    assert machine.living.take_uncharged(9, 5, 8 * TICK) == 1 * TICK
    machine.look(process(1), alone=False)
    assert machine.living.take_uncharged(9, 5, 3 * TICK) == 3 * TICK  # a late thread of it


def test_a_dead_process_is_charged_what_its_life_was_not(machine: Machine) -> None:
    machine.look(process(1), process(9, 10))
    machine.look(process(1), process(9, 15))
    machine.look(process(1))
    assert machine.living.take_uncharged(9, 5, 17 * TICK) == 2 * TICK
    assert machine.living.take_uncharged(9, 5, 1 * TICK) == 1 * TICK
    assert machine.living.take_uncharged(9, 0, 1 * TICK) == 1 * TICK  # by its pid alone


def test_of_an_old_process_never_met_nothing_can_be_told(machine: Machine) -> None:
    machine.look(process(1))
    assert machine.living.take_uncharged(9, 5, TICK) is None
    assert machine.living.take_uncharged(9, LATER, TICK) == TICK


def test_the_dead_are_forgotten(machine: Machine) -> None:
    machine.look(process(1), process(9, 10))
    for _ in range(20):
        machine.look(process(1))
    assert machine.living.take_uncharged(9, 5, TICK) is None
    assert not machine.living._died


def test_threads_of_the_kernel_are_fetched_now_and_then(machine: Machine) -> None:
    charged = [machine.look(process(2, look, parent=0)).get(2, (0, 0))[0] for look in range(11)]
    assert sum(charged) == 10
    assert sum(1 for ticks in charged if ticks) == 2
    machine.look(process(1))
    assert 2 not in machine.living.now


def test_the_chain_of_ancestors_ends_even_in_a_ring(machine: Machine) -> None:
    machine.look(process(1, parent=0), process(7), process(9, parent=7), process(10, parent=10))
    assert machine.living.find_chain(9) == [(9, b"p9"), (7, b"p7"), (1, b"p1")]
    assert len(machine.living.find_chain(10)) == 16
    assert machine.living.find_chain(99) == []


def test_rows_are_charged_once_and_summed(machine: Machine) -> None:
    machine.look(process(1), process(9, 10))
    machine.look(process(1))
    rows = [
        Ended(b"a", b"x", 2, 0, 0, "/", 5 * TICK, 100),
        Ended(b"a", b"x", 1, 0, 0, "/", 12 * TICK, 100, pid=9, started_ticks=5, parent_pids=(4, 4)),
        Ended(b"a", b"x", 0, 0, 0, "/", 1 * TICK, 0),
        Ended(b"a", b"x", 1, 256, 0, "/", None, None),
    ]
    summed = sum_up(charge(rows, machine.living), 10)
    assert [(one.processes, one.status, one.cpu_ns, one.parent_pids) for one in summed.rows] == [
        (3, 0, 8 * TICK, (4, 4)),
        (1, 256, None, ()),
    ]
    assert summed.cpu_ns == 8 * TICK


def test_time_that_comes_late_goes_to_the_ends_of_its_program() -> None:
    rows = [
        Ended(b"a", b"x", 5, 768, 0, "", 7),
        Ended(b"a", b"x", 0, 0, 0, "", 3),
        Ended(b"b", b"x", 0, 0, 0, "", 2),
    ]
    summed = sum_up(rows, 10)
    assert [(one.name, one.processes, one.status, one.cpu_ns) for one in summed.rows] == [
        (b"a", 5, 768, 10),
        (b"b", 0, 0, 2),
    ]


def test_what_does_not_fit_is_one_row_and_nothing_is_lost() -> None:
    rows = [Ended(b"n%d" % number, b"x", number, 0, 0, "", number * 1000) for number in range(100)]
    summed = sum_up(rows, 10)
    assert len(summed.rows) == 10
    assert sum(one.processes for one in summed.rows) == sum(range(100))
    assert (summed.rows[0].name, summed.rows[-1].name, summed.kinds_together) == (b"n99", b"", 91)


def test_a_sample_is_masked_and_bounded() -> None:
    sample = Sample(b"a", b"x", 1, 0, b"/" * 9000, (b"a", b"--password", b"S3cret", b"x" * 9000))
    prepared = prepare_sample(sample)
    assert prepared.arguments[2] == b"***"
    assert sum(map(len, prepared.arguments)) <= 4096
    assert (len(prepared.path), prepared.cut) == (4096, True)


@pytest.mark.parametrize("name", [b"a", b"a b", b"x) R 1 (", b"((", b"))", b"\xff\n"])
def test_a_name_may_hold_anything(name: bytes) -> None:
    text = b"7 (" + name + b") Z 1 7 7 0 -1 4 10 20 0 0 3 4 5 6 20 0 2 0 99 1 2 3"
    stat = parse_stat(text)
    assert stat == Stat(7, name, b"Z", 1, 10, 20, 7, 11, 2, 99)
    assert not stat.ended  # another thread lives


def test_the_kernels_counters_are_read_as_far_as_they_go() -> None:
    text = b"cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1\nctxt 5\nprocesses 42\nprocs_running 1\n"
    count = parse_kernel_count(text, b"2/345")
    assert (count.forks, count.tasks) == (42, 345)
    assert (count.used_ns, count.steal_ns, count.all_ns) == (19 * TICK, 8 * TICK, 36 * TICK)
    assert parse_kernel_count(b"cpu 1 2 3 4\nx\nprocesses 1\n", b"1/2").steal_ns == 0
