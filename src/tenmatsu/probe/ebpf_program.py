"""What our BPF programs do alike: read the kernel's memory, look up, count.

SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only  (see `ebpf_programs.py`)
"""

from tenmatsu.probe.bpf_assembler import R0, R1, R2, R3, R4, R7, R9, Assembler, Slot
from tenmatsu.probe.bpf_call import Map
from tenmatsu.probe.ebpf_kernel import Kernel
from tenmatsu.probe.ebpf_maps import COMM_BYTES, STARTER, TOTALS, Maps

# Helpers (include/uapi/linux/bpf.h, `enum bpf_func_id`).
LOOK_UP, UPDATE, DELETE = 1, 2, 3
KTIME_GET_NS, CURRENT_PID_TGID, CURRENT_UID_GID, CURRENT_COMM, CURRENT_CGROUP_ID = 5, 14, 15, 16, 80
PROBE_READ, PROBE_READ_STR = 4, 45
PROBE_READ_USER, PROBE_READ_KERNEL, PROBE_READ_KERNEL_STR = 112, 113, 115

UPDATE_ANY, UPDATE_NEW_ONLY = 0, 1
# A raw tracepoint's program is given its arguments, eight bytes each (`struct bpf_raw_tracepoint_args`).
FIRST, SECOND, THIRD = 0, 8, 16


class Program(Assembler):
    """The assembler, with what several programs do alike."""

    def __init__(self, kernel: Kernel, maps: Maps) -> None:
        super().__init__()
        self.kernel = kernel
        self.maps = maps
        self.word = self.reserve(8)
        self.pid = self.reserve(4)
        self.first_place = self.reserve(4)
        self.clear(self.first_place)

    def read(self, slot: Slot, offset: int, size: int, base: int, member: str) -> None:
        """Copy a member of the kernel's structure at `base` to the stack; zeros where it cannot be read."""
        self.copy(R3, base)
        self.add(R3, self.kernel.at[member])
        self.point_at(R1, slot, offset)
        self.set(R2, size)
        self.call(PROBE_READ_KERNEL if self.kernel.has_read_kernel else PROBE_READ)

    def read_register(self, register: int, size: int, base: int, member: str) -> None:
        """Register = a member of the kernel's structure at `base`."""
        self.read(self.word, 0, size, base, member)
        self.load_slot(register, self.word, 0, size)

    def look_up(self, where: Map, key: Slot) -> None:
        """r0 = address of the key's value, or 0."""
        self.load_map(R1, where.descriptor)
        self.point_at(R2, key)
        self.call(LOOK_UP)

    def update(self, where: Map, key: Slot, value: Slot, how: int) -> None:
        """Set the key's value; r0 is 0 if that was possible."""
        self.load_map(R1, where.descriptor)
        self.point_at(R2, key)
        self.point_at(R3, value)
        self.set(R4, how)
        self.call(UPDATE)

    def delete(self, where: Map, key: Slot) -> None:
        """Remove the key, if it is there."""
        self.load_map(R1, where.descriptor)
        self.point_at(R2, key)
        self.call(DELETE)

    def find_totals(self) -> None:
        """r9 = the counters, for the rest of the program."""
        self.look_up(self.maps.totals, self.first_place)
        self.jump_if(R0, "==", 0, "out")
        self.copy(R9, R0)

    def count(self, total: str) -> None:
        """Add one to a counter."""
        self.set(R1, 1)
        self.add_atomically(R9, TOTALS.at[total], R1)

    def count_if_refused(self, total: str, label: str) -> None:
        """After an update: add one to a counter where the map was full."""
        self.jump_if(R0, "==", 0, label)
        self.count(total)
        self.label(label)

    def load_own_pid(self) -> None:
        """Keep the current process' id (of its thread group) in `pid`."""
        self.call(CURRENT_PID_TGID)
        self.shift_right(R0, 32)
        self.store_slot(self.pid, R0, 0, 4)

    def name_starter(self, name: Slot, name_at: int, starter_pid: Slot, leader: int) -> None:
        """Write down name and pid of who started the current process; if not known, of who inherited it."""
        self.look_up(self.maps.starters, self.pid)
        self.jump_if(R0, "==", 0, "not seen forking")
        for offset in range(0, COMM_BYTES, 8):
            self.load(R1, R0, STARTER.at["name"] + offset, 8)
            self.store_slot(name, R1, name_at + offset)
        self.load(R1, R0, STARTER.at["pid"], 4)
        self.store_slot(starter_pid, R1, 0, 4)
        self.jump("starter named")
        self.label("not seen forking")
        self.read_register(R3, 8, leader, "task_struct.real_parent")
        self.read(self.word, 0, 8, R3, "task_struct.group_leader")
        self.load_slot(R3, self.word)
        self.read(starter_pid, 0, 4, R3, "task_struct.tgid")
        self.load_slot(R3, self.word)
        self.read(name, name_at, COMM_BYTES, R3, "task_struct.comm")
        self.label("starter named")

    def find_sums(self, kind: Slot, zeros: Slot, label_full: str) -> None:
        """r0 = the sums of this kind in the hash that is filled now, made if they are not there. Uses r7."""
        self.look_up(self.maps.kinds, self.first_place)
        self.jump_if(R0, "==", 0, label_full)
        self.copy(R7, R0)
        self._look_up_in(R7, kind)
        self.jump_if(R0, "!=", 0, "sums found")
        self.copy(R1, R7)
        self.point_at(R2, kind)
        self.point_at(R3, zeros)
        self.set(R4, UPDATE_NEW_ONLY)
        self.call(UPDATE)  # refused if another processor was faster: then they are there now
        self._look_up_in(R7, kind)
        self.jump_if(R0, "==", 0, label_full)
        self.label("sums found")

    def _look_up_in(self, where: int, key: Slot) -> None:
        self.copy(R1, where)
        self.point_at(R2, key)
        self.call(LOOK_UP)

    def finish(self) -> bytes:
        """End the program and return it."""
        self.label("out")
        self.exit()
        return self.assemble()
