"""A script is run in a real shell: what it prints comes back, within bounds, and nothing of it stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.reach.test_remote import soon

from tenmatsu.errors import ReachError, TookTooLong
from tenmatsu.reach.host_shell import open_shell_here

SHELL = open_shell_here("host1")
FOREVER = "sleep 600"


def is_gone(note: Path) -> bool:
    """Tell whether the shell that noted its number has ended."""
    return not Path(f"/proc/{note.read_text().strip()}").exists()


def test_what_a_script_says_comes_section_by_section() -> None:
    told = SHELL.run("say one; echo 1; say two; head -c 20000000 /dev/zero; echo oops >&2", 30)
    assert (told.find("one") or b"").strip() == b"1"
    assert len(told.find("two") or b"") == 20_000_000
    assert told.find("three") is None


@pytest.mark.parametrize(
    "flood", ["head -c 40000000 /dev/zero", "head -c 100000 /dev/zero >&2"], ids=["answer", "complaint"]
)
def test_a_flood_is_no_answer_and_is_ended(tmp_path: Path, flood: str) -> None:
    note = tmp_path / "shell"
    with pytest.raises(ReachError, match="host1 answered more than"):
        SHELL.run(f"echo $$ >'{note}'; {flood}; {FOREVER}", 5)
    assert soon(lambda: is_gone(note))


def test_a_script_that_hangs_is_ended(tmp_path: Path) -> None:
    note = tmp_path / "shell"
    with pytest.raises(TookTooLong):
        SHELL.run(f"echo $$ >'{note}'; {FOREVER}", 0)
    assert soon(lambda: is_gone(note))


def test_a_shell_that_closes_its_ears_still_answers() -> None:
    told = SHELL.run("say one; echo 1; exit\n" + "# more than a pipe holds\n" * 20_000, 30)
    assert (told.find("one") or b"").strip() == b"1"
