"""BTF: the kernel's own description of its structures, so that no compiler and no headers are needed.

Source: Documentation/bpf/btf.rst. /sys/kernel/btf/vmlinux holds about 130,000 types in 5 MB. They are
walked, not turned into objects, and only as far as needed: the scheduler's types stand near the beginning.
"""

import struct
from array import array
from typing import Dict, NamedTuple, Optional, Sequence, Tuple

_MAGIC = 0xEB9F
# struct btf_header: magic, version, flags, hdr_len, type_off, type_len, str_off, str_len
_HEADER = struct.Struct("=HBBIIIII")

# Kinds (include/uapi/linux/btf.h) that are asked for here.
_PTR, _STRUCT, _UNION, _TYPEDEF, _FUNC_PROTO = 2, 4, 5, 8, 13
# Words that follow the three of every type: as many as stand here ...
_MORE_WORDS = {1: 1, 3: 3, 14: 1, 17: 1}  # INT, ARRAY, VAR, DECL_TAG
# ... or as many for each of its members: STRUCT, UNION, DATASEC and ENUM64 three, ENUM and FUNC_PROTO two.
_WORDS_A_MEMBER = {4: 3, 5: 3, 15: 3, 19: 3, 6: 2, 13: 2}
_KINDS = 32


class NotThere(Exception):
    """This kernel's BTF has no such structure or member."""


class Member(NamedTuple):
    """Where a member stands in its structure, and the id of its type."""

    offset_bytes: int
    type_id: int


class Btf:
    """One BTF file. Ask by name; what was walked once is not walked again."""

    def __init__(self, data: bytes) -> None:
        """Raises ValueError where the bytes are not BTF of this machine's byte order."""
        if len(data) < _HEADER.size:
            raise ValueError("BTF is cut off")
        magic, _, _, length, types_at, types_size, names_at, names_size = _HEADER.unpack_from(data)
        if magic != _MAGIC:
            raise ValueError("not BTF")
        begin, end = length + types_at, length + types_at + types_size
        if types_size % 4 or max(end, length + names_at + names_size) > len(data):
            raise ValueError("BTF is cut off")
        self._types = memoryview(data)[begin:end].cast("I")
        self._data = data
        self._names: Tuple[int, int] = (length + names_at, length + names_at + names_size)
        self._walked = array("I")  # where each type stands, from id 1 on
        self._next = 0
        self._known: Dict[Tuple[int, str], int] = {}
        self._more = [_MORE_WORDS.get(kind, 0) for kind in range(_KINDS)]
        self._per_member = [_WORDS_A_MEMBER.get(kind, 0) for kind in range(_KINDS)]

    def find_structs(self, names: Sequence[str]) -> Dict[str, int]:
        """Return where each structure stands, all in one walk. Raises NotThere."""
        return self._find(_STRUCT, names)

    def find_member(self, where: int, name: str) -> Member:
        """Return a member of the structure that stands there; members without a name are looked into."""
        found = self._find_member(where, self._find_name(name), 0)
        if found is None:
            raise NotThere("no member " + name)
        return found

    def has_member(self, where: int, name: str) -> bool:
        """Tell whether the structure that stands there has such a member."""
        try:
            self.find_member(where, name)
        except NotThere:
            return False
        return True

    def count_arguments(self, typedef: str) -> int:
        """Return how many arguments the function has to which this type is a pointer. Raises NotThere."""
        at = self._find(_TYPEDEF, (typedef,))[typedef]
        for kind in (_PTR, _FUNC_PROTO):
            at = self._position_of(self._types[at + 2])
            if self._kind(at) != kind:
                raise NotThere(typedef + " is not a function's")
        return self._members(at)

    def _find(self, kind: int, names: Sequence[str]) -> Dict[str, int]:
        wanted = {self._find_name(name): name for name in names}
        found: Dict[str, int] = {}
        type_id = 1
        while len(found) < len(wanted):
            if type_id > len(self._walked) and not self._walk_on():
                missing = sorted(set(names) - set(found))
                raise NotThere("no structure or type " + missing[0])
            at = self._walked[type_id - 1]
            type_id += 1
            name = wanted.get(self._types[at])
            if name is not None and self._kind(at) == kind and self._members(at) + (kind == _TYPEDEF):
                found[name] = at
        return found

    def _find_name(self, name: str) -> int:
        """Return the name's offset: each stands once among the names."""
        at: int = self._data.find(b"\0" + name.encode("ascii") + b"\0", *self._names)
        if at < 0:
            raise NotThere("no " + name)
        return at + 1 - self._names[0]

    def _find_member(self, where: int, name_at: int, base_bits: int) -> Optional[Member]:
        flagged = self._types[where + 1] >> 31  # then the upper eight bits are a bit field's size
        for at in range(where + 3, where + 3 + 3 * self._members(where), 3):
            name, type_id, bits = self._types[at], self._types[at + 1], self._types[at + 2]
            bits = base_bits + (bits & 0xFFFFFF if flagged else bits)
            if name == name_at:
                return Member(bits // 8, type_id)
            if name == 0:
                inner = self._position_of(type_id)
                if self._kind(inner) in (_STRUCT, _UNION):
                    found = self._find_member(inner, name_at, bits)
                    if found is not None:
                        return found
        return None

    def _kind(self, at: int) -> int:
        return (self._types[at + 1] >> 24) & 31

    def _members(self, at: int) -> int:
        return self._types[at + 1] & 0xFFFF

    def _position_of(self, type_id: int) -> int:
        while len(self._walked) < type_id:
            if not self._walk_on():
                raise NotThere(f"no type {type_id}")
        return self._walked[type_id - 1]

    def _walk_on(self) -> bool:
        """Walk over some more types. The one loop here that must be fast."""
        types, more, per_member, append = self._types, self._more, self._per_member, self._walked.append
        at, end = self._next, min(self._next + _WORDS_AT_ONCE, len(types))
        if at >= len(types):
            return False
        while at < end:
            append(at)
            info = types[at + 1]
            kind = info >> 24 & 31
            at += 3 + more[kind] + per_member[kind] * (info & 0xFFFF)
        self._next = at
        return True


# How much is walked before looking again whether all was found.
_WORDS_AT_ONCE = 1 << 15
