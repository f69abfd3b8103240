"""Restarts: of the machine, of its services; and whether a newer kernel waits for one."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from tenmatsu.errors import ParseError, ReachError
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.parse.proc_pid_stat import PidStat, parse_pid_stat
from tenmatsu.parse.proc_stat import parse_proc_stat
from tenmatsu.parse.wtmp import BootRecord, parse_wtmp
from tenmatsu.sight.scene import Notebook, Scene

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_MOST_PROCESSES = 5000
_WTMP = "/var/log/wtmp"
_MOST_WTMP_RECORDS = 2500
# The same boot, once by the kernel and once by wtmp, which is written when the clock may not be right yet.
_SAME_BOOT = timedelta(seconds=180)
# Daemons that a web site depends on, as the kernel names their processes (15 characters).
_SERVICES = frozenset(
    "apache2 httpd nginx lighttpd caddy haproxy varnishd php-fpm starman uwsgi gunicorn puma java node"
    " mysqld mariadbd postgres mongod redis-server valkey-server memcached slapd"
    " named unbound dnsmasq systemd-resolve chronyd ntpd systemd-timesyn rsyslogd systemd-journal"
    " sshd cron crond dockerd containerd libvirtd vmtoolsd qemu-ga systemd dbus-daemon NetworkManager"
    " systemd-network master exim4 dovecot".split()
)


def write_kernel(scene: Scene, notebook: Notebook) -> None:
    """Write down the running kernel, the newest installed one, and whether a restart is asked for."""
    try:
        running = scene.reach.read("/proc/sys/kernel/osrelease").decode("ascii", "replace").strip()
    except ReachError:
        return
    installed = _find_kernels(scene)
    known: dict[str, Any] = {"running": make_plain(running)}
    time = scene.reach.now()
    if installed:
        time, newest = max(installed)
        known |= {"newest": make_plain(newest), "newer_installed": newest != running}
    known["reboot_required"] = _is_there(scene, "/run/reboot-required")
    notebook.event("change.kernel", time, **known)


def _find_kernels(scene: Scene) -> list[tuple[datetime, str]]:
    found = []
    for path in scene.reach.glob("/boot/vmlinuz-*"):
        if "rescue" in path or path.endswith(".old"):
            continue
        try:
            found.append((scene.reach.stat(path).modified, path.partition("vmlinuz-")[2]))
        except ReachError:
            continue
    return found


def _is_there(scene: Scene, path: str) -> bool:
    try:
        scene.reach.stat(path)
    except ReachError:
        return False
    return True


def write_boots(scene: Scene, notebook: Notebook, since: datetime) -> datetime | None:
    """Write down the machine's boots and shutdowns, and return when it was last started."""
    booted = _read_boot_time(scene)
    records = [record for record in _read_wtmp(scene) if record.time >= since]
    down = False
    for record in records:
        # a boot without a shutdown before it: a crash, a reset, or the power
        clean: dict[str, Any] = {"clean": down} if record.kind == "boot" and record is not records[0] else {}
        notebook.event(
            "change.boot",
            record.time,
            kind=record.kind,
            by=_WTMP,
            kernel=make_plain(record.kernel, 100),
            **clean,
        )
        down = record.kind == "shutdown"
    known = any(r.kind == "boot" and booted and abs(r.time - booted) < _SAME_BOOT for r in records)
    if booted is not None and booted >= since and not known:
        notebook.event("change.boot", booted, kind="boot", by="/proc/stat")
    return booted


def _read_boot_time(scene: Scene) -> datetime | None:
    try:
        seconds = parse_proc_stat(scene.reach.read("/proc/stat")).booted
    except (ReachError, ParseError):
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _read_wtmp(scene: Scene) -> list[BootRecord]:
    """Return what wtmp knows; nothing where there is none (containers, and systems since 2024)."""
    try:
        size = scene.reach.stat(_WTMP).size_bytes
        record = 384 if size % 384 == 0 else 400
        offset = max(0, size // record - _MOST_WTMP_RECORDS) * record
        return parse_wtmp(scene.reach.read(_WTMP, offset=offset))
    except (ReachError, ParseError):
        return []


def write_restarts(scene: Scene, notebook: Notebook) -> None:
    """Write down when each of the usual daemons was started."""
    clocks = scene.reach.clocks()
    for process in _find_services(scene):
        age = clocks.boot - process.started / _TICKS_PER_SECOND
        notebook.event(
            "change.restart",
            datetime.fromtimestamp(clocks.real - age, UTC),
            service=make_plain(process.name, 64),
            process__pid=process.pid,
        )


def _find_pids(scene: Scene) -> list[str]:
    try:
        return [name for name in scene.reach.names("/proc") if name.isdigit()]
    except ReachError:
        return []  # the processes' own look says so


def _find_services(scene: Scene) -> list[PidStat]:
    """Return the oldest process of each daemon that is not another's worker."""
    found: dict[int, PidStat] = {}
    paths = [f"/proc/{name}/stat" for name in _find_pids(scene)[:_MOST_PROCESSES]]
    for text in scene.reach.read_each(paths, limit_bytes=512).values():
        try:
            process = parse_pid_stat(text)
        except ParseError:
            continue
        if process.name.partition(":")[0] in _SERVICES:
            found[process.pid] = process
    masters = [one for one in found.values() if one.parent not in found or one.parent == 1]
    oldest: dict[str, PidStat] = {}
    for process in sorted(masters, key=lambda one: one.started):
        oldest.setdefault(process.name, process)
    return list(oldest.values())
