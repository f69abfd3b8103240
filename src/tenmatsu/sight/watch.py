"""Let all sights look at the same time, each within its limit, and gather what they bring."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from tenmatsu.errors import NotPermitted, NotThere, ReachError, TenmatsuError, WrongUse
from tenmatsu.model.evidence import Evidence, Window
from tenmatsu.model.words import Words
from tenmatsu.sight.scene import Notebook, Page, Scene, Sight

log = logging.getLogger("tenmatsu")

Progress = Callable[[float, Sequence[str]], None]
_BEAT_SECONDS = 0.2


class _Looking:
    """One sight at work in a thread of its own. A daemon: a look that hangs must not keep us."""

    def __init__(self, sight: Sight, scene: Scene) -> None:
        self.sight = sight
        self.notebook = Notebook(sight.name, scene.component)
        self.complete = False
        self.ended: datetime | None = None
        self._given_up: Page | None = None
        self._scene = scene
        self._thread = threading.Thread(target=self._look, name=f"sight {sight.name}", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _look(self) -> None:
        try:
            self.sight.look(self._scene, self.notebook)
            self.complete = True
        except TenmatsuError as error:
            self.notebook.gap(self.sight.title, error.words, _close_by(self.sight, error))
        except Exception as bug:  # the edge of a loop: one broken look must not end the others
            log.debug("the look '%s' failed", self.sight.name, exc_info=True)
            why = Words(
                f"the look itself failed ({type(bug).__name__}): a fault of ours",
                f"調査処理の内部エラー ({type(bug).__name__})",
            )
            self.notebook.gap(self.sight.title, why, _REPORT)
        self.ended = self._scene.reach.now()
        log.debug("the look '%s' took %.3f s of CPU", self.sight.name, time.thread_time())

    def give_up(self, seconds: float) -> None:
        why = Words(f"no answer within {seconds:.0f} s", f"{seconds:.0f} 秒以内に応答がありません")
        self.notebook.gap(self.sight.title, why, _HANGS)
        self._given_up = self.notebook.close(self._scene.start, self._scene.reach.now(), complete=False)

    def page(self, started: datetime, now: datetime) -> Page:
        return self._given_up or self.notebook.close(started, self.ended or now, complete=self.complete)


def look_everywhere(sights: Sequence[Sight], scene: Scene, progress: Progress | None = None) -> Evidence:
    """Run every sight at once for the window and return the evidence, gaps included.

    Args:
        sights: what to look at.
        scene: the machine, the window and the symptom.
        progress: called a few times a second with the seconds left and the sights still at work.
    """
    began = time.monotonic()
    lookings = [_Looking(sight, scene) for sight in sights]
    waiting = list(lookings)
    window = scene.seconds
    while waiting:
        elapsed = time.monotonic() - began
        if scene.stop.is_set():  # the person has seen enough
            window = min(window, elapsed)
        for looking in [one for one in waiting if _is_late(one, window, elapsed, scene.way_seconds)]:
            looking.give_up(elapsed)
            waiting.remove(looking)
        waiting = [one for one in waiting if one.alive]
        if progress:
            progress(scene.left_seconds, [one.sight.name for one in waiting])
        if waiting:
            time.sleep(_BEAT_SECONDS)
    return _gather(lookings, scene)


def _is_late(looking: _Looking, window_seconds: float, elapsed: float, way_seconds: float) -> bool:
    deadline = looking.sight.deadline(window_seconds, way_seconds)
    return looking.alive and elapsed > deadline.total_seconds()


def _gather(lookings: Sequence[_Looking], scene: Scene) -> Evidence:
    now = scene.reach.now()
    pages = [looking.page(scene.start, now) for looking in lookings]
    return Evidence(
        window=Window(start=scene.start, end=max(now, scene.start)),
        since=scene.since,
        component=scene.component,
        asked_url=scene.url,
        series=tuple(series for page in pages for series in page.series),
        events=tuple(event for page in pages for event in page.events),
        transactions=tuple(one for page in pages for one in page.transactions),
        looks=tuple(page.look for page in pages),
        gaps=tuple(gap for page in pages for gap in page.gaps),
    )


def _close_by(sight: Sight, error: TenmatsuError) -> Words:
    if isinstance(error, WrongUse):  # it says itself what to do
        return _AS_SAID
    if isinstance(error, NotPermitted):
        return sight.close_by
    if isinstance(error, NotThere):
        return Words(
            f"nothing to do if this machine has no {error.what}",
            f"この環境に {error.what} が無いなら対処は不要です",
        )
    return (
        Words(
            "look again; if it stays, look by hand",
            "もう一度実行し、続くようなら手で確認してください",
        )
        if isinstance(error, ReachError)
        else _REPORT
    )


_AS_SAID = Words("do that, and look again", "そのとおりにして、もう一度実行")
_REPORT = Words("report it, with --debug's output", "--debug の出力を添えて報告してください")
_HANGS = Words(
    "look by hand whether it hangs: a dead disk or network mount often does that",
    "固まっていないか手で確認してください (ディスクやネットワークマウントの障害でよく起こります)",
)
