"""`tenmatsu site show` as people call it."""

import json
import os
import subprocess
import sys
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.shell_completion import ShellComplete
from rich.cells import cell_len
from tests.site.made_site import SMALL, make_large, read

from tenmatsu.cli.main import main, make_root
from tenmatsu.cli.site_show_text import print_picture
from tenmatsu.model.words import LANGUAGES, Language
from tenmatsu.site.picture import make_picture

PAGE = """\
        outside
┌─────► isp    198.51.100.1
│       services
│ ┌───► named  dns :53  on dns1
│ │ ┌── blog   web https://blog.example/  on web1
│ │ └─► mysql  database :3306  on db1
│ │     guests
│ │     dns1   192.0.2.53  on esx1
└─┼──── web1   192.0.2.80  on esx1
  └──── db1    on esx1
        hosts
        esx1   vmware 192.0.2.10  3 guests

What needs what, and why
  blog → mysql: 2 connections to 192.0.2.33:3306
  web1 → named: nameserver 192.0.2.53 in /etc/resolv.conf
  web1 → isp: as the site file says
  db1 → named: as the site file says
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SMALL)
    return path


def show(file: Path, *words: str) -> int:
    code = main(["--lang", "en", "site", "show", *words, "--site", str(file)])
    sys.stdout.flush()
    return code


def test_a_site_in_the_terminal(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(file) == 0
    assert capsys.readouterr().out == PAGE


def test_only_what_has_to_do_with_one_entry(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(file, "mysql") == 0
    page = capsys.readouterr().out
    assert "blog" in page
    assert "isp" not in page  # only who asks for it needs that
    assert show(file, "dns1") == 0
    assert "mysql" not in capsys.readouterr().out


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("large", [False, True])
def test_no_line_is_wider_than_the_terminal(language: Language, width: int, large: bool) -> None:
    site = make_large(50, 20) if large else read(SMALL)
    out = StringIO()
    print_picture(make_picture(site), language, out, colour=False, width=width)
    lines = out.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    assert len(lines) <= (125 if large else 30)


def test_a_terminal_without_lines_gets_ascii() -> None:
    out = TextIOWrapper(BytesIO(), encoding="ascii")
    print_picture(make_picture(read(SMALL)), "en", out, colour=False)
    out.seek(0)
    assert "'-+---- web1" in out.read()


def test_what_is_cut_is_ascii_there_too() -> None:
    out = TextIOWrapper(BytesIO(), encoding="ascii")
    site = read(SMALL.replace("web1", "web1-with-a-name-that-is-long"))
    print_picture(make_picture(site), "en", out, colour=False, width=60)
    out.seek(0)
    page = out.read()
    assert "web1-with-a-name-that..." in page
    assert max(map(len, page.splitlines())) <= 60


def test_a_wide_name_has_the_room_that_it_takes(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text('[guest."受付の端末"]\n[guest.a]\nsystem = "Debian"\n')
    assert show(file) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "受付の端末" in "".join(lines)
    assert [cell_len(line.partition("Debian")[0]) for line in lines if "Debian" in line] == [14]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("words", "code"), [(["show"], 0), (["check", "isp"], 0), (["show", "--json"], 0), (["show", "無"], 2)]
)
def test_an_output_without_the_signs_loses_no_page(
    file: Path, language: str, words: list[str], code: int
) -> None:
    text = SMALL.replace('"mysql"', '"データ"').replace(".mysql", '."データ"')
    file.write_text(text.replace("198.51.100.1", "127.83.11.9"))
    call = [sys.executable, "-m", "tenmatsu", "--lang", language, "site", *words, "--site", str(file)]
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    ended = subprocess.run(call, env={**os.environ, **plain}, capture_output=True, check=False)
    assert ended.returncode == code
    assert (ended.stdout + ended.stderr).isascii()


def test_hostile_notes_reach_no_terminal(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text('[guest.a]\nnote = "\\u001b[2J [bold]x[/]"\nsystem = "\\u202eevil"\n')
    assert show(file) == 0
    page = capsys.readouterr().out
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "[bold]x[/]" in page
    assert show(file, "--json") == 0
    assert "\x1b" not in capsys.readouterr().out


def test_as_svg(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawing = tmp_path / "site.svg"
    assert show(file, "--svg", str(drawing)) == 0
    assert capsys.readouterr().out == f"{drawing} written\n"
    assert ET.parse(drawing).getroot().tag.endswith("svg")
    assert show(file, "--svg", str(tmp_path / "no" / "such")) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_drawing_is_written_over_an_older_one_only(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawing, other, empty = tmp_path / "site.svg", tmp_path / "other.svg", tmp_path / "empty.svg"
    before = file.read_bytes()
    assert show(file, "--svg", str(file)) == 2
    assert "is no drawing of tenmatsu's" in capsys.readouterr().err
    assert file.read_bytes() == before
    other.write_text("<svg xmlns='http://www.w3.org/2000/svg'><title>tenmatsu site show</title></svg>")
    assert show(file, "--svg", str(other)) == 2
    empty.touch()
    for path in (drawing, drawing, empty):
        assert show(file, "--svg", str(path)) == 0
    capsys.readouterr()
    assert show(file, "--json", "--svg", str(drawing)) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["entries"]
    assert told.err == f"{drawing} written\n"


def test_as_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(file, "--json") == 0
    entries = {one["name"]: one for one in json.loads(capsys.readouterr().out)["entries"]}
    assert entries["blog"]["below"] == ["web1", "esx1"]
    assert entries["named"]["needed_by"] == ["web1", "db1"]
    assert entries["web1"]["needs"][0] == {
        "what": "named",
        "because": "nameserver 192.0.2.53 in /etc/resolv.conf",
    }


@pytest.mark.parametrize(("typed", "completed"), [("", 8), ("d", 2), ("x", 0)])
def test_names_are_completed(typed: str, completed: int, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    shell = ShellComplete(make_root("en"), {}, "tenmatsu", "_TENMATSU_COMPLETE")
    assert len(shell.get_completions(["site", "show"], typed)) == completed
    file.write_text("[guest.a]\non = 'b'\n")
    assert shell.get_completions(["site", "check"], typed) == []


def test_wrong_use_is_one_line(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(file, "nobody") == 2
    assert "has no 'nobody'" in capsys.readouterr().err
    file.write_text("[probe.a]\nurl = 'https://a/'\n")
    assert show(file) == 2
    assert "no hosts, guests or services yet" in capsys.readouterr().err
    file.write_text("[guest.a]\non = 'b'\n")
    assert show(file) == 2
    assert "site.toml, line 2: guest.a.on: nobody knows 'b'" in capsys.readouterr().err
    capsys.readouterr()
    assert show(tmp_path / "none.toml") == 2
    assert "none.toml: tenmatsu site discover writes one, or name it" in capsys.readouterr().err
    assert show(file / "below.toml") == 2
    assert "below.toml cannot be read: Not a directory" in capsys.readouterr().err
