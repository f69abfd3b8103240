"""The machine's CPU time by mode, forks, running and blocked tasks, load."""

import os

from tenmatsu.model.words import Words
from tenmatsu.parse.proc_stat import parse_proc_stat
from tenmatsu.sight.scene import Notebook, Scene, Sight

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def look(scene: Scene, notebook: Notebook) -> None:
    """Sample /proc/stat and the load every second."""
    highest: dict[str, int] = {}
    for now in scene.ticks(1.0):
        stat = parse_proc_stat(scene.reach.read("/proc/stat"))
        for mode, ticks in stat.ticks.items():
            # iowait, idle and steal may go back a little (proc(5)): that is no reset to count anew from 0
            highest[mode] = max(ticks, highest.get(mode, 0))
            seconds = highest[mode] / _TICKS_PER_SECOND
            notebook.counter(now, "system.cpu.time", seconds, "s", cpu__mode=mode)
        notebook.counter(now, "system.process.created", stat.forks, "{process}")
        notebook.sample(now, "linux.tasks.runnable", stat.running, "{thread}")
        notebook.sample(now, "linux.tasks.blocked", stat.blocked, "{thread}")
        notebook.sample(now, "system.cpu.logical.count", stat.cores, "{cpu}")
        load = scene.reach.read("/proc/loadavg").split()
        notebook.sample(now, "system.cpu.load_average.1m", float(load[0]), "1")


SIGHT = Sight(
    name="cpu",
    title=Words("CPU time, forks and load", "CPU 時間・プロセス生成数・負荷"),
    look=look,
    watches=True,
)
