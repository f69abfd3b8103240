"""What the kernel says in /proc, read with as few system calls as can be. Sources: proc(5), fs/proc/."""

import os
from typing import List, NamedTuple, Optional

TICKS_PER_SECOND: int = os.sysconf("SC_CLK_TCK")
NS_PER_TICK: int = 1000000000 // TICKS_PER_SECOND

# Which columns of /proc/stat's `cpu` line are time used: user, nice, system, irq, softirq. Not: idle,
# iowait, steal (time the hypervisor kept), and guest, which user holds already (fs/proc/stat.c,
# `show_stat`).
_USED = (0, 1, 2, 5, 6)
_STEAL = 7
_KTHREADD = 2
_MOST_BYTES = 1 << 20


class Stat(NamedTuple):
    """One process from /proc/PID/stat. Times in ticks; `started` since boot: with `pid` the identity."""

    pid: int
    name: bytes
    state: bytes
    parent: int
    own_faults: int  # minor page faults
    children_faults: int  # ... of children that were waited for
    own_ticks: int
    children_ticks: int  # CPU of children that were waited for, with their own children's
    threads: int
    started: int

    @property
    def ended(self) -> bool:
        """Tell whether it is a zombie. A leader whose threads live on looks like one, but has them."""
        return self.state in b"ZX" and self.threads <= 1

    @property
    def in_kernel(self) -> bool:
        """Tell whether it is a thread of the kernel: these are kthreadd and its children."""
        return _KTHREADD in (self.pid, self.parent)


class KernelCount(NamedTuple):
    """The kernel's own counters since boot; `tasks` are the threads that exist now, of all processes."""

    forks: int  # processes and threads
    tasks: int
    used_ns: int  # by all processors
    steal_ns: int  # kept by the hypervisor
    all_ns: int  # idle time included


def read_file(path: str, most_bytes: int = _MOST_BYTES) -> bytes:
    """Return a file's bytes. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        found = os.read(descriptor, most_bytes)
        while found and len(found) < most_bytes:
            more = os.read(descriptor, most_bytes - len(found))
            if not more:
                break
            found += more
        return found
    finally:
        os.close(descriptor)


def read_stat(pid: str) -> Optional[Stat]:
    """Return one process, or None if it is gone. One read: the kernel gives this file whole."""
    try:
        descriptor = os.open("/proc/" + pid + "/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        return parse_stat(os.read(descriptor, 4096))
    except OSError:
        return None
    finally:
        os.close(descriptor)


# Of those behind the name: starttime.
_LAST_FIELD = 20


def parse_stat(text: bytes) -> Stat:
    """Return the fields of a /proc/PID/stat. The name ends at the last bracket: it may hold any other."""
    opening, closing = text.index(b"("), text.rindex(b")")
    rest = text[closing + 2 :].split(None, _LAST_FIELD)  # a third of the time goes into the other thirty
    return Stat(
        int(text[:opening]),
        text[opening + 1 : closing],
        rest[0],
        int(rest[1]),
        int(rest[7]),
        int(rest[8]),
        int(rest[11]) + int(rest[12]),
        int(rest[13]) + int(rest[14]),
        int(rest[17]),
        int(rest[19]),
    )


def list_pids() -> List[str]:
    """Return the processes that can be seen now, as the names of their directories."""
    return [name for name in os.listdir("/proc") if "0" <= name[0] <= "9"]


def count_kernel() -> KernelCount:
    """Return the kernel's counters. Raises OSError where /proc is not there."""
    tasks = read_file("/proc/loadavg").split()[3]
    return parse_kernel_count(read_file("/proc/stat"), tasks)


def parse_kernel_count(stat: bytes, running_of_tasks: bytes) -> KernelCount:
    """Return the counters from /proc/stat and the fourth word of /proc/loadavg."""
    cpu = [int(word) for word in stat[: stat.index(b"\n")].split()[1:]]
    at = stat.index(b"\nprocesses ") + len(b"\nprocesses ")
    return KernelCount(
        forks=int(stat[at : stat.index(b"\n", at)]),
        tasks=int(running_of_tasks.split(b"/")[1]),
        used_ns=sum(cpu[column] for column in _USED if column < len(cpu)) * NS_PER_TICK,
        steal_ns=(cpu[_STEAL] if len(cpu) > _STEAL else 0) * NS_PER_TICK,
        all_ns=sum(cpu[: _STEAL + 1]) * NS_PER_TICK,
    )
