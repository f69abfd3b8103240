"""`systemctl show --property=...`: blocks of `Name=value`, one a unit. Source: systemctl(1)."""

from dataclasses import dataclass

from tenmatsu.errors import ParseError

# What is asked for. The monotonic form of the times is in microseconds and in no zone.
PROPERTIES = (
    "Id,ActiveState,SubState,Result,Type,NRestarts,ExecMainCode,ExecMainStatus,"
    "ExecMainStartTimestampMonotonic,StateChangeTimestampMonotonic,ControlGroup,"
    "MemoryMax,MemoryLimit,TasksMax,CPUQuotaPerSecUSec"
)
# "infinity" is printed as the largest number by versions before 231.
_INFINITE = 2**64 - 1
_UNITS_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitState:
    """A unit. Times in seconds of the monotonic clock, 0 where there is none; limits None where none.

    `restarts` is how often systemd started it again by itself since somebody started it (since 235,
    else None). `exit_status` is the exit code, or the signal where `killed`.
    """

    name: str
    active: str
    sub: str
    result: str
    kind: str
    restarts: int | None
    killed: bool
    exit_status: int
    started: float
    changed: float
    cgroup: str
    memory_limit_bytes: int | None
    tasks_limit: int | None
    cpu_limit_cores: float | None


def parse_systemctl_show(text: bytes) -> list[UnitState]:
    """Return the units, in their order."""
    blocks = text.decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n")
    found = [_parse_unit(block) for block in blocks if block.strip()]
    if text.strip() and not found:
        raise ParseError("systemctl show", repr(text[:60]))
    return found


def _parse_unit(block: str) -> UnitState:
    known = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    try:
        return UnitState(
            name=known["Id"],
            active=known.get("ActiveState", ""),
            sub=known.get("SubState", ""),
            result=known.get("Result", ""),
            kind=known.get("Type", ""),
            restarts=int(known["NRestarts"]) if "NRestarts" in known else None,
            killed=known.get("ExecMainCode") in {"2", "3"},  # CLD_KILLED, CLD_DUMPED
            exit_status=int(known.get("ExecMainStatus") or 0),
            started=int(known.get("ExecMainStartTimestampMonotonic") or 0) / 1e6,
            changed=int(known.get("StateChangeTimestampMonotonic") or 0) / 1e6,
            cgroup=known.get("ControlGroup", ""),
            memory_limit_bytes=_limit(known, "MemoryMax", "MemoryLimit"),
            tasks_limit=_limit(known, "TasksMax"),
            cpu_limit_cores=_cores(known.get("CPUQuotaPerSecUSec", "infinity")),
        )
    except (KeyError, ValueError, OverflowError) as bad:
        raise ParseError("systemctl show", repr(block[:60])) from bad


def _limit(known: dict[str, str], *names: str) -> int | None:
    """Return the tightest of the limits named; None where there is none."""
    values = [int(known[name]) for name in names if known.get(name, "infinity").isdigit()]
    return min((value for value in values if value < _INFINITE), default=None)


def _cores(quota: str) -> float | None:
    """Return the cores that `250ms` or `1s 500ms` of CPU time per second are."""
    if quota in {"infinity", ""}:
        return None
    total = 0.0
    for part in quota.split():
        number = part.rstrip("abcdefghijklmnopqrstuvwxyz")
        total += float(number) * _UNITS_SECONDS[part[len(number) :]]
    return total
