"""The processes that a guest is on its host, and their control groups, from the sections of our script."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from tenmatsu.errors import ParseError
from tenmatsu.parse.guest_groups import Group, parse_guest_group
from tenmatsu.parse.key_values import parse_key_values
from tenmatsu.parse.libvirt_domain import Quota
from tenmatsu.parse.proc_pid_stat import parse_pid_stat
from tenmatsu.parse.proc_pressure import parse_pressure
from tenmatsu.reach.host_shell import Told

_USUAL_TICKS = 100
_MOST_TICKS = 1 << 38  # 87 years, at 100 a second


@dataclass(frozen=True, kw_only=True, slots=True)
class GuestProcess:
    """A guest's main process. `started_ticks` after its host's start: what tells it from the next one.

    `groups` by libvirt's name for each: `whole`, `vcpu0`, `emulator`, `iothread1`. `above` are the groups
    around its own, which libvirt does not speak of. `used_ns` (CPU), `memory_bytes`: the groups'.
    """

    started: datetime | None
    started_ticks: int
    swapped_bytes: int | None
    used_ns: int | None = None
    memory_bytes: int | None = None
    groups: Mapping[str, Group] = field(default_factory=dict)
    above: tuple[Group, ...] = ()
    stalled_seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def vcpus(self) -> list[Group]:
        """Return the groups of its vCPUs."""
        return [group for name, group in self.groups.items() if name.startswith("vcpu")]

    @property
    def vcpu_quota(self) -> Quota | None:
        """Return the limit of a vCPU; the same for all of them."""
        return next((group.quota for group in self.vcpus if group.quota), None)

    @property
    def whole_groups(self) -> list[Group]:
        """Return the groups whose limit holds the whole guest."""
        whole = [self.groups[name] for name in ("whole", "libvirt") if name in self.groups]
        return [*whole, *self.above]

    @property
    def whole_quotas(self) -> list[Quota]:
        """Return the limits of the whole guest."""
        return [group.quota for group in self.whole_groups if group.quota]


def find_processes(told: Told, booted: datetime | None, names: Mapping[str, str]) -> dict[str, GuestProcess]:
    """Return the guests' processes by UUID. `booted`: when the host was (our time); `names` by UUID."""
    ticks = _ticks(told.find("ticks"))
    found: dict[str, GuestProcess] = {}
    for sections in _split(told.sections):
        uuid = _find_uuid(sections[0][1], names)
        if uuid:
            found[uuid] = _make(sections, booted, ticks)
    return found


def _split(sections: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """Yield each process's sections: they begin with its own."""
    current: list[tuple[str, bytes]] = []
    for name, content in sections:
        if name == "process" and current:
            yield current
        if name == "process":
            current = []
        if current or name == "process":
            current.append((name, content))
    if current:
        yield current


def _find_uuid(command: bytes, names: Mapping[str, str]) -> str:
    """Return the UUID that QEMU was started with; a container's controller has the name (`--name`)."""
    words = command.decode("utf-8", "backslashreplace").split("\n")
    after = dict(pairwise(words))
    if (uuid := after.get("-uuid", "")) in names:
        return uuid
    return next((uuid for uuid, name in names.items() if name == after.get("--name")), "")


def _make(sections: list[tuple[str, bytes]], booted: datetime | None, ticks: int) -> GuestProcess:
    groups = [(name[6:].strip("/"), content) for name, content in sections if name.startswith("group ")]
    started = _started_ticks(dict(sections).get("stat", b""))
    return GuestProcess(
        started=booted + timedelta(seconds=started / ticks) if booted and started else None,
        started_ticks=started,
        swapped_bytes=_find_value(dict(sections).get("status"), "VmSwap"),
        used_ns=_used(dict(sections).get("used")),
        memory_bytes=_find_value(dict(sections).get("used"), "memory"),
        groups={name: parse_guest_group(content) for name, content in groups if name != "above"},
        above=tuple(parse_guest_group(content) for name, content in groups if name == "above"),
        stalled_seconds={
            name.removeprefix("guest."): stalled
            for name, content in sections
            if name.startswith("guest.") and (stalled := read_stalled(content)) is not None
        },
    )


def read_stalled(content: bytes) -> float | None:
    """Return the seconds in which something stood still, or None where the kernel does not count them."""
    try:
        return parse_pressure(content).get("some")
    except ParseError:
        return None


def _started_ticks(stat: bytes) -> int:
    try:
        return min(parse_pid_stat(stat).started, _MOST_TICKS)
    except ParseError:
        return 0


def _used(text: bytes | None) -> int | None:
    """Return the CPU time of a group: version 1 tells it in ns, version 2 in µs."""
    micro = _find_value(text, "usage_usec")
    return _find_value(text, "usage_ns") if micro is None else micro * 1000


def _find_value(text: bytes | None, name: str) -> int | None:
    try:
        return parse_key_values(text or b"").get(name)
    except ParseError:
        return None


def _ticks(text: bytes | None) -> int:
    digits = (text or b"").strip()
    return max(int(digits), 1) if digits.isdigit() and len(digits) < 6 else _USUAL_TICKS
