"""What must be known of this kernel before a program can be assembled for it: from its own BTF."""

from typing import Dict, NamedTuple, Tuple

from tenmatsu.probe.btf import Btf, NotThere
from tenmatsu.probe.rung import Unavailable

_BTF = "/sys/kernel/btf/vmlinux"

_MEMBERS: Dict[str, Tuple[str, ...]] = {
    "task_struct": (
        "comm",
        "exit_code",
        "group_leader",
        "mm",
        "pid",
        "real_parent",
        "se",
        "signal",
        "start_time",
        "tgid",
    ),
    "sched_entity": ("sum_exec_runtime",),
    "signal_struct": ("flags", "group_exit_code", "live", "nr_threads"),
    "mm_struct": ("arg_end", "arg_start"),
    "linux_binprm": ("filename",),
}
# Before Linux 5.5 the time since boot had another name.
_START_SINCE_BOOT = ("start_boottime", "real_start_time")
# `typedef void (*btf_trace_sched_process_exit)(void *, struct task_struct *, bool group_dead)` since Linux
# 6.16.
_EXIT_TRACEPOINT = "btf_trace_sched_process_exit"
_ARGUMENTS_WITH_GROUP_DEAD = 3


class Kernel(NamedTuple):
    """What was found out about this kernel. `at` has the offset of each member, as `structure.member`."""

    at: Dict[str, int]
    has_group_dead: bool  # `sched_process_exit` says whether this was the last thread
    has_read_kernel: bool = True  # probe_read_kernel and probe_read_user instead of probe_read
    has_cgroup_id: bool = True


def describe_kernel() -> Kernel:
    """Read this kernel's BTF. Raises Unavailable where it has none, or is not as we know kernels."""
    try:
        with open(_BTF, "rb") as file:
            btf = Btf(file.read())
    except FileNotFoundError:
        raise Unavailable(
            "not_in_kernel", f"the kernel does not describe its structures: no {_BTF}"
        ) from None
    except (OSError, ValueError) as error:
        raise Unavailable("refused", f"{_BTF}: {error}") from error
    try:
        return Kernel(at=find_offsets(btf), has_group_dead=_has_group_dead(btf))
    except (NotThere, IndexError) as missing:
        raise Unavailable(
            "not_in_kernel", f"the kernel's structures are not as expected: {missing}"
        ) from missing


def find_offsets(btf: Btf) -> Dict[str, int]:
    """Return the offset in bytes of every member that the programs read. Raises NotThere."""
    places = btf.find_structs(sorted(_MEMBERS))
    at = {
        f"{name}.{member}": btf.find_member(places[name], member).offset_bytes
        for name, members in _MEMBERS.items()
        for member in members
    }
    at["task_struct.start_boottime"] = _find_first(btf, places["task_struct"], _START_SINCE_BOOT)
    return at


def _find_first(btf: Btf, where: int, names: Tuple[str, ...]) -> int:
    *others, last = names
    for name in others:
        if btf.has_member(where, name):
            return btf.find_member(where, name).offset_bytes
    return btf.find_member(where, last).offset_bytes


def _has_group_dead(btf: Btf) -> bool:
    try:
        return btf.count_arguments(_EXIT_TRACEPOINT) >= _ARGUMENTS_WITH_GROUP_DEAD
    except NotThere:
        return False
