"""Text from a guest, a log or a page is hostile: nothing of it may reach a terminal or a page as code."""

import unicodedata

# C: control, format (right-to-left overrides, zero-width), surrogates, private use; Zl and Zp break lines.
_HIDDEN = ("C", "Zl", "Zp")


def printable(text: str) -> str:
    r"""Return text with every character that a terminal would act on written out (`\x1b`, `\u202e`)."""
    if text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character == " " or not unicodedata.category(character).startswith(_HIDDEN):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def markdown(text: str) -> str:
    """Return printable text in which Markdown and HTML see no markup."""
    shown = printable(text)
    for character in "\\`*_[]<>#|":
        shown = shown.replace(character, f"\\{character}")
    return shown.replace("&", "&amp;")
