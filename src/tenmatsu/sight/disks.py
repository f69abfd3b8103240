"""Block devices: requests, time waited, time busy."""

from tenmatsu.errors import ReachError
from tenmatsu.model.words import Words
from tenmatsu.parse.diskstats import DiskStat, parse_diskstats
from tenmatsu.sight.scene import Notebook, Scene, Sight

_EVERY_SECONDS = 2.0
_VIRTUAL = ("loop", "ram", "zram", "nbd", "sr", "fd")


def look(scene: Scene, notebook: Notebook) -> None:
    """Sample the whole devices, not their partitions."""
    whole: set[str] = set()
    for now in scene.ticks(_EVERY_SECONDS):
        stats = parse_diskstats(scene.reach.read("/proc/diskstats"))
        whole = whole or _whole_devices(scene, stats)
        for stat in stats:
            if stat.name not in whole:
                continue
            for name, value, unit, direction in (
                ("system.disk.operations", stat.reads, "{operation}", "read"),
                ("system.disk.operations", stat.writes, "{operation}", "write"),
                ("system.disk.operation_time", stat.read_ms / 1e3, "s", "read"),
                ("system.disk.operation_time", stat.write_ms / 1e3, "s", "write"),
            ):
                notebook.counter(
                    now, name, value, unit, system__device=stat.name, disk__io__direction=direction
                )
            notebook.counter(now, "system.disk.io_time", stat.busy_ms / 1e3, "s", system__device=stat.name)
            notebook.sample(
                now, "linux.disk.in_flight", stat.in_flight, "{operation}", system__device=stat.name
            )


def _whole_devices(scene: Scene, stats: list[DiskStat]) -> set[str]:
    names = {stat.name for stat in stats if not stat.name.startswith(_VIRTUAL)}
    try:
        # a slash in a name (cciss/c0d0) stands there as "!" (drivers/base/core.c)
        return names & {name.replace("!", "/") for name in scene.reach.names("/sys/block")}
    except ReachError:
        return names


SIGHT = Sight(
    name="disks",
    title=Words("disks: latency and use", "ディスクの応答時間と使用率"),
    look=look,
    watches=True,
)
