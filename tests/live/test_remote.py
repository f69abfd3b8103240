"""The probe on another machine: over a real SSH connection, through every trouble that one can have."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.probe.test_line import bpf_things, is_gone

from tenmatsu.errors import NoConnection
from tenmatsu.parse.probe_frames import Hello, Look
from tenmatsu.probe.rung import Options
from tenmatsu.reach.host_line import HostLine, make_sudoers_line, start_on
from tenmatsu.reach.probe import Lost
from tenmatsu.reach.watching import Told, Watching, watch_host

from .far_host import SOON_SECONDS, FarHosts, soon, system_python

QUICK = Options(interval_seconds=0.3)
STARTED = 200

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def _nothing_is_left(hosts: FarHosts) -> Iterator[None]:
    yield
    assert soon(lambda: hosts.sessions() == []), hosts.sessions()


class Kept:
    """A watching in a thread of its own, and all that it told."""

    def __init__(self, watching: Watching) -> None:
        self.watching = watching
        self.told: list[Told] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Kept:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.watching.close()
        self._thread.join(SOON_SECONDS)
        assert not self._thread.is_alive()

    def _listen(self) -> None:
        for one in self.watching.frames():
            self.told.append(one)

    def wait(self, condition: Callable[[list[Told]], bool]) -> list[Told]:
        assert soon(lambda: condition(list(self.told))), self.told[-3:]
        return list(self.told)

    def hellos(self) -> list[Hello]:
        return [one for one in list(self.told) if isinstance(one, Hello)]


def looks_after(told: list[Told], kind: type) -> int:
    """How many looks came since the last of this kind."""
    last = max((place for place, one in enumerate(told) if isinstance(one, kind)), default=len(told))
    return sum(isinstance(one, Look) for one in told[last:])


def make_storm(folder: Path, name: str) -> None:
    program = folder / name
    shutil.copy(shutil.which("true") or "/bin/true", program)
    for _ in range(STARTED):
        subprocess.run([program], check=True)


def refusal(hosts: FarHosts, host: str) -> NoConnection:
    with pytest.raises(NoConnection) as caught:
        start_on(host, QUICK, hosts.options())
    assert caught.value.words.en != caught.value.words.ja
    return caught.value


def test_a_storm_is_seen_from_afar(hosts: FarHosts) -> None:
    with Kept(watch_host("web", QUICK, hosts.options())) as kept:
        kept.wait(lambda told: looks_after(told, Hello) > 0)
        (hello,) = kept.hellos()
        make_storm(hosts.folder, "far-storm")
        if hello.rung == "proc":
            pytest.skip(f"only the /proc rung works here: {hello.refused}")
        told = kept.wait(lambda told: storm_ended(told) >= STARTED)
        assert kept.watching.gaps == ()
        offset = kept.watching.clock_offset
    assert storm_ended(told) == STARTED
    assert hello.uid == 0
    assert offset
    assert abs(offset.seconds) <= offset.uncertainty_seconds + 0.01  # it is the same clock
    assert soon(lambda: not Path(f"/proc/{hello.pid}").exists())


def test_the_command_shows_two_hosts_side_by_side_and_names_the_one_it_cannot_reach(hosts: FarHosts) -> None:
    words = (
        "top",
        "--once",
        "--for",
        "2s",
        "--json",
        "--on",
        "web,nowhere",
        "--ssh-config",
        str(hosts.options().config),
    )
    ran = subprocess.run(
        [sys.executable, "-m", "tenmatsu", *words], capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 3, ran.stderr  # seen, with a gap
    told = json.loads(ran.stdout)
    assert [one["host"] for one in told["hosts"]] == ["web"]
    assert "sshd" in {row["name"] for row in told["rows"]}
    assert "nowhere: " in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def storm_ended(told: list[Told]) -> int:
    rows = (row for one in told if isinstance(one, Look) for row in one.ended)
    return sum(row.processes for row in rows if row.name == "far-storm")


def test_without_python_the_shell_tells_what_it_can(hosts: FarHosts) -> None:
    for place in ("/usr/local/bin/python3", "/usr/libexec/platform-python"):
        if Path(place).exists():
            pytest.skip(f"{place} cannot be hidden here")
    with Kept(watch_host("bare", QUICK, hosts.options())) as kept:
        kept.wait(lambda told: looks_after(told, Hello) > 1)
        (hello,) = kept.hellos()
        process = subprocess.Popen(["sleep", "100"])
        try:
            kept.wait(lambda told: process.pid in living_pids(told))
        finally:
            process.kill()
            process.wait()
        kept.wait(
            lambda told: any(
                row.name == "sleep" for one in told if isinstance(one, Look) for row in one.ended
            )
        )
        (gap,) = kept.watching.gaps
    assert (hello.rung, hello.python) == ("proc", "")
    assert "no Python 3.6" in gap.why.en
    assert soon(lambda: not Path(f"/proc/{hello.pid}").exists())


def living_pids(told: list[Told]) -> set[int]:
    looks = [one.living for one in told if isinstance(one, Look) and one.living]
    return {one.pid for look in looks for one in look.programs}


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox", "csh", "fish"])
def test_any_login_shell_will_do(hosts: FarHosts, shell: str) -> None:
    if shell not in hosts.shells:
        pytest.skip(f"{shell} is not installed")
    if system_python() is None:
        pytest.skip("no Python here that every user can run")
    line, hello = start_on(f"guest-{shell}@web", QUICK, hosts.options())
    line.close()
    assert hello.uid >= 61000
    (gap,) = line.find_gaps(hello)
    assert f"guest-{shell}" in gap.why.en
    assert "sudo: a password is required" in gap.why.en
    assert f"guest-{shell} ALL=(root) NOPASSWD: " in gap.close_by.ja


def test_the_line_for_sudoers_makes_it_root(hosts: FarHosts) -> None:
    user = f"guest-{hosts.shells[0]}"
    if system_python() is None:
        pytest.skip("no Python here that every user can run")
    line, hello = start_on(f"{user}@web", QUICK, hosts.options())
    line.close()
    assert line.start
    hosts.allow_sudo(make_sudoers_line(line.start))
    with Kept(watch_host(f"{user}@web", QUICK, hosts.options())) as kept:
        kept.wait(lambda told: looks_after(told, Hello) > 0)
        (again,) = kept.hellos()
        assert kept.watching.gaps == ()
    assert (hello.uid == 0, again.uid) == (False, 0)
    assert soon(lambda: not Path(f"/proc/{again.pid}").exists())


def test_a_jump_host_is_passed(hosts: FarHosts) -> None:
    line, hello = start_on("behind", QUICK, hosts.options())
    line.close()
    assert hello.uid == 0
    assert soon(lambda: not Path(f"/proc/{hello.pid}").exists())


def test_a_killed_connection_is_a_gap_and_begun_anew(hosts: FarHosts) -> None:
    with Kept(watch_host("web", QUICK, hosts.options())) as kept:
        kept.wait(lambda told: looks_after(told, Hello) > 0)
        (hello,) = kept.hellos()
        things = bpf_things(hello.pid)
        began = datetime.now(UTC)
        kill_ssh(kept.watching)
        told = kept.wait(lambda told: len(kept.hellos()) == 2 and looks_after(told, Hello) > 0)
    (lost,) = [one for one in told if isinstance(one, Lost)]
    assert lost.since <= began <= lost.noticed
    assert soon(lambda: not Path(f"/proc/{hello.pid}").exists())
    assert (hello.rung == "ebpf") == bool(things)
    assert soon(lambda: all(is_gone(*one) for one in things))


def kill_ssh(watching: Watching) -> None:
    assert isinstance(watching._line, HostLine)
    os.kill(watching._line._process.pid, signal.SIGKILL)


@pytest.mark.parametrize("host", ["web", "bare"])
def test_a_dead_line_is_a_gap_and_begun_anew(hosts: FarHosts, host: str) -> None:
    with Kept(watch_host(host, QUICK, hosts.options())) as kept:
        kept.wait(lambda told: looks_after(told, Hello) > 0)
        (hello,) = kept.hellos()
        began = datetime.now(UTC)
        hosts.cut()
        try:
            kept.wait(lambda told: any(isinstance(one, Lost) for one in told))
        finally:
            hosts.mend()
        again = kept.wait(lambda told: len(kept.hellos()) == 2 and looks_after(told, Hello) > 0)
    losses = [one for one in again if isinstance(one, Lost)]
    assert {one.since for one in losses} == {losses[0].since}
    assert losses[0].since <= losses[0].noticed
    assert losses[0].noticed > began
    assert host in losses[0].why.en
    assert soon(lambda: not Path(f"/proc/{hello.pid}").exists())


def test_a_changed_host_key_is_refused(hosts: FarHosts) -> None:
    error = refusal(hosts, "changed")
    assert error.permanent
    assert "somebody stands between" in error.words.en
    assert "ssh-keygen -R changed" in error.words.ja


@pytest.mark.parametrize(
    ("host", "permanent", "words"),
    [
        ("unknown", True, "not known here yet"),
        ("stranger", True, "does not let us in"),
        ("nobody-listens", False, "refuses the connection"),
        ("no-address", None, "the name no-address"),  # without any resolver it may mend itself
        ("old", True, "only old algorithms"),
    ],
)
def test_what_is_wrong_is_said(hosts: FarHosts, host: str, permanent: bool | None, words: str) -> None:
    error = refusal(hosts, host)
    assert words in error.words.en
    assert permanent in (None, error.permanent)


def test_an_old_server_is_reached_when_named(hosts: FarHosts) -> None:
    line, hello = start_on("old", QUICK, hosts.options(old_algorithms=frozenset({"old"})))
    line.close()
    assert hello.uid == 0
    with pytest.raises(NoConnection):
        start_on("old", QUICK, hosts.options(old_algorithms=frozenset({"web"})))
