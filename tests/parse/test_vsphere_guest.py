"""A guest, a host and a datastore as vSphere tells them: what is told, what is not, and what was withheld."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pyVmomi import vim

from tenmatsu.model.below import Health, Power
from tenmatsu.parse.vsphere_guest import Surroundings, make_guest, snapshot_sizes
from tenmatsu.parse.vsphere_host import make_host, make_store, startups, store_instance
from tenmatsu.parse.vsphere_lacks import NO_RIGHT, NOT_TOLD, find_lacks
from tenmatsu.parse.vsphere_row import Row, to_ours

MHZ = 2_400_000_000.0


def guest(**paths: Any) -> Row:
    values = {path.replace("__", "."): value for path, value in paths.items()}
    return Row(kind="VirtualMachine", key="vm-1", values=values)


def allocation(limit: int | None) -> Any:
    return vim.ResourceAllocationInfo(limit=limit, reservation=600, shares=vim.SharesInfo(shares=1000))


def test_limit_is_told_in_cores_of_the_host() -> None:
    facts = make_guest(guest(config__cpuAllocation=allocation(1200)), Surroundings(core_hertz=MHZ))
    assert (facts.cpu_limit_cores, facts.cpu_limit_text, facts.cpu_limit_told) == (0.5, "1200 MHz", True)
    assert (facts.cpu_reserved_cores, facts.cpu_shares) == (0.25, 1000)


def test_no_limit_is_not_the_same_as_a_limit_that_nobody_saw() -> None:
    none = make_guest(guest(config__cpuAllocation=allocation(-1)), Surroundings(core_hertz=MHZ))
    assert (none.cpu_limit_cores, none.cpu_limit_text, none.cpu_limit_told) == (None, "", True)
    unseen = make_guest(guest(), Surroundings(core_hertz=MHZ))
    assert (unseen.cpu_limit_cores, unseen.cpu_limit_told) == (None, False)
    no_speed = make_guest(guest(config__cpuAllocation=allocation(1200)), Surroundings())
    assert (no_speed.cpu_limit_cores, no_speed.cpu_limit_text, no_speed.cpu_limit_told) == (
        None,
        "1200 MHz",
        False,
    )


def test_a_guest_whose_host_is_away_has_no_known_power() -> None:
    states = {"runtime__powerState": "poweredOn", "runtime__connectionState": "disconnected"}
    assert make_guest(guest(**states), Surroundings()).power is Power.UNKNOWN
    states["runtime__connectionState"] = "connected"
    assert make_guest(guest(**states), Surroundings()).power is Power.ON


def test_tools_and_steal() -> None:
    stopped = make_guest(guest(guest__toolsRunningStatus="guestToolsNotRunning"), Surroundings())
    absent = make_guest(
        guest(
            guest__toolsRunningStatus="guestToolsNotRunning",
            guest__toolsVersionStatus2="guestToolsNotInstalled",
        ),
        Surroundings(),
    )
    assert (stopped.tools, absent.tools, stopped.steal_told) == ("stopped", "absent", None)
    on = [vim.option.OptionValue(key="stealclock.enable", value="TRUE")]
    assert make_guest(guest(config__extraConfig=on), Surroundings()).steal_told is True
    assert make_guest(guest(config__extraConfig=[]), Surroundings()).steal_told is False


def test_marks_of_a_guest() -> None:
    facts = make_guest(
        guest(
            config__uuid="564D0000-1111-2222-3333-444455556666",
            config__hardware__device=[
                vim.vm.device.VirtualDisk(key=2000),
                vim.vm.device.VirtualE1000(key=4000, macAddress="00:50:56:AB:CD:EF"),
            ],
            guest__net=[vim.vm.GuestInfo.NicInfo(ipAddress=["192.0.2.5", "fe80::1"])],
            guest__ipAddress="192.0.2.5",
        ),
        Surroundings(),
    )
    assert facts.uuid == "564d0000-1111-2222-3333-444455556666"
    assert facts.macs == ("00:50:56:ab:cd:ef",)
    assert facts.addresses == ("192.0.2.5", "fe80::1")


def snapshot_tree(*names: str) -> list[Any]:
    """A chain: each snapshot is the child of the one before."""
    if not names:
        return []
    made = datetime(2026, 3, 1, tzinfo=UTC)
    own = vim.vm.Snapshot(f"snapshot-{names[0]}", None)
    children = snapshot_tree(*names[1:])
    return [vim.vm.SnapshotTree(name=names[0], createTime=made, snapshot=own, childSnapshotList=children)]


def disk(*files: int) -> list[Any]:
    layout = vim.vm.FileLayoutEx
    return [layout.DiskLayout(key=2000, chain=[layout.DiskUnit(fileKey=[key]) for key in files])]


def test_a_snapshot_takes_what_was_written_since() -> None:
    layout = vim.vm.FileLayoutEx
    sizes = {0: 8_000, 1: 300, 2: 70, 5: 11, 6: 12}
    told = layout(
        file=[layout.FileInfo(key=key, size=size, name=f"{key}", type="x") for key, size in sizes.items()],
        disk=disk(0, 1, 2),
        snapshot=[
            layout.SnapshotLayout(
                key=vim.vm.Snapshot("snapshot-a", None), dataKey=5, memoryKey=-1, disk=disk(0)
            ),
            layout.SnapshotLayout(
                key=vim.vm.Snapshot("snapshot-b", None), dataKey=6, memoryKey=-1, disk=disk(0, 1)
            ),
        ],
    )
    info = vim.vm.SnapshotInfo(
        currentSnapshot=vim.vm.Snapshot("snapshot-b", None), rootSnapshotList=snapshot_tree("a", "b")
    )
    assert snapshot_sizes(told, info) == (("snapshot-a", 311), ("snapshot-b", 82))
    around = Surroundings(snapshot_sizes=snapshot_sizes(told, info))
    facts = make_guest(guest(snapshot=info), around)
    assert [(one.name, one.size_bytes) for one in facts.snapshots or ()] == [("a", 311), ("b", 82)]


def test_snapshots_that_may_not_be_read_are_not_none() -> None:
    row = Row(kind="VirtualMachine", key="vm-1", withheld={"snapshot": "NoPermission"})
    assert make_guest(row, Surroundings()).snapshots is None
    assert make_guest(guest(), Surroundings()).snapshots == ()


def test_lacks_name_the_right_or_the_version_and_are_few() -> None:
    one = Row(kind="VirtualMachine", key="vm-1", withheld={"snapshot": "NoPermission"})
    old = Row(kind="HostSystem", key="host-1", withheld={"config.autoStart": "InvalidProperty"})
    right, version = find_lacks([one, old])
    assert (right.key, right.why) == ("vm-1", NO_RIGHT)
    assert (version.key, version.why) == ("host-1", NOT_TOLD)
    many = [
        Row(kind="VirtualMachine", key=f"vm-{n}", withheld={"snapshot": "NoPermission"}) for n in range(9)
    ]
    assert [lack.key for lack in find_lacks(many)] == [""]


def test_host_with_sensors_and_start_order() -> None:
    info = vim.host.AutoStartManager
    config = info.Config(
        defaults=info.SystemDefaults(enabled=True),
        powerInfo=[
            info.AutoPowerInfo(
                key=vim.VirtualMachine("vm-1", None),
                startOrder=2,
                startDelay=30,
                stopDelay=-1,
                startAction="powerOn",
                waitForHeartbeat="yes",
                stopAction="guestShutdown",
            )
        ],
    )
    state = vim.ElementDescription(key="Yellow", label="", summary="")
    temperature = vim.host.NumericSensorInfo(
        name="CPU 1", healthState=state, currentReading=8150, unitModifier=-2, baseUnits="Degrees C"
    )
    door = vim.host.NumericSensorInfo(name="Door", currentReading=1, unitModifier=0, baseUnits="")
    health = vim.host.SystemHealthInfo(numericSensorInfo=[temperature, door])
    row = Row(
        kind="HostSystem",
        key="host-1",
        values={
            "name": "esx1",
            "config.autoStart": config,
            "runtime.healthSystemRuntime": vim.host.HealthStatusSystem.Runtime(systemHealthInfo=health),
            "summary.hardware": vim.host.Summary.HardwareSummary(cpuMhz=2400, numCpuCores=4),
            "runtime.connectionState": "notResponding",
        },
    )
    host = make_host(row, clustered=False)
    assert (host.core_hertz, host.cores, host.autostart, host.connected) == (MHZ, 4, True, False)
    assert [(one.name, one.health, one.reading) for one in host.sensors] == [
        ("CPU 1", Health.WARNING, "81.5 Degrees C"),
        ("Door", Health.UNKNOWN, ""),
    ]
    place = dict(startups(row))["vm-1"]
    startup = make_guest(guest(), Surroundings(startup=place)).startup
    assert startup is not None
    assert (startup.order, startup.start_delay_seconds, startup.stop_delay_seconds) == (2, 30.0, None)
    assert startup.waits_for_heartbeat is True


def test_store_and_by_what_counters_call_it() -> None:
    summary = vim.Datastore.Summary(
        name="ssd", type="VMFS", capacity=100, freeSpace=40, accessible=True, url="ds:///vmfs/volumes/5f-ab/"
    )
    mount = vim.Datastore.HostMount(key=vim.HostSystem("host-1", None))
    row = Row(kind="Datastore", key="ds-1", values={"summary": summary, "host": [mount]})
    store = make_store(row)
    assert (store.name, store.kind, store.hosts, store.free_bytes) == ("ssd", "vmfs", ("host-1",), 40)
    assert store_instance(row) == "5f-ab"


def test_times_become_ours() -> None:
    told = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
    assert to_ours(told, timedelta(hours=1)) == datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
    assert to_ours(told.replace(tzinfo=None), timedelta(0)) == told
    never = datetime(1, 1, 1, tzinfo=UTC)
    assert to_ours(never, timedelta(hours=1)) == never
