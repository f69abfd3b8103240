"""Reads `programs/*.toml`: one file per area, many programs each. How an entry looks: docs/knowledge.md."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from tenmatsu.model.cause import NextLook
from tenmatsu.model.program import Distribution, Packaged, Program, ProgramKind
from tenmatsu.model.words import Words

_KEYS = {
    "name", "kind", "also", "packages", "era", "units", "what", "often", "points_to", "check",
    "short_lived", "harmless_when", "remedy", "sources",
}  # fmt: skip
_CHECK_SECONDS = 1.0


@cache
def load_programs() -> tuple[Program, ...]:
    """Return all programs, area by area."""
    folder = files("tenmatsu.knowledge").joinpath("programs")
    found = sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda p: p.name)
    return tuple(
        program
        for path in found
        for program in parse_programs(path.read_text("utf-8"), path.name.removesuffix(".toml"))
    )


def parse_programs(text: str, area: str) -> tuple[Program, ...]:
    """Return the programs that a file describes.

    Raises `KeyError`, `TypeError`, `ValueError` or `TOMLDecodeError` where it is wrong.
    """
    return tuple(_program(data, area) for data in tomllib.loads(text)["program"])


def _program(data: dict[str, Any], area: str) -> Program:
    if unknown := data.keys() - _KEYS:
        raise KeyError(f"{data.get('name')}: no such keys: {', '.join(sorted(unknown))}")
    return Program(
        name=data["name"],
        kind=ProgramKind(data["kind"]),
        area=area,
        what=Words(**data["what"]),
        points_to=Words(**data["points_to"]),
        checks=tuple(_check(check) for check in data["check"]),
        sources=tuple(data["sources"]),
        also=tuple(data.get("also", ())),
        packages=tuple(_packaged(*item) for item in data.get("packages", {}).items()),
        era=data.get("era", ""),
        units=tuple(data.get("units", ())),
        often=_words(data, "often"),
        harmless_when=_words(data, "harmless_when"),
        remedy=_words(data, "remedy"),
        short_lived=data.get("short_lived", False),
    )


def _words(data: dict[str, Any], key: str) -> Words | None:
    return Words(**data[key]) if key in data else None


def _check(check: dict[str, Any]) -> NextLook:
    return NextLook(command=check["command"], tells=Words(check["en"], check["ja"]), seconds=_CHECK_SECONDS)


def _packaged(distribution: str, package: str) -> Packaged:
    return Packaged(distribution=Distribution(distribution), package=package)
