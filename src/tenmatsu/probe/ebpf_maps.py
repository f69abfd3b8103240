"""What the BPF programs and the probe share: the maps, and how their entries are laid out.

Everything is bounded. What did not fit is counted in `TOTALS`, never dropped silently.
"""

from typing import NamedTuple, Tuple

from tenmatsu.probe.bpf_assembler import Layout
from tenmatsu.probe.bpf_call import ARRAY, ARRAY_OF_MAPS, HASH, LRU_HASH, PERCPU_ARRAY, Bpf, Map

# How much fits. A kind takes about 140 bytes of the kernel's memory, a task between exit and free 110, an
# example 1.4 KiB.
_MOST_KINDS = 4096
_MOST_ENDING = 16384  # zombies are among them
_MOST_STARTERS = 16384  # processes that live now and began after the probe
_MOST_THREADS = 4096
_MOST_TOLD = 4096
_MOST_EXAMPLES = 256

COMM_BYTES = 16
PATH_BYTES = 256
ARGUMENT_BYTES = 1024

# Processes that are alike. `pid` and `started_ns` (since boot) are 0 except for those that the last look
# may have met.
KIND = Layout(
    [
        ("name", COMM_BYTES),
        ("parent", COMM_BYTES),
        ("cgroup", 8),
        ("started_ns", 8),
        ("uid", 4),
        ("pid", 4),
        ("status", 4),
        ("unused", 4),
    ]
)
# A task between its exit and its free: which kind it counts as, its process, and whether it is its leader.
ENDING = Layout([("kind", KIND.size), ("signal", 8), ("leads", 8)])
SUMS = Layout([("count", 8), ("cpu_ns", 8), ("life_ns", 8), ("first_parent", 4), ("last_parent", 4)])
STARTER = Layout([("name", COMM_BYTES), ("pid", 4), ("unused", 4)])
EXAMPLE_KIND = Layout([("name", COMM_BYTES), ("parent", COMM_BYTES)])
EXAMPLE = Layout(
    [
        ("pid", 4),
        ("uid", 4),
        ("argument_bytes", 4),  # how long the command line really is
        ("path_bytes", 4),
        ("path", PATH_BYTES),
        ("arguments", ARGUMENT_BYTES),
    ]
)
# Counters since the programs were attached; what did not fit into a map is among them.
TOTALS = Layout(
    [
        (name, 8)
        for name in (
            "forked_processes",
            "forked_threads",
            "ended_processes",
            "ended_tasks",
            "kinds_full",  # ends counted without a name
            "kinds_full_cpu_ns",
            "ending_full",  # tasks whose CPU time will be missing
            "threads_full",
            "starters_full",  # processes whose starter will be whoever inherited them
        )
    ]
)


class Maps(NamedTuple):
    """The maps that the programs share."""

    kinds: Map  # one place, holding the hash KIND → SUMS that is filled now
    ending: Map  # task → ENDING
    starters: Map  # pid → STARTER, between fork and exit
    threads: Map  # signal → ns of threads that were freed while their process lives
    told: Map  # (signal, start) of processes whose end was counted; only for kernels before 6.16
    examples: Map  # EXAMPLE_KIND → EXAMPLE
    scratch: Map  # one EXAMPLE per processor
    totals: Map  # one TOTALS
    settings: Map  # one time (CLOCK_MONOTONIC, ns): what began before is told of one by one


FIRST_PLACE = bytes(4)


def make_maps(bpf: Bpf) -> Tuple[Maps, Tuple[Map, Map]]:
    """Make all maps; and the two hashes of kinds, of which one is filled while the other is read.

    Reading and emptying a hash while it is filled would lose what is added between the two. Swapping the
    map in a map of maps makes the kernel wait until no program uses the old one (kernel/bpf/syscall.c,
    `maybe_wait_bpf_programs`).
    """
    halves = tuple(bpf.make_map(HASH, KIND.size, SUMS.size, _MOST_KINDS) for _ in range(2))
    made = Maps(
        kinds=bpf.make_map(ARRAY_OF_MAPS, 4, 4, 1, inner=halves[0]),
        ending=bpf.make_map(HASH, 8, ENDING.size, _MOST_ENDING),
        starters=bpf.make_map(HASH, 4, STARTER.size, _MOST_STARTERS),
        threads=bpf.make_map(HASH, 8, 8, _MOST_THREADS),
        told=bpf.make_map(LRU_HASH, 16, 8, _MOST_TOLD),
        examples=bpf.make_map(HASH, EXAMPLE_KIND.size, EXAMPLE.size, _MOST_EXAMPLES),
        scratch=bpf.make_map(PERCPU_ARRAY, 4, EXAMPLE.size, 1),
        totals=bpf.make_map(ARRAY, 4, TOTALS.size, 1),
        settings=bpf.make_map(ARRAY, 4, 8, 1),
    )
    return made, (halves[0], halves[1])
