"""A small cluster as Proxmox VE would tell of it: two nodes, three virtual machines, a container, storages.

The shapes are those of the API's schema (Proxmox VE 9.2), and where the schema is silent (`ballooninfo`,
`blockstat`, rows of `rrddata`, the guest agent) those of PVE/QemuServer.pm, PVE/LXC.pm and pvestatd.
"""

from __future__ import annotations

import time
from typing import Any

GIBIBYTE = 1 << 30
WEB_UUID = "6d0a4a0e-52bd-4b8a-a0f4-1f5c7f7c2f10"
DB_UUID = "9f4d2f7a-0c55-4c6e-9d0e-3b8c7a1e5d22"
WEB_MAC = "bc:24:11:0a:0b:0c"
POWER = {"VM.Audit": 1, "VM.PowerMgmt": 1, "Sys.Audit": 1, "Datastore.Audit": 1}
READ = {"VM.Audit": 1, "Sys.Audit": 1, "Datastore.Audit": 1}


def make_answers(now: float | None = None) -> dict[str, Any]:
    """What each path of the API answers, without its envelope."""
    now = time.time() if now is None else now
    return {
        "/version": {"release": "9.0", "repoid": "f8b45d9a", "version": "9.0.11"},
        "/access/permissions": {path: dict(READ) for path in ("/", "/vms", "/nodes", "/storage")},
        "/cluster/resources": make_resources(),
        "/cluster/status": [
            {"type": "cluster", "id": "cluster", "name": "home", "nodes": 2, "quorate": 1, "version": 2},
            {"type": "node", "id": "node/pve1", "name": "pve1", "ip": "192.0.2.11", "online": 1, "nodeid": 1},
            {"type": "node", "id": "node/pve2", "name": "pve2", "ip": "192.0.2.12", "online": 1, "nodeid": 2},
        ],
        "/cluster/ha/status/current": [
            {"id": "quorum", "type": "quorum", "node": "pve1", "status": "OK", "quorate": 1},
            {
                "id": "lrm:pve1",
                "type": "lrm",
                "node": "pve1",
                "status": "pve1 (active)",
                "timestamp": int(now),
            },
            {
                "id": "lrm:pve2",
                "type": "lrm",
                "node": "pve2",
                "status": "pve2 (maintenance mode)",
                "timestamp": int(now),
            },
        ],
        **{f"/nodes/{node}/status": make_node_status() for node in ("pve1", "pve2")},
        **{f"/nodes/{node}/rrddata": make_node_rows(now) for node in ("pve1", "pve2")},
        "/nodes/pve1/tasks": make_tasks(now),
        "/nodes/pve2/tasks": [],
        **make_web("/nodes/pve1/qemu/100", now),
        **make_db("/nodes/pve1/qemu/101", now),
        **make_proxy("/nodes/pve2/lxc/200", now),
        **make_old("/nodes/pve2/qemu/300"),
    }


def make_resources() -> list[dict[str, Any]]:
    node = {"type": "node", "status": "online", "maxcpu": 8, "maxmem": 32 * GIBIBYTE, "uptime": 864000}
    guest = {
        "status": "running",
        "maxmem": 2 * GIBIBYTE,
        "maxdisk": 32 * GIBIBYTE,
        "template": 0,
        "uptime": 3600,
    }
    moved = {"netin": 1000, "netout": 2000, "diskread": 3000, "diskwrite": 4000}
    store = {"type": "storage", "status": "available", "maxdisk": 100 * GIBIBYTE, "disk": 40 * GIBIBYTE}
    return [
        {**node, "id": "node/pve1", "node": "pve1", "cpu": 0.125, "mem": 12 * GIBIBYTE},
        {**node, "id": "node/pve2", "node": "pve2", "cpu": 0.25, "mem": 8 * GIBIBYTE},
        {
            **guest,
            **moved,
            "type": "qemu",
            "id": "qemu/100",
            "vmid": 100,
            "name": "web1",
            "node": "pve1",
            "cpu": 0.25,
            "maxcpu": 2,
            "mem": GIBIBYTE,
            "hastate": "started",
        },
        {
            **guest,
            **moved,
            "type": "qemu",
            "id": "qemu/101",
            "vmid": 101,
            "name": "db1",
            "node": "pve1",
            "cpu": 0.5,
            "maxcpu": 4,
            "mem": GIBIBYTE,
        },
        {
            **guest,
            **moved,
            "type": "lxc",
            "id": "lxc/200",
            "vmid": 200,
            "name": "proxy",
            "node": "pve2",
            "cpu": 0.1,
            "maxcpu": 1,
            "mem": 256 << 20,
        },
        {
            **guest,
            "type": "qemu",
            "id": "qemu/300",
            "vmid": 300,
            "name": "old",
            "node": "pve2",
            "status": "stopped",
            "uptime": 0,
            "cpu": 0,
            "maxcpu": 1,
            "mem": 0,
        },
        {
            **guest,
            "type": "qemu",
            "id": "qemu/900",
            "vmid": 900,
            "name": "image",
            "node": "pve1",
            "template": 1,
        },
        {
            **store,
            "id": "storage/pve1/local-lvm",
            "storage": "local-lvm",
            "node": "pve1",
            "plugintype": "lvmthin",
        },
        {
            **store,
            "id": "storage/pve2/local-lvm",
            "storage": "local-lvm",
            "node": "pve2",
            "plugintype": "lvmthin",
        },
        {
            **store,
            "id": "storage/pve1/nas",
            "storage": "nas",
            "node": "pve1",
            "plugintype": "nfs",
            "shared": 1,
        },
        {
            **store,
            "id": "storage/pve2/nas",
            "storage": "nas",
            "node": "pve2",
            "plugintype": "nfs",
            "shared": 1,
        },
    ]


def make_node_status() -> dict[str, Any]:
    return {
        "pveversion": "pve-manager/9.0.11/3bf5476b8a4699e2",
        "cpu": 0.125,
        "cpuinfo": {"cores": 4, "cpus": 8, "sockets": 1, "model": "Intel(R) Xeon(R) E-2314 CPU @ 2.80GHz"},
        "memory": {
            "total": 32 * GIBIBYTE,
            "used": 12 * GIBIBYTE,
            "free": 20 * GIBIBYTE,
            "available": 20 * GIBIBYTE,
        },
        "boot-info": {"mode": "efi"},
        "current-kernel": {
            "sysname": "Linux",
            "release": "6.14.8-2-pve",
            "version": "#1 SMP",
            "machine": "x86_64",
        },
        "loadavg": ["0.55", "0.61", "0.60"],
        "rootfs": {"total": 100, "used": 40, "avail": 60, "free": 60},
    }


def make_web(path: str, now: float) -> dict[str, Any]:
    """A virtual machine under a limit, with a snapshot, an agent, and part of its memory in the balloon."""
    return {
        f"{path}/config": {
            "name": "web1",
            "ostype": "l26",
            "sockets": 1,
            "cores": 2,
            "cpulimit": 0.5,
            "cpuunits": 100,
            "memory": "2048",
            "balloon": 1024,
            "onboot": 1,
            "startup": "order=2,up=30,down=60",
            "smbios1": f"uuid={WEB_UUID}",
            "agent": "enabled=1,fstrim_cloned_disks=1",
            "net0": f"virtio={WEB_MAC.upper()},bridge=vmbr0,firewall=1",
            "scsi0": "local-lvm:vm-100-disk-0,size=32G,iothread=1",
            "ide2": "nas:iso/debian.iso,media=cdrom,size=600M",
            "parent": "before",
            "digest": "0123456789abcdef0123456789abcdef01234567",
        },
        f"{path}/status/current": make_status(100, "web1"),
        f"{path}/snapshot": [
            {"name": "before", "snaptime": int(now) - 7200, "description": "", "vmstate": 0},
            {"name": "current", "description": "You are here!", "parent": "before"},
        ],
        f"{path}/agent/network-get-interfaces": {
            "result": [
                {"name": "lo", "ip-addresses": [{"ip-address": "127.0.0.1", "ip-address-type": "ipv4"}]},
                {
                    "name": "eth0",
                    "hardware-address": WEB_MAC,
                    "ip-addresses": [
                        {"ip-address": "192.0.2.100", "ip-address-type": "ipv4", "prefix": 24},
                        {"ip-address": "fe80::1", "ip-address-type": "ipv6", "prefix": 64},
                    ],
                },
            ]
        },
        f"{path}/rrddata": make_guest_rows(now, cpu=0.25, maxcpu=2),
    }


def make_status(vmid: int, name: str, *, reads: int = 100, read_ns: int = 200_000_000) -> dict[str, Any]:
    """`status/current` of a running virtual machine; half a gibibyte is in the balloon."""
    return {
        "vmid": vmid,
        "name": name,
        "status": "running",
        "qmpstatus": "running",
        "ha": {"managed": 0},
        "cpu": 0.25,
        "cpus": 2,
        "maxmem": 2 * GIBIBYTE,
        "mem": GIBIBYTE,
        "memhost": GIBIBYTE + GIBIBYTE // 2,
        "uptime": 3600,
        "pressurecpusome": 41.5,
        "pressurecpufull": 0,
        "pressureiosome": 1.0,
        "pressureiofull": 0,
        "pressurememorysome": 0,
        "pressurememoryfull": 0,
        "ballooninfo": {
            "max_mem": 2 * GIBIBYTE,
            "actual": 2 * GIBIBYTE - GIBIBYTE // 2,
            "total_mem": 2 * GIBIBYTE - GIBIBYTE // 2,
            "free_mem": GIBIBYTE // 4,
        },
        "blockstat": {
            "scsi0": {
                "rd_operations": reads,
                "rd_total_time_ns": read_ns,
                "wr_operations": 0,
                "wr_total_time_ns": 0,
                "failed_rd_operations": 2,
                "failed_wr_operations": 1,
                "failed_flush_operations": 0,
                "rd_bytes": 3000,
                "wr_bytes": 4000,
            }
        },
    }


def make_db(path: str, now: float) -> dict[str, Any]:
    """A virtual machine without a limit whose agent is not switched on."""
    return {
        f"{path}/config": {
            "name": "db1",
            "ostype": "l26",
            "sockets": 2,
            "cores": 2,
            "memory": "current=4096",
            "smbios1": f"uuid={DB_UUID}",
            "net0": "virtio=BC:24:11:0A:0B:0D,bridge=vmbr0",
            "ipconfig0": "ip=192.0.2.101/24,gw=192.0.2.1",
            "scsi0": "nas:101/vm-101-disk-0.qcow2,size=32G",
            "digest": "0123456789abcdef0123456789abcdef01234567",
        },
        f"{path}/status/current": make_status(101, "db1"),
        f"{path}/snapshot": [{"name": "current", "description": "You are here!"}],
        f"{path}/rrddata": make_guest_rows(now, cpu=0.5, maxcpu=4),
    }


def make_proxy(path: str, now: float) -> dict[str, Any]:
    """A container with a limit of its own."""
    return {
        f"{path}/config": {
            "hostname": "proxy",
            "ostype": "debian",
            "cores": 1,
            "cpulimit": 0.75,
            "memory": 512,
            "net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:0A:0B:0E,ip=192.0.2.200/24,type=veth",
            "rootfs": "local-lvm:vm-200-disk-0,size=8G",
            "mp0": "/srv/shared,mp=/srv",
            "digest": "0123456789abcdef0123456789abcdef01234567",
        },
        f"{path}/status/current": {
            "vmid": 200,
            "name": "proxy",
            "status": "running",
            "ha": {"managed": 0},
            "cpu": 0.1,
            "cpus": 1,
            "maxmem": 512 << 20,
            "mem": 256 << 20,
            "uptime": 3600,
            "pressurecpusome": 0,
            "pressureiosome": 0,
            "pressurememorysome": 0,
        },
        f"{path}/snapshot": [{"name": "current", "description": "You are here!"}],
        f"{path}/interfaces": [
            {"name": "lo", "hwaddr": "00:00:00:00:00:00", "inet": "127.0.0.1/8"},
            {
                "name": "eth0",
                "hwaddr": "bc:24:11:0a:0b:0e",
                "inet": "192.0.2.200/24",
                "inet6": "2001:db8::200/64",
            },
        ],
        f"{path}/rrddata": make_guest_rows(now, cpu=0.1, maxcpu=1),
    }


def make_old(path: str) -> dict[str, Any]:
    return {
        f"{path}/config": {
            "name": "old",
            "ostype": "other",
            "cores": 1,
            "kvm": 0,
            "memory": "512",
            "digest": "0123456789abcdef0123456789abcdef01234567",
        },
        f"{path}/snapshot": [{"name": "current", "description": "You are here!"}],
        f"{path}/rrddata": [],
    }


def make_guest_rows(now: float, *, cpu: float, maxcpu: int) -> list[dict[str, Any]]:
    """Ten minutes of an RRD file: a row a minute; the newest has nothing yet, as pvestatd leaves it."""
    last = int(now) // 60 * 60
    rows: list[dict[str, Any]] = [
        {
            "time": last - 60 * age,
            "cpu": cpu,
            "maxcpu": maxcpu,
            "mem": GIBIBYTE,
            "maxmem": 2 * GIBIBYTE,
            "memhost": GIBIBYTE + GIBIBYTE // 2,
            "netin": 100.0,
            "netout": 200.0,
            "diskread": 300.0,
            "diskwrite": 400.0,
            "pressurecpusome": 40.0,
            "pressureiosome": 0.5,
            "pressurememorysome": 0.0,
        }
        for age in range(10, 0, -1)
    ]
    return [*rows, {"time": last}]


def make_node_rows(now: float) -> list[dict[str, Any]]:
    last = int(now) // 60 * 60
    return [
        {
            "time": last - 60 * age,
            "cpu": 0.125,
            "maxcpu": 8,
            "memused": 12 * GIBIBYTE,
            "memtotal": 32 * GIBIBYTE,
            "pressurecpusome": 2.0,
            "pressureiosome": 0.0,
            "pressurememorysome": 0.0,
        }
        for age in range(10, 0, -1)
    ]


def make_tasks(now: float) -> list[dict[str, Any]]:
    """The newest first, as the API has them."""
    task = {"node": "pve1", "pid": 1234, "pstart": 5678, "user": "root@pam", "status": "OK"}
    start = int(now) - 600
    return [
        {
            **task,
            "upid": "UPID:pve1:4",
            "type": "vzdump",
            "id": "101",
            "starttime": start + 300,
            "status": "",
        },
        {
            **task,
            "upid": "UPID:pve1:3",
            "type": "qmigrate",
            "id": "101",
            "starttime": start + 200,
            "endtime": start + 210,
            "status": "migration aborted",
        },
        {
            **task,
            "upid": "UPID:pve1:2",
            "type": "qmsnapshot",
            "id": "100",
            "starttime": start + 100,
            "endtime": start + 101,
        },
        {
            **task,
            "upid": "UPID:pve1:1",
            "type": "vncproxy",
            "id": "100",
            "starttime": start,
            "endtime": start + 9,
        },
    ]
