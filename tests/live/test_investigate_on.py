"""Another machine looked at as a whole: over a real SSH connection, through all trouble that one can have."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tenmatsu.errors import NoConnection, ReachError
from tenmatsu.reach.host_line import make_sudoers_line
from tenmatsu.reach.local import LocalReach
from tenmatsu.reach.remote import RemoteReach
from tenmatsu.record.read_case import read_case
from tenmatsu.sight.look_on import FarLook, Wanted, look_on, look_through

from .far_host import SOON_SECONDS, FarHosts, soon, system_python

LIMIT_SECONDS = 180.0
WINDOW_SECONDS = 3.0
# What two looks at the same moment may judge differently: the load of a moment, and each sees the other at
# work.
OF_THE_MOMENT = tuple("cpu- disk- fork- memory- more- dearer- processes- runaway- short- storm- swap".split())

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def _nothing_is_left(hosts: FarHosts) -> Iterator[None]:
    yield
    assert soon(lambda: hosts.sessions() == []), hosts.sessions()


def investigate(*words: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    command = [*before, sys.executable, "-m", "tenmatsu", "investigate", "--for", "4s", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wanted(**more: object) -> Wanted:
    values = {"seconds": WINDOW_SECONDS, "since": datetime.now(UTC) - timedelta(minutes=5)}
    return Wanted(**(values | more))  # type: ignore[arg-type]


def test_a_whole_investigation_finds_there_what_it_finds_here(hosts: FarHosts, tmp_path: Path) -> None:
    case = tmp_path / "far.tenmatsu"
    there = investigate("--on", "web", "--ssh-config", hosts.config, "--json", "--save", str(case))
    here = investigate("--json", before=("nsenter", f"--net=/run/netns/{hosts.far}"))
    answers = []
    for process in (there, here):
        out, err = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode in (0, 1, 3), err
        answers.append(json.loads(out))
    states = [{one["id"]: one["state"] for one in answer["findings"]} for answer in answers]
    assert states[0].keys() == states[1].keys()
    steady = {name for name in states[0] if not name.startswith(OF_THE_MOMENT)}
    assert {one: states[0][one] for one in steady} == {one: states[1][one] for one in steady}
    assert (answers[0]["host"], answers[0].keys()) == ("web", answers[1].keys())
    assert {gap["sight"] for gap in answers[0]["gaps"]} == {gap["sight"] for gap in answers[1]["gaps"]}
    kept = read_case(case)
    assert any("tenmatsu" in one["command"] for one in answers[0]["next"])
    assert all("--on web" in one["command"] for one in answers[0]["next"] if "tenmatsu" in one["command"])
    (offset,) = kept.clock_offsets
    assert offset.component == kept.site.here.id == kept.evidence.component
    assert kept.site.here.id.partition("/")[0] in (
        LocalReach().read("/etc/machine-id").decode().strip(),
        "web",
    )
    assert abs(offset.offset_seconds or 0.0) <= (offset.uncertainty_seconds or 0.0) + 0.01
    replayed = subprocess.run(
        [sys.executable, "-m", "tenmatsu", "investigate", "--replay", str(case), "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )
    assert json.loads(replayed.stdout)["findings"] == answers[0]["findings"]


@pytest.mark.parametrize("host", ["web", "behind", "bare"])
def test_every_way_there_answers_as_here(hosts: FarHosts, host: str) -> None:
    with closing(RemoteReach(host, hosts.options())) as there:
        for path in ("/etc/passwd", "/proc/version", "/proc/none", "/proc/1/cmdline"):
            assert outcome(there, path) == outcome(LocalReach(), path) or path == "/etc/passwd"
        assert there.names("/sys/class") == LocalReach().names("/sys/class")
        assert there.is_root
        assert (there.why_not_all is None) == (host != "bare")


def outcome(reach: RemoteReach | LocalReach, path: str) -> object:
    try:
        return reach.read(path)
    except ReachError as error:
        return type(error)


def test_an_old_server_is_looked_at_when_it_is_named(hosts: FarHosts) -> None:
    with pytest.raises(NoConnection, match="only old algorithms"):
        RemoteReach("old", hosts.options())
    with closing(RemoteReach("old", hosts.options(old_algorithms=frozenset({"old"})))) as there:
        assert there.read("/proc/version") == LocalReach().read("/proc/version")


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("changed", "somebody stands between"),
        ("unknown", "not known here yet"),
        ("stranger", "does not let us in"),
        ("nobody-listens", "refuses the connection"),
    ],
)
def test_a_host_that_cannot_be_reached_is_one_line(hosts: FarHosts, host: str, words: str) -> None:
    process = investigate("--on", host, "--ssh-config", hosts.config)
    out, err = process.communicate(timeout=LIMIT_SECONDS)
    assert (process.returncode, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1


def test_without_root_there_is_a_gap_that_says_what_helps(hosts: FarHosts) -> None:
    if system_python() is None:
        pytest.skip("no Python here that every user can run")
    user = f"guest-{hosts.shells[0]}"
    looked = look_on(f"{user}@web", wanted(), hosts.options())
    (gap,) = [one for one in looked.evidence.gaps if one.sight == "reach"]
    assert "sudo: " in gap.why.en
    assert f"{user} ALL=(root) NOPASSWD: " in gap.close_by.en
    assert not any("sudo tenmatsu" in one.close_by.en for one in looked.evidence.gaps)
    assert looked.component.name == "web"
    with closing(RemoteReach(f"{user}@web", hosts.options())) as there:
        assert not there.is_root
        assert there._line.start
        hosts.allow_sudo(make_sudoers_line(there._line.start))
    with closing(RemoteReach(f"{user}@web", hosts.options())) as there:
        assert there.is_root


class Begun:
    """Notices that a window has gone on for a while."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def __call__(self, left_seconds: float, _: Sequence[str]) -> None:
        if left_seconds < 598:
            self.event.set()


def test_a_line_that_is_lost_in_the_middle_is_a_gap_and_ends_the_window(hosts: FarHosts) -> None:
    said: list[FarLook] = []
    with closing(RemoteReach("web", hosts.options())) as reach:
        at_work = Begun()

        def look() -> None:
            said.append(look_through(reach, wanted(seconds=600.0), hosts.options(), progress=at_work))

        looking = threading.Thread(target=look)
        looking.start()
        assert at_work.event.wait(SOON_SECONDS)
        os.kill(reach._line._process.pid, signal.SIGKILL)
        looking.join(LIMIT_SECONDS)
    assert not looking.is_alive()
    (looked,) = said
    assert any("was cut" in one.why.en for one in looked.evidence.gaps if one.sight == "reach")
    assert looked.evidence.window.seconds < LIMIT_SECONDS
    assert not any(
        one.complete for one in looked.evidence.looks if one.sight in ("cpu", "memory", "processes")
    )
    assert looked.evidence.find_series("system.cpu.time") or looked.evidence.series


def test_a_dead_network_is_noticed_and_said(hosts: FarHosts) -> None:
    with closing(RemoteReach("web", hosts.options())) as there:
        hosts.cut()
        try:
            with pytest.raises(NoConnection, match="is dead"):
                there.run(["sleep", "50"], limit_seconds=60)
        finally:
            hosts.mend()
        with pytest.raises(NoConnection):
            there.read("/proc/version")


def test_several_hosts_are_looked_at_side_by_side_and_end_together(hosts: FarHosts) -> None:
    names = ["web", "behind", "bare"]
    shared = wanted(seconds=600.0)
    said: dict[str, FarLook] = {}
    at_work = {name: Begun() for name in names}

    def look(name: str) -> None:
        said[name] = look_on(name, shared, hosts.options(), progress=at_work[name])

    threads = [threading.Thread(target=look, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    assert all(one.event.wait(LIMIT_SECONDS) for one in at_work.values())
    shared.stop.set()
    for thread in threads:
        thread.join(LIMIT_SECONDS)
    assert sorted(said) == sorted(names)
    assert {one.component.name for one in said.values()} == set(names)
    for one in said.values():
        assert one.evidence.looked("cpu")
        assert one.evidence.window.seconds < LIMIT_SECONDS


def test_ctrl_c_ends_the_window_and_not_the_line(hosts: FarHosts) -> None:
    command = [sys.executable, "-m", "tenmatsu", "investigate", "--for", "10m", "--json", "--on", "web"]
    process = subprocess.Popen(
        [*command, "--ssh-config", hosts.config],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    # The second Python there is the probe's: then the window has begun.
    assert soon(lambda: sum(is_python(pid) for pid in hosts.sessions()) >= 2)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode in (0, 1, 3), err
    answer = json.loads(out)
    assert not [gap for gap in answer["gaps"] if gap["sight"] == "reach"]
    assert datetime.fromisoformat(answer["window"]["end"]) - datetime.fromisoformat(
        answer["window"]["start"]
    ) < timedelta(seconds=LIMIT_SECONDS)


def is_python(pid: int) -> bool:
    try:
        return b"-S\0-B\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
