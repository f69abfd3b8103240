"""Who started what, and when a process of many tasks has ended; each end is told once."""

from tenmatsu.probe.ends import End, Ends
from tenmatsu.probe.living import REMEMBERED_LOOKS
from tenmatsu.probe.tasks import InOrder, Tasks


def family() -> Tasks:
    tasks = Tasks()
    tasks.begin_process(1, 0, 1, b"init")
    tasks.begin_process(10, 1, 2)
    tasks.rename(10, b"shop")
    return tasks


def test_a_child_bears_its_starters_name_until_it_gets_its_own() -> None:
    tasks = family()
    tasks.begin_process(20, 10, 3)
    child = tasks.processes[20]
    assert (child.name, child.parent, child.parent_pid, child.began_ns) == (b"shop", b"shop", 10, 3)
    tasks.become_program(20, b"cat")
    assert child.name == b"cat"
    tasks.rename(10, b"store")
    assert child.parent == b"shop"


def test_a_child_of_a_thread_is_the_processes() -> None:
    tasks = family()
    tasks.begin_thread(11, 10)
    tasks.rename(11, b"worker")
    tasks.begin_process(20, 11, 3)
    child = tasks.processes[20]
    assert (child.name, child.parent, child.parent_pid) == (b"worker", b"shop", 10)
    assert tasks.processes[10].name == b"shop"


def test_a_process_ends_with_its_last_task() -> None:
    tasks = family()
    tasks.begin_thread(11, 10)
    assert tasks.end(10) is None
    ended = tasks.end(11)
    assert ended
    assert (ended.pid, ended.name) == (10, b"shop")
    assert tasks.owner(10) is tasks.owner(11) is None


def test_a_thread_that_starts_a_program_becomes_the_first() -> None:
    tasks = family()
    tasks.begin_thread(11, 10)
    tasks.end(10)
    tasks.become_program(10, b"cat")
    assert tasks.owner(11) is None
    ended = tasks.end(10)
    assert ended
    assert ended.name == b"cat"


def test_the_same_where_the_kernel_does_not_tell_of_the_exec() -> None:
    tasks = family()
    tasks.begin_thread(11, 10)
    tasks.end(10)
    ended = tasks.end(10)
    assert ended
    assert tasks.owner(11) is None


def test_unknown_tasks_do_no_harm() -> None:
    tasks = family()
    assert tasks.end(99) is None
    tasks.begin_thread(100, 99)
    tasks.rename(99, b"x")
    tasks.become_program(99, b"x")
    assert set(tasks.processes) == {1, 10}


def test_a_number_used_again_is_a_new_process() -> None:
    tasks = family()
    tasks.begin_thread(11, 10)
    tasks.begin_process(10, 1, 9)
    assert tasks.processes[10].began_ns == 9
    assert tasks.owner(11) is None


def test_those_whose_end_was_lost_are_forgotten() -> None:
    tasks = family()
    tasks.sweep({1}, 100.0)
    assert 10 in tasks.processes
    tasks.sweep({1}, 102.0)
    assert set(tasks.processes) == {1}


def test_there_is_a_limit() -> None:
    tasks = Tasks(most=2)
    tasks.begin_process(1, 0, 1, b"init")
    tasks.begin_thread(2, 1)
    tasks.begin_thread(3, 1)
    tasks.begin_process(4, 1, 1)
    assert tasks.full == 2
    assert tasks.processes[1].tids == {1, 2}


def test_all_that_lives_is_read() -> None:
    tasks = Tasks()
    tasks.read_all()
    assert tasks.processes[1].began_ns == 0
    assert tasks.processes[1].name


def test_what_may_be_preceded_waits() -> None:
    order = InOrder()
    assert order.sort([(5, "b"), (3, "a")]) == []
    assert order.sort([(4, "late"), (6, "c")]) == [(3, "a"), (4, "late"), (5, "b")]
    assert order.sort([]) == [(6, "c")]
    assert order.sort([]) == []


def end(pid: int, cpu_ns: int | None = 5, life_ns: int | None = 7) -> End:
    return End(pid, 1, b"a", b"x", 0, 0, cpu_ns, life_ns)


def test_many_are_one_row_and_those_that_a_look_met_have_their_own() -> None:
    ends = Ends()
    ends.after_look({10, 11})
    for pid in (10, 20, 21):
        ends.add(end(pid))
    ends.after_look({11})
    rows = ends.take()
    assert [(row.pid, row.processes, row.cpu_ns, row.life_ns) for row in rows] == [
        (10, 1, 5, 7),
        (0, 2, 10, 14),
    ]
    ends.add(end(10))  # the number is used again
    ends.add(end(11, life_ns=None))
    assert sorted((row.pid, row.processes) for row in ends.take()) == [(0, 1), (11, 1)]


def test_an_end_told_looks_later_is_still_that_of_one_who_was_met() -> None:
    ends = Ends()
    for living in ({10}, set[int](), set[int]()):
        ends.after_look(living)
    ends.add(end(10))
    assert [(row.pid, row.processes) for row in ends.take()] == [(10, 1)]


def test_who_is_gone_for_many_looks_is_forgotten() -> None:
    ends = Ends()
    for living in ({10}, *[set[int]()] * (REMEMBERED_LOOKS + 1)):
        ends.after_look(living)
    ends.add(end(10))
    assert [(row.pid, row.processes) for row in ends.take()] == [(0, 1)]


def test_a_sum_of_a_part_is_none() -> None:
    ends = Ends()
    ends.add(end(20))
    ends.add(end(21, cpu_ns=None))
    row = ends.take()[0]
    assert (row.processes, row.cpu_ns, row.life_ns) == (2, None, 14)


def test_more_than_fit_are_counted_without_a_name() -> None:
    ends = Ends(most=2)
    for pid in range(5):
        ends.add(end(pid))
    assert [(row.name, row.processes) for row in ends.take()] == [(b"a", 2), (b"", 3)]
    assert ends.take() == []
