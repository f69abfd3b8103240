"""From single ends of processes to rows, by the rule of `rung.Ended`: one each for those that a look met."""

from typing import AbstractSet, Dict, List, NamedTuple, Optional, Set, Tuple

from tenmatsu.probe.living import REMEMBERED_LOOKS
from tenmatsu.probe.rung import Ended

# Between two calls of `take`. 7,000 a second is what two processors can do.
_MOST = 200000


class End(NamedTuple):
    """One process that ended."""

    pid: int
    parent_pid: int
    name: bytes
    parent: bytes
    status: Optional[int] = None
    uid: Optional[int] = None
    cpu_ns: Optional[int] = None
    life_ns: Optional[int] = None


class Ends:
    """Collects ends until they are told.

    That is after a look: a process that ended before it or while it lasted may have been met by it, and only
    after it is known which were.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._ends: List[End] = []
        self._most = most
        self._met: Set[int] = set()
        # Met by a look and no longer by the next: which one that was. Events that must be put in order first
        # come when more looks have been made.
        self._gone: Dict[int, int] = {}
        self._looks = 0
        self.count = 0  # since the beginning
        self._lost = 0

    def add(self, end: End) -> None:
        """One more."""
        self.count += 1
        if len(self._ends) < self._most:
            self._ends.append(end)
        else:
            self._lost += 1

    def after_look(self, living: AbstractSet[int]) -> None:
        """The last look met these."""
        self._looks += 1
        self._gone.update(dict.fromkeys(self._met - living, self._looks))
        self._gone = {pid: at for pid, at in self._gone.items() if self._looks - at < REMEMBERED_LOOKS}
        self._met = set(living)

    def take(self) -> List[Ended]:
        """Return the rows since the last call."""
        sums: Dict[Tuple[bytes, bytes, Optional[int], Optional[int]], List[End]] = {}
        rows: List[Ended] = []
        ends, self._ends = self._ends, []
        for end in ends:
            if self._was_met(end.pid):
                rows.append(_make_row([end], end.pid))
            else:
                sums.setdefault((end.name, end.parent, end.status, end.uid), []).append(end)
        rows += [_make_row(members, 0) for members in sums.values()]
        if self._lost:
            rows.append(Ended(b"", b"", self._lost))
            self._lost = 0
        return rows

    def _was_met(self, pid: int) -> bool:
        if self._gone.pop(pid, None) is not None:  # once: the number may be used again
            return True
        if pid in self._met:
            self._met.discard(pid)
            return True
        return False


def _make_row(members: List[End], pid: int) -> Ended:
    first, last = members[0], members[-1]
    return Ended(
        name=first.name,
        parent=first.parent,
        processes=len(members),
        status=first.status,
        uid=first.uid,
        cpu_ns=_add([one.cpu_ns for one in members]),
        life_ns=_add([one.life_ns for one in members]),
        pid=pid,
        parent_pids=(first.parent_pid, last.parent_pid) if last.parent_pid else (),
    )


def _add(values: List[Optional[int]]) -> Optional[int]:
    """Return the sum; None if it were that of a part only."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
