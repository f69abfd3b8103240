"""Runs several looks side by side, each with its limit: one that hangs does not hold up the others."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from tenmatsu.errors import TenmatsuError
from tenmatsu.model.words import Words

Found = TypeVar("Found")
Done = Callable[[int, int, str], None]
# So many at a time: enough to be quick, few enough for one laptop and for a network's doorkeepers.
MOST_AT_ONCE = 8


def run_side_by_side(
    jobs: Sequence[tuple[str, Callable[[], Found]]], limit_seconds: float, tell: Done
) -> dict[str, Found | TenmatsuError | None]:
    """Return what each job brought: a value, its error, or None where it had no answer within its limit.

    Of jobs with one name only the last is run: what they bring goes by the name.
    The threads are daemons: one that hangs is given up, and does not keep the program from ending.
    """
    jobs = list(dict(jobs).items())
    waiting: queue.SimpleQueue[tuple[str, Callable[[], Found]]] = queue.SimpleQueue()
    results: queue.SimpleQueue[tuple[str, Found | TenmatsuError]] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    found: dict[str, Found | TenmatsuError | None] = {name: None for name, _ in jobs}
    for _ in range(min(MOST_AT_ONCE, len(jobs))):
        threading.Thread(target=_work, args=(waiting, results), daemon=True).start()
    rounds = -(-len(jobs) // MOST_AT_ONCE)
    ends = time.monotonic() + limit_seconds * rounds
    for done in range(len(jobs)):
        left = [name for name, value in found.items() if value is None]
        tell(done, len(jobs), left[0])
        try:
            name, value = results.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            break
        found[name] = value
    return found


def _work(
    waiting: "queue.SimpleQueue[tuple[str, Callable[[], Found]]]",
    results: "queue.SimpleQueue[tuple[str, Found | TenmatsuError]]",
) -> None:
    while True:
        try:
            name, job = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            results.put((name, job()))
        except TenmatsuError as error:
            results.put((name, error))
        except Exception as bug:  # noqa: BLE001 - the edge of a thread: a fault of ours must not hang the rest
            results.put((name, TenmatsuError(FAULT.fill(what=f"{type(bug).__name__}: {bug}"))))


FAULT = Words("a fault of ours: {what}", "内部エラー: {what}")
