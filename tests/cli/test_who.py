"""`tenmatsu who` as people call it."""

import json
import sys
from io import StringIO

import click
import pytest
from rich.cells import cell_len

from tenmatsu.account.safe import printable
from tenmatsu.cli import who
from tenmatsu.cli.who_text import print_answers
from tenmatsu.errors import WrongUse
from tenmatsu.knowledge.load import load_programs
from tenmatsu.knowledge.look_up import look_up
from tenmatsu.model.program import NameAnswer, ProgramOrigin
from tenmatsu.model.words import LANGUAGES, Language

NOWHERE = ProgramOrigin(
    processes=0,
    kernel_threads=0,
    running=(),
    installed=(),
    packages=(),
    units=(),
    summaries=(),
    gaps=(),
)


def call(*words: str, language: Language = "en") -> int:
    result = who.make(language).main(args=list(words), prog_name="who", standalone_mode=False)
    sys.stdout.flush()
    assert isinstance(result, int)
    return result


@pytest.fixture(autouse=True)
def nothing_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine of the test has must not change the answer."""
    monkeypatch.setattr("tenmatsu.sight.program_origin.find_origin", lambda *_, **__: NOWHERE)


def page_of(name: str, language: Language, width: int = 80) -> str:
    answer = NameAnswer(asked=name, matches=look_up(name), origin=NOWHERE)
    out = StringIO()
    print_answers((answer,), language, out, colour=False, width=width)
    return out.getvalue()


@pytest.mark.parametrize(
    ("language", "first", "says"),
    [
        (
            "en",
            "hald-addon-stor is hald-addon-storage (the kernel cuts names at 15 characters).",
            ["hal", "haldaemon", "every 2 or every 16 s", "a disk fault only", "proves nothing", "dmesg"],
        ),
        (
            "ja",
            "hald-addon-stor は hald-addon-storage です (カーネルが名前を",
            ["haldaemon", "2 秒または 16 秒", "犯人ではありません", "dmesg"],
        ),
    ],
)
def test_the_incidents_name(
    language: Language, first: str, says: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("hald-addon-stor", language=language) == 0
    page = capsys.readouterr().out
    assert page.startswith(first)
    text = " ".join(page.split())
    assert [part for part in says if part not in text] == []


def test_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("sshd", "crond") == 0
    assert call("sshd", "xyzzy") == 3
    assert call("hald-add") == 3  # only the beginnings of several: none is known by that name
    out = capsys.readouterr().out
    assert "Nothing is known of xyzzy." in out
    assert "readlink /proc/$(pgrep -o -x -- xyzzy)/exe" in out
    with pytest.raises(WrongUse):
        call("")
    with pytest.raises(click.MissingParameter):
        call()


def test_json_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--json", "hald-addon-stor", "unattended-upgr", "xyzzy") == 3
    found = json.loads(capsys.readouterr().out)
    storage, upgrade, unknown = found["names"]
    assert found["caution"]
    assert storage["known"]
    assert storage["matches"][0]["name"] == "hald-addon-storage"
    assert storage["matches"][0]["comm"] == storage["asked"]
    assert storage["matches"][0]["units"] == ["haldaemon"]
    assert storage["matches"][0]["packages"] == {"debian": "hal", "rhel": "hal"}
    assert [match["name"] for match in upgrade["matches"]] == [
        "unattended-upgrade",
        "unattended-upgrade-shutdown",
    ]
    assert not unknown["known"]
    assert unknown["next"]


@pytest.mark.parametrize(
    "name", ["\x1b]0;x\x07", "\u202egnp.exe", "a\nb\rc", "\udcff\udcfe", "\x1b[2J" * 500]
)
@pytest.mark.parametrize("words", [(), ("--json",)])
def test_hostile_names_are_shown_safely(
    name: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*words, name) == 3
    out = capsys.readouterr().out
    assert printable(out.replace("\n", "")) == out.replace("\n", "")
    out.encode("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [40, 80])
def test_no_page_is_wider_than_the_terminal(language: Language, width: int) -> None:
    names = [program.name for program in load_programs()]
    names += ["hald-add", "xyzzy", "x" * 300, "名前" * 60, "unattended-upgr"]
    for name in names[:: 1 if width == 80 else 9]:
        wide = [line for line in page_of(name, language, width).splitlines() if cell_len(line) > width]
        assert wide == [], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_speaks_the_language(language: Language, capsys: pytest.CaptureFixture[str]) -> None:
    who.make(language).main(args=["--help"], prog_name="who", standalone_mode=False)
    assert ("Exit codes" if language == "en" else "終了コード") in capsys.readouterr().out
