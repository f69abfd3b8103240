"""The programs arranged for looking up: by name, by the kernel's cut of it, by pattern, by service."""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from tenmatsu.knowledge.load import load_programs
from tenmatsu.model.program import COMM_BYTES, Program, cut_name

_ANYTHING = "*"
# A beginning of one or two letters fits too much to be told.
_SHORTEST_BEGINNING = 3
_MOST_BEGINNING = 8


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One of a program's names with `*` in it. `letters` is how much of it is not `*`."""

    expression: re.Pattern[str]
    letters: int
    program: Program


class Index:
    """Answers which programs a spelling fits, in one way at a time."""

    def __init__(self, programs: tuple[Program, ...]) -> None:
        self._names: dict[str, list[Program]] = defaultdict(list)
        self._folded: dict[str, list[Program]] = defaultdict(list)
        self._cuts: dict[str, list[Program]] = defaultdict(list)
        self._units: dict[str, list[Program]] = defaultdict(list)
        self._patterns: list[_Pattern] = []
        for program in programs:
            self._add(program)

    def _add(self, program: Program) -> None:
        for name in (program.name, *program.also):
            fixed = name.partition(_ANYTHING)[0]
            if cut_name(fixed) != fixed:
                self._cuts[cut_name(fixed)].append(program)
            if _ANYTHING in name:
                self._patterns.append(_Pattern(_expression(name), len(name) - name.count("*"), program))
                continue
            self._names[name].append(program)
            self._folded[name.casefold()].append(program)
        for unit in program.units:
            self._units[unit].append(program)

    def named(self, name: str) -> list[Program]:
        """Return the programs of exactly this name."""
        return self._names.get(name, [])

    def cut(self, name: str) -> list[Program]:
        """Return the programs whose name the kernel cuts to this one; a name of 15 bytes only."""
        whole = len(name.encode("utf-8", "surrogatepass")) == COMM_BYTES
        return list(dict.fromkeys(self._cuts.get(name, []))) if whole else []

    def formed(self, name: str) -> list[Program]:
        """Return the programs whose pattern fits, those of the most telling pattern only."""
        fits = [one for one in self._patterns if one.expression.fullmatch(name)]
        most = max((one.letters for one in fits), default=0)
        return list(dict.fromkeys(one.program for one in fits if one.letters == most))

    def folded(self, name: str) -> list[Program]:
        """Return the programs of this name but for capital letters."""
        return self._folded.get(name.casefold(), [])

    def ending(self, end: str) -> list[Program]:
        """Return the programs whose name ends so."""
        return _shortest_first({name: ps for name, ps in self._names.items() if name.endswith(end)})

    def beginning(self, start: str) -> list[Program]:
        """Return the programs whose name begins so, the shortest names first, not many."""
        if len(start) < _SHORTEST_BEGINNING:
            return []
        folded = start.casefold()
        fits = {name: programs for name, programs in self._folded.items() if name.startswith(folded)}
        return _shortest_first(fits)[:_MOST_BEGINNING]

    def in_unit(self, unit: str) -> list[Program]:
        """Return the programs of a service, however it is written (`sshd.service`, `getty@tty1.service`)."""
        return self._units.get(unit_name(unit), [])

    def belongs(self, name: str, program: Program) -> bool:
        """Tell whether this is a name of the program."""
        return program in self.named(name) or program in self.formed(name) or program in self.folded(name)


def unit_name(unit: str) -> str:
    """Return a service's name without its ending and its instance."""
    name = unit.removesuffix(".service")
    template, at, _ = name.partition("@")
    return template + at


@cache
def load_index() -> Index:
    """Return the index of all programs, made once."""
    return Index(load_programs())


def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split(_ANYTHING)), re.DOTALL)


def _shortest_first(fits: dict[str, list[Program]]) -> list[Program]:
    names = sorted(fits, key=lambda name: (len(name), name))
    return list(dict.fromkeys(program for name in names for program in fits[name]))
