"""The BPF programs at `sched_process_exit` and `sched_process_free`: how many ended, how, and what they used.

SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only  (see `ebpf_programs.py`)
"""

import errno

from tenmatsu.probe.bpf_assembler import R0, R1, R2, R3, R6, R7, R8, R9, TOP, Slot
from tenmatsu.probe.ebpf_kernel import Kernel
from tenmatsu.probe.ebpf_maps import COMM_BYTES, ENDING, KIND, SUMS, TOTALS, Maps
from tenmatsu.probe.ebpf_program import (
    CURRENT_CGROUP_ID,
    CURRENT_UID_GID,
    FIRST,
    KTIME_GET_NS,
    SECOND,
    UPDATE_ANY,
    UPDATE_NEW_ONLY,
    Program,
)

# include/linux/sched/signal.h: the whole group has one exit code.
_SIGNAL_GROUP_EXIT_BIT = 0x4


def on_exit(kernel: Kernel, maps: Maps) -> bytes:
    """sched_process_exit(task[, group_dead]), in the task's own context (kernel/exit.c, `do_exit`)."""
    program = Program(kernel, maps)
    ending, zeros = program.reserve(ENDING.size), program.reserve(SUMS.size)
    kind = Slot(ending.at + ENDING.at["kind"], KIND.size)
    task, is_last, began, starter_pid = (program.reserve(8) for _ in range(4))
    for slot in (ending, zeros, is_last, starter_pid):
        program.clear(slot)
    program.load(R6, R1, FIRST, 8)
    program.store_slot(task, R6)
    if kernel.has_group_dead:
        program.load(R1, R1, SECOND, 8)
        program.keep_bits(R1, 0xFF)  # a C bool
        program.store_slot(is_last, R1)
    program.find_totals()
    program.count("ended_tasks")
    program.read_register(R8, 8, R6, "task_struct.group_leader")
    program.read_register(R7, 8, R6, "task_struct.signal")
    program.store_slot(ending, R7, ENDING.at["signal"])
    if not kernel.has_group_dead:
        _find_out_if_last(program, is_last)
    _describe_process(program, kind, began)
    program.name_starter(kind, KIND.at["parent"], starter_pid, R8)
    _find_status(program, kind, is_last)
    program.jump_if_register(R6, "!=", R8, "noted as a thread")
    program.store_constant(TOP, ending.at + ENDING.at["leads"], 1, 8)
    program.label("noted as a thread")
    program.update(maps.ending, task, ending, UPDATE_ANY)
    program.count_if_refused("ending_full", "noted")
    program.load_slot(R1, is_last)
    program.jump_if(R1, "==", 0, "out")
    if not kernel.has_group_dead:
        _tell_once(program, began)
    _count_end(program, kind, zeros, began, starter_pid)
    return program.finish()


def _find_out_if_last(program: Program, is_last: Slot) -> None:
    """Before Linux 6.16: the last thread is one that finds no other alive.

    `live` is counted down just before the tracepoint, so two threads that end at once may both find 0,
    never none.
    """
    program.read_register(R1, 4, R7, "signal_struct.live")
    program.jump_if(R1, "!=", 0, "others live")
    program.store_constant(TOP, is_last.at, 1, 8)
    program.label("others live")


def _describe_process(program: Program, kind: Slot, began: Slot) -> None:
    """Fill in name, user, cgroup; and pid and start for a process that the last look may have met."""
    program.read(kind, KIND.at["name"], COMM_BYTES, R8, "task_struct.comm")
    program.call(CURRENT_UID_GID)
    program.store_slot(kind, R0, KIND.at["uid"], 4)
    if program.kernel.has_cgroup_id:
        program.call(CURRENT_CGROUP_ID)
        program.store_slot(kind, R0, KIND.at["cgroup"])
    program.load_own_pid()
    program.read(began, 0, 8, R8, "task_struct.start_time")
    program.look_up(program.maps.settings, program.first_place)
    program.jump_if(R0, "==", 0, "out")
    program.load(R1, R0, 0, 8)
    program.load_slot(R2, began)
    program.jump_if_register(R2, ">=", R1, "begun since")
    program.load_slot(R1, program.pid, 0, 4)
    program.store_slot(kind, R1, KIND.at["pid"], 4)
    program.read(kind, KIND.at["started_ns"], 8, R8, "task_struct.start_boottime")
    program.label("begun since")


def _find_status(program: Program, kind: Slot, is_last: Slot) -> None:
    """Fill in what the parent's wait(2) will say, as `wait_task_zombie` (kernel/exit.c) finds it."""
    program.load_slot(R1, is_last)
    program.jump_if(R1, "==", 0, "status known")
    program.read_register(R1, 4, R7, "signal_struct.flags")
    program.jump_if(R1, "has bit", _SIGNAL_GROUP_EXIT_BIT, "one status for all")
    program.read(kind, KIND.at["status"], 4, R8, "task_struct.exit_code")
    program.jump("status known")
    program.label("one status for all")
    program.read(kind, KIND.at["status"], 4, R7, "signal_struct.group_exit_code")
    program.label("status known")


def _tell_once(program: Program, began: Slot) -> None:
    """Let only the first of two last threads pass.

    While another thread is there, it may be one that finds no other alive as well: be noted as the first.
    With none left, it may have been one and is gone already: look for its note, but leave none.
    """
    identity = program.reserve(16)
    program.store_slot(identity, R7)
    program.load_slot(R1, began)
    program.store_slot(identity, R1, 8)
    program.read_register(R1, 4, R7, "signal_struct.nr_threads")
    program.jump_if(R1, "==", 1, "alone")
    program.update(program.maps.told, identity, began, UPDATE_NEW_ONLY)
    program.jump_if_error(R0, errno.EEXIST, "out")
    program.jump("told once")
    program.label("alone")
    program.look_up(program.maps.told, identity)
    program.jump_if(R0, "!=", 0, "out")
    program.label("told once")


def _count_end(program: Program, kind: Slot, zeros: Slot, began: Slot, starter_pid: Slot) -> None:
    program.count("ended_processes")
    program.delete(program.maps.starters, program.pid)
    program.find_sums(kind, zeros, "kinds full")
    program.copy(R8, R0)
    program.set(R1, 1)
    program.add_atomically(R8, SUMS.at["count"], R1)
    program.call(KTIME_GET_NS)
    program.load_slot(R1, began)
    program.subtract_register(R0, R1)
    program.add_atomically(R8, SUMS.at["life_ns"], R0)
    program.load_slot(R1, starter_pid, 0, 4)
    program.store(R8, SUMS.at["last_parent"], R1, 4)
    program.load(R2, R8, SUMS.at["first_parent"], 4)
    program.jump_if(R2, "!=", 0, "out")
    program.store(R8, SUMS.at["first_parent"], R1, 4)
    program.jump("out")
    program.label("kinds full")
    program.count("kinds_full")


def on_free(kernel: Kernel, maps: Maps) -> bytes:
    """sched_process_free(task), from RCU after its last run (kernel/exit.c, `delayed_put_task_struct`)."""
    program = Program(kernel, maps)
    kind, zeros = program.reserve(KIND.size), program.reserve(SUMS.size)
    task, signal, cpu = (program.reserve(8) for _ in range(3))
    program.clear(zeros)
    program.load(R6, R1, FIRST, 8)
    program.store_slot(task, R6)
    program.find_totals()
    program.look_up(maps.ending, task)
    program.jump_if(R0, "==", 0, "out")  # it ended before our time
    for offset in range(0, KIND.size, 8):
        program.load(R1, R0, ENDING.at["kind"] + offset, 8)
        program.store_slot(kind, R1, offset)
    program.load(R7, R0, ENDING.at["signal"], 8)
    program.store_slot(signal, R7)
    program.load(R8, R0, ENDING.at["leads"], 8)
    program.delete(maps.ending, task)
    program.copy(R3, R6)
    program.add(R3, kernel.at["task_struct.se"])
    program.read(cpu, 0, 8, R3, "sched_entity.sum_exec_runtime")
    _add_threads(program, signal, cpu)
    program.find_sums(kind, zeros, "kinds full")
    program.load_slot(R1, cpu)
    program.add_atomically(R0, SUMS.at["cpu_ns"], R1)
    program.jump("out")
    program.label("kinds full")
    program.load_slot(R1, cpu)
    program.add_atomically(R9, TOTALS.at["kinds_full_cpu_ns"], R1)
    return program.finish()


def _add_threads(program: Program, signal: Slot, cpu: Slot) -> None:
    """A thread of a living process leaves its time in `threads`; the leader (r8) takes up what is there.

    `signal` (r7) is there until the last of its threads is freed (kernel/fork.c, `__put_task_struct`).
    """
    threads = program.maps.threads
    program.jump_if(R8, "!=", 0, "leader")
    program.read_register(R1, 4, R7, "signal_struct.live")
    program.jump_if(R1, "==", 0, "time known")
    program.update(threads, signal, cpu, UPDATE_NEW_ONLY)
    program.jump_if(R0, "==", 0, "out")
    program.look_up(threads, signal)
    program.jump_if(R0, "==", 0, "threads full")
    program.load_slot(R1, cpu)
    program.add_atomically(R0, 0, R1)
    program.jump("out")
    program.label("threads full")
    program.count("threads_full")
    program.jump("out")
    program.label("leader")
    program.look_up(threads, signal)
    program.jump_if(R0, "==", 0, "time known")
    program.load(R1, R0, 0, 8)
    program.load_slot(R2, cpu)
    program.add_register(R1, R2)
    program.store_slot(cpu, R1)
    program.delete(threads, signal)
    program.label("time known")
