"""All looks at once: each within its limit, none in the way of the others, and every gap with its reason."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.sight.folder_reach import START, FolderReach
from tests.sight.looking import RECORDED, watch

from tenmatsu.errors import NotPermitted, NotThere, ParseError, ReachError, TookTooLong
from tenmatsu.model.words import Words, plain
from tenmatsu.reach.local import LocalReach
from tenmatsu.sight import (
    cgroups,
    cpu,
    disks,
    file_systems,
    interfaces,
    memory,
    pressure,
    processes,
    sockets,
)
from tenmatsu.sight.scene import Notebook, Scene, Sight
from tenmatsu.sight.watch import look_everywhere

TITLE = Words("a look of the tests", "テストの調査")
GUEST = RECORDED / "machine-guest"
Look = Callable[[Scene, Notebook], None]


def make(look: Look, *, name: str = "test", watches: bool = False, limit_seconds: float = 0.2) -> Sight:
    return Sight(name=name, title=TITLE, look=look, watches=watches, limit_seconds=limit_seconds)


def write(scene: Scene, notebook: Notebook) -> None:
    notebook.event("test.seen", scene.reach.now())


def fail_with(error: Exception) -> Look:
    def look(scene: Scene, notebook: Notebook) -> None:
        write(scene, notebook)
        raise error

    return look


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Looks that wait for it hang until the test is over."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize(
    ("error", "why", "close_by"),
    [
        (
            NotPermitted("/dev/kmsg"),
            "no permission for /dev/kmsg",
            "run it as root: sudo tenmatsu investigate",
        ),
        (NotThere("/proc/x"), "/proc/x is not there", "nothing to do if this machine has no /proc/x"),
        (TookTooLong("df", 5), "df gave no answer in 5 s", "look again; if it stays, look by hand"),
        (ReachError("/x", plain("/x: I/O error")), "/x: I/O error", "look again; if it stays, look by hand"),
        (ParseError("PSI", "b''"), "not readable as PSI: b''", "report it, with --debug's output"),
        (
            KeyError("MemTotal"),
            "the look itself failed (KeyError): a fault of ours",
            "report it, with --debug's output",
        ),
    ],
)
def test_a_look_that_fails_is_a_gap_with_its_reason_and_what_it_wrote_stays(
    error: Exception, why: str, close_by: str
) -> None:
    found = watch(make(fail_with(error), name="bad"), make(write, name="good"), reach=FolderReach(GUEST))
    (gap,) = found.gaps
    assert (gap.sight, gap.component, gap.what) == ("bad", "machine/boot", TITLE)
    assert (gap.why.en, gap.close_by.en) == (why, close_by)
    assert gap.why.ja != gap.why.en or "/" in gap.why.ja
    assert gap.close_by.ja
    assert (found.looked("bad"), found.looked("good")) == (False, True)
    assert len(found.find_events("test.seen")) == 2


def test_a_sight_may_say_itself_what_closes_its_gap() -> None:
    own = Words("add yourself to the group adm", "adm グループに追加")
    sight = replace(make(fail_with(NotPermitted("/var/log"))), close_by=own)
    assert watch(sight, reach=FolderReach(GUEST)).gaps[0].close_by == own


def test_a_fault_of_ours_is_told_to_who_debugs(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="tenmatsu"):
        watch(make(fail_with(ZeroDivisionError("boom"))), reach=FolderReach(GUEST))
    assert "boom" in caplog.text


def test_what_a_real_look_may_not_read_is_a_gap_and_the_others_go_on() -> None:
    reach = FolderReach(GUEST, forbidden=["/proc/meminfo"], late=["/proc/net/netstat"])
    found = watch(cpu.SIGHT, memory.SIGHT, sockets.SIGHT, interfaces.SIGHT, reach=reach)
    assert {gap.sight: gap.why.en for gap in found.gaps} == {
        "memory": "no permission for /proc/meminfo",
        "sockets": "/proc/net/netstat gave no answer in 5 s",
    }
    assert (found.looked("cpu"), found.looked("interfaces"), found.looked("memory")) == (True, True, False)
    assert {one.sight for one in found.series} == {"cpu", "interfaces"}
    assert [look.found > 0 for look in found.looks] == [True, False, False, True]


def test_this_very_machine_is_looked_at_without_a_fault_of_ours() -> None:
    modules = (cpu, memory, pressure, disks, sockets, interfaces, cgroups, file_systems, processes)
    found = watch(*(module.SIGHT for module in modules), reach=LocalReach(), seconds=0.05)
    assert [
        gap for gap in found.gaps if "fault of ours" in gap.why.en or "not readable as" in gap.why.en
    ] == []
    assert found.looked("cpu")
    assert found.looked("processes")
    assert found.find_series("system.cpu.time", cpu__mode="user")


def test_a_look_that_hangs_is_given_up_within_its_limit_and_what_comes_later_is_not_taken(
    release: threading.Event,
) -> None:
    def hang(scene: Scene, notebook: Notebook) -> None:
        write(scene, notebook)
        release.wait()
        write(scene, notebook)
        late.set()

    late = threading.Event()

    def wait_for_it(scene: Scene, notebook: Notebook) -> None:
        scene.wait_for_end()
        release.set()
        assert late.wait(5)

    began = time.monotonic()
    patient = make(wait_for_it, name="patient", watches=True)
    found = watch(
        make(hang, name="hanging"), patient, make(write, name="good"), reach=LocalReach(), seconds=0.6
    )
    assert time.monotonic() - began < 3
    (gap,) = found.gaps
    assert (gap.sight, gap.why.en) == ("hanging", "no answer within 0 s")
    assert "dead disk" in gap.close_by.en
    assert (found.looked("hanging"), found.looked("patient"), found.looked("good")) == (False, True, True)
    assert sorted(event.sight for event in found.find_events("test.seen")) == ["good", "hanging"]


def test_a_watching_look_that_hangs_is_given_up_soon_after_the_window(release: threading.Event) -> None:
    reach = FolderReach(GUEST, hanging={"/proc/meminfo": release})
    began = time.monotonic()
    found = watch(memory.SIGHT, cpu.SIGHT, reach=reach, seconds=0.1)
    assert 1.6 <= time.monotonic() - began < 4
    assert [(gap.sight, gap.why.en) for gap in found.gaps] == [("memory", "no answer within 2 s")]
    assert found.looked("cpu")
    assert not [one for one in found.series if one.sight == "memory"]


def test_ctrl_c_ends_the_window_early_also_when_a_look_hangs(release: threading.Event) -> None:
    def hang(scene: Scene, notebook: Notebook) -> None:
        release.wait()

    scene = Scene(
        reach=FolderReach(GUEST), component="here", start=START, seconds=3600, since=START, url=None
    )
    began = time.monotonic()
    threading.Timer(0.1, scene.stop.set).start()
    found = look_everywhere([cpu.SIGHT, make(hang, name="hanging", watches=True)], scene)
    assert time.monotonic() - began < 5
    assert found.looked("cpu")
    assert len(found.find_series("system.process.created")[0].points) == 2
    assert [gap.sight for gap in found.gaps] == ["hanging"]


def test_progress_says_what_is_left_and_who_is_still_at_work(release: threading.Event) -> None:
    told: list[tuple[float, list[str]]] = []
    scene = Scene(reach=FolderReach(GUEST), component="here", start=START, seconds=0.3, since=START)
    look_everywhere(
        [cpu.SIGHT, make(write, name="quick")], scene, lambda left, names: told.append((left, list(names)))
    )
    assert any("cpu" in names and 0 < left <= 0.3 for left, names in told)
    assert told[-1] == (0.0, [])


HANGING = """
import threading
from datetime import UTC, datetime
from tenmatsu.model.words import plain
from tenmatsu.reach.local import LocalReach
from tenmatsu.sight.scene import Scene, Sight
from tenmatsu.sight.watch import look_everywhere

def hang(scene, notebook):
    threading.Event().wait()

now = datetime.now(UTC)
scene = Scene(reach=LocalReach(), component="here", start=now, seconds=0.1, since=now)
sight = Sight(name="hanging", title=plain("hanging"), look=hang, limit_seconds=0.1)
print(look_everywhere([sight], scene).gaps[0].sight)
"""


def test_a_look_that_hangs_for_ever_does_not_keep_the_program() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=15, check=True
    )
    assert done.stdout == "hanging\n"


def test_ticks_come_at_the_start_at_each_interval_and_at_the_end() -> None:
    scene = Scene(reach=LocalReach(), component="here", start=START, seconds=0.25, since=START)
    times = list(scene.ticks(0.1))
    assert len(times) == 4
    assert times[-1] - times[0] >= timedelta(seconds=0.24)
    assert scene.left_seconds == 0


def test_a_late_look_skips_beats_and_does_not_hurry_after_them() -> None:
    scene = Scene(reach=LocalReach(), component="here", start=START, seconds=0.3, since=START)
    count = 0
    for _ in scene.ticks(0.02):
        count += 1
        time.sleep(0.1)
    assert count <= 4


def test_a_look_that_several_need_is_made_once() -> None:
    scene = Scene(reach=LocalReach(), component="here", start=START, seconds=0.05, since=START)
    made: list[int] = []
    told: list[int] = []
    start = threading.Barrier(4)

    def look() -> int:
        made.append(1)
        return len(made)

    def ask() -> None:
        start.wait()
        told.append(scene.once("it", look))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (made, told) == ([1], [1] * 4)


def test_a_look_that_several_need_and_that_fails_fails_for_each_of_them() -> None:
    scene = Scene(reach=LocalReach(), component="here", start=START, seconds=0.05, since=START)
    for _ in range(2):
        with pytest.raises(NotThere):
            scene.once("it", lambda: LocalReach().read("/none"))


def test_a_closed_notebook_takes_nothing_more() -> None:
    notebook = Notebook("test", "here")
    notebook.counter(START, "a", 1, "1", disk__name="x")
    page = notebook.close(START, START, complete=True)
    notebook.counter(START, "a", 2, "1", disk__name="x")
    notebook.event("b", START)
    notebook.gap(TITLE, TITLE, TITLE)
    assert (page.look.found, page.series[0].attributes) == (1, {"disk.name": "x"})
    again = notebook.close(START, START, complete=True)
    assert (again.series, again.events, again.gaps) == (page.series, (), ())
