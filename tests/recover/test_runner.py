"""A run on a mock of a host: its order, its failures, and its own death at every point."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.mocks.small_world import World
from tests.recover.made_site import made_site

from tenmatsu.model.plan import Action, Plan, PlannedStep
from tenmatsu.recover.journal import Journal, JournalFailed, RunHeld
from tenmatsu.recover.machine import RunHappened, RunState, StepState
from tenmatsu.recover.planner import finish_plan, plan_host_restart
from tenmatsu.recover.runner import Runner

GUESTS = ("web1", "mail1", "dns1")
EVERY_SECONDS = 0.002


def now() -> datetime:
    return datetime.now(UTC)


def quick_plan(**changes: Any) -> Plan:
    """Return the plan of 2010 with waits as short as the mock's."""
    plan = plan_host_restart(made_site(), "esx1", now(), site_digest="abc", force=True)
    steps = tuple(
        replace(
            step,
            ready=tuple(replace(one, steady_seconds=0.005) for one in step.ready),
            resend_seconds=0.15,
            limit_seconds=changes.get("limit_seconds", 5.0),
        )
        for step in plan.steps
    )
    return finish_plan(made_site(), replace(plan, steps=steps))


def approve(folder: Path, plan: Plan) -> int:
    journal = Journal(folder / "journal")
    run = journal.begin(plan, now())
    journal.write_run(run, RunState.PLANNED, RunHappened.APPROVAL, now())
    journal.close()
    return run


def go_on(folder: Path, world: World, run: int, journal: Journal | None = None) -> RunState:
    mine = journal or Journal(folder / "journal")
    try:
        return Runner(mine, run, world, now=now, every_seconds=EVERY_SECONDS).carry_out()
    finally:
        if journal is None:
            mine.close()


def check_record(world: World) -> None:
    """Nothing twice that must not be, nothing left out, the order kept, evidence kept before the restart."""
    taken = [(line.what, line.who) for line in world.lines() if line.taken]
    for once in (("restart_host", "esx1"), *(("start", guest) for guest in GUESTS)):
        assert taken.count(once) == 1, once
    place = {what: at for at, what in reversed(list(enumerate(taken)))}
    for guest in GUESTS:
        assert place["shut_down", guest] < place["restart_host", "esx1"] < place["start", guest]
    assert place["shut_down", "mail1"] < place["shut_down", "web1"] < place["shut_down", "dns1"]
    assert place["start", "dns1"] < place["start", "web1"] < place["start", "mail1"]
    assert place["collect", "esx1"] < place["shut_down", "mail1"]
    assert ("prove", "esx1") in taken


def test_the_plan_of_2010_is_carried_out_in_its_order(tmp_path: Path) -> None:
    world = World(tmp_path, GUESTS)
    run = approve(tmp_path, quick_plan())
    assert go_on(tmp_path, world, run) is RunState.DONE
    check_record(world)


class _Killing:
    """Counts the moments before and after each write and each act, and ends the process at one of them."""

    def __init__(self, at: int) -> None:
        self.at, self.count = at, 0

    def point(self) -> None:
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*words: Any, **more: Any) -> Any:
            self.point()
            answer = function(*words, **more)
            self.point()
            return answer

        return wrapped


def run_and_die(folder: Path, run: int, at: int) -> int:
    """Carry the run out in a process of its own that is killed at a point; return how it ended (waitpid)."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:  # the child: nothing of pytest may run here
        killing, journal, world = _Killing(at), Journal(folder / "journal"), World(folder, GUESTS)
        journal._write = killing.around(journal._write)  # type: ignore[method-assign]
        world.act = killing.around(world.act)  # type: ignore[method-assign]
        with journal.hold(run, "the one that dies"):
            go_on(folder, world, run, journal)
        (folder / "points").write_text(str(killing.count), "ascii")
        os._exit(0)
    except BaseException:  # noqa: BLE001 - the parent reads the exit code
        os._exit(70)


def count_points(folder: Path) -> int:
    run = approve(folder, quick_plan())
    assert run_and_die(folder, run, 0) == 0
    return int((folder / "points").read_text("ascii"))


def test_killed_at_every_point_it_goes_on_and_nothing_is_done_twice(tmp_path: Path) -> None:
    first = tmp_path / "count"
    first.mkdir()
    points = count_points(first)
    assert points >= 120
    for at in range(1, points + 1, 2):  # between two of them nothing is written and nothing acted
        folder = tmp_path / str(at)
        folder.mkdir()
        run = approve(folder, quick_plan())
        ended = run_and_die(folder, run, at)
        if ended == 0:  # waits differ from run to run: this one had fewer points
            continue
        assert os.WIFSIGNALED(ended), (at, ended)
        world = World(folder, GUESTS)
        journal = Journal(folder / "journal")
        with journal.hold(run, "the one that goes on"):
            assert go_on(folder, world, run, journal) is RunState.DONE, at
        journal.close()
        check_record(world)


def test_two_executors_at_once_are_told_apart(tmp_path: Path) -> None:
    run = approve(tmp_path, quick_plan())
    child = os.fork()
    if not child:
        with Journal(tmp_path / "journal").hold(run, "the first"):
            (tmp_path / "held").touch()
            signal.pause()
        os._exit(0)
    try:
        while not (tmp_path / "held").exists():
            os.sched_yield()
        with pytest.raises(RunHeld, match="the first"), Journal(tmp_path / "journal").hold(run, "the second"):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with Journal(tmp_path / "journal").hold(run, "after its death"):
        pass


def test_a_guest_that_refuses_to_stop_is_switched_off_only_where_the_plan_says_so(tmp_path: Path) -> None:
    world = World(tmp_path, GUESTS, stubborn=("web1",))
    run = approve(tmp_path, quick_plan(limit_seconds=0.6))
    assert go_on(tmp_path, world, run) is RunState.DONE
    assert ("switch_off", "web1") in [(line.what, line.who) for line in world.lines()]

    other = tmp_path / "gentle"
    other.mkdir()
    plan = quick_plan(limit_seconds=0.6)
    gentle = finish_plan(
        made_site(), replace(plan, steps=tuple(replace(step, force=False) for step in plan.steps))
    )
    world = World(other, GUESTS, stubborn=("web1",))
    run = approve(other, gentle)
    assert go_on(other, world, run) is RunState.STOPPED
    record = [(line.what, line.who) for line in world.lines()]
    assert ("switch_off", "web1") not in record
    assert ("restart_host", "esx1") not in record


def test_a_lost_request_is_sent_again(tmp_path: Path) -> None:
    world = World(tmp_path, GUESTS)
    act, lost = world.act, list[str]()

    def lose_once(step: PlannedStep, *, force: bool) -> None:
        if step.action is Action.SHUT_DOWN and not lost:
            lost.append(step.id)  # taken by nobody: the guest still boots
            return
        act(step, force=force)

    world.act = lose_once  # type: ignore[method-assign]
    assert go_on(tmp_path, world, approve(tmp_path, quick_plan())) is RunState.DONE
    check_record(world)


def test_a_line_that_is_cut_for_a_while_is_waited_for(tmp_path: Path) -> None:
    world = World(tmp_path, GUESTS)
    asked: list[int] = []

    def cut() -> bool:
        asked.append(1)
        return 20 < len(asked) < 80

    world.cut = cut
    assert go_on(tmp_path, world, approve(tmp_path, quick_plan())) is RunState.DONE
    check_record(world)


def test_who_started_a_guest_by_hand_meanwhile_finds_it_taken_as_done(tmp_path: Path) -> None:
    world = World(tmp_path, GUESTS)
    plan = quick_plan()
    web1 = plan.step("up-web1")
    act = world.act

    def with_a_person(step: PlannedStep, *, force: bool) -> None:
        act(step, force=force)
        if step.id == "up-dns1":
            act(web1, force=False)

    world.act = with_a_person  # type: ignore[method-assign]
    assert go_on(tmp_path, world, approve(tmp_path, plan)) is RunState.DONE
    assert [line.who for line in world.lines() if line.what == "start"].count("web1") == 1


def test_stopped_it_says_so_and_goes_on_later(tmp_path: Path) -> None:
    world = World(tmp_path, GUESTS)
    run = approve(tmp_path, quick_plan())
    journal = Journal(tmp_path / "journal")
    runner = Runner(journal, run, world, now=now, every_seconds=EVERY_SECONDS)
    act = world.act

    def stop_at_restart(step: PlannedStep, *, force: bool) -> None:
        act(step, force=force)
        if step.action is Action.RESTART_HOST:
            runner.stop()

    world.act = stop_at_restart  # type: ignore[method-assign]
    assert runner.carry_out() is RunState.STOPPED
    assert journal.standing(run).steps["restart-esx1"] in (StepState.ACTED, StepState.READYING)
    world.act = act  # type: ignore[method-assign]
    assert go_on(tmp_path, world, run, journal) is RunState.DONE
    check_record(world)


def test_with_no_journal_nothing_is_done(tmp_path: Path) -> None:
    world = World(tmp_path, GUESTS)
    run = approve(tmp_path, quick_plan())
    journal = Journal(tmp_path / "journal")
    journal._database.execute("PRAGMA max_page_count = 1")  # as a full disk: not one page more

    other = run + 1000

    def fill(size: int) -> None:
        while True:
            journal._write(other, "x", "a", "b", "c", now(), {"": "x" * size})

    for size in (2000, 200, 0):
        with pytest.raises(JournalFailed):
            fill(size)
    with pytest.raises(JournalFailed, match="nothing is done"):
        go_on(tmp_path, world, run, journal)
    assert world.lines() == []
    journal.close()
    journal = Journal(tmp_path / "journal")
    assert go_on(tmp_path, world, run, journal) is RunState.DONE
    check_record(world)
