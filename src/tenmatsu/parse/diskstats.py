"""`/proc/diskstats`: requests and time by block device.

Source: Linux Documentation/admin-guide/iostats.rst.
"""

from typing import NamedTuple

from tenmatsu.errors import ParseError

_OLD_PARTITION_FIELDS = 7


class DiskStat(NamedTuple):
    """Counters since boot; times in milliseconds. `busy_ms` is time with any request in flight."""

    name: str
    reads: int
    read_ms: int
    writes: int
    write_ms: int
    in_flight: int
    busy_ms: int


def parse_diskstats(text: bytes) -> list[DiskStat]:
    """Return one entry a device and partition.

    Kernels before 2.6.25 give partitions four figures, none of them a time: those are left out.
    """
    rows = (line for line in text.splitlines() if line.strip())
    return [_parse_line(line) for line in rows if len(line.split()) != _OLD_PARTITION_FIELDS]


def _parse_line(line: bytes) -> DiskStat:
    fields = line.split()
    try:
        numbers = [int(field) for field in fields[3:14]]
        return DiskStat(
            fields[2].decode("utf-8", "backslashreplace"),
            numbers[0],
            numbers[3],
            numbers[4],
            numbers[7],
            numbers[8],
            numbers[9],
        )
    except (ValueError, IndexError) as bad:
        raise ParseError("diskstats", repr(line[:60])) from bad
