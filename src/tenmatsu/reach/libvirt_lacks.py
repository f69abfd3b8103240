"""What an inventory of a libvirt host was to tell and did not: each of it a lack, with the reason. Pure."""

import re
from collections.abc import Callable, Iterator

from tenmatsu.model.below import Lack
from tenmatsu.model.words import Words
from tenmatsu.parse.libvirt_lists import parse_guest_names, parse_pools
from tenmatsu.reach.host_shell import Told
from tenmatsu.reach.libvirt_facts import GUEST, READ, Ground, keeps_no_stats, was_removed
from tenmatsu.reach.libvirt_messages import TOO_LATE, find_said

# Why a question of the script's was not answered; None: it was.
WhyNot = Callable[[str], Words | None]
# What `pool-list --details` prints below its heads, however many pools there are.
_RULE = b"----"
_NO_POOLS = re.compile(rb"not supported by the connection driver: virConnect\w*StoragePools")


def find_lacks(told: Told, ground: Ground, why_not: WhyNot, cut_off: Words) -> Iterator[Lack]:
    """Yield a lack for each guest, the host, its pools and all figures, where they were not told."""
    yield from _guest_lacks(told, ground, why_not, cut_off)
    host = why_not("host")
    if host is not None:
        yield Lack(what=_HOST, why=host, close_by=_HOST_HELP)
    pools = _why_no_pools(told, why_not, cut_off)
    if pools is not None:
        yield Lack(what=_POOLS, why=pools, close_by=_POOLS_HELP)
    stats = None if keeps_no_stats(told) else why_not("stats")
    if stats is not None:
        yield Lack(what=_STATS, why=stats, close_by=_STATS_HELP)


def _guest_lacks(told: Told, ground: Ground, why_not: WhyNot, cut_off: Words) -> Iterator[Lack]:
    """Yield the guests that were listed and not described, but for those that were removed in between."""
    # A guest that does not run has no addresses: any other code than that of a limit says nothing.
    codes = [code for code, _ in find_said(told, "xml")]
    why = (why_not("xml") if codes and codes[-1] in TOO_LATE else None) or cut_off
    known = {*ground.domains, *(lack.key for lack in ground.inventory.lacks)}
    for uuid, name in parse_guest_names(told.find("guests") or b"").items():
        if uuid not in known and not was_removed(told, uuid):
            yield Lack(what=GUEST.fill(name=name), why=why, close_by=READ, key=uuid)


def _why_no_pools(told: Told, why_not: WhyNot, cut_off: Words) -> Words | None:
    listed = told.find("list.pools") or b""
    if _RULE in listed:
        return why_not("pools") if parse_pools(listed) else None
    if any(_NO_POOLS.search(complaint) for _, complaint in find_said(told, "host")):
        return None
    return why_not("host") or cut_off


_HOST = Words(
    "the host itself, and which guests it starts by itself", "ホスト自体の情報と、自動起動するゲスト"
)
_HOST_HELP = Words(
    "look at `virsh nodeinfo` and `virsh capabilities` there",
    "そのホストで `virsh nodeinfo` と `virsh capabilities` を確認してください",
)
_POOLS = Words(
    "the storage pools, and which guests' disks lie there", "ストレージプールと、そこにあるゲストのディスク"
)
_POOLS_HELP = Words(
    "look at `virsh pool-list --all --details` there",
    "そのホストで `virsh pool-list --all --details` を確認してください",
)
_STATS = Words("whether the guests run, and their figures", "ゲストの稼働状況と計測値")
_STATS_HELP = Words("look at `virsh domstats` there", "そのホストで `virsh domstats` を確認してください")
