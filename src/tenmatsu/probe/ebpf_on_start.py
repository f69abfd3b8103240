"""The BPF programs at `sched_process_fork` and `sched_process_exec`: who starts what, and examples of it.

SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only  (see `ebpf_programs.py`)
"""

from tenmatsu.probe.bpf_assembler import R0, R1, R2, R3, R4, R6, R7, R8, Slot
from tenmatsu.probe.ebpf_kernel import Kernel
from tenmatsu.probe.ebpf_maps import (
    ARGUMENT_BYTES,
    COMM_BYTES,
    EXAMPLE,
    EXAMPLE_KIND,
    PATH_BYTES,
    STARTER,
    Maps,
)
from tenmatsu.probe.ebpf_program import (
    CURRENT_COMM,
    CURRENT_PID_TGID,
    CURRENT_UID_GID,
    FIRST,
    PROBE_READ,
    PROBE_READ_KERNEL_STR,
    PROBE_READ_STR,
    PROBE_READ_USER,
    SECOND,
    THIRD,
    UPDATE,
    UPDATE_ANY,
    UPDATE_NEW_ONLY,
    Program,
)


def on_fork(kernel: Kernel, maps: Maps) -> bytes:
    """sched_process_fork(parent, child), in the parent's context (kernel/fork.c, `kernel_clone`)."""
    program = Program(kernel, maps)
    starter = program.reserve(STARTER.size)
    program.load(R7, R1, FIRST, 8)
    program.load(R6, R1, SECOND, 8)
    program.find_totals()
    program.read_register(R8, 4, R6, "task_struct.pid")
    program.read(program.pid, 0, 4, R6, "task_struct.tgid")
    program.load_slot(R1, program.pid, 0, 4)
    program.jump_if_register(R1, "==", R8, "process")
    program.count("forked_threads")
    program.jump("out")
    program.label("process")
    program.count("forked_processes")
    program.clear(starter)
    program.read_register(R3, 8, R7, "task_struct.group_leader")  # a thread may have a name of its own
    program.read(starter, STARTER.at["name"], COMM_BYTES, R3, "task_struct.comm")
    program.call(CURRENT_PID_TGID)
    program.shift_right(R0, 32)
    program.store_slot(starter, R0, STARTER.at["pid"], 4)
    program.update(maps.starters, program.pid, starter, UPDATE_ANY)
    program.count_if_refused("starters_full", "remembered")
    return program.finish()


def on_exec(kernel: Kernel, maps: Maps) -> bytes:
    """sched_process_exec(task, old_pid, bprm), in the task's own context (fs/exec.c, `exec_binprm`)."""
    program = Program(kernel, maps)
    kind = program.reserve(EXAMPLE_KIND.size)
    starter_pid, start, end = (program.reserve(8) for _ in range(3))
    program.clear(kind)
    program.load(R6, R1, FIRST, 8)
    program.load(R7, R1, THIRD, 8)
    program.point_at(R1, kind, EXAMPLE_KIND.at["name"])
    program.set(R2, COMM_BYTES)
    program.call(CURRENT_COMM)
    program.load_own_pid()
    program.name_starter(kind, EXAMPLE_KIND.at["parent"], starter_pid, R6)
    program.look_up(maps.examples, kind)
    program.jump_if(R0, "!=", 0, "out")
    program.look_up(maps.scratch, program.first_place)
    program.jump_if(R0, "==", 0, "out")
    program.copy(R8, R0)
    _describe_example(program)
    _copy_arguments(program, start, end)
    program.load_map(R1, maps.examples.descriptor)
    program.point_at(R2, kind)
    program.copy(R3, R8)
    program.set(R4, UPDATE_NEW_ONLY)
    program.call(UPDATE)
    return program.finish()


def _describe_example(program: Program) -> None:
    """Fill in pid, user and path of the example at r8."""
    program.load_slot(R1, program.pid, 0, 4)
    program.store(R8, EXAMPLE.at["pid"], R1, 4)
    program.call(CURRENT_UID_GID)
    program.store(R8, EXAMPLE.at["uid"], R0, 4)
    program.read_register(R3, 8, R7, "linux_binprm.filename")
    program.copy(R1, R8)
    program.add(R1, EXAMPLE.at["path"])
    program.set(R2, PATH_BYTES)
    program.call(PROBE_READ_KERNEL_STR if program.kernel.has_read_kernel else PROBE_READ_STR)
    program.store(R8, EXAMPLE.at["path_bytes"], R0, 4)


def _copy_arguments(program: Program, start: Slot, end: Slot) -> None:
    """Fill in the command line of the example at r8, from the new program's memory: exec just put it in."""
    program.read_register(R7, 8, R6, "task_struct.mm")
    program.read(start, 0, 8, R7, "mm_struct.arg_start")
    program.read(end, 0, 8, R7, "mm_struct.arg_end")
    program.load_slot(R2, end)
    program.load_slot(R3, start)
    program.subtract_register(R2, R3)
    program.store(R8, EXAMPLE.at["argument_bytes"], R2, 4)
    program.jump_if(R2, "<=", ARGUMENT_BYTES, "fits")
    program.set(R2, ARGUMENT_BYTES)
    program.label("fits")
    program.copy(R1, R8)
    program.add(R1, EXAMPLE.at["arguments"])
    program.call(PROBE_READ_USER if program.kernel.has_read_kernel else PROBE_READ)
    program.jump_if(R0, "==", 0, "copied")
    program.store_constant(R8, EXAMPLE.at["argument_bytes"], 0, 4)
    program.label("copied")
