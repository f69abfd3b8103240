"""The probe for guests without Python tells the same, under every shell and awk that is here."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from tenmatsu.parse.probe_frames import End, Ended, Frame, FrameReader, Hello, Living, Look
from tenmatsu.probe.bundle import make_shell_program
from tenmatsu.probe.rung import Options

# What sh and awk are: each pair is a kind of system. The rest of the commands is whatever else is here.
SYSTEMS = {
    "dash and mawk": (["dash"], ["mawk"]),
    "bash and gawk": (["bash", "--posix"], ["gawk"]),
    "busybox alone": (["busybox", "sh"], ["busybox", "awk"]),
}
BUSYBOX = "awk cat date getconf ls sh sleep uname".split()
QUICK = Options(interval_seconds=0.3)
SOON_SECONDS = 10.0
NS = 1_000_000_000


class System(NamedTuple):
    """A shell to start, and a folder that makes its `sh` and `awk` what they should be."""

    shell: Sequence[str]
    path: str


@pytest.fixture(scope="module", params=SYSTEMS)
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> System:
    shell, awk = SYSTEMS[request.param]
    missing = [one for one in (shell[0], awk[0]) if shutil.which(one) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed")
    folder = tmp_path_factory.mktemp("commands")
    names = BUSYBOX if shell[0] == "busybox" else ["sh", "awk"]
    for name in names:
        target = shutil.which("busybox" if shell[0] == "busybox" else awk[0] if name == "awk" else shell[0])
        assert target
        (folder / name).symlink_to(target)
    return System(shell, f"{folder}:{os.environ['PATH']}")


class Running:
    """A running shell probe whose frames are read as they come."""

    def __init__(self, system: System, options: Options, before: Sequence[str] = ()) -> None:
        self.reader = FrameReader()
        self.frames: list[Frame] = []
        self.process = subprocess.Popen(
            [*before, *system.shell, "-c", 'p=$(cat); eval "$p"'],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": system.path},
        )
        assert self.process.stdin
        self.process.stdin.write(make_shell_program(options))
        self.process.stdin.close()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdout
        assert self.process.stderr
        self.process.stdout.close()
        self.process.wait(SOON_SECONDS)
        self.process.stderr.close()

    def read(self) -> Iterator[Frame]:
        assert self.process.stdout
        while data := os.read(self.process.stdout.fileno(), 1 << 16):
            for frame in self.reader.feed(data):
                self.frames.append(frame)
                yield frame

    def hello(self) -> Hello:
        hello = next(self.read())
        assert isinstance(hello, Hello)
        return hello

    def looks_until(self, wanted: object, most: int = 60) -> list[Look]:
        """Read on until a look fulfils it. The test's own words fail where none does."""
        assert callable(wanted)
        looks: list[Look] = []
        for frame in self.read():
            if isinstance(frame, Look):
                looks.append(frame)
                if wanted(frame) or len(looks) >= most:
                    break
        return looks


def living(looks: Sequence[Look], name: str) -> list[Living]:
    return [one for look in looks if look.living for one in look.living.programs if one.name == name]


def ended(looks: Sequence[Look], name: str) -> list[Ended]:
    return [one for look in looks for one in look.ended if one.name == name]


def test_it_says_where_it_is_and_ends_when_its_time_is_over(system: System) -> None:
    with Running(system, QUICK._replace(limit_seconds=1.0)) as probe:
        frames = list(probe.read())
    hello, last = frames[0], frames[-1]
    assert isinstance(hello, Hello)
    assert (hello.rung, hello.cpu, hello.python, hello.uid) == ("proc", "none", "", os.geteuid())
    assert (hello.node, hello.kernel, hello.machine) == os.uname()[1:3] + os.uname()[4:5]
    assert hello.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert hello.cpus == os.cpu_count()
    assert next((one.rung, one.why) for one in hello.refused) == ("ebpf", "not_in_python")
    assert abs(hello.time.timestamp() - time.time()) < 60
    assert isinstance(last, End)
    assert last.is_due
    looks = [frame for frame in frames if isinstance(frame, Look)]
    assert sum(look.seconds for look in looks) == pytest.approx(1.0, abs=0.5)
    assert 0 < last.cost.max_rss_bytes < 20_000_000
    assert probe.reader.noise == []
    assert probe.process.returncode == 0


def test_its_counts_are_the_kernels(system: System) -> None:
    before = int(Path("/proc/stat").read_text().split("processes ")[1].split()[0])
    with Running(system, QUICK) as probe:
        hello = probe.hello()
        (look,) = probe.looks_until(lambda look: True)
    after = int(Path("/proc/stat").read_text().split("processes ")[1].split()[0])
    assert before <= hello.count.kernel.forks < look.count.kernel.forks <= after
    assert 0 < hello.count.kernel.used_ns < look.count.kernel.all_ns < 1 << 63
    assert hello.count.kernel.tasks > 1


def test_the_living_are_told_and_their_end(system: System, tmp_path: Path) -> None:
    sleep = shutil.which("sleep")
    assert sleep
    shutil.copy(sleep, tmp_path / "tm-lives")  # a name that nobody else has
    with Running(system, QUICK) as probe:
        probe.hello()
        process = subprocess.Popen([tmp_path / "tm-lives", "100"])
        seen = probe.looks_until(
            lambda look: any(one.pid == process.pid for one in living([look], "tm-lives"))
        )
        known = probe.looks_until(lambda look: any(one.uid is not None for one in living([look], "tm-lives")))
        process.terminate()
        process.wait()
        gone = probe.looks_until(lambda look: bool(ended([look], "tm-lives")))
    (new,) = [one for one in living(seen[-1:], "tm-lives") if one.pid == process.pid]
    assert (new.alive >= 1, new.new >= 1, new.parent) == (
        True,
        True,
        Path("/proc/self/comm").read_text().strip(),
    )
    assert os.geteuid() in [one.uid for one in living(known[-1:], "tm-lives")]
    assert sum(one.processes for one in ended(gone, "tm-lives")) == 1


NAMES = (
    b'a"b\\c',
    b"a\nb",
    b"\x01\x1b[31m\x7f",
    b"\xff\xfe\x80",
    b"a) S 1 (b",
    b"\n1 (b) R 1 1",
    "日本".encode(),
    b"TENMATSU1A 1 2",
)
RENAME = """
import ctypes, os, sys, time
name = os.fsencode(sys.argv[1])
ctypes.CDLL(None).prctl(15, name, 0, 0, 0)
print(flush=True)
time.sleep(100)
"""


@pytest.fixture
def named() -> Iterator[dict[int, bytes]]:
    """Processes of hostile names, by pid."""
    command = [sys.executable, "-c", RENAME]
    processes = [subprocess.Popen([*command, name], stdout=subprocess.PIPE) for name in NAMES]
    try:
        for process in processes:
            assert process.stdout
            process.stdout.readline()
        yield {process.pid: name for process, name in zip(processes, NAMES, strict=True)}
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_any_name_comes_whole(system: System, named: dict[int, bytes]) -> None:
    found: dict[int, str] = {}

    def take(look: Look) -> bool:
        found.update({one.pid: one.name for one in (look.living.programs if look.living else ())})
        return named.keys() <= found.keys()

    with Running(system, QUICK) as probe:
        probe.looks_until(take)
    assert {pid: found.get(pid) for pid in named} == {
        pid: name.decode("utf-8", "backslashreplace") for pid, name in named.items()
    }
    assert probe.reader.noise == []


def test_the_time_of_unseen_children_is_their_parents(system: System) -> None:
    # Each child works some 10 ms and is waited for. Some are met themselves: then they must be charged once.
    child = "dash -c 'j=0; while [ $j -lt 20000 ]; do j=$((j+1)); done'"
    work = f"i=0; while [ $i -lt 40 ]; do {child}; i=$((i+1)); done; echo; read end"
    with Running(system, QUICK) as probe:
        probe.looks_until(lambda look: True)
        process = subprocess.Popen(["bash", "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdout
        looks: list[Look] = []
        done = False
        os.set_blocking(process.stdout.fileno(), False)
        while len(looks) < 60:
            looks += probe.looks_until(lambda look: True)
            if done:
                break
            done = bool(process.stdout.read())
        looks += probe.looks_until(lambda look: look.living is not None)
        truth = sum(os.times()[2:4])
        process.communicate(b"\n")
        truth = sum(os.times()[2:4]) - truth
    starters = [
        one for look in looks if look.living for one in look.living.starters if one.pid == process.pid
    ]
    children = sum(one.cpu_ns for one in starters) / NS
    children += sum(one.cpu_ns for one in living(looks, "dash")) / NS
    assert children >= 0.5 * truth
    everybody = sum(look.cpu.parents_ns + look.cpu.living_ns for look in looks) / NS
    assert everybody >= 0.9 * truth
    assert sum(one.faults for one in starters) > 40
    chains = [look.chains[str(process.pid)] for look in looks if str(process.pid) in look.chains]
    assert chains
    assert chains[0][0] == (process.pid, "bash")
    assert chains[0][1][0] == os.getpid()


def test_more_kinds_than_asked_for_are_put_together(system: System) -> None:
    with Running(system, QUICK._replace(most_rows=3)) as probe:
        looks = probe.looks_until(lambda look: look.living is not None)
    assert looks[-1].living
    assert len(looks[-1].living.programs) == 4
    assert looks[-1].living.programs[-1].name == ""


@pytest.mark.parametrize("ignored", [False, True], ids=["plain", "SIGPIPE ignored"])
def test_it_ends_when_nobody_reads_any_more(system: System, ignored: bool) -> None:
    before = ["env", "--ignore-signal=PIPE"] if ignored else []
    with Running(system, QUICK, before) as probe:
        pid = probe.hello().pid
        probe.looks_until(lambda look: True)
        children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    assert not Path(f"/proc/{pid}").exists()
    assert soon_gone(children)


def test_a_long_interval_does_not_hide_a_cut_line(system: System) -> None:
    began = time.monotonic()
    with Running(system, Options(interval_seconds=600.0)) as probe:
        probe.hello()
    assert time.monotonic() - began < SOON_SECONDS


def test_a_signal_ends_it(system: System) -> None:
    with Running(system, QUICK) as probe:
        os.kill(probe.hello().pid, signal.SIGTERM)
        assert list(probe.read())[-1:] == [] or not probe.reader.ended


def soon_gone(pids: Sequence[int]) -> bool:
    late = time.monotonic() + SOON_SECONDS
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < late:
        time.sleep(0.02)
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_it_writes_no_file(system: System, tmp_path: Path) -> None:
    with Running(
        system, QUICK, ["env", "-C", str(tmp_path), f"HOME={tmp_path}", f"TMPDIR={tmp_path}"]
    ) as probe:
        pid = probe.hello().pid
        probe.looks_until(lambda look: True)
        opened = list(regular_files(pid))
    assert list(tmp_path.iterdir()) == []
    assert opened == []


def regular_files(pid: int) -> Iterator[str]:
    """What a process has open of ordinary files; its pipes, and what it reads of /proc, come and go."""
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            path = str(one.readlink())
            if stat.S_ISREG(one.stat().st_mode) and not path.startswith("/proc/"):
                yield path
