"""The only code that connects. Every reach answers the same few questions, or raises a `ReachError`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class FileStat:
    """What `stat` says of a path: size, time of the last change (aware UTC), kind, owner, device."""

    size_bytes: int
    modified: datetime
    is_directory: bool
    is_file: bool
    uid: int
    mode: int
    device: int
    inode: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """What a command printed, and its exit code."""

    code: int
    out: bytes
    err: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Space:
    """What `statvfs` says of a file system; `available` is what an ordinary user may take."""

    total_bytes: int
    free_bytes: int
    available_bytes: int
    total_inodes: int
    free_inodes: int
    read_only: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """What a device gives record by record. `lost`: some were overwritten before they could be read."""

    lines: tuple[bytes, ...]
    lost: bool


class FoundFile(NamedTuple):
    """A file or directory met on a walk, not followed if a link. Times in Unix seconds.

    `modified` is when the content last changed, `changed` when content, name, owner or mode did.
    """

    path: str
    modified: float
    changed: float
    size_bytes: int
    mode: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """What a walk met. `complete` is False where a limit cut it short."""

    files: tuple[FoundFile, ...]
    complete: bool


class Clocks(NamedTuple):
    """The machine's clocks, read together; all in seconds.

    `real` is Unix time; `monotonic` follows the same corrections of speed but never jumps; `raw` follows
    none; `boot` also runs during suspension. `width` is how long the reading of `real` and `monotonic`
    took. `timex` is adjtimex(2)'s answer as the kernel's struct, empty where it gave none.
    """

    real: float
    monotonic: float
    raw: float
    boot: float
    width: float
    timex: bytes


class NameAnswer(NamedTuple):
    """What a name server answered (a DNS message), and how long that took in seconds."""

    data: bytes
    seconds: float


class Reach(Protocol):
    """A way to a machine. Reads only; nothing here changes anything."""

    name: str

    def now(self) -> datetime:
        """Return the machine's own time, aware, UTC."""

    def read(self, path: str, *, offset: int = 0, limit_bytes: int = 16 << 20) -> bytes:
        """Return a file's bytes from `offset` on; files of `/proc` and `/sys` too."""

    def read_each(self, paths: Sequence[str], *, limit_bytes: int = 1 << 16) -> Mapping[str, bytes]:
        """Return what stands in many small files; those that are gone or closed to us are left out."""

    def read_unpacked(self, path: str, *, limit_bytes: int = 64 << 20) -> bytes:
        """Return the last `limit_bytes` of a log, unpacked where its name ends in .gz, .bz2 or .xz."""

    def names(self, path: str) -> list[str]:
        """Return the names in a directory, sorted."""

    def glob(self, pattern: str) -> list[str]:
        """Return the paths that match, sorted; none where nothing does."""

    def stat(self, path: str) -> FileStat:
        """Return what `stat` says, following links."""

    def link(self, path: str) -> str:
        """Return where a symbolic link points."""

    def space(self, path: str) -> Space:
        """Return the room on the file system that holds the path."""

    def run(self, argv: Sequence[str], *, limit_seconds: float = 10.0, limit_bytes: int = 16 << 20) -> Output:
        """Run a command that only reads, without a shell, in the C locale, and return what it printed."""

    def records(self, path: str) -> Records:
        """Return what a device such as /dev/kmsg holds now, oldest first, without waiting for more."""

    def walk(self, path: str, *, limit_entries: int = 20_000, limit_seconds: float = 2.0) -> Walk:
        """Return what lies below a directory on the same file system; links are not followed."""

    def clocks(self) -> Clocks:
        """Return the state of the machine's clocks."""

    def ask_name_server(self, server: str, query: bytes, *, limit_seconds: float) -> NameAnswer:
        """Let the machine send a DNS query to a server's address, as its C library does; return the answer.

        Raises TookTooLong, NoAnswer where nobody listens there or there is no way to it.
        """
