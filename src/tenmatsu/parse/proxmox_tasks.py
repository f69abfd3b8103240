"""Proxmox VE's task list (`/nodes/NODE/tasks`) and HA state as happenings.

A task: `type` (qmstart, vzdump, …), `id` (the guest's number, or empty), `starttime` and `endtime` in Unix
seconds, `status` (`OK`, `WARNINGS: n`, or what went wrong; none while it runs), `user`.
Source: PVE/Tools.pm `upid_decode`; the types are those of `fork_worker` in qemu-server, pve-container and
pve-manager.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from tenmatsu.model.below import Change, Happening
from tenmatsu.parse.json_answer import number_at, objects_in, text_at

# By the type of the task without what says of which kind the guest is.
_CHANGES = {
    "start": Change.STARTED,
    "stop": Change.STOPPED,
    "shutdown": Change.STOPPED,
    "reset": Change.RESTARTED,
    "reboot": Change.RESTARTED,
    "suspend": Change.SUSPENDED,
    "pause": Change.SUSPENDED,
    "resume": Change.RESUMED,
    "igrate": Change.MIGRATED,
    "migrate": Change.MIGRATED,
    "config": Change.RECONFIGURED,
    "update": Change.RECONFIGURED,
    "move": Change.RECONFIGURED,
    "snapshot": Change.SNAPSHOT_TAKEN,
    "delsnapshot": Change.SNAPSHOT_REMOVED,
    "create": Change.CREATED,
    "clone": Change.CREATED,
    "restore": Change.CREATED,
    "destroy": Change.REMOVED,
}
_OF_A_VM = re.compile(r"(?:qm|ha)(\w+)|(resize|move_volume|imgcopy)")
_OF_A_CONTAINER = re.compile(r"vz(?!dump)(\w+)")
# What says nothing of the service: consoles that somebody opened, updates of package lists.
_NOISE = frozenset({"vncproxy", "vncshell", "spiceproxy", "spiceshell", "termproxy", "aptupdate", "qmpstats"})
_HA_TROUBLE = frozenset({"error", "fence", "recovery"})
_MOST_STATUS = 300


def read_tasks(
    answer: object, node: str, find_key: Callable[[str], str], *, ahead_seconds: float = 0.0
) -> list[Happening]:
    """Return the tasks of one node that say something; `find_key` gives a guest's key by its number.

    `ahead_seconds` is how far the node's clock is ahead of ours.
    """
    found = []
    for row in objects_in(answer):
        started = _read_time(row, "starttime", ahead_seconds)
        if started is not None and text_at(row, "type") not in _NOISE:
            found.append(_read_task(row, node, find_key, started, ahead_seconds))
    return found


def _read_task(
    row: Mapping[str, object], node: str, find_key: Callable[[str], str], started: datetime, ahead: float
) -> Happening:
    kind, status = text_at(row, "type"), text_at(row, "status")
    guest = text_at(row, "id").removeprefix("vm:").removeprefix("ct:")
    ended = _read_time(row, "endtime", ahead)
    failed = ended is not None and status != "OK" and not status.startswith("WARNINGS")
    return Happening(
        key=(find_key(guest) if guest.isdecimal() else "") or f"node/{node}",
        change=_find_change(kind),
        time=started,
        message=f"{kind}: {status}"[:_MOST_STATUS] if status else kind,
        who=text_at(row, "user"),
        ended=ended,
        failed=failed,
        attributes={"task": kind},
    )


def _find_change(kind: str) -> Change:
    if kind == "vzdump":
        return Change.BACKED_UP
    found = _OF_A_VM.fullmatch(kind) or _OF_A_CONTAINER.fullmatch(kind)
    return _CHANGES.get(next(filter(None, found.groups()), ""), Change.OTHER) if found else Change.OTHER


def _read_time(row: Mapping[str, object], key: str, ahead_seconds: float) -> datetime | None:
    seconds = number_at(row, key)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds - ahead_seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def read_ha_state(
    answer: object, now: datetime, find_key: Callable[[str], str], *, ahead_seconds: float = 0.0
) -> list[Happening]:
    """Return what HA cannot keep up: services in an error or being moved off a dead node, and nodes that are.

    HA tells no time for the state of a service: `now` is when it was seen. A node's time is its last sign
    of life.
    """
    found = []
    for row in objects_in(answer):
        kind, status = text_at(row, "type"), text_at(row, "status")
        if kind == "service" and text_at(row, "state") in _HA_TROUBLE:
            guest = text_at(row, "sid").partition(":")[2]
            message = f"HA: {text_at(row, 'sid')} {status or text_at(row, 'state')}"[:_MOST_STATUS]
            key = find_key(guest) or f"node/{text_at(row, 'node')}"
            found.append(Happening(key=key, change=Change.ALARM, time=now, message=message, failed=True))
        elif kind == "lrm" and "old timestamp" in status:
            lost = _read_time(row, "timestamp", ahead_seconds) or now
            key, message = f"node/{text_at(row, 'node')}", f"HA: {status}"[:_MOST_STATUS]
            found.append(Happening(key=key, change=Change.HOST_LOST, time=lost, message=message))
    return found


def find_in_maintenance(answer: object) -> frozenset[str]:
    """Return the names of the nodes that HA has in maintenance mode."""
    rows = (row for row in objects_in(answer) if text_at(row, "type") == "lrm")
    return frozenset(text_at(row, "node") for row in rows if "maintenance" in text_at(row, "status"))


def sort_newest(happenings: Iterable[Happening], most: int) -> list[Happening]:
    """Return the newest so many, oldest first."""
    return sorted(happenings, key=lambda one: one.time)[-most:] if most > 0 else []
