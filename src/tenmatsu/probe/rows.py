"""From what a rung brings to the rows of a frame: charged once, summed, bounded, masked."""

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

from tenmatsu.probe.living import Living
from tenmatsu.probe.mask import mask_command
from tenmatsu.probe.rung import Ended, Sample

_MOST_ARGUMENT_BYTES = 4096
_EMPTY = (b"", "", ())
# Served to charge a process once; a row of many has none.
_OURS = ("started_ticks",)
_Key = Tuple[bytes, bytes, Optional[int], Optional[int], str]


class Summed(NamedTuple):
    """The rows of one interval, the CPU time in all, and how many kinds were put together in the last."""

    rows: List[Ended]
    cpu_ns: int
    kinds_together: int


def charge(ended: Iterable[Ended], living: Living) -> List[Ended]:
    """Take off, of each process that was seen alive, what it was charged for while it lived."""
    return [
        one._replace(cpu_ns=living.take_uncharged(one.pid, one.started_ticks, one.cpu_ns))
        if one.pid and one.cpu_ns is not None
        else one
        for one in ended
    ]


def sum_up(ended: Iterable[Ended], most: int) -> Summed:
    """Return one row per kind, those with most ends and CPU first; beyond `most`, all others in one."""
    kinds: Dict[_Key, List[Ended]] = {}
    for one in ended:
        kinds.setdefault((one.name, one.parent, one.status, one.uid, one.cgroup), []).append(one)
    rows = _join_late_times([_add(members) for members in kinds.values()])
    cpu_ns = sum(one.cpu_ns or 0 for one in rows)
    if len(rows) <= most:
        return Summed(rows, cpu_ns, 0)
    rows.sort(key=_weight, reverse=True)
    others = rows[most - 1 :]
    rest = _add(others)._replace(name=b"", parent=b"", status=None, uid=None, cgroup="", parent_pids=())
    return Summed([*rows[: most - 1], rest], cpu_ns, len(others))


def _join_late_times(rows: List[Ended]) -> List[Ended]:
    """Add rows that only bring time to a row with ends of the same program: of threads no status is known."""
    counted: Dict[Any, Ended] = {}
    for one in sorted(rows, key=_weight):
        if one.processes:
            counted[(one.name, one.parent, one.uid, one.cgroup)] = one
    late: Dict[int, List[Ended]] = {}
    kept: List[Ended] = []
    for one in rows:
        to = None if one.processes else counted.get((one.name, one.parent, one.uid, one.cgroup))
        if to is None:
            kept.append(one)
        else:
            late.setdefault(id(to), []).append(one)
    return [_add([one] + late[id(one)]) if id(one) in late else one for one in kept]


def _weight(one: Ended) -> Tuple[float, int]:
    """A millisecond of CPU weighs as much as an end: what is frequent and what is dear both stay."""
    return (one.processes + (one.cpu_ns or 0) / 1e6, one.processes)


def _add(members: List[Ended]) -> Ended:
    if len(members) == 1:
        return members[0]
    pids = [pid for one in members for pid in one.parent_pids]
    return members[0]._replace(
        processes=sum(one.processes for one in members),
        cpu_ns=_add_known(one.cpu_ns for one in members),
        life_ns=_add_known(one.life_ns for one in members),
        parent_pids=(pids[0], pids[-1]) if pids else (),
        pid=0,
        started_ticks=0,
    )


def _add_known(values: Iterable[Optional[int]]) -> Optional[int]:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def prepare_sample(sample: Sample) -> Sample:
    """Return the example with its secrets masked, at most 4 KiB of its command line."""
    arguments = mask_command(sample.arguments, sample.cut)
    kept: List[bytes] = []
    left = _MOST_ARGUMENT_BYTES
    for argument in arguments:
        kept.append(argument[:left])
        left -= len(argument) + 1
        if left <= 0:
            break
    cut = sample.cut or left < 0
    return sample._replace(arguments=tuple(kept), path=sample.path[:_MOST_ARGUMENT_BYTES], cut=cut)


def as_object(row: Any) -> Dict[str, Any]:  # noqa: ANN401 - any NamedTuple
    """Return a row for JSON, without what is not known or empty. A zero is known."""
    return {
        name: value
        for name, value in row._asdict().items()
        if value is not None and value not in _EMPTY and name not in _OURS
    }
