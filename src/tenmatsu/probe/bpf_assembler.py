"""A small assembler for BPF: one method an instruction, labels, and names for what lies on the stack.

Source: Documentation/bpf/standardization/instruction-set.rst, include/uapi/linux/bpf.h. An instruction is
eight bytes: operation, two registers, a jump or memory offset, a constant.
"""

import struct
import sys
from typing import Dict, List, NamedTuple, Sequence, Tuple

# r0 holds what a helper returns; helpers take r1 to r5 and leave them undefined; r6 to r9 survive a call;
# r10 is the top of the 512 bytes of stack.
R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, TOP = range(11)

# Sizes of loads and stores.
_WIDTHS = {1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18}

_LD_IMM64, _LDX_MEM, _ST_MEM, _STX_MEM, _STX_ATOMIC = 0x18, 0x61, 0x62, 0x63, 0xC3
_ALU64, _BY_CONSTANT, _BY_REGISTER = 0x07, 0x00, 0x08
_ADD, _SUB, _AND, _RSH, _MOV = 0x00, 0x10, 0x50, 0x70, 0xB0
_ALWAYS, _CALL, _EXIT = 0x05, 0x85, 0x95
_JUMPS = {"==": 0x15, ">": 0x25, ">=": 0x35, "!=": 0x55, "<": 0xA5, "<=": 0xB5, "has bit": 0x45}
_JUMP_32_IF_EQUAL = 0x16
# A load of 64 bits whose constant is a map's file descriptor (BPF_PSEUDO_MAP_FD).
_MAP_DESCRIPTOR = 1
_STACK_BYTES = 512


class Layout:
    """Named fields one behind the other, as in a C structure; each at a multiple of its size (at most 8)."""

    def __init__(self, fields: Sequence[Tuple[str, int]]) -> None:
        self.at: Dict[str, int] = {}
        self.bytes_of: Dict[str, int] = dict(fields)
        self.size = 0
        for name, size in fields:
            step = min(size, 8)
            self.size += -self.size % step
            self.at[name] = self.size
            self.size += size
        self.size += -self.size % 8


class Slot(NamedTuple):
    """A place on the stack: how far below its top, and how large."""

    at: int
    size: int


class Assembler:
    """One program. Jumps go forward only, as every verifier wants them."""

    def __init__(self) -> None:
        self._code: List[Tuple[int, int, int, int, int]] = []
        self._jumps: List[Tuple[int, str]] = []
        self._labels: Dict[str, int] = {}
        self._depth = 0

    def reserve(self, size: int) -> Slot:
        """Set bytes of the stack aside, at a multiple of 8."""
        self._depth += size + -size % 8
        if self._depth > _STACK_BYTES:
            raise ValueError(f"a BPF program has {_STACK_BYTES} bytes of stack")
        return Slot(-self._depth, size)

    def label(self, name: str) -> None:
        """Let jumps to this name come here."""
        if name in self._labels:
            raise ValueError("a second label " + name)
        self._labels[name] = len(self._code)

    def set(self, register: int, constant: int) -> None:
        """Register = constant (32 bits, signed)."""
        self._emit(_ALU64 | _MOV | _BY_CONSTANT, register, 0, 0, constant)

    def copy(self, register: int, source: int) -> None:
        """Register = source."""
        self._emit(_ALU64 | _MOV | _BY_REGISTER, register, source)

    def add(self, register: int, constant: int) -> None:
        """Register += constant."""
        self._emit(_ALU64 | _ADD | _BY_CONSTANT, register, 0, 0, constant)

    def add_register(self, register: int, source: int) -> None:
        """Register += source."""
        self._emit(_ALU64 | _ADD | _BY_REGISTER, register, source)

    def subtract_register(self, register: int, source: int) -> None:
        """Register -= source."""
        self._emit(_ALU64 | _SUB | _BY_REGISTER, register, source)

    def keep_bits(self, register: int, constant: int) -> None:
        """Register &= constant."""
        self._emit(_ALU64 | _AND | _BY_CONSTANT, register, 0, 0, constant)

    def shift_right(self, register: int, bits: int) -> None:
        """Register >>= bits, unsigned."""
        self._emit(_ALU64 | _RSH | _BY_CONSTANT, register, 0, 0, bits)

    def point_at(self, register: int, slot: Slot, offset: int = 0) -> None:
        """Register = address of the place on the stack."""
        self.copy(register, TOP)
        self.add(register, slot.at + offset)

    def load(self, register: int, base: int, offset: int, size: int) -> None:
        """Register = the bytes at base + offset, the upper ones zero."""
        self._emit(_LDX_MEM | _WIDTHS[size], register, base, offset)

    def store(self, base: int, offset: int, register: int, size: int) -> None:
        """Store the register's lower bytes at base + offset."""
        self._emit(_STX_MEM | _WIDTHS[size], base, register, offset)

    def store_constant(self, base: int, offset: int, constant: int, size: int) -> None:
        """Store a constant at base + offset."""
        self._emit(_ST_MEM | _WIDTHS[size], base, 0, offset, constant)

    def add_atomically(self, base: int, offset: int, register: int) -> None:
        """Add the register to the eight bytes at base + offset, whole beside other processors."""
        self._emit(_STX_ATOMIC | _WIDTHS[8], base, register, offset)

    def load_map(self, register: int, descriptor: int) -> None:
        """Register = the map with this file descriptor."""
        self._emit(_LD_IMM64, register, _MAP_DESCRIPTOR, 0, descriptor)
        self._emit(0, 0, 0)

    def load_slot(self, register: int, slot: Slot, offset: int = 0, size: int = 8) -> None:
        """Register = the bytes on the stack."""
        self.load(register, TOP, slot.at + offset, size)

    def store_slot(self, slot: Slot, register: int, offset: int = 0, size: int = 8) -> None:
        """Store the register's lower bytes on the stack."""
        self.store(TOP, slot.at + offset, register, size)

    def clear(self, slot: Slot) -> None:
        """Zero a place on the stack: the verifier lets nobody read what was never written."""
        for offset in range(0, slot.size, 8):
            self.store_constant(TOP, slot.at + offset, 0, 8)

    def call(self, helper: int) -> None:
        """Call a helper by its number (the list in include/uapi/linux/bpf.h)."""
        self._emit(_CALL, 0, 0, 0, helper)

    def jump(self, label: str) -> None:
        """Go on at the label."""
        self._jumps.append((len(self._code), label))
        self._emit(_ALWAYS, 0, 0)

    def jump_if(self, register: int, condition: str, constant: int, label: str) -> None:
        """Go on at the label if the comparison with the constant (unsigned) holds."""
        self._jumps.append((len(self._code), label))
        self._emit(_JUMPS[condition], register, 0, 0, constant)

    def jump_if_register(self, register: int, condition: str, other: int, label: str) -> None:
        """Go on at the label if the comparison with the other register holds."""
        self._jumps.append((len(self._code), label))
        self._emit(_JUMPS[condition] | _BY_REGISTER, register, other)

    def jump_if_error(self, register: int, number: int, label: str) -> None:
        """Go on at the label if a helper returned this error, compared as 32 bits.

        Before Linux 6.4 the functions behind map updates returned an int: the upper half means nothing.
        """
        self._jumps.append((len(self._code), label))
        self._emit(_JUMP_32_IF_EQUAL, register, 0, 0, -number)

    def exit(self) -> None:
        """End, with 0: that is all a tracing program may say."""
        self.set(R0, 0)
        self._emit(_EXIT, 0, 0)

    def _emit(self, operation: int, target: int, source: int, offset: int = 0, constant: int = 0) -> None:
        self._code.append((operation, target, source, offset, constant))

    def assemble(self) -> bytes:
        """Return the program. Raises KeyError for a jump to a label that is not there."""
        code = list(self._code)
        for place, label in self._jumps:
            operation, target, source, _, constant = code[place]
            code[place] = (operation, target, source, self._labels[label] - place - 1, constant)
        return b"".join(_encode(*one) for one in code)


def _encode(operation: int, target: int, source: int, offset: int, constant: int) -> bytes:
    # The two registers are C bit fields in one byte: which half comes first follows the byte order.
    registers = target | source << 4 if sys.byteorder == "little" else target << 4 | source
    return struct.pack("=BBhi", operation, registers, offset, constant)
