"""Where a name comes from on one machine: what runs under it, its executable, package, service and manual.

Three answers for each: found, looked for and not there (empty), or a gap. Source: proc(5), whatis(1).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tenmatsu.errors import NotPermitted, NotThere, ReachError, TenmatsuError
from tenmatsu.model.evidence import Gap
from tenmatsu.model.program import OwningPackage, ProgramOrigin, cut_name
from tenmatsu.model.words import Words
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.parse.proc_cgroup import parse_proc_cgroup
from tenmatsu.parse.proc_pid_stat import parse_pid_stat
from tenmatsu.reach import Reach
from tenmatsu.sight.package_owner import find_owners
from tenmatsu.sight.rooted import Rooted

SIGHT = "program_origin"
_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/libexec")
# Helpers live one folder deeper: /usr/lib/systemd, /usr/libexec/postfix, /usr/lib/hal.
_DEEPER = ("/usr/lib/*/", "/lib/*/", "/usr/libexec/*/", "/usr/lib/*/sbin/")
_EXECUTABLE_BITS = 0o111
_KTHREADD = ("2", "kthreadd")  # the parent of every thread of the kernel; not so inside a container
_MOST_PROCESSES = 20  # looked at closely
_MOST_FOUND = 8
_MOST_CHARACTERS = 200
_LIMIT_SECONDS = 5.0
# man-db's whatis cuts its lines without -l, which the one of CentOS 5 and 6 does not know.
_WRONG_OPTION = (1, 2)
_UNITS = (".service", ".scope", ".socket")


@dataclass(kw_only=True)
class _Seen:
    """What the processes of the name told."""

    count: int = 0
    kernel_threads: int = 0
    executables: dict[str, None] = field(default_factory=dict)
    units: dict[str, None] = field(default_factory=dict)
    refused: int = 0


class _Asker:
    """One question to one machine: collects answers and gaps."""

    def __init__(self, reach: Reach, names: Sequence[str], component: str) -> None:
        self.reach = reach
        self.names = [name for name in dict.fromkeys(names) if name]
        self.component = component
        self.gaps: list[Gap] = []

    def gap(self, what: Words, why: Words, close_by: Words) -> None:
        self.gaps.append(Gap(sight=SIGHT, component=self.component, what=what, why=why, close_by=close_by))

    def processes(self) -> _Seen:
        seen = _Seen()
        try:
            pids = [name for name in self.reach.names("/proc") if name.isdigit()]
            named = self._comms(pids)
        except ReachError as error:
            self.gap(PROCESSES, error.words, AS_ROOT)
            return seen
        comms = {cut_name(name) for name in self.names} | set(self.names)
        kernel = int(_KTHREADD[0]) if named.get(_KTHREADD[0]) == _KTHREADD[1] else -1
        for pid, comm in named.items():
            if comm in comms:
                seen.count += 1
                self._look_closely(pid, seen, kernel)
        if seen.refused:
            self.gap(EXECUTABLE, REFUSED.fill(count=seen.refused), AS_ROOT)
        return seen

    def installed(self) -> list[str]:
        """Return the programs of these names where programs live, links followed."""
        found: dict[str, None] = {}
        whole = [name for name in self.names if "/" not in name and name not in {".", ".."}]
        for folder in _FOLDERS:
            found.update(dict.fromkeys(f"{folder}/{name}" for name in whole if self._runs(folder, name)))
        for folder in _DEEPER:
            paths = [path for name in whole for path in self.reach.glob(folder + _literal(name))]
            found.update(dict.fromkeys(path for path in paths if self._is_program(path)))
        absolute = [name for name in self.names if name.startswith("/") and self._is_program(name)]
        found.update(dict.fromkeys(absolute))
        real = dict.fromkeys(Rooted(self.reach, 0, "").find(path) for path in found)
        return list(real)[:_MOST_FOUND]

    def packages(self, executables: Iterable[str]) -> list[OwningPackage]:
        try:
            return find_owners(self.reach, executables)
        except ReachError as error:
            self.gap(PACKAGE, error.words, LOOK_THERE)
            return []

    def summaries(self) -> list[str]:
        names = [name for name in self.names if not name.startswith("-") and name.isprintable()]
        try:
            answer = self.reach.run(("whatis", "-l", "--", *names), limit_seconds=_LIMIT_SECONDS)
            if answer.code in _WRONG_OPTION:
                answer = self.reach.run(("whatis", *names), limit_seconds=_LIMIT_SECONDS)
        except NotThere as missing:
            self.gap(SUMMARY, missing.words, INSTALL_MAN)
            return []
        except ReachError as error:
            self.gap(SUMMARY, error.words, LOOK_THERE)
            return []
        lines = answer.out.decode("utf-8", "replace").splitlines()
        plain = (make_plain(" ".join(line.split()), _MOST_CHARACTERS) for line in lines if " - " in line)
        return list(dict.fromkeys(plain))[:_MOST_FOUND]

    def _comms(self, pids: Sequence[str]) -> dict[str, str]:
        """Return the names by pid; who ended between the listing and the look is left out."""
        texts = self.reach.read_each([f"/proc/{pid}/comm" for pid in pids], limit_bytes=256)
        return {
            path.split("/")[2]: text.decode("utf-8", "replace").rstrip("\n") for path, text in texts.items()
        }

    def _look_closely(self, pid: str, seen: _Seen, kernel: int) -> None:
        if seen.count > _MOST_PROCESSES:
            return
        try:
            if parse_pid_stat(self.reach.read(f"/proc/{pid}/stat", limit_bytes=4096)).parent == kernel:
                seen.kernel_threads += 1
                return
            groups = parse_proc_cgroup(self.reach.read(f"/proc/{pid}/cgroup", limit_bytes=65536))
            seen.units.update(dict.fromkeys(_units(groups)))
            seen.executables[self.reach.link(f"/proc/{pid}/exe").removesuffix(" (deleted)")] = None
        except NotPermitted:
            seen.refused += 1
        except TenmatsuError:
            return  # it ended meanwhile

    def _runs(self, folder: str, name: str) -> bool:
        return self._is_program(f"{folder}/{name}")

    def _is_program(self, path: str) -> bool:
        try:
            stat = self.reach.stat(path)
        except (ReachError, ValueError):  # a name with a zero byte is none
            return False
        return stat.is_file and bool(stat.mode & _EXECUTABLE_BITS)


def find_origin(reach: Reach, names: Sequence[str], *, component: str) -> ProgramOrigin:
    """Return what the machine says of a name; `names` are its spellings, the full ones too."""
    asker = _Asker(reach, names, component)
    seen = asker.processes()
    installed = asker.installed()
    paths = list(dict.fromkeys((*seen.executables, *installed)))[:_MOST_FOUND]
    packages = asker.packages(paths) if paths else []
    return ProgramOrigin(
        processes=seen.count,
        kernel_threads=seen.kernel_threads,
        running=_plain(seen.executables),
        installed=_plain(installed),
        packages=tuple(packages),
        units=_plain(seen.units),
        summaries=tuple(asker.summaries()),
        gaps=tuple(asker.gaps),
    )


def _units(groups: dict[str, str]) -> list[str]:
    """Return the unit in which a process runs, of the unified hierarchy or systemd's own."""
    path = groups.get("", "") or groups.get("name=systemd", "")
    return [part for part in path.split("/") if part.endswith(_UNITS)][-1:]


def _literal(name: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


def _plain(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(make_plain(text, _MOST_CHARACTERS) for text in texts)[:_MOST_FOUND]


PROCESSES = Words("processes of that name", "その名前のプロセス")
EXECUTABLE = Words("the executable", "実行ファイル")
PACKAGE = Words("the package", "パッケージ")
SUMMARY = Words("the manual's summary", "マニュアルの要約")
REFUSED = Words(
    "{count} of the processes belong to other users", "プロセスのうち {count} 個は他の利用者のものです"
)
AS_ROOT = Words("ask as root", "root で実行")
LOOK_THERE = Words("ask on the machine where it ran", "それが動いた機械で実行")
INSTALL_MAN = Words("install the package man-db", "パッケージ man-db を導入")
