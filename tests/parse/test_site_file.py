"""The site file's probes: what they say, and each fault with its line."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.errors import BadSite
from tenmatsu.model.probe_plan import Expect, Pace, Source, Take
from tenmatsu.parse.site_file import parse_site_file
from tenmatsu.parse.site_probes import plan_for_url
from tenmatsu.parse.toml_lines import find_lines

KINDS = {"metaweblog": ("url", "blog", "user")}
SHOP = b"""
# A shop.
[probe.shop]
every_seconds = 5
jitter = 0
password = "env:SHOP_PASSWORD"
ca_file = "own.pem"
secrets = { key = "file:~/key" }

[[probe.shop.step]]
name = "log in"
post = "https://shop.example/login"
form = { user = "probe", password = "{password}" }
expect.status = 302
take.token = { header = "X-Token" }

[[probe.shop.step]]
get = "https://shop.example/cart/{token}"
expect = { holds = "empty", lacks = ["error", "500"], whole_page = true, most_seconds = 2.5 }

[[probe.shop.clean_up]]
delete = "https://shop.example/cart/{token}"

[probe.post]
kind = "metaweblog"
url = "https://blog.example/mt-xmlrpc.cgi"
blog = 7
user = "owner"
password = "env:BLOG"

[probe.top]
url = "https://blog.example/"
"""


def test_probes_of_all_forms() -> None:
    probes = parse_site_file(SHOP, KINDS).probes
    assert list(probes) == ["shop", "post", "top"]
    shop = probes["shop"]
    assert shop.pace == Pace(every_seconds=5, jitter=0)
    assert shop.secrets == {"password": "env:SHOP_PASSWORD", "key": "file:~/key"}
    assert (shop.ca_file, shop.line) == ("own.pem", 3)
    log_in, cart = shop.steps
    assert (log_in.name, log_in.method, log_in.line) == ("log in", "POST", 10)
    assert log_in.form == {"user": "probe", "password": "{password}"}
    assert log_in.expect == Expect(status=(302,))
    assert log_in.takes == (Take(name="token", source=Source.HEADER, what="X-Token"),)
    assert cart.name == "GET https://shop.example/cart/{token}"
    assert cart.expect == Expect(holds=("empty",), lacks=("error", "500"), whole_page=True, most_seconds=2.5)
    assert [one.method for one in shop.clean_up] == ["DELETE"]
    assert probes["post"].settings == {
        "url": "https://blog.example/mt-xmlrpc.cgi",
        "blog": "7",
        "user": "owner",
    }
    assert [one.url for one in probes["top"].steps] == ["https://blog.example/"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[probe.a]\nurl = 'https://a/'\nevry_seconds = 1\n", 3, "did you mean 'every_seconds'?"),
        ("[probe.a]\nurl = 'https://a/'\nevery_seconds = 0.1\n", 3, "from 0.5"),
        ("[probe.a]\nurl = 'gopher://a/'\n", 1, "not an http or https address"),
        ("\n[probe.a]\nkind = 'nonsense'\n", 3, "there is no kind 'nonsense': metaweblog"),
        ("[probe.a]\npassword = 'hunter2'\nurl = 'https://a/'\n", 2, "not to stand in the site file"),
        ("[probe.a]\n", 1, "does nothing"),
        ("[probe.a]\nurl = 'https://a/'\n[[probe.a.step]]\nurl = 'x'\n", 3, "nobody knows 'step'"),
        ("[[probe.a.step]]\nname = 'x'\n", 1, "has no url"),
        (
            "[[probe.a.step]]\nget = 'https://a/'\n[[probe.a.step]]\npost = 'https://a/'\nform = 3\n",
            5,
            "a table",
        ),
        ("[[probe.a.step]]\npost = 'https://a/'\nform = {}\njson = {}\n", 1, "at most one of"),
        ("[[probe.a.step]]\nget = 'https://a/'\nexpect.status = 'ok'\n", 3, "a whole number"),
        ("[[probe.a.step]]\nget = 'https://a/'\ntake.x = { pattern = '(' }\n", 3, "not a regular expression"),
        ("[[probe.a.step]]\nget = 'https://a/'\ntake.x = { }\n", 3, "exactly one of"),
        ("[probe.'a b']\nurl = 'https://a/'\n", 1, "cannot be a probe's name"),
        ("probe = 3\n", 1, "a table"),
        ("[nothing]\n", 1, "nobody knows 'nothing'"),
        ("[probe.a]\nurl = \n", 2, "not TOML"),
    ],
)
def test_a_fault_is_said_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(BadSite) as raised:
        parse_site_file(text.encode(), KINDS)
    assert raised.value.line == line
    assert said in raised.value.words.en
    assert raised.value.words.ja.startswith(f"{line} 行目")


def test_what_is_not_text_is_said_with_its_line() -> None:
    with pytest.raises(BadSite, match="line 2: the file is not UTF-8 text"):
        parse_site_file(b"# a\n\xff", KINDS)


@given(st.text(alphabet="[]probe.a=\"'{}\nsturl#1 ", max_size=80))
def test_any_text_is_probes_or_a_fault(text: str) -> None:
    with suppress(BadSite):
        parse_site_file(text.encode(), KINDS)


def test_a_url_is_a_probe_of_one_step() -> None:
    plan = plan_for_url("https://a/")
    assert [(one.method, one.url) for one in plan.steps] == [("GET", "https://a/")]


def test_quotes_within_a_string_or_a_comment_open_nothing() -> None:
    lines = find_lines(
        """a = "http://'''/"
b = 'x \"\"\" y'  # it's '''
c = "\\\\" # "
d = '''one
e = 2
'''
f = 3
"""
    )
    assert lines == {(): 1, ("a",): 1, ("b",): 2, ("c",): 3, ("d",): 4, ("f",): 7}
