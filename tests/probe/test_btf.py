"""BTF: made by hand for its corners, and this kernel's own."""

import struct
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.probe.btf import Btf, NotThere
from tenmatsu.probe.ebpf_kernel import find_offsets

VMLINUX = Path("/sys/kernel/btf/vmlinux")
INT, PTR, STRUCT, UNION, ENUM, FWD, TYPEDEF, PROTO = 1, 2, 4, 5, 6, 7, 8, 13


class Maker:
    """Writes BTF: types get their ids in order, from 1 on."""

    def __init__(self) -> None:
        self.names = b"\0"
        self.types = b""

    def name(self, text: str) -> int:
        if not text:
            return 0
        whole = b"\0" + text.encode() + b"\0"
        at = self.names.find(whole)
        if at < 0:
            at = len(self.names) - 1
            self.names += whole[1:]
        return at + 1

    def add(
        self, kind: int, name: str, size_or_type: int, members: int = 0, flag: int = 0, more: bytes = b""
    ) -> None:
        head = struct.pack("=III", self.name(name), kind << 24 | members | flag << 31, size_or_type)
        self.types += head + more

    def struct(
        self, name: str, members: list[tuple[str, int, int]], kind: int = STRUCT, flag: int = 0
    ) -> None:
        more = b"".join(struct.pack("=III", self.name(one), type_id, bits) for one, type_id, bits in members)
        self.add(kind, name, 64, len(members), flag, more)

    def data(self) -> bytes:
        header = struct.pack(
            "=HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(self.types), len(self.types), len(self.names)
        )
        return header + self.types + self.names


def made() -> Btf:
    maker = Maker()
    maker.add(INT, "int", 4, more=struct.pack("=I", 32))  # 1
    maker.struct("task", [("comm", 1, 0), ("", 3, 64), ("flags", 1, 32 << 24 | 512)], flag=1)  # 2
    maker.struct("", [("", 4, 0), ("state", 1, 128)])  # 3: without a name, within task
    maker.struct("", [("deep", 1, 32)], kind=UNION)  # 4
    maker.add(FWD, "later", 0)  # 5
    maker.add(ENUM, "colour", 4, 2, more=struct.pack("=IiIi", 1, 0, 1, 1))  # 6
    maker.add(PROTO, "", 0, 3, more=bytes(24))  # 7
    maker.add(PTR, "", 7)  # 8
    maker.add(TYPEDEF, "trace_exit", 8)  # 9
    maker.add(TYPEDEF, "no_function", 1)  # 10
    maker.struct("later", [("comm", 1, 8)])  # 11
    return Btf(maker.data())


def test_members_are_found_also_within_members_without_a_name() -> None:
    btf = made()
    task = btf.find_structs(["task", "later"])["task"]
    offsets = {name: btf.find_member(task, name).offset_bytes for name in ("comm", "state", "deep", "flags")}
    assert offsets == {"comm": 0, "state": 8 + 16, "deep": 8 + 4, "flags": 64}


def test_a_structure_is_not_its_announcement() -> None:
    btf = made()
    assert btf.find_member(btf.find_structs(["later"])["later"], "comm").offset_bytes == 1


def test_arguments_of_a_tracepoint_are_counted() -> None:
    assert made().count_arguments("trace_exit") == 3


@pytest.mark.parametrize("name", ["nothing", "int", "colour"])
def test_what_is_no_structure_is_not_there(name: str) -> None:
    with pytest.raises(NotThere):
        made().find_structs([name])


def test_what_is_no_member_is_not_there() -> None:
    btf = made()
    task = btf.find_structs(["task"])["task"]
    assert not btf.has_member(task, "colour")
    with pytest.raises(NotThere):
        btf.find_member(task, "no such name")
    with pytest.raises(NotThere):
        btf.count_arguments("no_function")


@pytest.mark.parametrize("data", [b"", b"\x9f\xeb", bytes(24), b"\xeb\x9f" + bytes(22)])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="BTF"):
        Btf(data)


@given(st.binary(max_size=200), st.integers(min_value=0, max_value=400))
def test_damaged_btf_is_noticed(noise: bytes, at: int) -> None:
    maker = Maker()
    maker.struct("task", [("comm", 1, 0), ("", 1, 64)])
    data = maker.data()
    hurt = data[:at] + noise + data[at + len(noise) :]
    try:
        btf = Btf(hurt)
        btf.find_member(btf.find_structs(["task"])["task"], "flags")
    except (NotThere, ValueError, IndexError):
        pass


@pytest.mark.skipif(not VMLINUX.exists(), reason="this kernel does not describe its structures")
def test_this_kernels_offsets_are_found_soon_and_without_much_memory() -> None:
    data = VMLINUX.read_bytes()
    tracemalloc.start()
    began = time.process_time()
    offsets = find_offsets(Btf(data))
    seconds = time.process_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert offsets["signal_struct.live"] > 0
    assert offsets["mm_struct.arg_end"] == offsets["mm_struct.arg_start"] + 8
    assert seconds < 1  # tracing memory makes it several times slower; bench/capture.py measures
    assert peak < 4_000_000
