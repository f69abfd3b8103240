"""What was asked of `tenmatsu investigate`, checked; and what this machine is, which several commands ask."""

import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tenmatsu.errors import WrongUse
from tenmatsu.model.words import Words

if TYPE_CHECKING:
    from tenmatsu.model.evidence import Evidence
    from tenmatsu.model.site import Component
    from tenmatsu.reach.probe import ProbeSource
    from tenmatsu.reach.ssh import SshOptions


@dataclass(frozen=True, kw_only=True, slots=True)
class Normal:
    """What a case of better days holds, and where it was read."""

    path: Path
    evidence: "Evidence"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """What was asked, checked."""

    seconds: float
    since: datetime
    url: str | None
    normal: Normal | None
    host: str | None = None
    ssh: "SshOptions | None" = None


def fit_normal(ask: Ask, component: str) -> "Evidence | None":
    """Return what is normal on this machine. Raises WrongUse where it is of another one."""
    if ask.normal is None:
        return None
    if _machine_of(ask.normal.evidence.component) != _machine_of(component):
        raise WrongUse(OTHER_MACHINE.fill(path=ask.normal.path))
    return ask.normal.evidence


def _machine_of(component: str) -> str:
    """Return the machine, whichever boot it was."""
    return component.partition("/")[0]


def open_probe(seconds: float) -> "ProbeSource":
    """Begin to tell of every process on this machine, for so many seconds."""
    from tenmatsu.probe.rung import Options
    from tenmatsu.reach.watching import watch_here

    return watch_here(Options(limit_seconds=seconds))


def find_here() -> "Component":
    """Return this machine: its id is the machine id with the boot id, which tells two boots apart."""
    from tenmatsu.reach.local import LocalReach
    from tenmatsu.sight.machine_kind import find_component

    return find_component(LocalReach(), socket.gethostname())


OTHER_MACHINE = Words(
    "{path} was saved on another machine: normal is what is usual on this one",
    "{path} は別の機械の事件簿です。平常時の様子はこの機械のものが要ります",
)
