"""Services that systemd keeps: those that failed, those that flap, and the limits they run under."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tenmatsu.errors import NotThere, ReachError
from tenmatsu.model.words import Words
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.parse.systemctl_show import PROPERTIES, UnitState, parse_systemctl_show
from tenmatsu.reach import Clocks
from tenmatsu.sight.scene import Notebook, Scene, Sight

# sd_booted(3): this directory is there if and only if systemd is the machine's first process.
_BOOTED = "/run/systemd/system"
# Only units that do something or failed: asking for each of the others costs as much again.
_STATES = "--state=failed,running,activating,reloading,deactivating"
# The look should see what failed during the window, and may take a while on a busy machine.
_BEFORE_END_SECONDS = 2.0
_LIMIT_SECONDS = 3.0
_MOST_UNITS = 200


def look(scene: Scene, notebook: Notebook) -> None:
    """Ask systemd for all units in one call, shortly before the window ends."""
    if not _is_systemd(scene):
        notebook.event("service.summary", scene.reach.now(), manager="none", units=0, failed=0)
        notebook.read = Words("no systemd here", "systemd なし")
        return
    scene.wait(scene.left_seconds - _BEFORE_END_SECONDS)
    units = _ask(scene)
    for unit in _find_telling(units)[:_MOST_UNITS]:
        _write(notebook, unit, scene.reach.clocks())
    notebook.event(
        "service.summary",
        scene.reach.now(),
        manager="systemd",
        units=len(units),
        failed=sum(unit.active == "failed" for unit in units),
    )
    notebook.read = Words(f"{len(units)} services", f"サービス {len(units)} 個")


def _is_systemd(scene: Scene) -> bool:
    try:
        return scene.reach.stat(_BOOTED).is_directory
    except NotThere:
        return False


def _ask(scene: Scene) -> list[UnitState]:
    answer = scene.reach.run(
        ("systemctl", "show", "*.service", _STATES, f"--property={PROPERTIES}"),
        limit_seconds=_LIMIT_SECONDS,
    )
    if answer.code:
        said = make_plain(answer.err.decode("utf-8", "replace"), 120)
        raise ReachError("systemctl", Words(f"systemctl says: {said}", f"systemctl の応答: {said}"))
    return parse_systemctl_show(answer.out)


def _find_telling(units: Sequence[UnitState]) -> list[UnitState]:
    """Return the units that failed, were started again, or have a limit of their own."""
    # every unit has the default limit of tasks; one that differs was set by somebody
    usual = Counter(unit.tasks_limit for unit in units).most_common(1)[0][0] if units else None
    return [
        unit
        for unit in units
        if unit.active in {"failed", "activating"}
        or unit.result not in {"success", ""}
        or unit.restarts
        or unit.memory_limit_bytes is not None
        or unit.cpu_limit_cores is not None
        or unit.tasks_limit != usual
    ]


def _write(notebook: Notebook, unit: UnitState, clocks: Clocks) -> None:
    known: dict[str, Any] = {
        "restarts": unit.restarts,
        "memory_limit_bytes": unit.memory_limit_bytes,
        "tasks_limit": unit.tasks_limit,
        "cpu_limit_cores": unit.cpu_limit_cores,
        "started": _date(unit.started, clocks).isoformat() if unit.started else None,
    }
    notebook.event(
        "service.state",
        _date(unit.changed, clocks) if unit.changed else datetime.fromtimestamp(clocks.real, UTC),
        service=make_plain(unit.name),
        active=unit.active,
        sub=unit.sub,
        result=unit.result,
        kind=unit.kind,
        killed=unit.killed,
        exit_status=unit.exit_status,
        cgroup=make_plain(unit.cgroup),
        **{name: value for name, value in known.items() if value is not None},
    )


def _date(monotonic: float, clocks: Clocks) -> datetime:
    """Return the time of a stamp of the monotonic clock."""
    return datetime.fromtimestamp(clocks.real - (clocks.monotonic - monotonic), UTC)


SIGHT = Sight(
    name="services",
    title=Words("services (systemd)", "サービス (systemd)"),
    look=look,
    watches=True,
)
