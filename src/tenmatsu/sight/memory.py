"""Memory, swap, and the machine-wide counter of processes killed for want of memory."""

from tenmatsu.model.words import Words
from tenmatsu.parse.key_values import parse_key_values
from tenmatsu.sight.scene import Notebook, Scene, Sight

_EVERY_SECONDS = 2.0


def look(scene: Scene, notebook: Notebook) -> None:
    """Sample /proc/meminfo and /proc/vmstat."""
    for now in scene.ticks(_EVERY_SECONDS):
        memory = parse_key_values(scene.reach.read("/proc/meminfo"))
        paging = parse_key_values(scene.reach.read("/proc/vmstat"))
        notebook.sample(now, "system.memory.limit", memory["MemTotal"], "By")
        # MemAvailable since Linux 3.14; before, what is free or can be dropped is the usual estimate
        available = memory.get(
            "MemAvailable", memory["MemFree"] + memory.get("Buffers", 0) + memory.get("Cached", 0)
        )
        notebook.sample(now, "system.linux.memory.available", available, "By")
        used = memory.get("SwapTotal", 0) - memory.get("SwapFree", 0)
        notebook.sample(now, "system.paging.usage", used, "By", system__paging__state="used")
        notebook.sample(now, "system.paging.limit", memory.get("SwapTotal", 0), "By")
        for direction, name in (("in", "pswpin"), ("out", "pswpout")):
            notebook.counter(
                now,
                "system.paging.operations",
                paging.get(name, 0),
                "{operation}",
                system__paging__direction=direction,
            )
        if "oom_kill" in paging:  # since Linux 4.13
            notebook.counter(now, "linux.memory.oom_kill", paging["oom_kill"], "{process}")


SIGHT = Sight(
    name="memory",
    title=Words("memory, swap, out-of-memory kills", "メモリー・スワップ・OOM"),
    look=look,
    watches=True,
)
