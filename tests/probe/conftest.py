"""The programs that make storms, compiled once; and the reasons for which a machine cannot have a test."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.probe.watching import Watched

from tenmatsu.probe.rung import Options

SOURCES = Path(__file__).parent


def compile_here(source: str, target: Path, *options: str) -> Path:
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc is not installed, so no storm can be made")
    warnings = ("-Wall", "-Wextra", "-Werror")
    command: list[str | Path] = [compiler, "-O2", *warnings, "-static", *options, "-o", target]
    command.append(SOURCES / source)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{source} cannot be compiled here: {done.stderr.splitlines()[-1:]}")
    return target


@pytest.fixture(scope="session")
def programs() -> Iterator[Path]:
    """A folder that every user can reach: pytest's own ones are for their owner only."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(scope="session")
def storm(programs: Path) -> Path:
    return compile_here("storm.c", programs / f"storm{os.getpid() % 10000}", "-pthread")


@pytest.fixture(scope="session")
def spin(programs: Path) -> Callable[[str], Path]:
    """Make the smallest process under any name."""
    made = compile_here("spin.c", programs / "spin", "-nostdlib", "-fno-stack-protector")

    def named(name: str) -> Path:
        path = programs / name
        if not path.exists():
            shutil.copy(made, path)
        return path

    return named


@pytest.fixture(scope="session")
def storm_as(programs: Path, storm: Path) -> Callable[[str], Path]:
    """Make the storm's program under a name that no other storm on this machine has."""

    def named(name: str) -> Path:
        path = programs / name
        if not path.exists():
            shutil.copy(storm, path)
        return path

    return named


@pytest.fixture(scope="session")
def why_no_ebpf() -> str:
    """Why the eBPF rung cannot be used here; empty where it can."""
    if os.geteuid() != 0:
        return "the eBPF rung needs root"
    with Watched(Options(limit_seconds=0.1)) as watched:
        hello = watched.told.hello
    assert hello
    return "" if hello.rung == "ebpf" else next(one.reason for one in hello.refused if one.rung == "ebpf")


@pytest.fixture
def ebpf(why_no_ebpf: str) -> None:
    if why_no_ebpf:
        pytest.skip(why_no_ebpf)


@pytest.fixture(scope="session")
def netlink() -> None:
    """Whether this machine lets us listen: root, and the first namespaces."""
    if os.geteuid() != 0:
        pytest.skip("listening to the kernel's netlink messages needs root")
    if str(Path("/proc/self/ns/pid").readlink()) != "pid:[4026531836]":
        pytest.skip("the kernel tells only the first pid namespace")
