"""Sentences in both of our languages, kept side by side so that neither can be forgotten."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = ("en", "ja")


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence or label, in English and in Japanese. Plain text: never markup, never control codes."""

    en: str
    ja: str

    def into(self, language: Language) -> str:
        """Return the text in one language."""
        return self.ja if language == "ja" else self.en

    def fill(self, **values: object) -> "Words":
        """Return the same sentence with its `{names}` filled in. Values may be `Words` themselves.

        `{count:file|files}` becomes `1 file` or `2 files`; the number may be written out already (`1,024`).
        """
        return Words(
            en=self.en.format(**{k: _part(v, "en") for k, v in values.items()}),
            ja=self.ja.format(**{k: _part(v, "ja") for k, v in values.items()}),
        )

    def __add__(self, other: "Words") -> "Words":
        return Words(en=self.en + other.en, ja=self.ja + other.ja)


def _part(value: object, language: Language) -> object:
    return value.into(language) if isinstance(value, Words) else _Counted(value)


class _Counted:
    """A number, or text, that knows the word behind it: one for exactly one, another for all else."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __format__(self, spec: str) -> str:
        one, bar, more = spec.partition("|")
        if not bar:
            return format(self._value, spec)
        return f"{self._value} {one if str(self._value) == '1' else more}"


def plain(text: str) -> Words:
    """Return text that is the same in every language: a name, a command, a figure."""
    return Words(en=text, ja=text)


def listing(parts: "tuple[Words, ...]") -> Words:
    """Join parts as each language does: `a, b` and `a、b`."""
    return Words(en=", ".join(p.en for p in parts), ja="、".join(p.ja for p in parts))
