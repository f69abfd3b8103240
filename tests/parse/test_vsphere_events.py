"""Events, tasks and watched properties as happenings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pyVmomi import vim

from tenmatsu.model.below import Change
from tenmatsu.parse.vsphere_changes import compare
from tenmatsu.parse.vsphere_events import join_tasks, make_happening, make_task_happening

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NONE = timedelta(0)
GUEST = vim.event.VmEventArgument(name="web1", vm=vim.VirtualMachine("vm-1", None))
HOST = vim.event.HostEventArgument(name="esx1", host=vim.HostSystem("host-1", None))


def event(kind: str, **more: Any) -> Any:
    return getattr(vim.event, kind)(**{"key": 1, "createdTime": NOW, "userName": "ada", "vm": GUEST} | more)


def task(kind: str, **more: Any) -> Any:
    values = {
        "descriptionId": kind,
        "entity": vim.VirtualMachine("vm-1", None),
        "state": "success",
        "queueTime": NOW,
        "startTime": NOW - timedelta(seconds=3),
        "completeTime": NOW,
    }
    return vim.TaskInfo(**(values | more))


def changed(kind: str, **more: Any) -> Change | None:
    happening = make_happening(event(kind, **more), NONE)
    return happening.change if happening else None


def test_events_by_their_effect() -> None:
    assert changed("VmPoweredOnEvent") is Change.STARTED
    assert changed("VmResettingEvent") is Change.RESTARTED
    assert changed("DrsVmMigratedEvent") is Change.MIGRATED
    assert changed("EventEx", vm=None, host=HOST, eventTypeId="esx.audit.host.boot") is Change.HOST_STARTED
    assert changed("EventEx", eventTypeId="vim.event.Nothing") is None
    assert changed("VmStartingEvent") is None
    assert changed("VmPoweredOnEvent", vm=None) is None


def test_an_event_keeps_who_and_what_in_our_clock() -> None:
    told = event("VmPoweredOffEvent", fullFormattedMessage="web1 is powered off")
    happening = make_happening(told, timedelta(hours=1))
    assert happening is not None
    assert (happening.key, happening.who, happening.message) == ("vm-1", "ada", "web1 is powered off")
    assert happening.time == NOW - timedelta(hours=1)


def test_a_new_limit_is_told_with_the_old_one_where_the_server_has_it() -> None:
    text = "config.cpuAllocation.limit: -1 -> 600; \n config.name: a -> b;"
    changes = vim.event.ChangesInfoEventArgument(modified=text, added="", deleted="")
    newer = make_happening(event("VmReconfiguredEvent", configChanges=changes), NONE)
    assert newer is not None
    assert newer.change is Change.LIMIT_CHANGED
    assert newer.attributes == {"limit_before_mhz": -1, "limit_mhz": 600}
    spec = vim.vm.ConfigSpec(cpuAllocation=vim.ResourceAllocationInfo(limit=600))
    older = make_happening(event("VmReconfiguredEvent", configSpec=spec), NONE)
    assert older is not None
    assert older.attributes == {"limit_mhz": 600}
    assert changed("VmReconfiguredEvent", configSpec=vim.vm.ConfigSpec()) is Change.RECONFIGURED


def test_a_task_gives_its_event_an_end() -> None:
    info = task("VirtualMachine.reconfigure", state="error")
    done = make_task_happening(info, NONE)
    told = make_happening(event("VmReconfiguredEvent"), NONE)
    assert done is not None
    assert told is not None
    (joined,) = join_tasks([told], [done])
    assert (joined.who, joined.ended, joined.failed) == ("ada", NOW, True)
    assert joined.time == NOW - timedelta(seconds=3)


def test_a_task_without_an_event_stands_by_itself() -> None:
    snapshot = make_task_happening(task("VirtualMachine.createSnapshot", completeTime=None), NONE)
    assert snapshot is not None
    told = make_happening(event("VmPoweredOnEvent"), NONE)
    assert told is not None
    assert [one.change for one in join_tasks([told], [snapshot])] == [Change.SNAPSHOT_TAKEN, Change.STARTED]
    assert snapshot.ended is None
    assert make_task_happening(task("Folder.rename"), NONE) is None


def test_what_is_watched_tells_changes_only_where_both_are_known() -> None:
    before = {"runtime.powerState": "poweredOn", "guest.toolsRunningStatus": "guestToolsRunning"}
    assert [c for c, _ in compare(before, before | {"guest.toolsRunningStatus": "guestToolsNotRunning"})] == [
        Change.TOOLS_STOPPED
    ]
    off = {"runtime.powerState": "poweredOff", "guest.toolsRunningStatus": "guestToolsNotRunning"}
    assert [c for c, _ in compare(before, off)] == [Change.STOPPED]
    assert list(compare({}, before)) == []
    limits = [{"config.cpuAllocation.limit": limit} for limit in (-1, 600)]
    assert list(compare(*limits)) == [(Change.LIMIT_CHANGED, {"limit_before_mhz": -1, "limit_mhz": 600})]
