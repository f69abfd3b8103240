"""A small XML document as a tree: what an API answers. Namespaces are left out of the names.

A document with a DOCTYPE is refused: nothing that we ask for has one, and entities that grow need one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from tenmatsu.errors import ParseError

_MOST_BYTES = 4_000_000
_DEEPEST = 60
_MOST_NODES = 100_000


@dataclass(slots=True)
class Node:
    """One element: its name without a prefix, its attributes likewise, all its own text, its children."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def child(self, name: str) -> "Node | None":
        """Return the first child of a name, or None."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> Iterator["Node"]:
        """Yield every child of a name."""
        return (child for child in self.children if child.name == name)

    def said(self, name: str) -> str:
        """Return the text of the first child of a name, stripped; empty where there is none."""
        child = self.child(name)
        return child.text.strip() if child else ""


class _Builder:
    def __init__(self) -> None:
        self.root = Node("")
        self._open = [self.root]
        self._texts: list[list[str]] = [[]]
        self._nodes = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._nodes += 1
        if len(self._open) > _DEEPEST or self._nodes > _MOST_NODES:
            raise ParseError("XML", "too many elements")
        node = Node(_local(name), {_local(key): value for key, value in attributes.items()})
        self._open[-1].children.append(node)
        self._open.append(node)
        self._texts.append([])

    def text(self, data: str) -> None:
        self._texts[-1].append(data)

    def end(self, _name: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())


def parse_xml(body: bytes) -> Node:
    """Return the root element. Raises `ParseError` for what is ill-formed, too large or has a DOCTYPE."""
    if len(body) > _MOST_BYTES:
        raise ParseError("XML", "too large")
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = builder.start
    parser.CharacterDataHandler = builder.text
    parser.EndElementHandler = builder.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(body.strip(), True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise ParseError("XML", str(error)[:100]) from None
    return builder.root.children[0]


def _refuse_doctype(*_args: object) -> None:
    raise ParseError("XML", "a DOCTYPE")


def _local(name: str) -> str:
    return name.rpartition("}")[2]
