"""Control groups with a limit: our own, the web servers', and any other; versions 1 and 2.

Are we inside a limited container or unit? Is the web server? Source: Linux
Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tenmatsu.errors import NotThere, ReachError, TenmatsuError
from tenmatsu.model.words import Words
from tenmatsu.parse.key_values import parse_key_values
from tenmatsu.parse.mounts import parse_mounts
from tenmatsu.sight.scene import Notebook, Scene, Sight

_MOST_GROUPS = 2000  # walked
_MOST_LIMITED = 64  # sampled
# Version 1 writes "no limit" of memory as the largest multiple of a page below 2^63.
_UNLIMITED_BYTES = 1 << 60


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tree:
    """A mounted hierarchy: version 2 carries all controllers, version 1 some."""

    mountpoint: str
    version: int
    controllers: frozenset[str]


def look(scene: Scene, notebook: Notebook) -> None:
    """Find the groups that limit something, then sample them every second."""
    trees = _find_trees(scene)
    limited = list(_find_limited(scene, trees))[:_MOST_LIMITED]
    notebook.read = Words(f"{len(limited)} groups with limits", f"制限付きグループ {len(limited)} 個")
    for now in scene.ticks(1.0):
        for tree, group, kind in limited:
            try:
                _SAMPLERS[kind](scene, notebook, now, tree, group)
            except TenmatsuError:
                continue  # the group ended, as units and containers do


def _find_trees(scene: Scene) -> list[_Tree]:
    known = {"cpu", "memory", "pids"}
    trees = []
    for mount in parse_mounts(scene.reach.read("/proc/self/mountinfo")):
        if mount.type == "cgroup2":
            trees.append(_Tree(mountpoint=mount.mountpoint, version=2, controllers=frozenset(known)))
        elif mount.type == "cgroup" and mount.super_options & known:
            controllers = frozenset(mount.super_options & known)
            trees.append(_Tree(mountpoint=mount.mountpoint, version=1, controllers=controllers))
    if not trees:
        raise NotThere("/sys/fs/cgroup")
    return trees


def _find_limited(scene: Scene, trees: list[_Tree]) -> Iterator[tuple[_Tree, str, str]]:
    for tree in trees:
        for group in _walk(scene, tree.mountpoint):
            for kind in sorted(tree.controllers):
                if _limit(scene, tree, group, kind) is not None:
                    yield tree, group, kind


def _walk(scene: Scene, top: str) -> Iterator[str]:
    waiting, walked = [top], 0
    while waiting and walked < _MOST_GROUPS:
        group = waiting.pop(0)
        walked += 1
        yield group
        try:
            inner = scene.reach.glob(f"{_literal(group)}/*/cgroup.procs")
        except ReachError:
            continue
        waiting.extend(path.rpartition("/")[0] for path in inner)


def _literal(path: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in path)


def _limit(scene: Scene, tree: _Tree, group: str, kind: str) -> float | None:
    """Return the limit in cores, bytes or processes; None where there is none."""
    try:
        return _LIMITS[kind](scene, tree, group)
    except (ReachError, ValueError, ZeroDivisionError):
        return None


def _cpu_limit(scene: Scene, tree: _Tree, group: str) -> float | None:
    if tree.version == 2:
        quota, period = scene.reach.read(f"{group}/cpu.max").split()
        return None if quota == b"max" else int(quota) / int(period)
    cfs_quota = int(scene.reach.read(f"{group}/cpu.cfs_quota_us"))
    return cfs_quota / int(scene.reach.read(f"{group}/cpu.cfs_period_us")) if cfs_quota > 0 else None


def _memory_limit(scene: Scene, tree: _Tree, group: str) -> float | None:
    name = "memory.max" if tree.version == 2 else "memory.limit_in_bytes"
    text = scene.reach.read(f"{group}/{name}").strip()
    return float(text) if text != b"max" and int(text) < _UNLIMITED_BYTES else None


def _pids_limit(scene: Scene, _: _Tree, group: str) -> float | None:
    text = scene.reach.read(f"{group}/pids.max").strip()
    return None if text == b"max" else float(text)


_LIMITS = {"cpu": _cpu_limit, "memory": _memory_limit, "pids": _pids_limit}


def _sample_cpu(scene: Scene, notebook: Notebook, now: datetime, tree: _Tree, group: str) -> None:
    stat = parse_key_values(scene.reach.read(f"{group}/cpu.stat"))
    name = group.removeprefix(tree.mountpoint) or "/"
    throttled = (
        stat["throttled_usec"] / 1e6 if "throttled_usec" in stat else stat.get("throttled_time", 0) / 1e9
    )
    counters = {
        "linux.cgroup.cpu.periods": (stat.get("nr_periods", 0), "{period}"),
        "linux.cgroup.cpu.throttled_periods": (stat.get("nr_throttled", 0), "{period}"),
        "linux.cgroup.cpu.throttled_time": (throttled, "s"),
    }
    for counter, (value, unit) in counters.items():
        notebook.counter(now, counter, value, unit, cgroup=name)
    usage = _cpu_usage(scene, tree, group, stat)
    if usage is not None:
        notebook.counter(now, "container.cpu.time", usage, "s", cgroup=name)
    limit = _limit(scene, tree, group, "cpu")
    if limit is not None:
        notebook.sample(now, "linux.cgroup.cpu.limit", limit, "{cpu}", cgroup=name)


def _cpu_usage(scene: Scene, tree: _Tree, group: str, stat: dict[str, int]) -> float | None:
    if tree.version == 2:
        return stat.get("usage_usec", 0) / 1e6
    name = group.removeprefix(tree.mountpoint)
    # version 1 counts usage in `cpuacct`, which may be mounted apart from `cpu` under the same path
    for folder in (group, f"/sys/fs/cgroup/cpuacct{name}"):
        try:
            return int(scene.reach.read(f"{folder}/cpuacct.usage")) / 1e9
        except (ReachError, ValueError):
            continue
    return None


def _sample_memory(scene: Scene, notebook: Notebook, now: datetime, tree: _Tree, group: str) -> None:
    name = group.removeprefix(tree.mountpoint) or "/"
    usage_file, events_file = (
        ("memory.current", "memory.events")
        if tree.version == 2
        else ("memory.usage_in_bytes", "memory.oom_control")
    )
    usage = int(scene.reach.read(f"{group}/{usage_file}"))
    notebook.sample(now, "container.memory.usage", usage, "By", cgroup=name)
    limit = _limit(scene, tree, group, "memory")
    if limit is not None:
        notebook.sample(now, "linux.cgroup.memory.limit", limit, "By", cgroup=name)
    events = parse_key_values(scene.reach.read(f"{group}/{events_file}"))
    if "oom_kill" in events:
        notebook.counter(now, "linux.cgroup.memory.oom_kill", events["oom_kill"], "{process}", cgroup=name)


def _sample_pids(scene: Scene, notebook: Notebook, now: datetime, tree: _Tree, group: str) -> None:
    name = group.removeprefix(tree.mountpoint) or "/"
    count = int(scene.reach.read(f"{group}/pids.current"))
    notebook.sample(now, "linux.cgroup.pids.count", count, "{process}", cgroup=name)
    limit = _limit(scene, tree, group, "pids")
    if limit is not None:
        notebook.sample(now, "linux.cgroup.pids.limit", limit, "{process}", cgroup=name)
    events = parse_key_values(scene.reach.read(f"{group}/pids.events"))
    notebook.counter(now, "linux.cgroup.pids.max_events", events.get("max", 0), "{event}", cgroup=name)


_SAMPLERS = {"cpu": _sample_cpu, "memory": _sample_memory, "pids": _sample_pids}

SIGHT = Sight(
    name="cgroups",
    title=Words("limits of containers and units (cgroups)", "コンテナー・ユニットの制限 (cgroup)"),
    look=look,
    watches=True,
)
