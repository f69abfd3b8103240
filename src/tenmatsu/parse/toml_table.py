"""A table of a TOML file, read key by key: what is of the wrong type or not known is said with its line."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from tenmatsu.errors import BadSite
from tenmatsu.model.words import Words
from tenmatsu.parse.toml_lines import Path, line_of


class Table:
    """One table. Each key is asked for once; `done` refuses what nobody asked for. All raise BadSite."""

    def __init__(self, content: Mapping[str, Any], lines: Mapping[Path, int], path: Path) -> None:
        self._content = content
        self._lines = lines
        self._path = path
        self._asked: set[str] = set()

    def has(self, key: str) -> bool:
        """Tell whether a key is there."""
        self._asked.add(key)
        return key in self._content

    def names(self) -> Iterator[str]:
        """Yield all keys; they count as asked for."""
        self._asked.update(self._content)
        return iter(self._content)

    def line(self, key: str = "") -> int:
        """Return the line of the table, or of one of its keys."""
        return line_of(self._lines, (*self._path, key) if key else self._path)

    def wrong(self, words: Words, key: str = "") -> BadSite:
        """Return the error that says what is wrong with the table or one of its keys."""
        name = ".".join(str(one) for one in ((*self._path, key) if key else self._path))
        return BadSite(self.line(key), WHERE.fill(name=name, what=words) if name else words)

    def table(self, key: str) -> "Table":
        """Return a table within, empty where there is none."""
        return Table(self._typed(key, dict, {}, TABLE), self._lines, (*self._path, key))

    def tables(self, key: str) -> list["Table"]:
        """Return a list of tables, empty where there is none."""
        given = self.items(key)
        if not all(isinstance(one, dict) for one in given):
            raise self.wrong(NOT_A.fill(what=TABLES), key)
        return [Table(one, self._lines, (*self._path, key, at)) for at, one in enumerate(given)]

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text."""
        return str(self._typed(key, str, default, TEXT))

    def any_text(self, key: str) -> str:
        """Return a text, a number or a truth value as text."""
        value = self.anything(key)
        if not isinstance(value, str | int | float):
            raise self.wrong(NOT_A.fill(what=TEXT), key)
        return str(value).lower() if isinstance(value, bool) else str(value)

    def flag(self, key: str) -> bool:
        """Return true or false; false where it is not there."""
        return bool(self._typed(key, bool, False, FLAG))

    def number(self, key: str, default: float, *, least: float = 0.0, most: float = 1e9) -> float:
        """Return a number within bounds."""
        value = self.anything(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.wrong(BETWEEN.fill(least=f"{least:g}", most=f"{most:g}"), key)
        return float(value)

    def maybe_whole(self, key: str) -> int | None:
        """Return a whole number, or None where it is not there."""
        value = self.anything(key)
        return None if value is None else self.whole(value, key)

    def whole(self, value: object, key: str) -> int:
        """Return the value if it is a whole number, 0 or more."""
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.wrong(NOT_A.fill(what=NUMBER), key)
        return value

    def items(self, key: str) -> list[Any]:
        """Return a list, empty where there is none."""
        value: list[Any] = self._typed(key, list, [], LIST)
        return value

    def one_or_list(self, key: str) -> list[Any]:
        """Return a list, also of what stands alone."""
        value = self.anything(key)
        return [] if value is None else value if isinstance(value, list) else [value]

    def texts_by_name(self, key: str) -> dict[str, str]:
        """Return a table of texts (numbers become text), empty where there is none."""
        inner = self.table(key)
        return {name: inner.any_text(name) for name in inner.names()}

    def anything(self, key: str) -> Any:  # noqa: ANN401 - TOML's own values
        """Return what is there, or None."""
        self._asked.add(key)
        return self._content.get(key)

    def done(self) -> None:
        """Refuse the keys that nobody asked for."""
        for key in self._content:
            if key not in self._asked:
                near = get_close_matches(key, self._asked, n=1)
                hint = MEANT.fill(near=near[0]) if near else Words("", "")
                raise self.wrong(UNKNOWN.fill(key=key, hint=hint), key)

    def _typed(self, key: str, kind: type, default: Any, what: Words) -> Any:  # noqa: ANN401 - TOML's own values
        value = self.anything(key)
        if value is None:
            if default is None:
                raise self.wrong(MISSING.fill(key=key))
            return default
        if not isinstance(value, kind):
            raise self.wrong(NOT_A.fill(what=what), key)
        return value


WHERE = Words("{name}: {what}", "{name}: {what}")
MISSING = Words("'{key}' is missing", "「{key}」がありません")
UNKNOWN = Words("nobody knows '{key}'{hint}", "「{key}」という項目はありません{hint}")
MEANT = Words("; did you mean '{near}'?", " (「{near}」のことですか)")
NOT_A = Words("must be {what}", "{what}でなければなりません")
BETWEEN = Words("must be a number from {least} to {most}", "{least} から {most} までの数でなければなりません")
TEXT = Words("a text in quotes", "引用符で囲んだ文字列")
TABLE = Words("a table", "テーブル")
TABLES = Words("a list of tables", "テーブルの配列")
LIST = Words("a list", "配列")
FLAG = Words("true or false", "true か false")
NUMBER = Words("a whole number, 0 or more", "0 以上の整数")
