"""`/proc/cpuinfo`: what the processor calls itself, and whether it says that a hypervisor is below.

Source: Linux arch/*/kernel/cpu/proc.c and setup.c; the names of the lines differ by architecture.
"""

from dataclasses import dataclass

from tenmatsu.errors import ParseError

_MODELS = (b"model name", b"Processor", b"cpu model", b"cpu", b"Model", b"vendor_id")


@dataclass(frozen=True, kw_only=True, slots=True)
class CpuInfo:
    """The first processor. `hypervisor` is CPUID's bit (x86, since Linux 2.6.29); False elsewhere."""

    model: str
    vendor: str
    hypervisor: bool


def parse_cpuinfo(text: bytes) -> CpuInfo:
    """Return what stands of the first processor."""
    found: dict[bytes, bytes] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(b":")
        if colon:
            found.setdefault(name.strip(), value.strip())
    if not found:
        raise ParseError("/proc/cpuinfo", repr(text[:60]))
    model = next((found[name] for name in _MODELS if name in found), b"")
    return CpuInfo(
        model=model.decode("utf-8", "replace"),
        vendor=found.get(b"vendor_id", b"").decode("utf-8", "replace"),
        hypervisor=b"hypervisor" in found.get(b"flags", b"").split(),
    )
