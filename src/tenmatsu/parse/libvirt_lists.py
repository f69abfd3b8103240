"""What virsh prints in lines: lists of guests, version, the host's figures, snapshots, addresses, pools.

Source: virsh(1), libvirt 1.2 to 10; in the C locale. What is not a line of the list is passed over.
"""

import re
from datetime import datetime
from typing import NamedTuple

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_GUEST = re.compile(rf"^({_UUID})[ \t]+(\S.*?)[ \t]*$", re.MULTILINE)
_ONLY_UUID = re.compile(rf"^({_UUID})[ \t]*$", re.MULTILINE)
_COLON = re.compile(r"^([A-Za-z][^:\n]*):[ \t]+(\S.*?)[ \t]*$", re.MULTILINE)
_SNAPSHOT = re.compile(r"^ *(.+?) {2,}(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}) +\w+ *$", re.MULTILINE)
_ADDRESS = re.compile(
    r"\b((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\s+ipv[46]\s+([0-9a-fA-F.:]+)/\d+\s*$", re.MULTILINE
)
_ARP = re.compile(r"^([\d.]+)\s+0x\w+\s+0x[^0]\w*\s+((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\s", re.MULTILINE)
_POOL = re.compile(
    r"^ (\S.*?) {2,}(running|inactive|\S+) +(yes|no) +(yes|no) +(\S+) (\w+) +(\S+) (\w+) +(\S+) (\w+) *$",
    re.MULTILINE,
)
_SIZES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50}


class Pool(NamedTuple):
    """A storage pool. None where its sizes are not told: it is not running."""

    name: str
    running: bool
    capacity_bytes: int | None
    free_bytes: int | None


def parse_guest_names(text: bytes) -> dict[str, str]:
    """Return names by UUID (`list --uuid --name`)."""
    return dict(_GUEST.findall(_text(text)))


def parse_uuids(text: bytes) -> frozenset[str]:
    """Return the UUIDs (`list --uuid`)."""
    return frozenset(_ONLY_UUID.findall(_text(text)))


def parse_colon_lines(text: bytes) -> dict[str, str]:
    """Return values by their word (`version`, `nodeinfo`)."""
    return dict(_COLON.findall(_text(text)))


def parse_snapshots(text: bytes) -> list[tuple[str, datetime]]:
    """Return (name, when taken) of each (`snapshot-list`)."""
    return [(name, _time(taken)) for name, taken in _SNAPSHOT.findall(_text(text))]


def parse_addresses(text: bytes) -> list[tuple[str, str]]:
    """Return (MAC, address) of each line (`domifaddr`)."""
    return [(mac, address) for mac, address in _ADDRESS.findall(_text(text))]


def parse_arp(text: bytes) -> list[tuple[str, str]]:
    """Return (MAC, address) of the host's complete ARP entries (/proc/net/arp)."""
    return [(mac, address) for address, mac in _ARP.findall(_text(text))]


def parse_pools(text: bytes) -> list[Pool]:
    """Return the storage pools (`pool-list --all --details`)."""
    return [_pool(fields) for fields in _POOL.findall(_text(text))]


def _pool(fields: tuple[str, ...]) -> Pool:
    return Pool(fields[0], fields[1] == "running", _size(*fields[4:6]), _size(*fields[8:10]))


def _size(number: str, unit: str) -> int | None:
    try:
        return round(float(number) * _SIZES[unit])
    except (ValueError, KeyError, OverflowError):
        return None


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")


def _text(text: bytes) -> str:
    return text.decode("utf-8", "backslashreplace")
