"""The four BPF programs, and what their maps hold. This is all that runs inside the kernel.

SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only  (the kernel lends its reading helpers to GPL programs
only)

    sched_process_fork   counts forks; remembers who started each process sched_process_exec   keeps one
    example a kind: path and command line sched_process_exit   counts the end of a process, when its last
    thread goes; notes for each thread whose it was sched_process_free   adds the CPU time: only here it is
    complete

Why two tracepoints for an end. At `exit` a task still runs: its last slice, for a process of a tenth of a
millisecond most of all it ever used, is not in `se.sum_exec_runtime` yet. At `free` it is; but `free` comes
from RCU, seconds later under load, and so must not count.

Whose CPU: a process' CPU is its own and that of all its threads, over any number of execs, under the name
that it had when it ended. `signal->sum_sched_runtime` would have the threads' too, but each without its
last slice (kernel/exit.c, `__exit_signal`), so every thread's own is added up: while its process lives, in
`threads`, by the process' `signal`; after that directly.
"""

from typing import List, Tuple

from tenmatsu.probe.ebpf_kernel import Kernel
from tenmatsu.probe.ebpf_maps import Maps
from tenmatsu.probe.ebpf_on_end import on_exit, on_free
from tenmatsu.probe.ebpf_on_start import on_exec, on_fork


def make_programs(kernel: Kernel, maps: Maps) -> List[Tuple[str, bytes]]:
    """Return (tracepoint, program) in the order to attach: no `free` of a noted end may go unseen."""
    return [
        ("sched_process_free", on_free(kernel, maps)),
        ("sched_process_exit", on_exit(kernel, maps)),
        ("sched_process_fork", on_fork(kernel, maps)),
        ("sched_process_exec", on_exec(kernel, maps)),
    ]
