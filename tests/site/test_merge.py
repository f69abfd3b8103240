"""A second discovery: what the owner wrote stays, what is new goes in between, and nothing is said twice."""

import tomllib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from rich.cells import cell_len
from tests.site.made_seen import AD1, DB1, DNS1, WEB1, guest, make_seen
from tests.site.test_propose import MADE_BY, SEEN

from tenmatsu.attempt.kinds import KINDS
from tenmatsu.model.below import Inventory, Lack
from tenmatsu.model.site_map import SiteMap
from tenmatsu.model.words import plain
from tenmatsu.parse.site_file import parse_site_file
from tenmatsu.site.merge import merge_site
from tenmatsu.site.proposal import Seen
from tenmatsu.site.propose import propose
from tenmatsu.site.render import render_site

OWNED = """# my site, since 2009
[host.big]      # under the stairs
address = "192.0.2.10"
hypervisor = "vmware"
user = "root"
password = "env:ESX"

# the blog. Never reboot on Fridays!
[guest.blogbox]
on = "big"
mac = "00-0C-29-00-00-03"
note = "mine"
needs = [
    "router",    # as I know
]

# names
[guest.dns1]
on = "big"
needs = ["router"]

[outside.router]

[service.names]
on = "dns1"
port = 53
role = "dns"

[guest.gone1]
on = "big"

[probe.top]
url = "https://blog.example/"
"""


def read(text: str) -> SiteMap:
    return parse_site_file(text.encode(), KINDS)


def merge(text: str, seen: Seen) -> str:
    return merge_site(text, read(text), propose(seen), "en")


def test_the_owners_lines_stay_in_their_order() -> None:
    merged = merge(OWNED, make_seen())
    lines = iter(merged.splitlines())
    assert [line for line in OWNED.splitlines() if line not in lines] == []  # each after the one before


def test_what_is_new_goes_to_the_entry_that_it_is_of() -> None:
    site = read(merge(OWNED, make_seen()))
    blog = site.entries["blogbox"]
    assert (blog.note, blog.addresses, blog.ssh) == ("mine", ("192.0.2.80",), "web1")
    assert {need.what: need.because for need in blog.needs}["names"].startswith("nameserver 192.0.2.53")
    assert blog.needs[0].what == "router"
    assert "web1" not in site.entries
    assert site.entries["big"].api == read(OWNED).entries["big"].api
    assert site.entries["db1"].on == "big"
    assert site.entries["names"].port == 53


def test_what_is_gone_is_a_comment_only() -> None:
    merged = merge(OWNED, make_seen())
    assert "gone1 was not found below any more" in merged
    assert "gone1" in read(merged).entries
    assert "router was not found" not in merged


@pytest.mark.parametrize(
    ("key", "hides", "is_said"),
    [("", True, False), ("h1", True, False), ("", False, True), ("vm-web1", True, True)],
)
def test_a_guest_is_not_gone_where_not_all_guests_were_told(key: str, hides: bool, is_said: bool) -> None:
    below = make_seen().belows[0]
    lack = Lack(what=plain("guests"), why=plain("no"), close_by=plain("ask"), key=key, hides_guests=hides)
    seen = make_seen(belows=(replace(below, inventory=replace(below.inventory, lacks=(lack,))),))
    assert ("gone1 was not found" in merge(OWNED, seen)) is is_said


def test_a_second_time_there_is_nothing_new() -> None:
    once = merge(OWNED, make_seen())
    assert merge(once, make_seen()) == once
    fresh = render_site(propose(make_seen()), MADE_BY, "en")
    assert merge(fresh, make_seen()) == fresh


def test_a_remark_is_known_in_either_language() -> None:
    text = OWNED.replace("[service.names]\n", '[service.names]\nneeds = ["blogbox"]\n')
    once = merge_site(text, read(text), propose(make_seen()), "ja")
    assert "見つかりませんでした" in once
    assert "依存関係が循環し" in once
    assert merge(once, make_seen()) == once


def test_comments_in_japanese_are_no_wider_than_others() -> None:
    fresh = render_site(propose(make_seen()), MADE_BY, "ja")
    comments = [line for line in fresh.splitlines() if line.startswith("#")]
    assert max(map(cell_len, comments)) <= 110
    assert merge_site(fresh, read(fresh), propose(make_seen()), "ja") == fresh


def test_what_differs_is_said_beside_and_not_changed() -> None:
    fresh = render_site(propose(make_seen()), MADE_BY, "en")
    moved = replace(DB1, marks=replace(DB1.marks, addresses=("192.0.2.34",)))
    below = make_seen().belows[0]
    others = [one for one in below.inventory.guests if one.name != "db1"]
    inventory = Inventory(
        hosts=below.inventory.hosts, guests=(*others, guest("db1", addresses=("192.0.2.34",)))
    )
    seen = make_seen(belows=(replace(below, inventory=inventory),), insides=(moved, WEB1))
    merged = merge(fresh, seen)
    assert '# seen now: address = "192.0.2.34"' in merged
    assert read(merged).entries["db1"].addresses == ("192.0.2.33",)
    assert merge(merged, seen) == merged


def test_a_need_that_would_close_a_circle_with_the_owners_is_not_added() -> None:
    text = OWNED.replace("[service.names]\n", '[service.names]\nneeds = ["blogbox"]\n')
    merged = merge(text, make_seen())
    assert "names" not in [need.what for need in read(merged).entries["blogbox"].needs]
    assert "It would close a circle" in merged


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment",
        '[guest]\nweb1.address = "192.0.2.80"\n',
        '[guest.web1]\nnote = """\n[not a table]\n# not a comment\n"""\naddress = [\n "192.0.2.80" ]',
        '[guest.web1]\r\naddress = "192.0.2.80"\r\n# mine\r\n\r\n[guest.b]\r\n',
        '# odd line \u2028 ends\x85\n[guest.web1]\naddress = "192.0.2.80"\n\n\n# the end',
        '[guest.other]\naddress = "192.0.2.80"\n[guest.another]\nmac = "00:0c:29:00:00:03"\n',
    ],
)
def test_files_of_any_form(text: str) -> None:
    merged = merge(text, make_seen())
    site = read(merged)
    assert holds(tomllib.loads(merged), tomllib.loads(text))
    lines = iter(merged.splitlines(keepends=True))
    assert [one for one in text.splitlines(keepends=True)[:-1] if one not in lines] == []
    assert sum("192.0.2.80" in one.addresses for one in site.entries.values()) == 1
    assert merge(merged, make_seen()) == merged


def holds(new: Any, old: Any) -> bool:
    """Tell whether all of the old values are there, in their order."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and holds(new[key], old[key]) for key in old)
    if isinstance(old, list):
        return isinstance(new, list) and new[: len(old)] == old
    return bool(new == old)


@given(SEEN, SEEN)
@settings(deadline=None, max_examples=60)
def test_whatever_is_seen_nothing_is_lost_and_the_file_can_be_read(first: Seen, second: Seen) -> None:
    text = render_site(propose(first), MADE_BY, "en")
    merged = merge(text, second)
    read(merged)
    assert holds(tomllib.loads(merged), tomllib.loads(text))


def test_a_machine_looked_into_later_finds_the_services_of_the_file() -> None:
    first = render_site(propose(make_seen(insides=(DNS1, AD1, DB1))), MADE_BY, "en")
    alone = Seen(insides=(replace(WEB1, virtualisation="vmware"),))
    merged = merge(first, alone)
    site = read(merged)
    needs = {need.what for need in site.entries["web1"].needs}
    assert {"dns1-dns", "db1-database"} <= needs
    assert "dns-192.0.2.53" not in site.entries
    assert site.entries["dns1-dns"] == replace(
        read(first).entries["dns1-dns"], line=site.entries["dns1-dns"].line
    )
    assert merge(merged, alone) == merged
