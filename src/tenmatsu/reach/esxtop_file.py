"""A recording in place of a connection: `esxtop -b`, packed or not, or a host's support archive."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from tenmatsu.errors import NotPermitted, NotThere, ParseError, WrongUse
from tenmatsu.model.words import Words
from tenmatsu.parse.vmx import parse_vmx
from tenmatsu.reach.esxtop_recorded import Recorded
from tenmatsu.reach.hypervisor import Hypervisor

_PACKED = b"\x1f\x8b"
_START = ('"(PDH-CSV', "(PDH-CSV")
_MOST_VMX_BYTES = 1 << 20


def open_recording(path: Path, name: str) -> Hypervisor:
    """Return what a recording tells, as a hypervisor. Raises NotThere, NotPermitted, WrongUse, ParseError."""
    return Recorded(_Source(path), name)


@dataclass(slots=True)
class _Source:
    """Where the lines are: the file itself, or one within an archive. `settings`: of guests, by name."""

    path: Path
    label: str = ""
    member: str = ""
    core_hertz: float | None = None  # nothing in it tells
    settings: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.label = self.path.name
        with _our_errors(self.path):
            if self.path.is_dir():
                raise WrongUse(IS_FOLDER.fill(path=self.path))
            with _as_archive(self.path) as archive:
                if archive is not None:
                    self._look_through(archive)

    @contextmanager
    def lines(self) -> Iterator[io.TextIOBase]:
        """Give the recording's lines, from the first."""
        with _our_errors(self.path), ExitStack() as undo:
            raw: IO[bytes] | None
            if self.member:
                raw = undo.enter_context(tarfile.open(self.path)).extractfile(self.member)
            else:
                raw = self.path.open("rb")
            if raw is None:
                raise NotThere(self.member)
            yield undo.enter_context(_as_text(undo.enter_context(raw)))

    def _look_through(self, archive: tarfile.TarFile) -> None:
        for member in archive:
            if not member.isfile():
                continue
            if member.name.endswith(".vmx") and member.size <= _MOST_VMX_BYTES:
                told = parse_vmx(_content(archive, member).decode("utf-8", "replace"))
                self.settings[told.get("displayname", "")] = told
            elif not self.member and "esxtop" in member.name and _is_recording(archive, member):
                self.member = member.name
        if not self.member:
            raise WrongUse(NO_RECORDING.fill(path=self.path))


@contextmanager
def _our_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotThere(str(path)) from error
    except PermissionError as error:
        raise NotPermitted(str(path)) from error
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise ParseError("esxtop", f"{path.name}: {error}") from error


@contextmanager
def _as_archive(path: Path) -> Iterator[tarfile.TarFile | None]:
    """Give the file as an archive, or None where it is none."""
    with ExitStack() as undo:
        try:
            archive = undo.enter_context(tarfile.open(path))
        except tarfile.ReadError:
            archive = None
        yield archive


@contextmanager
def _as_text(raw: IO[bytes]) -> Iterator[io.TextIOBase]:
    with ExitStack() as undo:
        start = raw.read(len(_PACKED))
        raw.seek(0)
        under = undo.enter_context(gzip.open(raw)) if start == _PACKED else raw
        text = io.TextIOWrapper(cast(IO[bytes], under), encoding="utf-8-sig", errors="replace", newline="")
        yield undo.enter_context(text)


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    raw = archive.extractfile(member)
    return raw.read(_MOST_VMX_BYTES) if raw is not None else b""


def _is_recording(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bool:
    raw = archive.extractfile(member)
    if raw is None:
        return False
    try:
        with _as_text(raw) as text:
            return text.read(len(_START[0])).startswith(_START)
    except (OSError, EOFError, zlib.error):
        return False


NO_RECORDING = Words("{path} holds no recording of esxtop", "{path} に esxtop の記録がありません")
IS_FOLDER = Words("{path} is a folder, not a recording", "{path} はフォルダーで、記録ではありません")
