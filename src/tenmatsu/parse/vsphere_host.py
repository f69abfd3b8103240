"""A host and a datastore as vSphere tells them, as values."""

from collections.abc import Iterable, Iterator
from typing import Any

from tenmatsu.model.below import Health, HostFacts, Sensor, StoreFacts
from tenmatsu.parse.vsphere_row import Row, reference

HOST_PATHS = (
    "name",
    "parent",
    "summary.hardware",
    "summary.config.product",
    "runtime.bootTime",
    "runtime.connectionState",
    "runtime.inMaintenanceMode",
    "runtime.healthSystemRuntime",
    "config.autoStart",
    "config.network.vnic",
)
STORE_PATHS = ("summary", "host")
CLUSTER_PATHS = ("configuration.dasConfig.enabled",)

_MEGA = 1_000_000
# vSphere colours its sensors; "unknown" is its own answer for a part that tells no state.
_HEALTH = {"green": Health.GOOD, "yellow": Health.WARNING, "red": Health.BAD}


def make_host(row: Row, *, clustered: bool, licence: str = "") -> HostFacts:
    """Return a host. `booted` is by the server's clock."""
    hardware, product = row.get("summary.hardware"), row.get("summary.config.product")
    autostart = getattr(row.get("config.autoStart"), "defaults", None)
    return HostFacts(
        key=row.key,
        name=row.get("name") or row.key,
        uuid=(getattr(hardware, "uuid", None) or "").lower(),
        addresses=tuple(_host_addresses(row.get("config.network.vnic"))),
        model=" ".join(filter(None, (getattr(hardware, one, None) for one in ("vendor", "model")))),
        version=getattr(product, "fullName", None) or "",
        cores=getattr(hardware, "numCpuCores", None),
        threads=getattr(hardware, "numCpuThreads", None),
        core_hertz=_scaled(getattr(hardware, "cpuMhz", None), _MEGA),
        memory_bytes=getattr(hardware, "memorySize", None),
        booted=row.get("runtime.bootTime"),
        connected=row.get("runtime.connectionState") in (None, "connected"),
        maintenance=row.get("runtime.inMaintenanceMode"),
        autostart=getattr(autostart, "enabled", None),
        clustered=clustered,
        licence=licence,
        sensors=tuple(_sensors(row.get("runtime.healthSystemRuntime"))),
    )


def make_store(row: Row) -> StoreFacts:
    """Return a datastore."""
    summary = row.get("summary")
    return StoreFacts(
        key=row.key,
        name=getattr(summary, "name", None) or row.key,
        kind=(getattr(summary, "type", None) or "").lower(),
        hosts=tuple(reference(mount.key) for mount in row.get("host") or ()),
        capacity_bytes=getattr(summary, "capacity", None),
        free_bytes=getattr(summary, "freeSpace", None),
        accessible=getattr(summary, "accessible", None),
    )


def store_instance(row: Row) -> str:
    """Return by what counters call a datastore: the last part of its URL (`ds:///vmfs/volumes/UUID/`)."""
    url = getattr(row.get("summary"), "url", None) or ""
    return str(url).rstrip("/").rpartition("/")[2]


def startups(row: Row) -> Iterator[tuple[str, Any]]:
    """Yield (guest's key, its place) of a host's own start order."""
    for place in getattr(row.get("config.autoStart"), "powerInfo", None) or ():
        yield reference(place.key), place


def _host_addresses(cards: Iterable[Any] | None) -> Iterator[str]:
    for card in cards or ():
        address = getattr(getattr(card.spec, "ip", None), "ipAddress", None)
        if address:
            yield address


def _sensors(health: Any) -> Iterator[Sensor]:  # noqa: ANN401 - a value of the server's own kinds
    numeric = getattr(getattr(health, "systemHealthInfo", None), "numericSensorInfo", None)
    for one in numeric or ():
        yield Sensor(name=one.name, health=_state(one.healthState), reading=_reading(one))
    status = getattr(health, "hardwareStatusInfo", None)
    for group in ("memoryStatusInfo", "cpuStatusInfo", "storageStatusInfo"):
        for part in getattr(status, group, None) or ():
            yield Sensor(name=part.name, health=_state(part.status))


def _state(described: Any) -> Health:  # noqa: ANN401 - as above
    return _HEALTH.get((getattr(described, "key", None) or "").lower(), Health.UNKNOWN)


def _reading(sensor: Any) -> str:  # noqa: ANN401 - as above
    units = (sensor.baseUnits or "").strip()
    if not units or sensor.currentReading is None:
        return ""  # a discrete sensor: its number says nothing to a person
    value = sensor.currentReading * 10.0 ** (sensor.unitModifier or 0)
    return f"{value:g} {units}"


def _scaled(value: float | None, by: float) -> float | None:
    return None if value is None else value * by
