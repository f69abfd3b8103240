"""What virsh prints in lines: lists of guests, version, the host's figures, snapshots, addresses, pools.

Source: virsh(1), libvirt 1.2 to 10; in the C locale. What is not a line of the list is passed over.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from math import isfinite
from typing import NamedTuple

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_ADDRESS = re.compile(r"([0-9a-fA-F.:]{2,45})/\d{1,3}")
_TAKEN = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}) +[\w-]+$")
_GAP = re.compile(r" {2,}")
# Names are short; a longer line is no line of a list.
_LONGEST = 1000
_POOL_FIELDS = 7
_SIZES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50}


class Pool(NamedTuple):
    """A storage pool. None where its sizes are not told: it is not running."""

    name: str
    running: bool
    capacity_bytes: int | None
    free_bytes: int | None


def parse_guest_names(text: bytes) -> dict[str, str]:
    """Return names by UUID (`list --uuid --name`)."""
    found = (line.partition(" ") for line in _lines(text))
    return {uuid: name.strip() for uuid, _, name in found if _UUID.fullmatch(uuid) and name.strip()}


def parse_uuids(text: bytes) -> frozenset[str]:
    """Return the UUIDs (`list --uuid`)."""
    return frozenset(line for line in _lines(text) if _UUID.fullmatch(line))


def parse_colon_lines(text: bytes) -> dict[str, str]:
    """Return values by their word (`version`, `nodeinfo`)."""
    found = (line.partition(":") for line in _lines(text))
    return {word: value.strip() for word, _, value in found if value.strip()}


def parse_snapshots(text: bytes) -> list[tuple[str, datetime]]:
    """Return (name, when taken) of each (`snapshot-list`)."""
    found = []
    for line in _lines(text):
        taken = _TAKEN.search(line)
        if taken and line[: taken.start()].strip():
            with suppress(ValueError):
                time = datetime.strptime(taken[1], "%Y-%m-%d %H:%M:%S %z")
                found.append((line[: taken.start()].strip(), time))
    return found


def parse_addresses(text: bytes) -> list[tuple[str, str]]:
    """Return (MAC, address) of each line (`domifaddr`); a card's further addresses stand after dashes."""
    found, mac = [], ""
    for line in _lines(text):
        fields = line.split()
        address = _ADDRESS.fullmatch(fields[-1]) if len(fields) > 3 else None
        if address is None:
            continue
        mac = fields[-3] if fields[-3] != "-" else mac
        if _MAC.fullmatch(mac):
            found.append((mac, address[1]))
    return found


def parse_arp(text: bytes) -> list[tuple[str, str]]:
    """Return (MAC, address) of the host's complete ARP entries (/proc/net/arp)."""
    rows = (line.split() for line in _lines(text))
    return [(row[3], row[0]) for row in rows if len(row) > 4 and row[2] != "0x0" and _MAC.fullmatch(row[3])]


def parse_pools(text: bytes) -> list[Pool]:
    """Return the storage pools (`pool-list --all --details`)."""
    rows = (_GAP.split(line) for line in _lines(text))
    return [_pool(row) for row in rows if len(row) >= _POOL_FIELDS and {row[-5], row[-4]} <= {"yes", "no"}]


def _pool(row: list[str]) -> Pool:
    return Pool("  ".join(row[:-6]), row[-6] == "running", _size(row[-3]), _size(row[-1]))


def _size(text: str) -> int | None:
    number, _, unit = text.partition(" ")
    try:
        found = float(number) * _SIZES[unit]
    except (ValueError, KeyError):
        return None
    return round(found) if isfinite(found) else None


def _lines(text: bytes) -> Iterator[str]:
    lines = (
        line.decode("utf-8", "backslashreplace").strip() for line in text.splitlines() if len(line) < _LONGEST
    )
    return (line for line in lines if line)
