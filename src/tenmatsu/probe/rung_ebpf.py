"""The eBPF rung: every end of a process, its status and its CPU time in nanoseconds, summed in the kernel.

Needs BTF (/sys/kernel/btf/vmlinux), raw tracepoints, and root or CAP_BPF with CAP_PERFMON. Maps and
programs live by this process' file descriptors alone.
"""

import errno
import itertools
import resource
import struct
import time
from typing import AbstractSet, Dict, List, Optional, Tuple

from tenmatsu.probe.bpf_call import Bpf, BpfError, Map
from tenmatsu.probe.cgroup_names import CgroupNames
from tenmatsu.probe.ebpf_kernel import Kernel, describe_kernel
from tenmatsu.probe.ebpf_maps import ARGUMENT_BYTES, FIRST_PLACE, PATH_BYTES, TOTALS, Maps, make_maps
from tenmatsu.probe.ebpf_programs import make_programs
from tenmatsu.probe.lockdown import is_locked_down
from tenmatsu.probe.proc_files import NS_PER_TICK
from tenmatsu.probe.rung import Counted, Ended, Harvest, Options, Rung, Sample, Unavailable

# A time that never comes: every process began before it, so each is told of by itself.
_NEVER_NS = (1 << 64) - 1
_NS = 1000000000

# The layouts of `ebpf_maps.py`, to read whole tables of them.
_KIND = struct.Struct("=16s16sQQIII4x")
_SUMS = struct.Struct("=QQQII")
_EXAMPLE_KIND = struct.Struct("=16s16s")
_EXAMPLE = struct.Struct(f"=IIIi{PATH_BYTES}s{ARGUMENT_BYTES}s")
_TIME = struct.Struct("=Q")
_INNER = struct.Struct("=I")
_LOSSES = ("kinds_full", "ending_full", "threads_full", "starters_full")


class EbpfRung(Rung):
    """Programs at four raw tracepoints, and the maps they fill."""

    name = "ebpf"
    cpu = "exact"

    def __init__(self) -> None:
        super().__init__()
        self._bpf = Bpf()
        self._cgroups = CgroupNames()
        self._programs: List[int] = []
        self._lost: Dict[str, int] = {}
        self._filled = 0

    def open(self, options: Options) -> None:
        """Load and attach. Raises Unavailable."""
        try:
            # First what needs the right: without it, the megabytes of BTF need not be read.
            self._maps, self._halves = _make_maps(self._bpf)
            self._fill(0)
            self.before_look()
            kernel = describe_kernel()
            if options.old_exit_tracepoint:
                kernel = kernel._replace(has_group_dead=False)
            programs = self._load(kernel)
            for tracepoint, program in programs:
                self._bpf.attach(program, tracepoint.encode("ascii"))
        except BpfError as error:
            raise _explain(error) from error
        self._programs = [program for _, program in programs]
        self._lost = self._read_losses()

    def _load(self, kernel: Kernel) -> List[Tuple[str, int]]:
        """Load the programs, without what this kernel does not lend them."""
        refused: Optional[BpfError] = None
        for has_cgroup_id, has_read_kernel in itertools.product((True, False), repeat=2):
            variant = kernel._replace(has_cgroup_id=has_cgroup_id, has_read_kernel=has_read_kernel)
            try:
                loaded = self._load_all(make_programs(variant, self._maps))
            except BpfError as error:
                if error.errno not in (errno.EINVAL, errno.EACCES):
                    raise
                refused = refused or error
                continue
            if not has_cgroup_id:
                self.remarks.append("The kernel does not tell BPF programs a process' control group.")
            return loaded
        raise refused or BpfError(errno.EINVAL)

    def _load_all(self, programs: List[Tuple[str, bytes]]) -> List[Tuple[str, int]]:
        loaded: List[Tuple[str, int]] = []
        try:
            for tracepoint, code in programs:
                name = tracepoint.replace("sched_process", "tenmatsu").encode("ascii")
                loaded.append((tracepoint, self._bpf.load_program(code, name)))
        except BpfError:
            for _, descriptor in loaded:
                self._bpf.release(descriptor)
            raise
        return loaded

    def before_look(self) -> None:
        """From now on every end is told of by itself."""
        self._bpf.update(self._maps.settings, FIRST_PLACE, _TIME.pack(_NEVER_NS))

    def after_look(self, living: AbstractSet[int]) -> None:  # noqa: ARG002 - time tells it
        """Processes that begin from now on are summed."""
        now = int(time.clock_gettime(time.CLOCK_MONOTONIC) * _NS)
        self._bpf.update(self._maps.settings, FIRST_PLACE, _TIME.pack(now))

    def count(self) -> Counted:
        """Read the counters."""
        totals = self._read_totals()
        return Counted(
            forks=totals["forked_processes"] + totals["forked_threads"],
            process_exits=totals["ended_processes"],
            task_exits=totals["ended_tasks"],
        )

    def _read_totals(self) -> Dict[str, int]:
        value = self._bpf.look_up(self._maps.totals, FIRST_PLACE) or bytes(TOTALS.size)
        return {name: _TIME.unpack_from(value, at)[0] for name, at in TOTALS.at.items()}

    def collect(self) -> Harvest:
        """Swap the hash that is filled, and read the other."""
        before = self._filled
        self._fill(1 - before)
        ended = self._read_ended(self._halves[before])
        losses = self._read_losses()
        lost = {name: number - self._lost.get(name, 0) for name, number in losses.items()}
        self._lost = losses
        if lost["kinds_full"] or lost["kinds_full_cpu_ns"]:
            ended.append(Ended(b"", b"", lost["kinds_full"], cpu_ns=lost["kinds_full_cpu_ns"]))
        del lost["kinds_full_cpu_ns"]
        return Harvest(
            ended, self._read_examples(), {name: number for name, number in lost.items() if number}
        )

    def _fill(self, half: int) -> None:
        """From now on fill this half; when it returns, no program uses the other one any more."""
        self._bpf.update(self._maps.kinds, FIRST_PLACE, _INNER.pack(self._halves[half].descriptor))
        self._filled = half

    def _read_ended(self, half: Map) -> List[Ended]:
        kinds, sums = self._bpf.drain(half)
        return [
            Ended(
                name=name.split(b"\0", 1)[0],
                parent=parent.split(b"\0", 1)[0],
                processes=count,
                status=status,
                uid=uid,
                cgroup=self._cgroups.find(cgroup) if cgroup else "",
                cpu_ns=cpu_ns,
                life_ns=life_ns,
                pid=pid,
                started_ticks=started_ns // NS_PER_TICK,
                parent_pids=(first, last) if last else (),
            )
            for (name, parent, cgroup, started_ns, uid, pid, status), (
                count,
                cpu_ns,
                life_ns,
                first,
                last,
            ) in zip(_KIND.iter_unpack(kinds), _SUMS.iter_unpack(sums))
        ]

    def _read_examples(self) -> List[Sample]:
        kinds, examples = self._bpf.drain(self._maps.examples)
        return [
            _make_sample(name, parent, example)
            for (name, parent), example in zip(
                _EXAMPLE_KIND.iter_unpack(kinds), _EXAMPLE.iter_unpack(examples)
            )
        ]

    def _read_losses(self) -> Dict[str, int]:
        totals = self._read_totals()
        losses = {name: totals[name] for name in (*_LOSSES, "kinds_full_cpu_ns")}
        losses["programs_missed"] = sum(map(self._bpf.count_misses, self._programs))
        return losses

    def close(self) -> None:
        """Close all descriptors: the kernel detaches, unloads and frees."""
        self._bpf.close()
        self._cgroups.close()


def _make_sample(name: bytes, parent: bytes, example: Tuple[int, int, int, int, bytes, bytes]) -> Sample:
    pid, uid, argument_bytes, path_bytes, path, arguments = example
    command = arguments[: min(argument_bytes, ARGUMENT_BYTES)]
    return Sample(
        name=name.split(b"\0", 1)[0],
        parent=parent.split(b"\0", 1)[0],
        pid=pid,
        uid=uid,
        path=path[: max(0, path_bytes)].split(b"\0", 1)[0],
        arguments=tuple(command[:-1].split(b"\0"))
        if command.endswith(b"\0")
        else tuple(command.split(b"\0")),
        cut=argument_bytes > ARGUMENT_BYTES,
    )


def _make_maps(bpf: Bpf) -> Tuple[Maps, Tuple[Map, Map]]:
    try:
        return make_maps(bpf)
    except BpfError as error:
        if error.errno != errno.EPERM:
            raise
    # Before Linux 5.11 maps counted against the memory that a process may lock. The limit is our own
    # process'.
    try:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except (ValueError, OSError) as error:
        raise BpfError(errno.EPERM) from error
    return make_maps(bpf)


def _explain(error: BpfError) -> Unavailable:
    said = f"bpf(2): {error.strerror}{': ' if error.log else ''}{error.log}"
    if is_locked_down():
        return Unavailable("switched_off", "the kernel is locked down against reading its memory; " + said)
    if error.errno == errno.EPERM:
        return Unavailable("not_permitted", "needs root, or CAP_BPF and CAP_PERFMON; " + said)
    if error.errno in (errno.ENOSYS, errno.ENOENT):
        return Unavailable("not_in_kernel", said)
    return Unavailable("refused", said)
