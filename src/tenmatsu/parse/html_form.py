"""An HTML page as somebody sees it who fills in forms: its title, its forms, its links.

Source: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html (which controls are sent).
Read by patterns that never look past the next `<`: `html.parser` takes minutes for a megabyte of open tags.
"""

import re
from dataclasses import dataclass, field
from html import unescape

_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)((?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*)>|<!--")
_ATTRIBUTE = re.compile(r"([^\s\"'<>=/]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))?")
_MOST_CHARACTERS = 2_000_000
# Sent only when they are pressed, or need a file.
_NOT_SENT = frozenset({"submit", "button", "image", "reset", "file"})
_TICKED = frozenset({"checkbox", "radio"})


@dataclass(slots=True)
class Form:
    """One form. `fields` are those a browser sends when nothing was touched, in their order."""

    action: str = ""
    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)
    #: Names of all controls, also of those that are not sent.
    names: set[str] = field(default_factory=set)

    def value(self, name: str) -> str:
        """Return what is sent under a name, empty where nothing is."""
        return next((value for key, value in self.fields if key == name), "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What a page holds. Links are address and text."""

    title: str
    forms: tuple[Form, ...]
    links: tuple[tuple[str, str], ...]

    def find_form(self, *names: str) -> Form | None:
        """Return the first form that has controls of all these names."""
        return next((form for form in self.forms if form.names >= set(names)), None)


class _Reader:
    def __init__(self) -> None:
        self.title = ""
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._form: Form | None = None
        self._text: list[str] | None = None
        self._name = ""
        self._select: tuple[str, list[tuple[str, bool]]] | None = None

    def read(self, text: str) -> None:
        place = 0
        while found := _TAG.search(text, place):
            self._add_text(unescape(text[place : found.start()]))
            place = found.end()
            if found[2] is None:
                place = _after(text, "-->", place)
            elif found[1]:
                self._end(found[2].lower())
            else:
                self._start(found[2].lower(), found[3])
                if found[2].lower() in ("script", "style"):
                    place = _after(text, f"</{found[2]}", place)

    def _start(self, tag: str, attributes: str) -> None:
        pairs = [
            (one[1].lower(), unescape((one[2] or "").strip("\"'"))) for one in _ATTRIBUTE.finditer(attributes)
        ]
        told, has = dict(pairs), {name for name, _ in pairs}
        if tag == "form":
            self._form = Form(told.get("action", ""), told.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag in ("title", "a", "textarea"):
            self._text, self._name = [], told.get("href" if tag == "a" else "name", "")
        elif tag == "input":
            self._add_input(told, has)
        elif tag == "select":
            self._select = (told.get("name", ""), [])
        elif tag == "option" and self._select:
            self._select[1].append((told.get("value", ""), "selected" in has))

    def _add_text(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _end(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select" and self._select:
            self._end_select(*self._select)
        elif tag in ("title", "a", "textarea") and self._text is not None:
            text, self._text = "".join(self._text), None
            self._end_text(tag, text)

    def _end_text(self, tag: str, text: str) -> None:
        if tag == "a":
            self.links.append((self._name, " ".join(text.split())))
        elif tag == "title":
            self.title = self.title or " ".join(text.split())
        else:
            self._add(self._name, text)

    def _end_select(self, name: str, options: list[tuple[str, bool]]) -> None:
        chosen = [value for value, selected in options if selected] or [value for value, _ in options[:1]]
        self._select = None
        if chosen:
            self._add(name, chosen[0])

    def _add_input(self, told: dict[str, str], has: set[str]) -> None:
        kind = told.get("type", "text").lower()
        ticked = kind not in _TICKED or "checked" in has
        value = told.get("value", "on" if kind in _TICKED else "")
        self._add(
            told.get("name", ""), value, sent=ticked and kind not in _NOT_SENT and "disabled" not in has
        )

    def _add(self, name: str, value: str, *, sent: bool = True) -> None:
        if self._form is not None and name:
            self._form.names.add(name)
            if sent:
                self._form.fields.append((name, value))


def parse_page(body: bytes) -> Page:
    """Return what a page holds, decoded as UTF-8. Anything at all is a page."""
    reader = _Reader()
    reader.read(body.decode("utf-8", "replace")[:_MOST_CHARACTERS])
    return Page(title=reader.title, forms=tuple(reader.forms), links=tuple(reader.links))


def _after(text: str, end: str, place: int) -> int:
    found = text.find(end, place)
    return len(text) if found < 0 else found + len(end)
