"""Pressure stall information: how long tasks waited for CPU, memory and disk."""

from tenmatsu.errors import NotPermitted, NotThere, ReachError
from tenmatsu.model.words import Words
from tenmatsu.parse.proc_pressure import parse_pressure
from tenmatsu.sight.scene import Notebook, Scene, Sight

_RESOURCES = ("cpu", "memory", "io")


def look(scene: Scene, notebook: Notebook) -> None:
    """Sample the stalled time of each resource every second."""
    for now in scene.ticks(1.0):
        for resource in _RESOURCES:
            try:
                stalled = parse_pressure(scene.reach.read(f"/proc/pressure/{resource}"))
            except (NotThere, NotPermitted):
                raise
            except ReachError as unreadable:  # EOPNOTSUPP where the kernel was booted with psi=0
                raise NotThere("/proc/pressure") from unreadable
            for degree, seconds in stalled.items():
                notebook.counter(
                    now,
                    "linux.pressure.stalled_time",
                    seconds,
                    "s",
                    resource=resource,
                    degree=degree,
                )


SIGHT = Sight(
    name="pressure",
    title=Words("waiting for CPU, memory and disk (PSI)", "CPU・メモリー・ディスクの待ち (PSI)"),
    look=look,
    watches=True,
)
