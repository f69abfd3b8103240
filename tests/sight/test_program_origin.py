"""Where a name comes from on a machine: recorded ones, and this one."""

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.sight.folder_reach import FolderReach

from tenmatsu.errors import NotPermitted, NotThere
from tenmatsu.knowledge.look_up import look_up
from tenmatsu.model.program import OwningPackage, ProgramOrigin
from tenmatsu.reach import FileStat, Output
from tenmatsu.reach.local import LocalReach
from tenmatsu.sight.program_origin import find_origin

RECORDED = Path(__file__).parent.parent / "cases" / "sight"
DEBIAN_6, CENTOS_8 = RECORDED / "program_origin-debian-6", RECORDED / "program_origin-centos-8"


class ProgramReach(FolderReach):
    """A recorded machine with its links and the answers of its commands."""

    def _recorded(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._find(name).read_bytes())
        return found

    def stat(self, path: str) -> FileStat:
        found = self._find(path)
        if not found.exists():
            raise NotThere(path)
        return FileStat(
            size_bytes=0,
            modified=datetime(2010, 3, 11, tzinfo=UTC),
            is_directory=found.is_dir(),
            is_file=found.is_file(),
            uid=0,
            mode=0o755,
            device=1,
            inode=1,
        )

    def link(self, path: str) -> str:
        self._find(path)
        links = self._recorded("links.json")
        if path not in links:
            raise NotThere(path)
        return str(links[path])

    def run(self, argv: Sequence[str], *, limit_seconds: float = 10.0, limit_bytes: int = 16 << 20) -> Output:
        self._find(argv[0])
        answers = self._recorded("answers.json")
        if argv[0] not in answers:
            raise NotThere(argv[0])
        code, out = answers[argv[0]]
        return Output(code=code, out=out.encode(), err=b"")


def ask(folder: Path, *names: str, forbidden: Sequence[str] = ()) -> ProgramOrigin:
    return find_origin(ProgramReach(folder, forbidden=forbidden), names, component="web1")


def unseen(origin: ProgramOrigin) -> list[str]:
    return [gap.what.en for gap in origin.gaps]


def test_the_incidents_name_on_a_machine_of_its_time() -> None:
    known = [match.program.name for match in look_up("hald-addon-stor")]
    origin = ask(DEBIAN_6, "hald-addon-stor", *known)
    assert (origin.processes, origin.kernel_threads) == (1, 0)
    assert origin.running == origin.installed == ("/usr/lib/hal/hald-addon-storage",)
    package = OwningPackage(
        path="/usr/lib/hal/hald-addon-storage", package="hal", summary="Hardware Abstraction Layer"
    )
    assert origin.packages == (package,)
    assert (origin.units, origin.summaries, origin.gaps) == ((), (), ())


def test_the_cut_name_alone_finds_what_runs_under_it() -> None:
    origin = ask(DEBIAN_6, "hald-addon-stor")
    assert origin.running == ("/usr/lib/hal/hald-addon-storage",)
    assert origin.installed == ()
    assert [one.package for one in origin.packages] == ["hal"]


def test_a_thread_of_the_kernel_is_told_by_its_parent() -> None:
    origin = ask(DEBIAN_6, "kswapd0")
    assert (origin.processes, origin.kernel_threads, origin.running) == (1, 1, ())


def test_rpm_and_systemd_answer_where_they_are() -> None:
    origin = ask(CENTOS_8, "crond")
    assert origin.units == ("crond.service",)
    assert [one.package for one in origin.packages] == ["cronie"]
    assert origin.summaries == ("crond (8) - daemon to execute scheduled commands",)
    assert origin.installed == ("/usr/sbin/crond",)  # /sbin is a link, and one file is told once


def test_what_is_not_there_is_nothing_and_no_gap() -> None:
    origin = ask(DEBIAN_6, "xyzzy")
    assert not origin.knows_something
    assert origin.gaps == ()


@pytest.mark.parametrize(
    ("forbidden", "what"),
    [
        ("/proc", "processes of that name"),
        ("/proc/1148/exe", "the executable"),
        ("/var/lib/dpkg/info", "the package"),
        ("/var/lib/dpkg/status", "the package"),
        ("whatis", "the manual's summary"),
    ],
)
def test_where_nobody_could_look_is_a_gap(forbidden: str, what: str) -> None:
    origin = ask(DEBIAN_6, "hald-addon-stor", "hald-addon-storage", forbidden=[forbidden])
    assert unseen(origin) == [what]
    assert all(gap.why.ja and gap.close_by.ja for gap in origin.gaps)


def test_no_records_of_packages_at_all_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "0" / "usr" / "bin").mkdir(parents=True)
    (tmp_path / "0" / "proc").mkdir()
    (tmp_path / "0" / "usr" / "bin" / "x").touch()
    for name in ("links", "answers"):
        (tmp_path / "0" / f"{name}.json").write_text("{}")
    assert unseen(ask(tmp_path, "x")) == ["the package", "the manual's summary"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", ".", "..", "a\0b", "*", "[a", "\x1b[2J", "-x", "x" * 5000]
)
def test_hostile_names_are_only_names(name: str) -> None:
    origin = find_origin(LocalReach(), [name], component="here")
    assert origin.installed == ()
    assert origin.running == ()


def test_this_very_program_is_seen() -> None:
    comm = Path(f"/proc/{os.getpid()}/comm").read_text().rstrip("\n")
    origin = find_origin(LocalReach(), [comm], component="here")
    assert origin.processes >= 1
    assert str(Path(sys.executable).resolve()) in origin.running


def test_a_reach_that_refuses_is_told_apart() -> None:
    with pytest.raises(NotPermitted):
        ProgramReach(DEBIAN_6, forbidden=["/proc"]).names("/proc")
