"""The clock: is it kept, does it jump, and what does it tick by."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tenmatsu.errors import ParseError, ReachError
from tenmatsu.model.words import Words
from tenmatsu.parse.adjtimex import ClockDiscipline, parse_adjtimex
from tenmatsu.parse.time_daemons import (
    TimeDaemon,
    parse_chrony_tracking,
    parse_ntpq_variables,
    parse_timedatectl_show,
)
from tenmatsu.sight.scene import Notebook, Scene, Sight

_SOURCES = "/sys/devices/system/clocksource/clocksource0"
_LEAST_SUSPENSION_SECONDS = 0.05  # the clocks are read one after the other
# Reading these takes a trip to a slow device, a microsecond or more each time, where tsc and kvm-clock
# are read in the program itself (Linux Documentation/virt/kvm/x86/timekeeping.rst).
_SLOW = frozenset({"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """A daemon that may keep the time, and how to ask it without changing anything."""

    command: tuple[str, ...]
    parse: Callable[[bytes], TimeDaemon]


_DAEMONS = (
    _Asked(command=("chronyc", "-c", "-n", "tracking"), parse=parse_chrony_tracking),
    _Asked(command=("ntpq", "-n", "-c", "rv"), parse=parse_ntpq_variables),
)
# Passes on what adjtimex says, and starts a service for that: only where adjtimex cannot be had.
_LAST_RESORT = _Asked(command=("timedatectl", "show"), parse=parse_timedatectl_show)


def look(scene: Scene, notebook: Notebook) -> None:
    """Ask once how the clock is kept, then compare it every second with one that cannot jump."""
    _look_at_discipline(scene, notebook)
    before = scene.reach.clocks()
    for now in scene.ticks(1.0):
        clocks = scene.reach.clocks()
        # Corrections of speed reach both clocks alike: a change of the difference is a jump.
        step = (clocks.real - clocks.monotonic) - (before.real - before.monotonic)
        uncertain = clocks.width + before.width
        notebook.sample(now, "machine.clock.step", step if abs(step) > uncertain else 0.0, "s")
        slept = (clocks.boot - clocks.monotonic) - (before.boot - before.monotonic)
        if slept > max(uncertain, _LEAST_SUSPENSION_SECONDS):
            notebook.sample(now, "machine.clock.suspended", slept, "s")
        before = clocks


def _look_at_discipline(scene: Scene, notebook: Notebook) -> None:
    discipline = _find_discipline(scene)
    daemon = _find_daemon(scene, with_last_resort=discipline is None)
    known: dict[str, Any] = {}
    if discipline is not None:
        known |= {
            "maximum_error_seconds": discipline.maximum_error_seconds,
            "estimated_error_seconds": discipline.estimated_error_seconds,
            "frequency_ppm": round(discipline.frequency_ppm, 3),
        }
    if daemon is not None:
        known["daemon"] = daemon.name
        if daemon.offset_seconds is not None:
            known["offset_seconds"] = daemon.offset_seconds
    # chrony leaves the kernel's flag alone unless its configuration says rtcsync: either one's yes counts
    answers = [one.synchronised for one in (discipline, daemon) if one is not None]
    if answers:
        known["synchronised"] = any(answers)
    notebook.event("machine.clock", scene.reach.now(), **known, **_find_source(scene))


def _find_discipline(scene: Scene) -> ClockDiscipline | None:
    try:
        return parse_adjtimex(scene.reach.clocks().timex)
    except ParseError:
        return None


def _find_daemon(scene: Scene, *, with_last_resort: bool) -> TimeDaemon | None:
    for asked in (*_DAEMONS, *([_LAST_RESORT] if with_last_resort else [])):
        try:
            answer = scene.reach.run(asked.command, limit_seconds=2.0)
            return asked.parse(answer.out)
        except (ReachError, ParseError):
            continue  # not there, or its daemon does not run
    return None


def _find_source(scene: Scene) -> dict[str, Any]:
    """Return what the clock ticks by; nothing in containers that hide it."""
    try:
        current = scene.reach.read(f"{_SOURCES}/current_clocksource").decode("ascii", "replace")
        available = scene.reach.read(f"{_SOURCES}/available_clocksource").decode("ascii", "replace")
    except ReachError:
        return {}
    return {
        "source": current.strip(),
        "sources_available": available.strip(),
        "source_slow": current.strip() in _SLOW,
    }


SIGHT = Sight(
    name="clock",
    title=Words("the clock", "時計"),
    look=look,
    watches=True,
)
