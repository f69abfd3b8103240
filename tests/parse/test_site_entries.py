"""The site file's hosts, guests, services, what lies outside: what they say; each fault with its line."""

from contextlib import suppress
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from tenmatsu.errors import BadSite
from tenmatsu.model.below import Product
from tenmatsu.model.site_map import Api, Entry, EntryKind, Need, SiteMap
from tenmatsu.parse.site_file import parse_site_file

SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
COLONS = ":".join(SHA[at : at + 2] for at in range(0, 64, 2)).upper()
UUID = "564d1c2a-0102-0304-0506-0708090a0b0c"
SITE = f"""
[guest.web1]
on = "esx1"
address = ["192.0.2.80", "2001:DB8::50"]
uuid = "564D1C2A-0102-0304-0506-0708090A0B0C"
mac = "00-0C-29-AA-BB-01"
ssh = "admin@192.0.2.80"
system = "CentOS 5"
needs = ["dns1", {{ what = "isp", because = "default route" }}]
note = "the blog"

[host.esx1]
address = "192.0.2.1"
hypervisor = "vmware"
user = "tenmatsu"
password = "file:~/.config/tenmatsu/esx1"
certificate = "{COLONS}"

[guest.dns1]
on = "esx1"
mac = ["00:0c:29:aa:bb:02"]

[service.blog]
on = "web1"
role = "web"
url = "https://blog.example/"

[service.named]
on = "dns1"
role = "dns"
port = 53
needs = []

[outside.isp]
address = "198.51.100.1"

[probe.top]
url = "https://blog.example/"
"""


def read(text: str) -> SiteMap:
    return parse_site_file(text.encode(), {})


def test_entries_of_all_kinds() -> None:
    site = read(SITE)
    assert site.entries["web1"] == Entry(
        name="web1",
        kind=EntryKind.GUEST,
        on="esx1",
        addresses=("192.0.2.80", "2001:db8::50"),
        uuid="564d1c2a-0102-0304-0506-0708090a0b0c",
        macs=("00:0c:29:aa:bb:01",),
        ssh="admin@192.0.2.80",
        system="CentOS 5",
        needs=(Need(what="dns1"), Need(what="isp", because="default route")),
        note="the blog",
        line=2,
    )
    assert site.entries["esx1"].api == Api(
        product=Product.VMWARE,
        address="192.0.2.1",
        user="tenmatsu",
        secrets={"password": "file:~/.config/tenmatsu/esx1"},
        certificate=SHA,
    )
    named = site.entries["named"]
    assert (named.role, named.port, named.kind) == ("dns", 53, EntryKind.SERVICE)
    assert list(site.probes) == ["top"]


def test_entries_stand_in_the_order_of_the_file() -> None:
    assert list(read(SITE).entries) == ["web1", "esx1", "dns1", "blog", "named", "isp"]


def test_the_map_tells_what_is_below_on_top_and_needed() -> None:
    site = read(SITE)
    assert [one.name for one in site.below("blog")] == ["web1", "esx1"]
    assert [one.name for one in site.running_on("esx1")] == ["web1", "dns1"]
    assert [need.what for need in site.needs_of("esx1")] == ["isp"]  # dns1 runs on it itself
    assert site.machine_of("blog").name == "web1"
    assert site.machine_of("isp").name == "isp"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[guest.a]\non = 'b'\n", 2, "nobody knows 'b'"),
        ("[guest.a]\n\nneeds = ['b']\n", 3, "nobody knows 'b'"),
        ("[guest.a]\n[service.s]\non = 's'\n", 3, "'s' cannot run on 's'"),
        ("[guest.a]\n[guest.b]\non = 'a'\n", 3, "'b' cannot run on 'a'"),
        ("[outside.a]\non = 'a'\n", 2, "cannot run on"),
        ("[guest.a]\n[service.a]\n", 2, "there is a 'a' in line 1 already"),
        ("[guest.a]\naddres = '192.0.2.1'\n", 2, "did you mean 'address'?"),
        ("[guest.a]\naddress = 'web1'\n", 2, "'web1' is not an IP address"),
        ("[guest.a]\naddress = 3\n", 2, "is not an IP address"),
        ("[guest.a]\nmac = '00:0c'\n", 2, "'00:0c' is not a MAC address"),
        ("[guest.a]\nuuid = 'x'\n", 2, "'x' is not a UUID"),
        ("[guest.a]\nuuid = 3\n", 2, "must be a text in quotes"),
        ("[host.a]\nmac = '00:0c:29:aa:bb:01'\n", 2, "nobody knows 'mac'"),
        ("[service.a]\nport = 70000\n", 2, "from 1 to 65535"),
        ("[service.a]\nport = '80'\n", 2, "a whole number"),
        ("[guest.a]\nport = 80\n", 2, "nobody knows 'port'"),
        ("[guest.a]\nneeds = 'a'\n", 2, "must be a list"),
        ("[guest.a]\nneeds = [3]\n", 2, "a need is a name"),
        ("[guest.a]\nneeds = [{ what = 'a', why = 'x' }]\n", 2, "a need is a name"),
        ("[guest.a]\nneeds = ['a']\n", 1, "in a circle, so none could start first: a → a"),
        (
            "[guest.a]\naddress = '192.0.2.1'\n[guest.b]\naddress = '192.0.2.1'\n",
            4,
            "192.0.2.1 is that of 'a' already",
        ),
        (
            "[guest.a]\naddress = '2001:db8::1'\n[outside.b]\naddress = ['2001:DB8:0::1']\n",
            4,
            "is that of 'a' already",
        ),
        (
            "[guest.a]\nmac = '00:0c:29:aa:bb:01'\n[guest.b]\nmac = '00-0C-29-AA-BB-01'\n",
            4,
            "is that of 'a' already",
        ),
        (
            f"[host.a]\nuuid = '{UUID}'\n[guest.b]\nuuid = '{UUID.upper()}'\n",
            4,
            "is that of 'a' already",
        ),
        ("[guest.a]\nnote = \"'''\"\nport = 80\n", 3, "nobody knows 'port'"),
        ('[guest.a]\nnote = \'x\' # """\nport = 80\n', 3, "nobody knows 'port'"),
        ('[guest.a]\nnote = """\nx = 1 # "\n"""\nport = 80\n', 5, "nobody knows 'port'"),
        ("[guest.a]\nnote = \"a\\\"'''\"\nport = 80\n", 3, "nobody knows 'port'"),
        ("[host.a]\nhypervisor = 'xen'\n", 2, "there is no hypervisor 'xen': vmware, libvirt, proxmox"),
        ("[host.a]\nuser = 'root'\n", 2, "nobody knows 'user'"),
        ("[host.a]\nhypervisor = 'vmware'\ncertificate = 'AB:CD'\n", 3, "64 hex digits"),
        ("[host.a]\nhypervisor = 'vmware'\npassword = 'hunter2'\n", 3, "not to stand in the site file"),
        ("[guest.'a b']\n", 1, "'a b' cannot be a name"),
        ("guest = 3\n", 1, "must be a table"),
        ("[guest]\na = 3\n", 2, "must be a table"),
        ("[[guest]]\n", 1, "must be a table"),
    ],
)
def test_a_fault_is_said_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(BadSite) as raised:
        read(text)
    assert said in raised.value.words.en
    assert raised.value.line == line
    assert raised.value.words.ja.startswith(f"{line} 行目")


def test_a_circle_is_told_from_need_to_need() -> None:
    with pytest.raises(BadSite) as raised:
        read("[guest.a]\nneeds = ['b']\n[guest.b]\nneeds = ['s']\n[service.s]\non = 'a'\n")
    around = raised.value.words.en.rpartition(": ")[2].split(" → ")
    assert around[0] == around[-1]
    assert set(around) == {"a", "b", "s"}
    assert "a → b → s → a" in " → ".join(around + around[1:])


@pytest.mark.parametrize(
    "text",
    [
        "[guest.a]\nneeds = ['s']\n[service.s]\non = 'a'\n",  # a resolver of its own: one start for both
        "[guest.a]\n[service.s]\non = 'a'\nneeds = ['a']\n",
        "[guest.a]\naddress = '192.0.2.1'\n[service.s]\non = 'a'\naddress = '192.0.2.1'\n",  # its machine's
        "[guest.a]\naddress = ['192.0.2.1', '192.0.2.1']\n",
        "",
    ],
)
def test_what_is_no_fault(text: str) -> None:
    read(text)


NAMES = st.sampled_from(["a", "b", "web1", "x y", "ü", "\x1b[2J", "on"])
KEYS = st.sampled_from(
    "on address mac uuid ssh needs port url hypervisor certificate user password note what because".split()
)
SCALARS = (
    st.sampled_from(
        ["a", "b", "web1", "192.0.2.1", "::1", "vmware", "env:X", "00:0c:29:aa:bb:01", "", "\x00"]
    )
    | st.integers(-(2**62), 2**62)
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.dates()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
TABLES = st.dictionaries(
    st.sampled_from(["host", "guest", "service", "outside", "probe", "hsot"]),
    st.dictionaries(NAMES, st.dictionaries(KEYS, VALUES, max_size=5) | VALUES, max_size=3) | VALUES,
    max_size=4,
)


@given(TABLES)
@settings(deadline=None)
def test_any_toml_is_a_site_or_a_fault_with_its_line(content: dict[str, Any]) -> None:
    text = tomlkit.dumps(content)
    try:
        site = read(text)
    except BadSite as fault:
        line = fault.line
    else:
        for entry in site.entries.values():
            site.below(entry.name)
            site.needs_of(entry.name)
        return
    assert 1 <= line <= text.count("\n") + 1


@given(st.text(alphabet="[]guest.hostab=\"'{}\n#,1: ", max_size=100))
def test_any_text_is_a_site_or_a_fault(text: str) -> None:
    with suppress(BadSite):
        read(text)
