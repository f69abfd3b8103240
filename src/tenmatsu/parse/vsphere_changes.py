"""What a change of watched properties says: which happening it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tenmatsu.model.below import Change
from tenmatsu.model.evidence import Value

WATCHED: Mapping[str, Sequence[str]] = {
    "VirtualMachine": (
        "runtime.powerState",
        "runtime.host",
        "config.cpuAllocation.limit",
        "guest.toolsRunningStatus",
    ),
    "HostSystem": ("runtime.connectionState", "runtime.inMaintenanceMode"),
}
_POWER = {"poweredOn": Change.STARTED, "poweredOff": Change.STOPPED, "suspended": Change.SUSPENDED}
_TOOLS_RUN = ("guestToolsRunning", "guestToolsExecutingScripts")


def compare(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[Change, Mapping[str, Value]]]:
    """Yield what happened between two states of one object. What either does not tell is no change."""

    def changed(path: str) -> bool:
        told = before.get(path) is not None and after.get(path) is not None
        return told and before[path] != after[path]

    if changed("runtime.powerState") and (change := _POWER.get(str(after["runtime.powerState"]))):
        yield change, {}
    if changed("runtime.host"):
        yield Change.MIGRATED, {}
    if changed("config.cpuAllocation.limit"):
        limits = before["config.cpuAllocation.limit"], after["config.cpuAllocation.limit"]
        yield Change.LIMIT_CHANGED, {"limit_before_mhz": limits[0], "limit_mhz": limits[1]}
    ran = before.get("guest.toolsRunningStatus") in _TOOLS_RUN
    if ran and changed("guest.toolsRunningStatus") and after.get("runtime.powerState") == "poweredOn":
        yield Change.TOOLS_STOPPED, {}
    if changed("runtime.connectionState") and after["runtime.connectionState"] != "connected":
        yield Change.HOST_LOST, {"state": str(after["runtime.connectionState"])}
    if changed("runtime.inMaintenanceMode"):
        yield Change.MAINTENANCE, {"on": bool(after["runtime.inMaintenanceMode"])}
