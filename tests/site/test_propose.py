"""From what was seen to a site file: entries, needs with their reasons, circles left out, hostile names."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.site.made_seen import AD1, API, DNS1, WEB1, guest, inside, listen, make_seen

from tenmatsu.attempt.kinds import KINDS
from tenmatsu.model.below import GuestFacts, HostFacts, Inventory, Lack, Power
from tenmatsu.model.inside import Domain, Inside, Listening, Share, Talking, WebSite
from tenmatsu.model.marks import Marks
from tenmatsu.model.site_map import SiteMap
from tenmatsu.model.words import LANGUAGES, Language, plain
from tenmatsu.parse.site_file import parse_site_file
from tenmatsu.site.proposal import Below, Seen
from tenmatsu.site.propose import propose
from tenmatsu.site.render import render_site

MADE_BY = plain("made by a test")


def write(seen: Seen, language: Language = "en") -> str:
    return render_site(propose(seen), MADE_BY, language)


def read(seen: Seen) -> SiteMap:
    return parse_site_file(write(seen).encode(), KINDS)


def needs(site: SiteMap, name: str) -> dict[str, str]:
    return {need.what: need.because for need in site.entries[name].needs}


def test_the_site_of_the_incident() -> None:
    site = read(make_seen())
    assert {(one.kind.value, one.name, one.on) for one in site.entries.values()} == {
        ("host", "esx1", ""),
        ("guest", "dns1", "esx1"),
        ("guest", "ad1", "esx1"),
        ("guest", "db1", "esx1"),
        ("guest", "web1", "esx1"),
        ("guest", "old1", "esx1"),
        ("service", "dns1-dns", "dns1"),
        ("service", "ad1-directory", "ad1"),
        ("service", "ad1-files", "ad1"),
        ("service", "db1-database", "db1"),
        ("service", "web1-database", "web1"),
        ("service", "blog.example", "web1"),
        ("service", "shop.example", "web1"),
        ("outside", "gateway-198.51.100.1", ""),
        ("outside", "web-api.elsewhere.example", ""),
    }
    assert site.entries["esx1"].api == API
    assert site.entries["web1"].ssh == "web1"
    assert site.entries["web1"].system == "CentOS 4/5 or later (64-bit)"
    assert site.entries["blog.example"].url == "https://blog.example/"
    assert site.entries["ad1-directory"].port == 389


def test_each_need_has_its_reason() -> None:
    site = read(make_seen())
    assert needs(site, "web1") == {
        "dns1-dns": "nameserver 192.0.2.53 in /etc/resolv.conf is dns1",
        "gateway-198.51.100.1": "default gateway 198.51.100.1",
        "ad1-directory": "joined to EXAMPLE.LAN (/etc/krb5.conf) is ad1",
        "db1": "nfs of 192.0.2.33 at /srv/files",
        "db1-database": "2 connections to 192.0.2.33:3306 (httpd)",
    }
    assert needs(site, "shop.example") == {
        "web-api.elsewhere.example": "its configuration asks http://api.elsewhere.example:8080/"
    }
    assert needs(site, "dns1") == {}  # it asks itself


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_could_not_be_seen_is_said(language: Language) -> None:
    lack = Lack(what=plain("esx2"), why=plain("wrong password"), close_by=plain("try again"))
    text = write(make_seen(lacks=(("vmware://a@esx2", lack),)), language)
    for part in ("wrong password", "some timed jobs", "/etc/crontab (3)", "old1", "off"):
        assert part in text
    assert ("number 1 by its host's own order" if language == "en" else "起動順では 1 番目") in text


def test_a_circle_is_left_out_and_said() -> None:
    member = replace(DNS1, domains=(Domain(realm="EXAMPLE.LAN", source="/etc/sssd/sssd.conf"),))
    seen = make_seen(insides=(member, AD1))
    site = read(seen)  # dns1 is a member of ad1's domain, and ad1 asks dns1 for names
    assert "dns1-dns" in needs(site, "ad1")
    assert "ad1-directory" not in needs(site, "dns1")
    assert "ad1-directory → ad1 → dns1-dns → dns1" in " ".join(write(seen).replace("#", "").split())


def test_two_name_servers_that_ask_each_other() -> None:
    one = inside("dns1", listening=(listen("named", 53),), resolvers=("192.0.2.20",))
    other = inside("ad1", listening=(listen("unbound", 53),), resolvers=("192.0.2.53",))
    site = read(make_seen(insides=(one, other)))
    assert len(needs(site, "dns1")) + len(needs(site, "ad1")) == 1


def test_a_machine_that_no_hypervisor_told_of() -> None:
    site = read(Seen(insides=(replace(WEB1, virtualisation="vmware"), replace(DNS1, virtualisation="none"))))
    assert site.entries["web1.example.lan"].kind.value == "guest"
    assert site.entries["dns1.example.lan"].kind.value == "host"
    assert "dns1.example.lan-dns" in needs(site, "web1.example.lan")


def test_the_same_guest_told_by_two_hypervisors_stands_once() -> None:
    uuid = "564d1c2a-0102-0304-0506-0708090a0b0c"
    host = HostFacts(key="h1", name="esx1", uuid="564d1c2a-0000-0000-0000-000000000001")
    below = Below(api=API, inventory=Inventory(hosts=(host,), guests=(guest("web1", uuid=uuid),)))
    site = read(Seen(belows=(below, below)))
    assert list(site.entries) == ["esx1", "web1"]


def test_marks_that_two_have_are_left_out_of_both() -> None:
    bridge = ("172.17.0.1",)
    one, other = (replace(i, marks=Marks(addresses=(*i.marks.addresses, *bridge))) for i in (WEB1, DNS1))
    site = read(Seen(insides=(one, other)))
    assert [entry.addresses for entry in site.of_kind(site.entries["web1.example.lan"].kind)] == [
        ("192.0.2.80",),
        ("192.0.2.53",),
    ]


HOSTILE = st.sampled_from(
    ['"]\n[host.evil]\n', "\x1b[2J", "a\u202eb", "'''", "\\", "", "web1", "192.0.2.1", "::1", "a.b", "日本"]
) | st.text(max_size=20)
IPS = st.sampled_from(["192.0.2.1", "192.0.2.2", "::1", "127.0.0.1", "fe80::1", "2001:db8::1"])


@st.composite
def insides(draw: st.DrawFn) -> Inside:
    def text() -> str:
        return draw(HOSTILE)

    def ip() -> str:
        return draw(IPS)

    def port() -> int:
        return draw(st.integers(1, 65535))

    few = st.integers(0, 2)
    return Inside(
        way="here",
        name=text(),
        system=text(),
        virtualisation=draw(st.sampled_from(["", "none", "kvm"])),
        marks=Marks(addresses=tuple({ip() for _ in range(draw(few))})),
        listening=tuple(Listening(text(), "tcp", port(), (ip(),)) for _ in range(draw(few))),
        talking=tuple(Talking(text(), ip(), port(), 1) for _ in range(draw(few))),
        sites=tuple(
            WebSite(names=(text() or "x",), listen=(text(),), upstreams=(text(), f"http://{text()}:{port()}"))
            for _ in range(draw(few))
        ),
        resolvers=tuple(ip() for _ in range(draw(few))),
        resolver_file="/etc/resolv.conf",
        domains=tuple(Domain(realm=text(), source="f", servers=(text(),)) for _ in range(draw(few))),
        shares=tuple(Share("nfs", text() or "s", text()) for _ in range(draw(few))),
        gateways=tuple(ip() for _ in range(draw(few))),
        hosts=((text(), ip()),),
    )


@st.composite
def belows(draw: st.DrawFn) -> Below:
    guests = tuple(
        GuestFacts(
            key=str(at),
            name=draw(HOSTILE),
            host=draw(st.sampled_from(["h", "?"])),
            power=Power.ON,
            addresses=tuple({draw(IPS)}),
            system=draw(HOSTILE),
        )
        for at in range(draw(st.integers(0, 3)))
    )
    return Below(api=API, inventory=Inventory(hosts=(HostFacts(key="h", name=draw(HOSTILE)),), guests=guests))


SEEN = st.builds(
    Seen,
    belows=st.lists(belows(), max_size=2).map(tuple),
    insides=st.lists(insides(), max_size=3).map(tuple),
)


@given(SEEN)
@settings(deadline=None)
def test_whatever_machines_tell_the_file_can_be_read(seen: Seen) -> None:
    text = write(seen)
    parse_site_file(text.encode(), KINDS)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_host_without_a_name_goes_by_where_it_was_asked() -> None:
    host = HostFacts(key="h1", name="localhost.localdomain", addresses=("192.0.2.10",))
    below = Below(api=API, inventory=Inventory(hosts=(host,), guests=()))
    assert list(read(Seen(belows=(below,))).entries) == ["host-192.0.2.10"]
    named = replace(below, api=replace(API, address="esx1.example:8443"))
    assert list(read(Seen(belows=(named,))).entries) == ["esx1.example"]


def test_an_address_that_only_the_inside_tells() -> None:
    silent = guest("dns1", addresses=())
    host = HostFacts(key="h1", name="esx1")
    below = Below(api=API, inventory=Inventory(hosts=(host,), guests=(silent,)))
    assert "its addresses are not known below" in write(Seen(belows=(below,)))
    seen = Seen(belows=(below,), insides=(DNS1,))
    assert read(seen).entries["dns1"].addresses == ("192.0.2.53",)
    assert "its addresses are not known below" not in write(seen)
