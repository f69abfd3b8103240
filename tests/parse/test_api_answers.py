"""What APIs answer: XML-RPC, JSON, forms in pages. Whatever the bytes, a value or a ParseError, and soon."""

import time
import xmlrpc.client
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parse.test_machine_properties import SOON_SECONDS, quick

from tenmatsu.errors import ParseError
from tenmatsu.parse.html_form import parse_page
from tenmatsu.parse.json_answer import at, read_json, text_at
from tenmatsu.parse.xml_tree import parse_xml
from tenmatsu.parse.xmlrpc import Fault, Value, read_answer, write_call

PARSERS = (parse_xml, read_answer, read_json, parse_page)
SCRAPS = (
    b"<a>",
    b"<a ",
    b"<!--",
    b"<![",
    b"&amp;",
    b'"',
    b"[",
    b'{"a":',
    b"<value>",
    b"<form><input name=a>",
)
scalars = st.booleans() | st.integers(-(2**31), 2**31 - 1) | st.text("abc é<&>\"' 語", max_size=20)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4)
    ),
    max_leaves=10,
)


@quick
@given(value=values)
def test_what_the_standard_library_writes_is_read(value: Value) -> None:
    written = xmlrpc.client.dumps((value,), methodresponse=True)  # type: ignore[arg-type]
    assert read_answer(written.encode()) == value


@quick
@given(value=values)
def test_what_we_write_is_read_by_the_standard_library(value: Value) -> None:
    assert xmlrpc.client.loads(write_call("a.b", value, "x")) == ((value, "x"), "a.b")


def test_a_fault_is_a_value() -> None:
    written = xmlrpc.client.dumps(xmlrpc.client.Fault(403, "Nein <b>"), methodresponse=True)
    assert read_answer(written.encode()) == Fault(code=403, text="Nein <b>")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ok",
        b"<html></html>",
        b"<methodResponse/>",
        b"<methodResponse><params/></methodResponse>",
        b"<methodResponse><params><param/></params></methodResponse>",
        b"<methodResponse><params><param><value><int>x</int></value></param></params></methodResponse>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><methodResponse>&a;</methodResponse>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x><methodResponse/>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="nothing-such"?><methodResponse/>',
        b"<a>" * 100 + b"</a>" * 100,
    ],
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        read_answer(body)


@pytest.mark.parametrize("parse", PARSERS)
@quick
@given(data=st.binary(max_size=200) | st.lists(st.sampled_from(SCRAPS), max_size=40).map(b"".join))
def test_any_bytes_give_a_value_or_a_parse_error(parse: object, data: bytes) -> None:
    assert callable(parse)
    with suppress(ParseError):
        parse(data)


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("scrap", SCRAPS)
def test_a_megabyte_of_anything_is_read_soon(parse: object, scrap: bytes) -> None:
    assert callable(parse)
    began = time.process_time()
    with suppress(ParseError):
        parse(scrap * (1_000_000 // len(scrap)))
    assert time.process_time() - began < 2 * SOON_SECONDS


def test_json_is_looked_into_without_surprises() -> None:
    value = read_json('{"a": {"b": 7, "c": true, "d": null, "e": "語"}, "f": [1]}'.encode())
    assert (text_at(value, "a", "b"), text_at(value, "a", "e")) == ("7", "語")
    assert [text_at(value, "a", key) for key in "cdz"] == ["", "", ""]
    assert (at(value, "f"), at(value, "f", "b"), at(None, "x")) == ([1], None, None)


def test_a_form_holds_what_a_browser_would_send() -> None:
    page = parse_page(
        b"<title> Edit &amp; \n save </title><form action='/s' METHOD=POST><input name=a value='1&quot;'>"
        b"<input type=checkbox name=b checked><input type=checkbox name=c>"
        b"<input type=radio name=d value=2 checked>"
        b"<input type=submit name=e><input disabled name=f value=x><input type=file name=g>"
        b"<textarea name=h>x &lt; y</textarea>"
        b"<select name=i><option value=1>A<option value=2 selected>B</select>"
        b"<select name=j><option value=first></select></form>"
        b"<a href='?x=1&amp;y=2'><b>To</b> go</a><input name=z>"
    )
    (form,) = page.forms
    assert page.title == "Edit & save"
    assert (form.action, form.method) == ("/s", "post")
    assert dict(form.fields) == {"a": '1"', "b": "on", "d": "2", "h": "x < y", "i": "2", "j": "first"}
    assert page.links == (("?x=1&y=2", "To go"),)
    assert page.find_form("e", "c") is form
    assert page.find_form("z") is None
