"""The probe's frames (`tenmatsu.probe.frames`) → values. Whatever a guest sends: values or a `ParseError`.

The names of the fields are those of the frames; a field that a frame leaves out has its default.
"""

import binascii
import json
import re
import zlib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from tenmatsu.errors import ParseError
from tenmatsu.model.processes import Refusal

# The second form is that of `probe/proc.sh`: Adler-32 in place of CRC-32.
_HEAD = re.compile(rb"TENMATSU1(A?) (\d{1,12}) (\d{1,9}) ([0-9a-f]{8}) ")
_CHECKSUMS = {b"": binascii.crc32, b"A": zlib.adler32}
_MOST_FRAME_BYTES = 16 << 20
_MOST_NOISE = 20
_MOST_NOISE_BYTES = 200
# No counter of a kernel and no time is larger; a hostile one must not break what adds them up.
_MOST_NUMBER = 1 << 64

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What the probe itself took since its start. Its BPF programs run in others' time: not in it."""

    cpu_seconds: float
    max_rss_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class KernelCount:
    """The kernel's counters since boot. `forks` has processes and threads, `tasks` those that exist now."""

    forks: int
    tasks: int
    used_ns: int
    steal_ns: int
    all_ns: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """The kernel's counters, and the rung's own; its `forks` were read before and after the kernel's."""

    kernel: KernelCount
    forks: tuple[int | None, ...] = (None, None)
    process_exits: int | None = None
    task_exits: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Living:
    """Processes that live and are alike, told when something changed: `alive` 0, then they are gone."""

    name: str = ""
    parent: str = ""
    uid: int | None = None
    cgroup: str = ""
    alive: int = 0
    new: int = 0
    cpu_ns: int = 0
    pid: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Starter:
    """A living process whose children died unseen: the CPU time and the page faults that they left to it."""

    pid: int
    name: str = ""
    cpu_ns: int = 0
    faults: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class LivingLook:
    """A look at all living processes; `seconds` is how long ago the one before was."""

    seconds: float
    visible_tasks: int
    programs: tuple[Living, ...]
    starters: tuple[Starter, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Hello:
    """The first frame: where we are, which rung is used, why no better one.

    `time` is the guest's clock, read to within `time_error_seconds`. `python` is empty where there is none.
    `living` are those that were there already. `limit_cores` is how many processors' time the machine may
    use by its own control groups, None: no limit that can be seen from within.
    """

    time: datetime
    rung: str
    cpu: str
    refused: tuple[Refusal, ...]
    remarks: tuple[str, ...]
    interval_seconds: float
    pid: int
    uid: int
    first_pid_namespace: bool
    node: str
    kernel: str
    machine: str
    boot_id: str
    cpus: int
    python: str
    count: Count
    cost: Cost
    time_error_seconds: float = 0.0
    living: LivingLook | None = None
    limit_cores: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """Processes that ended and are alike. None: not known. `status` is wait(2)'s."""

    name: str = ""
    parent: str = ""
    processes: int = 0
    status: int | None = None
    uid: int | None = None
    cgroup: str = ""
    cpu_ns: int | None = None
    life_ns: int | None = None
    parent_pids: tuple[int, ...] = ()

    @property
    def exit_code(self) -> int | None:
        """Return the exit code, or None where a signal ended it or nothing is known."""
        return None if self.status is None or self.signal else self.status >> 8 & 0xFF

    @property
    def signal(self) -> int | None:
        """Return the signal that ended it, or None."""
        return (self.status & 0x7F or None) if self.status is not None else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One process as an example of its kind; secrets on its command line were masked in the guest."""

    name: str = ""
    parent: str = ""
    pid: int = 0
    uid: int | None = None
    path: str = ""
    arguments: tuple[str, ...] = ()
    cut: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Cpu:
    """CPU time charged in one interval: to the ended, to the living; and what parents inherited."""

    ended_ns: int
    living_ns: int
    parents_ns: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One interval. `chains` has, by pid, who started a starter: (pid, name), itself first."""

    begun: datetime
    ended_at: datetime
    seconds: float  # by a clock that nobody sets
    rung: str
    ended: tuple[Ended, ...]
    kinds_together: int
    samples: tuple[Sample, ...]
    living: LivingLook | None
    chains: Mapping[str, tuple[tuple[int | str, ...], ...]]
    cpu: Cpu
    lost: Mapping[str, int]
    count: Count
    cost: Cost


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """A rung failed on the way; from here on the next one is used."""

    rung: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """The last frame: the probe ended by itself. A stream without it was cut."""

    reason: str
    code: int
    cost: Cost

    @property
    def is_due(self) -> bool:
        """Tell whether its time was over; otherwise somebody told it to go, or something failed."""
        return self.code == 0 and self.reason == "the time is over"


Frame = Hello | Look | Trouble | End
_KINDS: Mapping[str, type] = {"hello": Hello, "look": Look, "trouble": Trouble, "end": End}


@dataclass(kw_only=True)
class FrameReader:
    """Takes bytes as they come and gives frames. `noise` is what others wrote on the line."""

    noise: list[str] = field(default_factory=list)
    ended: bool = False
    _next: int = 0
    _rest: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that are whole now. Raises ParseError; after that the stream is of no use."""
        self._rest += data
        lines: list[bytes] = []
        if b"\n" in data:
            *lines, rest = bytes(self._rest).split(b"\n")
            self._rest = bytearray(rest)
        for line in lines:
            found = _HEAD.match(line)
            if found:
                yield self._take(line, found)
            elif line.strip() and len(self.noise) < _MOST_NOISE:
                self.noise.append(_text(line[:_MOST_NOISE_BYTES]))
        if len(self._rest) > _MOST_FRAME_BYTES:
            raise ParseError("probe frames", "a line without an end")

    def _take(self, line: bytes, found: re.Match[bytes]) -> Frame:
        number, size, checksum = int(found[2]), int(found[3]), int(found[4], 16)
        content = line[found.end() :]
        if len(content) != size or _CHECKSUMS[found[1]](content) != checksum:
            raise ParseError("probe frames", f"frame {number} is damaged")
        if number != self._next or self.ended:
            raise ParseError("probe frames", f"frame {number} where {self._next} was due")
        frame = parse_frame(content)
        if (number == 0) != isinstance(frame, Hello) and not isinstance(frame, End):
            raise ParseError("probe frames", "the first frame, and only that, says hello")
        self._next += 1
        self.ended = isinstance(frame, End)
        return frame


def parse_frame(content: bytes) -> Frame:
    """Return one frame's value from its JSON. Raises ParseError."""
    try:
        given = json.loads(content)
    except (ValueError, RecursionError) as bad:
        raise ParseError("probe frames", "not JSON") from bad
    kind = _KINDS.get(str(given.get("kind"))) if isinstance(given, dict) else None
    if kind is None:
        raise ParseError("probe frames", "a frame of no known kind")
    frame: Frame = _convert(kind, given)
    return frame


def _convert(wanted: Any, given: object) -> Any:  # noqa: ANN401 - the caller names the type
    """Return what JSON gave as the type that is wanted. Raises ParseError."""
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        return _convert_first(inner, given)
    if origin is tuple and isinstance(given, list):
        return tuple(_convert(inner[0], one) for one in given)
    if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(given, dict):
        return {_convert(str, key): _convert(inner[1], value) for key, value in given.items()}
    if wanted in _KINDS.values() or hasattr(wanted, "__dataclass_fields__"):
        return _build(wanted, given)
    return _convert_plain(wanted, given)


def _convert_first(choices: Sequence[object], given: object) -> object:
    if given is None and NoneType in choices:
        return None
    for choice in choices:
        if choice is not NoneType:
            try:
                return _convert(choice, given)
            except ParseError:
                continue
    raise _unexpected(given)


def _convert_plain(wanted: object, given: object) -> object:
    if wanted is str and isinstance(given, str):
        return _text(_bytes(given))
    if wanted is bool and isinstance(given, bool):
        return given
    if isinstance(given, int | float) and not isinstance(given, bool) and abs(given) < _MOST_NUMBER:
        if wanted is int and isinstance(given, int):
            return given
        if wanted is float:
            return float(given)
        if wanted is datetime:
            return _time(given)
    raise _unexpected(given)


def _build(wanted: type[Value], given: object) -> Value:
    if not isinstance(given, dict):
        raise _unexpected(given)
    values = {}
    for one, kind, needed in _fields_of(cast(Hashable, wanted)):
        if one in given:
            values[one] = _convert(kind, given[one])
        elif needed:
            raise ParseError("probe frames", f"{wanted.__name__} without {one}")
    return wanted(**values)


@cache
def _fields_of(wanted: Any) -> tuple[tuple[str, Any, bool], ...]:  # noqa: ANN401 - a dataclass
    kinds = get_type_hints(wanted)
    return tuple((one.name, kinds[one.name], one.default is MISSING) for one in fields(wanted))


def _bytes(given: str) -> bytes:
    try:
        return given.encode(
            "utf-8", "surrogateescape"
        )  # what the guest could not read as UTF-8 comes back whole
    except UnicodeEncodeError:
        return given.encode("utf-8", "backslashreplace")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _time(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as bad:
        raise _unexpected(seconds) from bad


def _unexpected(given: object) -> ParseError:
    return ParseError("probe frames", f"unexpected {str(given)[:60]!r}")
