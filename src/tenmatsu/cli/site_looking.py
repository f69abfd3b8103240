"""Looks at all targets of a discovery side by side, each in a thread of its own with its limit."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from tenmatsu.cli.site_targets import Target
from tenmatsu.errors import TenmatsuError
from tenmatsu.model.below import Lack, Power
from tenmatsu.model.inside import Inside
from tenmatsu.model.words import Words, plain
from tenmatsu.site.proposal import Below, Seen

if TYPE_CHECKING:
    from tenmatsu.reach import Reach
    from tenmatsu.reach.ssh import SshOptions

Found = TypeVar("Found")
Done = Callable[[int, int, str], None]
# So many at a time: enough to be quick, few enough for one laptop and for a network's doorkeepers.
MOST_AT_ONCE = 8
TARGET_SECONDS = 120.0


def run_side_by_side(
    jobs: Sequence[tuple[str, Callable[[], Found]]], limit_seconds: float, tell: Done
) -> dict[str, Found | TenmatsuError | None]:
    """Return what each job brought: a value, its error, or None where it had no answer within its limit.

    The threads are daemons: one that hangs is given up, and does not keep the program from ending.
    """
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


def look_at(targets: Sequence[Target], ssh: "SshOptions", *, inside: bool, tell: Done) -> Seen:
    """Return what was seen; with `inside` each guest that runs is entered by SSH at its first address."""
    jobs = [(target.text, _make_job(target, ssh)) for target in targets]
    seen = _gather(run_side_by_side(jobs, TARGET_SECONDS, tell))
    if inside:
        known = {address for one in seen.insides for address in one.marks.addresses}
        hosts = [
            guest.addresses[0]
            for below in seen.belows
            for guest in below.inventory.guests
            if guest.power is Power.ON and guest.addresses and known.isdisjoint(guest.addresses)
        ]
        entered = [(host, _make_job(Target(text=host, host=host), ssh)) for host in dict.fromkeys(hosts)]
        more = _gather(run_side_by_side(entered, TARGET_SECONDS, tell))
        seen = Seen(
            belows=seen.belows, insides=(*seen.insides, *more.insides), lacks=(*seen.lacks, *more.lacks)
        )
    return seen


def _make_job(target: Target, ssh: "SshOptions") -> Callable[[], Below | Inside]:
    def look() -> Below | Inside:
        if target.api is not None:
            return look_below(target)
        from tenmatsu.sight.inside import look_inside

        with open_way(target.host, ssh) as reach:
            return look_inside(reach, target.host or "here")

    return look


def look_below(target: Target) -> Below:
    """Return what a hypervisor has. Raises ReachError, WrongUse."""
    from tenmatsu.reach.open_hypervisor import open_hypervisor

    if target.api is None:
        raise AssertionError(target.text)
    hypervisor = open_hypervisor(target.api, target.text)
    try:
        return Below(api=target.api, inventory=hypervisor.take_inventory())
    finally:
        hypervisor.close()


@contextmanager
def open_way(host: str, ssh: "SshOptions") -> "Iterator[Reach]":
    """Give the way to a machine: this one where no host is named. Raises ReachError, WrongUse."""
    from tenmatsu.reach.local import LocalReach
    from tenmatsu.reach.open_hypervisor import open_machine

    if not host:
        yield LocalReach()
        return
    reach = open_machine(host, ssh)
    try:
        yield reach
    finally:
        close: Callable[[], None] | None = getattr(reach, "close", None)
        if close is not None:
            close()


def _gather(results: "dict[str, Below | Inside | TenmatsuError | None]") -> Seen:
    belows, insides, lacks = [], [], []
    for name, value in results.items():
        if isinstance(value, Below):
            belows.append(value)
        elif isinstance(value, Inside):
            insides.append(value)
        else:
            why = value.words if value is not None else NO_ANSWER.fill(seconds=f"{TARGET_SECONDS:.0f}")
            lacks.append((name, Lack(what=plain(name), why=why, close_by=AGAIN)))
    return Seen(belows=tuple(belows), insides=tuple(insides), lacks=tuple(lacks))


NO_ANSWER = Words("no answer in {seconds} s", "{seconds} 秒以内に応答がありません")
AGAIN = Words("Then: tenmatsu site discover with it again", "解決後、もう一度 tenmatsu site discover を実行")
FAULT = Words("a fault of ours: {what}", "内部エラー: {what}")
