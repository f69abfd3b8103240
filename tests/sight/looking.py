"""A sight looks at a recorded machine in so many rounds, without waiting for any clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.sight.folder_reach import START, FolderReach

from tenmatsu.model.evidence import Evidence, Series, Value
from tenmatsu.reach import Reach
from tenmatsu.sight.scene import Notebook, Page, Scene, Sight
from tenmatsu.sight.watch import look_everywhere

RECORDED = Path(__file__).parent.parent / "cases" / "sight"
HERE = "machine/boot"


@dataclass(kw_only=True)
class RoundsScene(Scene):
    """A window that is over after so many rounds, however long they take."""

    rounds: int = 2
    gone: int = 0

    @property
    def left_seconds(self) -> float:
        return float(self.rounds - self.gone)

    def ticks(self, interval_seconds: float) -> Iterator[datetime]:
        while self.gone < self.rounds:
            self.gone += 1
            yield self.reach.now()

    def wait(self, seconds: float) -> None:
        self.gone = self.rounds


def look_at(sight: Sight, reach: Reach, *, rounds: int = 2, **more: Any) -> Page:
    """Return what the sight writes down of that machine."""
    scene = RoundsScene(
        reach=reach, component=HERE, start=START, seconds=20.0, since=START, rounds=rounds, **more
    )
    notebook = Notebook(sight.name, scene.component)
    sight.look(scene, notebook)
    return notebook.close(START, reach.now(), complete=True)


def look_at_recorded(sight: Sight, machine: str, *, pulse: str, rounds: int = 2) -> Page:
    """Return what the sight writes down of a recorded machine, moment by moment."""
    return look_at(sight, FolderReach(RECORDED / machine, pulse=pulse), rounds=rounds)


def watch(*sights: Sight, reach: Reach, seconds: float = 0.01, **more: Any) -> Evidence:
    """Return what the sights bring of a real window."""
    scene = Scene(reach=reach, component=HERE, start=START, seconds=seconds, since=START, **more)
    return look_everywhere(sights, scene)


def values(page: Page) -> dict[tuple[object, ...], list[float]]:
    """Return all series by name and the values of their attributes: `(name, *attributes)`."""
    return {(one.name, *one.attributes.values()): [value for _, value in one.points] for one in page.series}


def find_series(page: Page, name: str, **attributes: Value) -> Series:
    """Return the one series of that name whose attributes include these."""
    wanted = {key.replace("__", "."): value for key, value in attributes.items()}
    (found,) = [one for one in page.series if one.name == name and wanted.items() <= one.attributes.items()]
    return found
