"""XML-RPC: a call as bytes, an answer as a value. A fault is a value too.

Source: http://xmlrpc.com/spec.md. Written here, not taken from `xmlrpc.client`, whose reader raises a dozen
kinds of errors for hostile answers and whose module connects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tenmatsu.errors import ParseError
from tenmatsu.parse.xml_tree import Node, parse_xml

Value = str | int | float | bool | Sequence["Value"] | Mapping[str, "Value"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """An error that the other side put into words. `code` is 0 where it is no number."""

    code: int
    text: str


def write_call(method: str, *values: Value) -> bytes:
    """Return the body of a call."""
    params = "".join(f"<param>{_write(value)}</param>" for value in values)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<methodCall><methodName>{escape(method)}</methodName>'
        f"<params>{params}</params></methodCall>\n"
    ).encode()


def read_answer(body: bytes) -> Value | Fault:
    """Return what a call came to. Raises `ParseError` where it is no answer of XML-RPC."""
    root = parse_xml(body)
    if root.name != "methodResponse" or not root.children:
        raise ParseError("XML-RPC", f"<{root.name[:40]}>")
    if (fault := root.child("fault")) is not None:
        return _read_fault(_read(fault.child("value")))
    params = root.child("params")
    param = params.child("param") if params else None
    if param is None:
        raise ParseError("XML-RPC", "no value")
    return _read(param.child("value"))


def _write(value: Value) -> str:
    if isinstance(value, bool):
        inner = f"<boolean>{value:d}</boolean>"
    elif isinstance(value, int):
        inner = f"<int>{value}</int>"
    elif isinstance(value, float):
        inner = f"<double>{value}</double>"
    elif isinstance(value, str):
        inner = f"<string>{escape(value)}</string>"
    elif isinstance(value, Mapping):
        members = (
            f"<member><name>{escape(name)}</name>{_write(one)}</member>" for name, one in value.items()
        )
        inner = f"<struct>{''.join(members)}</struct>"
    else:
        inner = f"<array><data>{''.join(_write(one) for one in value)}</data></array>"
    return f"<value>{inner}</value>"


def _read(node: Node | None) -> Value:
    if node is None:
        raise ParseError("XML-RPC", "no value")
    if not node.children:
        return node.text
    inner = node.children[0]
    if inner.name == "struct":
        return {member.said("name"): _read(member.child("value")) for member in inner.all("member")}
    if inner.name == "array":
        data = inner.child("data")
        return [_read(one) for one in data.all("value")] if data else []
    return _read_scalar(inner.name, inner.text)


def _read_scalar(kind: str, text: str) -> Value:
    if kind == "boolean":
        return text.strip() == "1"
    if kind in ("int", "i4", "i8"):
        try:
            return int(text)
        except ValueError:
            raise ParseError("XML-RPC", f"<{kind}>{text[:20]}") from None
    return text  # strings; dates, fractions and base64 are not looked into


def _read_fault(value: Value) -> Fault:
    told = value if isinstance(value, Mapping) else {}
    code = told.get("faultCode", 0)
    return Fault(code=code if isinstance(code, int) else 0, text=str(told.get("faultString", "")))
