"""The house's own promises: what is locked, and what `make` says that it can do."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("run", "dev")


def lock_lines(name: str) -> list[str]:
    return (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()


def pins(name: str) -> dict[str, str]:
    found = (re.match(r"([\w.-]+)==([\w.!+]+)", line) for line in lock_lines(name))
    return {pin[1]: pin[2] for pin in found if pin}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_place_to_fetch_from(name: str) -> None:
    place = re.compile(r"-|.*(://| @ |\s/)")
    assert [line for line in lock_lines(name) if place.match(line)] == []


@pytest.mark.parametrize("name", LOCKS)
def test_each_locked_package_has_its_hashes(name: str) -> None:
    text = "\n".join(lock_lines(name))
    blocks = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(blocks) == len(pins(name)) > 0
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_the_tools_lock_holds_the_programs_lock_unchanged() -> None:
    assert pins("run").items() <= pins("dev").items()


def test_make_help_names_what_there_is() -> None:
    makefile = (ROOT / "Makefile").read_text()
    documented = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    answer = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(re.findall(r"^  make ([a-z-]+) ", answer.stdout, re.MULTILINE)) == documented
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    assert set(phony[1].split()) - documented == {"environment", "tools"}
