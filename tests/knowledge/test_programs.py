"""The knowledge file: every entry is whole, in both languages, with its source, and can be found."""

import re
import tomllib
from collections import Counter

import pytest

from tenmatsu.knowledge.load import load_programs, parse_programs
from tenmatsu.knowledge.look_up import look_up
from tenmatsu.model.program import COMM_BYTES, Program, ProgramKind
from tenmatsu.model.words import Words

PROGRAMS = load_programs()
LEAST_ENTRIES = 180
LONGEST_SENTENCE = 260  # three lines of the page and a little more: longer is not read
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
# A package's page there goes with the package; documentation and sources stay.
REGISTRIES = re.compile(r"://(?:packages|pkgs|registry|index|hub|repo|archive|mirror|download)s?\.")
ENTRY = """
[[program]]
name = "sshd"
kind = "daemon"
what = { en = "a", ja = "あ" }
points_to = { en = "b", ja = "い" }
check = []
sources = ["sshd(8)"]
"""


def sentences(program: Program) -> list[Words]:
    optional = (program.often, program.harmless_when, program.remedy)
    tells = [check.tells for check in program.checks]
    return [program.what, program.points_to, *tells, *(words for words in optional if words)]


def test_there_are_enough() -> None:
    assert len(PROGRAMS) >= LEAST_ENTRIES
    assert {program.kind for program in PROGRAMS} == set(ProgramKind)


def test_no_name_stands_for_two_entries() -> None:
    assert [name for name, count in Counter(p.name for p in PROGRAMS).items() if count > 1] == []


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_an_entry_is_whole(program: Program) -> None:
    assert program.checks, "nothing confirms or clears it"
    assert program.sources, "no source"
    kernels = program.kind is ProgramKind.KERNEL_THREAD
    assert program.packages or kernels, "nobody packages it"
    assert not (program.units and kernels), "the kernel's threads belong to no service"
    assert all(not unit.endswith(".service") for unit in program.units)
    assert all(command == command.strip() for command in (check.command for check in program.checks))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_an_entry_speaks_both_languages(program: Program) -> None:
    for words in sentences(program):
        assert words.en.isprintable()
        assert words.ja.isprintable()
        assert not JAPANESE.search(words.en), words.en
        assert JAPANESE.search(words.ja), words.ja
        assert len(words.en) <= LONGEST_SENTENCE, words.en
    for words in (program.what, program.points_to):
        assert words.en.endswith((".", ".)"))
        assert words.ja.endswith(("。", "。)"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_an_entry_is_found_by_each_of_its_names(program: Program) -> None:
    for name in (program.name, *program.also):
        found = [match.program for match in look_up(name.replace("*", "0"))]
        assert program in found, name


@pytest.mark.parametrize(
    "program", [p for p in PROGRAMS if len(p.name) > COMM_BYTES and "(" not in p.name], ids=lambda p: p.name
)
def test_a_name_that_the_kernel_cuts_is_found(program: Program) -> None:
    assert len(program.comm.encode()) == COMM_BYTES
    assert program in [match.program for match in look_up(program.comm)]


def test_sources_name_no_registry_of_packages() -> None:
    assert [s for program in PROGRAMS for s in program.sources if REGISTRIES.search(s)] == []


def test_a_cut_name_is_never_typed() -> None:
    # it is derived from the full one: a name of 15 letters that begins another one is a slip
    names = {name for program in PROGRAMS for name in (program.name, *program.also)}
    whole = {name for name in names if len(name) == COMM_BYTES}
    assert [name for name in whole if any(o != name and o.startswith(name) for o in names)] == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("daemon", "demon"), ValueError),
        (('ja = "あ"', ""), tomllib.TOMLDecodeError),
        ((', ja = "あ"', ""), TypeError),
        (("check = []", ""), KeyError),
        (("check", "cheque"), KeyError),
        (("sources", "source"), KeyError),
    ],
)
def test_a_slip_is_noticed(change: tuple[str, str], error: type[Exception]) -> None:
    assert len(parse_programs(ENTRY, "x")) == 1
    with pytest.raises(error):
        parse_programs(ENTRY.replace(*change), "x")
