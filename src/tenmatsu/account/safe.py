"""Text from a guest, a log or a page is hostile: nothing of it may reach a terminal or a page as code."""

import json
import unicodedata

# C: control, format (right-to-left overrides, zero-width), surrogates, private use; Zl and Zp break lines.
_HIDDEN = ("C", "Zl", "Zp")


def printable(text: str) -> str:
    r"""Return text with every character that a terminal would act on written out (`\x1b`, `\u202e`)."""
    if text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def printable_json(text: str) -> str:
    r"""Return JSON in which what a terminal would act on stands in JSON's own escapes: it reads the same.

    JSON itself asks for that only below U+0020, and leaves `\u009b` (the start of a terminal's command) and
    `\u202e` as they are.
    """
    return "".join(
        character if character == "\n" or not _is_hidden(character) else json.dumps(character)[1:-1]
        for character in text
    )


def _is_hidden(character: str) -> bool:
    return not " " <= character <= "~" and unicodedata.category(character).startswith(_HIDDEN)


def _shown(character: str) -> str:
    if not _is_hidden(character):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def markdown(text: str) -> str:
    """Return printable text in which Markdown and HTML see no markup."""
    shown = printable(text)
    for character in "\\`*_[]<>#|":
        shown = shown.replace(character, f"\\{character}")
    return shown.replace("&", "&amp;")
