"""Looks at all targets of a discovery side by side, each with its limit."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tenmatsu.cli.side_by_side import Done, run_side_by_side
from tenmatsu.cli.site_targets import Target
from tenmatsu.errors import TenmatsuError
from tenmatsu.model.below import Lack, Power
from tenmatsu.model.inside import Inside
from tenmatsu.model.words import Words, plain
from tenmatsu.site.proposal import Below, Seen

if TYPE_CHECKING:
    from tenmatsu.reach import Reach
    from tenmatsu.reach.ssh import SshOptions

TARGET_SECONDS = 120.0


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
AGAIN = Words(
    "Then run tenmatsu site discover again.",
    "解決したら、もう一度 tenmatsu site discover を実行してください。",
)
