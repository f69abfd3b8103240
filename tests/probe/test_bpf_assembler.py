"""The assembler: each instruction as the kernel's documents have it."""

import struct
import sys

import pytest

from tenmatsu.probe.bpf_assembler import R0, R1, R2, R6, TOP, Assembler, Layout


def decoded(program: Assembler) -> list[tuple[int, int, int, int, int]]:
    found = []
    for operation, registers, offset, constant in struct.iter_unpack("=BBhi", program.assemble()):
        low, high = registers & 15, registers >> 4
        target, source = (low, high) if sys.byteorder == "little" else (high, low)
        found.append((operation, target, source, offset, constant))
    return found


def test_each_instruction_is_as_documented() -> None:
    program = Assembler()
    program.set(R1, -1)
    program.copy(R6, R1)
    program.add(R1, 8)
    program.add_register(R1, R6)
    program.subtract_register(R1, R6)
    program.keep_bits(R1, 0xFF)
    program.shift_right(R0, 32)
    program.load(R2, R6, 16, 4)
    program.store(TOP, -8, R2, 8)
    program.store_constant(TOP, -16, 7, 8)
    program.add_atomically(R0, 8, R1)
    program.load_map(R1, 5)
    program.call(113)
    program.exit()
    assert decoded(program) == [
        (0xB7, 1, 0, 0, -1),
        (0xBF, 6, 1, 0, 0),
        (0x07, 1, 0, 0, 8),
        (0x0F, 1, 6, 0, 0),
        (0x1F, 1, 6, 0, 0),
        (0x57, 1, 0, 0, 255),
        (0x77, 0, 0, 0, 32),
        (0x61, 2, 6, 16, 0),
        (0x7B, 10, 2, -8, 0),
        (0x7A, 10, 0, -16, 7),
        (0xDB, 0, 1, 8, 0),
        (0x18, 1, 1, 0, 5),
        (0x00, 0, 0, 0, 0),
        (0x85, 0, 0, 0, 113),
        (0xB7, 0, 0, 0, 0),
        (0x95, 0, 0, 0, 0),
    ]


def test_jumps_go_to_their_labels() -> None:
    program = Assembler()
    program.jump_if(R0, "==", 0, "out")
    program.jump_if_register(R1, "<", R2, "out")
    program.jump("out")
    program.jump_if_error(R0, 17, "out")
    program.label("out")
    program.exit()
    assert [one[:4] for one in decoded(program)[:4]] == [
        (0x15, 0, 0, 3),
        (0xAD, 1, 2, 2),
        (0x05, 0, 0, 1),
        (0x16, 0, 0, 0),
    ]
    assert decoded(program)[3][4] == -17


def test_mistakes_are_noticed() -> None:
    program = Assembler()
    program.jump("nowhere")
    program.label("here")
    with pytest.raises(KeyError):
        program.assemble()
    with pytest.raises(ValueError, match="here"):
        program.label("here")
    with pytest.raises(ValueError, match="stack"):
        program.reserve(513)


def test_a_layout_is_that_of_a_c_structure() -> None:
    layout = Layout([("name", 16), ("pid", 4), ("time", 8), ("code", 4)])
    assert layout.at == {"name": 0, "pid": 16, "time": 24, "code": 32}
    assert layout.size == 40


def test_the_stack_is_set_aside_in_eights() -> None:
    program = Assembler()
    assert [program.reserve(size).at for size in (4, 16, 1)] == [-8, -24, -32]
