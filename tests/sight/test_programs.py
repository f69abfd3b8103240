"""The sight on every program: what the probe tells becomes evidence, and what it cannot becomes a gap."""

from collections.abc import Iterator
from datetime import UTC, datetime

from tests.sight.looking import watch
from tests.sight.made_reach import MadeReach

from tenmatsu.errors import ReachError
from tenmatsu.model.evidence import Gap
from tenmatsu.model.processes import Refusal
from tenmatsu.model.words import Words
from tenmatsu.parse.probe_frames import (
    Cost,
    Count,
    Cpu,
    Ended,
    Frame,
    Hello,
    KernelCount,
    Living,
    LivingLook,
    Look,
    Starter,
)
from tenmatsu.reach.probe import Lost
from tenmatsu.sight import normal, programs, script_ends
from tenmatsu.sight.scene import Notebook

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
NS = 1_000_000_000
COST = Cost(cpu_seconds=0.01, max_rss_bytes=1 << 24)


CRON = Living(name="cron", parent="init", alive=1, pid=7)


def count(forks: int, used_seconds: float) -> Count:
    kernel = KernelCount(
        forks=forks, tasks=100, used_ns=int(used_seconds * NS), steal_ns=0, all_ns=int(used_seconds * 2 * NS)
    )
    return Count(kernel=kernel, forks=(forks, forks), process_exits=forks, task_exits=forks)


def hello(rung: str = "ebpf", refused: tuple[Refusal, ...] = ()) -> Hello:
    return Hello(
        time=NOW,
        rung=rung,
        cpu="exact" if rung == "ebpf" else "none",
        refused=refused,
        remarks=(),
        interval_seconds=1.0,
        pid=1,
        uid=0,
        first_pid_namespace=True,
        node="n",
        kernel="6",
        machine="x86_64",
        boot_id="b",
        cpus=2,
        python="3.11",
        count=count(0, 0.0),
        cost=COST,
        living=LivingLook(seconds=0.0, visible_tasks=3, programs=(CRON,), starters=()),
    )


def look(*ended: Ended, rung: str = "ebpf", starters: tuple[Starter, ...] = (), lost: int = 0) -> Look:
    forks = sum(one.processes for one in ended)
    living = LivingLook(
        seconds=1.0,
        visible_tasks=3,
        programs=(CRON,),
        starters=starters,
    )
    return Look(
        begun=NOW,
        ended_at=NOW,
        seconds=1.0,
        rung=rung,
        ended=ended,
        kinds_together=0,
        samples=(),
        living=living,
        chains={"7": ((7, "cron"), (1, "init"))},
        cpu=Cpu(
            ended_ns=sum(one.cpu_ns or 0 for one in ended),
            living_ns=0,
            parents_ns=sum(one.cpu_ns for one in starters),
        ),
        lost={"kinds_full": lost} if lost else {},
        count=count(forks, 1.0),
        cost=COST,
    )


class Told:
    """A source that tells what it was given."""

    gaps: tuple[Gap, ...] = ()

    def __init__(self, *frames: Frame | Lost) -> None:
        self._frames = frames

    def frames(self) -> Iterator[Frame | Lost]:
        yield from self._frames

    def close(self) -> None:
        """Nothing is open."""


STORM = Ended(
    name="hald-addon-stor", parent="cron", processes=400, status=0, cpu_ns=NS // 2, life_ns=400 * 1_000_000
)


def test_programs_their_starters_and_completeness_are_written_down() -> None:
    seen = watch(programs.SIGHT, reach=MadeReach(), open_probe=lambda _: Told(hello(), look(STORM)))
    (capture,) = seen.find_events("process.capture")
    assert (capture.text("rung"), capture.number("exits_captured")) == ("ebpf", 400)
    (program,) = (one for one in seen.find_events("program.ran") if one.number("ended"))
    assert (program.text("process.command"), program.number("ended_cpu_seconds")) == ("hald-addon-stor", 0.5)
    (starter,) = seen.find_events("program.starter")
    assert (starter.text("process.executable.name"), starter.text("chain")) == ("cron", "cron < init")
    assert not seen.gaps


def test_how_scripts_ended_is_told_one_by_one_and_the_servers_own_processes_are_not_scripts() -> None:
    killed = Ended(name="mt.cgi", parent="apache2", processes=1, status=9, cpu_ns=NS, life_ns=5 * NS // 2)
    alike = Ended(name="mt.cgi", parent="apache2", processes=2, status=0, cpu_ns=NS, life_ns=None)
    worker = Ended(name="apache2", parent="apache2", processes=1, status=0)
    source = Told(hello(), look(STORM, killed, alike, worker))
    seen = watch(programs.SIGHT, reach=MadeReach(), open_probe=lambda _: source)
    well, badly = seen.find_events("process.ended")
    assert (badly.number("signal"), badly.number("cpu_seconds"), badly.number("lived_seconds")) == (9, 1, 2.5)
    assert (well.number("exit_code"), well.number("processes"), well.number("cpu_seconds")) == (0, 2, 0.5)
    assert "lived_seconds" not in well.attributes


def test_failures_of_scripts_are_kept_however_many_end_well() -> None:
    ends = script_ends.ScriptEnds()
    ends.take(look(Ended(name="mt.cgi", parent="apache2", processes=1, status=9)))
    for _ in range(2 * script_ends.MOST_KEPT):
        ends.take(look(Ended(name="mt.cgi", parent="apache2", processes=1, status=0)))
    notebook = Notebook("programs", "x")
    ends.write(notebook)
    events = notebook.close(NOW, NOW, complete=True).events
    assert (len(events), sum(one.number("signal") == 9 for one in events)) == (script_ends.MOST_KEPT + 1, 1)


def test_on_the_lowest_rung_it_is_said_why_there_are_no_names() -> None:
    refused = (Refusal(rung="ebpf", why="not_permitted", reason="needs root"),)
    starters = (Starter(pid=7, name="cron", cpu_ns=NS),)
    source = Told(hello("proc", refused), look(rung="proc", starters=starters))
    seen = watch(programs.SIGHT, reach=MadeReach(), open_probe=lambda _: source)
    (program,) = seen.find_events("program.ran")
    assert (program.attributes["unnamed"], program.number("ended_cpu_seconds")) == (True, 1.0)
    assert "not by ebpf: a right is missing" in seen.gaps[0].why.en
    assert "ebpf は使えず: 権限がない" in seen.gaps[0].why.ja
    assert "needs root" in seen.find_events("process.capture")[0].text("better_rungs")


def test_a_way_without_names_is_a_gap_and_root_is_not_told_to_become_root() -> None:
    told = Ended(name="", parent="cron", processes=400, status=0, life_ns=NS)
    source = Told(hello("connector"), look(told, rung="connector"))
    seen = watch(programs.SIGHT, reach=MadeReach(), open_probe=lambda _: source)
    (gap,) = seen.gaps
    assert ("has no name" in gap.why.en, "sudo" in gap.close_by.en) == (True, False)
    assert seen.find_events("process.capture")[0].text("cpu") == "none"


def test_a_slow_crash_loop_is_not_crowded_out_by_many_busy_programs() -> None:
    busy = [
        Ended(name=f"busy{number}", parent="sh", processes=50, status=0, cpu_ns=NS // 100, life_ns=NS)
        for number in range(100)
    ]
    crashing = Ended(name="mysqld", parent="init", processes=3, status=11, cpu_ns=1000, life_ns=NS)
    source = Told(hello(), look(*busy, crashing))
    seen = watch(programs.SIGHT, reach=MadeReach(), open_probe=lambda _: source)
    assert "mysqld" in [one.text("process.command") for one in seen.find_events("program.ran")]


def test_lost_events_and_a_lost_line_are_gaps() -> None:
    lost = Lost(since=NOW, noticed=NOW, why=Words("cut", "切断"))
    source = Told(hello(), look(STORM, lost=3), lost)
    seen = watch(programs.SIGHT, reach=MadeReach(), open_probe=lambda _: source)
    assert [("3 events" in one.why.en, "cut" in one.why.en) for one in seen.gaps] == [
        (True, False),
        (False, True),
    ]


def test_without_a_probe_there_is_a_gap_and_no_guess() -> None:
    def refuse(_: float) -> Told:
        raise ReachError("probe", Words("no python there", "python がない"))

    for open_probe in (None, refuse):
        seen = watch(programs.SIGHT, reach=MadeReach(), open_probe=open_probe)
        assert (len(seen.gaps), seen.events) == (1, ())


def test_a_normal_is_written_down_with_the_case() -> None:
    usual = watch(programs.SIGHT, reach=MadeReach(), open_probe=lambda _: Told(hello(), look(STORM)))
    seen = watch(normal.SIGHT, reach=MadeReach(), normal=usual)
    (program,) = (one for one in seen.find_events("normal.program.ran") if one.number("ended"))
    assert program.attributes == next(
        one.attributes for one in usual.find_events("program.ran") if one.number("ended")
    )
    assert watch(normal.SIGHT, reach=MadeReach()).events == ()
