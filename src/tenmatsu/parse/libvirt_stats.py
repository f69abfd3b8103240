"""`virsh domstats --raw`: the figures of all guests, one block each. Source: virsh(1), domstats."""

import re

_HEAD = re.compile(r"^Domain: '(.*)'$")
# The figures of disks and interfaces stand beside their names: block.0.name, net.1.name.
_NAME = re.compile(r"(block|net)\.(\d+)\.name")

Stats = dict[str, str]


def parse_domain_stats(text: bytes) -> dict[str, Stats]:
    """Return the fields of each guest by its name; later blocks of the same name are left out."""
    found: dict[str, Stats] = {}
    fields: Stats = {}
    for line in text.decode("utf-8", "backslashreplace").splitlines():
        if head := _HEAD.match(line):
            fields = found.setdefault(head[1], {}) if head[1] not in found else {}
        key, equals, value = line.strip().partition("=")
        if equals:
            fields.setdefault(key, value)
    return found


def find_number(stats: Stats, key: str) -> int | None:
    """Return a figure, or None where it was not given or is none."""
    value = stats.get(key, "")
    return int(value) if re.fullmatch(r"-?\d{1,20}", value, re.ASCII) else None


def for_each_vcpu(stats: Stats) -> list[str]:
    """Return the prefixes of the vCPUs that are told of: `vcpu.0`, …."""
    return [key.removesuffix(".time") for key in stats if re.fullmatch(r"vcpu\.\d+\.time", key)]


def for_each_device(stats: Stats, kind: str) -> list[tuple[str, str]]:
    """Return (prefix, name) of each disk (`block`) or interface (`net`): `block.0`, `vda`."""
    named = ((_NAME.fullmatch(key), value) for key, value in stats.items())
    return [(f"{kind}.{key[2]}", value) for key, value in named if key and key[1] == kind]
