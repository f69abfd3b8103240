"""Causes are data: one TOML file each in this folder, and nothing to register.

A file names its findings; that they exist is tested. Weights are decibans (see `model.cause.Expectation`).
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from tenmatsu.model.cause import Cause, Expectation, NextLook, Remedy
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words


@cache
def load_causes() -> tuple[Cause, ...]:
    """Return all causes, by id."""
    found = sorted(path for path in files(__name__).iterdir() if path.name.endswith(".toml"))  # type: ignore[type-var]
    return tuple(parse_cause(path.read_text("utf-8")) for path in found)


def parse_cause(text: str) -> Cause:
    """Return the cause that a file describes. Raises `KeyError` or `TOMLDecodeError` where it is wrong."""
    data: dict[str, Any] = tomllib.loads(text)
    return Cause(
        id=data["id"],
        layer=Layer(data["layer"]),
        name=Words(**data["name"]),
        sentence=Words(**data["sentence"]),
        why=Words(**data["why"]),
        prior_decibans=float(data["prior_decibans"]),
        expectations=tuple(Expectation(**expects) for expects in data["expects"]),
        next_looks=tuple(_next_look(look) for look in data.get("next", ())),
        remedies=tuple(_remedy(remedy) for remedy in data.get("remedy", ())),
    )


def _next_look(look: dict[str, Any]) -> NextLook:
    return NextLook(
        command=look["command"], tells=Words(look["en"], look["ja"]), seconds=float(look["seconds"])
    )


def _remedy(remedy: dict[str, Any]) -> Remedy:
    return Remedy(title=Words(remedy["en"], remedy["ja"]), harm=Words(remedy["harm_en"], remedy["harm_ja"]))
