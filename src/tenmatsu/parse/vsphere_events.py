"""vSphere's events and tasks as happenings: told by their effect on the guest or host."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tenmatsu.model.below import Change, Happening
from tenmatsu.model.evidence import Value
from tenmatsu.parse.vsphere_row import reference, to_ours

_EVENTS: Mapping[str, Change] = {
    "VmPoweredOnEvent": Change.STARTED,
    "DrsVmPoweredOnEvent": Change.STARTED,
    "VmPoweredOffEvent": Change.STOPPED,
    "VmSuspendedEvent": Change.SUSPENDED,
    "VmResumingEvent": Change.RESUMED,
    "VmResettingEvent": Change.RESTARTED,
    "VmGuestRebootEvent": Change.RESTARTED,
    "VmRestartedOnAlternateHostEvent": Change.RESTARTED,
    "VmMigratedEvent": Change.MIGRATED,
    "DrsVmMigratedEvent": Change.MIGRATED,
    "VmRelocatedEvent": Change.MIGRATED,
    "VmReconfiguredEvent": Change.RECONFIGURED,
    "VmCreatedEvent": Change.CREATED,
    "VmClonedEvent": Change.CREATED,
    "VmDeployedEvent": Change.CREATED,
    "VmRegisteredEvent": Change.CREATED,
    "VmRemovedEvent": Change.REMOVED,
    "HostShutdownEvent": Change.HOST_STOPPED,
    "HostConnectionLostEvent": Change.HOST_LOST,
    "HostDisconnectedEvent": Change.HOST_LOST,
    "DasHostFailedEvent": Change.HOST_LOST,
    "EnteredMaintenanceModeEvent": Change.MAINTENANCE,
    "EnteringMaintenanceModeEvent": Change.MAINTENANCE,
    "ExitMaintenanceModeEvent": Change.MAINTENANCE,
    "AlarmStatusChangedEvent": Change.ALARM,
}
# Events that newer versions name by a text (vim.event.EventEx), by how that begins.
_NAMED: tuple[tuple[str, Change], ...] = (
    ("esx.audit.host.boot", Change.HOST_STARTED),
    ("esx.audit.shutdown", Change.HOST_STOPPED),
    ("esx.problem", Change.ALARM),
    ("com.vmware.vc.HA.DasHostFailed", Change.HOST_LOST),
)
# What a task says it does (`TaskInfo.descriptionId`).
_TASKS: Mapping[str, Change] = {
    "VirtualMachine.powerOn": Change.STARTED,
    "VirtualMachine.powerOff": Change.STOPPED,
    "VirtualMachine.suspend": Change.SUSPENDED,
    "VirtualMachine.reset": Change.RESTARTED,
    "VirtualMachine.migrate": Change.MIGRATED,
    "VirtualMachine.relocate": Change.MIGRATED,
    "VirtualMachine.reconfigure": Change.RECONFIGURED,
    "VirtualMachine.createSnapshot": Change.SNAPSHOT_TAKEN,
    "VirtualMachine.removeSnapshot": Change.SNAPSHOT_REMOVED,
    "VirtualMachine.removeAllSnapshots": Change.SNAPSHOT_REMOVED,
    "VirtualMachine.destroy": Change.REMOVED,
    "HostSystem.reboot": Change.HOST_STOPPED,
    "HostSystem.shutdown": Change.HOST_STOPPED,
    "HostSystem.enterMaintenanceMode": Change.MAINTENANCE,
    "HostSystem.exitMaintenanceMode": Change.MAINTENANCE,
}
# `config.cpuAllocation.limit: -1 -> 2000;` as the server writes a change since API 6.5.
_LIMIT_CHANGE = re.compile(r"cpuAllocation\.limit: (-?\d+|<unset>) -> (-?\d+|<unset>)")
# An event and its task tell of the same thing when their times are no further apart than this.
_SAME = timedelta(seconds=5)


def make_happening(event: Any, clock_offset: timedelta) -> Happening | None:  # noqa: ANN401 - pyVmomi's
    """Return what an event says, in our clock; None for one that is of no guest and no host, or only talk."""
    change, attributes = _change_of(event)
    key = _whose(event)
    if change is None or not key:
        return None
    return Happening(
        key=key,
        change=change,
        time=to_ours(event.createdTime, clock_offset),
        message=event.fullFormattedMessage or "",
        who=event.userName or "",
        attributes=attributes,
    )


def make_task_happening(info: Any, clock_offset: timedelta) -> Happening | None:  # noqa: ANN401 - as above
    """Return what a task does or did; None for one that changes no guest and no host."""
    change = _TASKS.get(info.descriptionId or "")
    began = info.startTime or info.queueTime
    if change is None or info.entity is None or began is None:
        return None
    failure = info.error
    return Happening(
        key=reference(info.entity),
        change=change,
        time=to_ours(began, clock_offset),
        message=str(getattr(failure, "msg", None) or ""),
        who=getattr(info.reason, "userName", None) or "",
        ended=to_ours(info.completeTime, clock_offset) if info.completeTime else None,
        failed=str(info.state) == "error",
    )


def join_tasks(events: Iterable[Happening], tasks: Iterable[Happening]) -> list[Happening]:
    """Return all of it once, oldest first: an event that is a task's own takes its end and its failure."""
    found = list(events)
    for task in tasks:
        place = next((n for n, event in enumerate(found) if _is_of(event, task)), None)
        if place is None:
            found.append(task)
        else:
            began = min(found[place].time, task.time)
            found[place] = replace(found[place], time=began, ended=task.ended, failed=task.failed)
    return sorted(found, key=lambda one: one.time)


def _is_of(event: Happening, task: Happening) -> bool:
    kind = Change.RECONFIGURED if event.change is Change.LIMIT_CHANGED else event.change
    last = (task.ended or event.time) + _SAME
    return (event.key, kind) == (task.key, task.change) and task.time - _SAME <= event.time <= last


def _change_of(event: Any) -> tuple[Change | None, Mapping[str, Value]]:  # noqa: ANN401 - as above
    name = type(event).__name__.rpartition(".")[2]
    if name == "TaskEvent":
        change = _TASKS.get(event.info.descriptionId or "")
        return (change, {}) if change in (Change.SNAPSHOT_TAKEN, Change.SNAPSHOT_REMOVED) else (None, {})
    if name in ("EventEx", "ExtendedEvent"):
        told = event.eventTypeId or ""
        return next((change for start, change in _NAMED if told.startswith(start)), None), {"event": told}
    if name == "VmReconfiguredEvent":
        limit = dict(_limit_change(event))
        return (Change.LIMIT_CHANGED, limit) if limit else (Change.RECONFIGURED, {})
    return _EVENTS.get(name), {}


def _limit_change(event: Any) -> Iterator[tuple[str, Value]]:  # noqa: ANN401 - as above
    """Yield the limit before and after, in MHz: -1 is none. Older servers tell only what was asked for."""
    told = _LIMIT_CHANGE.search(getattr(event.configChanges, "modified", None) or "")
    if told:
        before, after = (one.replace("<unset>", "-1") for one in told.groups())
        yield "limit_before_mhz", int(before)
        yield "limit_mhz", int(after)
        return
    asked = getattr(getattr(event.configSpec, "cpuAllocation", None), "limit", None)
    if asked is not None:
        yield "limit_mhz", asked


def _whose(event: Any) -> str:  # noqa: ANN401 - as above
    if event.vm is not None:
        return reference(event.vm.vm)
    if event.host is not None:
        return reference(event.host.host)
    return reference(event.ds.datastore) if event.ds is not None else ""
