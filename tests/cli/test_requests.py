"""`tenmatsu requests` as people call it."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from tests.sight.made_reach import MadeReach

from tenmatsu.cli.main import main
from tenmatsu.cli.requests_json import load_schema

OWN_FORMAT = "%>s|%{%d/%b/%Y:%H:%M:%S %z}t|%m %U|%{ms}T"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64)"


def line(second: int, request: str = "GET /a.html", status: int = 200, took: int = 2000) -> str:
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    head = f"192.0.2.{second % 9} - - [22/Nov/2025:{clock} +0000]"
    return f'{head} "{request} HTTP/1.1" {status} 512 "-" "{BROWSER}" {took}\n'


def day(begin: int = 0, end: int = 36_000, onset: int = 30_000) -> str:
    """Return a log in which, from a time on, every second write fails, and only when it is slow."""
    found = []
    for second in range(begin, end, 10):
        found.append(line(second))
        bad = second >= onset and second % 20 == 0
        found.append(line(second, "POST /mt.cgi?x=1", 500 if bad else 200, 9_000_000 if bad else 900_000))
    return "".join(found)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text(day())
    return path


def test_it_says_how_many_which_and_since_when(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "requests", str(log)]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith("4.17 % of the requests fail by the server's fault: 300 of 7,200 (95 %: 3.72 to ")
    assert "More fail since" in out
    assert "Only writes fail: 300 of 300 failures" in out
    assert "POST /mt.cgi fails only when slow" in out
    assert "end at the same duration, 9.0 s" in out


def test_it_speaks_japanese(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "ja", "requests", str(log)]) == 1
    out = "".join(capsys.readouterr().out.split())
    assert "7,200件中300件" in out
    assert "失敗は書き込みだけ" in out


def test_json_follows_its_schema(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    errors = tmp_path / "error.log"
    errors.write_text(
        "2025/11/22 09:00:00 [error] 1#1: *1 upstream timed out, client: 192.0.2.1, server: x\n"
    )
    assert main(["requests", str(log), "--errors", str(errors), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, load_schema(), cls=jsonschema.Draft202012Validator)
    assert found["rate"]["failures"] == 300
    assert found["rise"]["low"] <= "2025-11-22T08:20:00+00:00" <= found["rise"]["high"]
    assert {one["id"] for one in found["patterns"]} == {"writes", "slow", "same-time", "same-size"}
    assert found["failing"][0]["path"] == "/mt.cgi"
    assert found["errors"]["lines"] == 1


def test_tries_again_are_told_once_beside_all_that_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "access.log"
    hammered = [line(number, "POST /mt.cgi", 500) for number in range(0, 45, 9)]  # the same client each time
    log.write_text(day(0, 20_000) + "".join(one.replace("00:00:", "06:00:") for one in hammered))
    assert main(["--lang", "en", "requests", str(log)]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "by the server's fault: 5 of 4,005" in said
    assert "Tries again counted once (same client and path within 10 s): 3 of" in said
    assert main(["requests", str(log), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["rate"]["failures"], found["trials"]["failures"]) == (5, 3)


def test_nothing_is_json_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").write_text("")
    assert main(["requests", str(tmp_path / "empty"), "--json"]) == 3
    jsonschema.validate(json.loads(capsys.readouterr().out), load_schema())


def test_rotated_and_compressed_files_are_one_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("access.log", "access.log.1", "access.log.2.gz")
    (tmp_path / names[0]).write_text(day(24_000, 36_000))
    (tmp_path / names[1]).write_text(day(12_000, 24_000))
    (tmp_path / names[2]).write_bytes(gzip.compress(day(0, 12_000).encode()))
    assert main(["requests", *(str(tmp_path / name) for name in names), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["rate"]["total"], found["rate"]["failures"]) == (7200, 300)
    assert (found["first"], found["last"]) == ("2025-11-22T00:00:00+00:00", "2025-11-22T09:59:50+00:00")


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_is_read(packed: bool) -> None:
    text = day().encode()
    answer = subprocess.run(
        [sys.executable, "-m", "tenmatsu", "requests", "-", "--json"],
        input=gzip.compress(text) if packed else text,
        capture_output=True,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (1, b"")
    assert json.loads(answer.stdout)["rate"]["failures"] == 300


def test_only_the_time_asked_for_counts(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    window = ["--since", "2025-11-22 00:00Z", "--until", "2025-11-22 08:00Z"]
    assert main(["requests", str(log), *window, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rate"]["total"], found["rate"]["failures"]) == (5760, 0)
    assert any("1,440" in gap for gap in found["gaps"])


def test_what_could_not_be_read_is_told_and_not_called_fine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd, cut = tmp_path / "odd.log", tmp_path / "cut.gz"
    odd.write_text(line(1) * 50 + "what is \x1b[31mthis\n")
    assert main(["--lang", "en", "requests", str(odd)]) == 3
    out = capsys.readouterr().out
    assert "1 of 51 lines are of no known form" in out
    assert "\x1b" not in out
    cut.write_bytes(gzip.compress(os.urandom(50_000) + day(0, 20_000).encode())[:-300])
    assert main(["--lang", "en", "requests", str(cut)]) == 3
    assert "only in part" in capsys.readouterr().out


def test_a_format_can_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own.log"
    own.write_text("200|22/Nov/2025:10:00:00 +0000|POST /a|5\n503|22/Nov/2025:10:00:01 +0000|POST /a|7\n")
    assert main(["requests", str(own), "--format", OWN_FORMAT, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["failing"][0] == {"method": "POST", "path": "/a", "rate": found["rate"]}
    assert found["gaps"] == []


def _own_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str) -> Path:
    """Return a log of a form of its own, on a machine whose Apache is told to write this format."""
    log = tmp_path / "own.log"
    log.write_text("200|22/Nov/2025:10:00:00 +0000|POST /a|5\n503|22/Nov/2025:10:00:01 +0000|POST /a|7\n")
    config = f'CustomLog {log} "{format}"\n'.encode()
    reach = MadeReach(files={"/proc/1/stat": b"1 (init)", "/etc/apache2/apache2.conf": config})
    monkeypatch.setattr("tenmatsu.cli.log_formats.LocalReach", lambda: reach)
    return log


def test_the_servers_own_format_is_found_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = _own_log(tmp_path, monkeypatch, OWN_FORMAT)
    assert main(["--lang", "en", "requests", str(log)]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert f"Format, by apache's configuration (/etc/apache2/apache2.conf:1): {OWN_FORMAT}" in said
    assert main(["requests", str(log), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, load_schema(), cls=jsonschema.Draft202012Validator)
    (used,) = found["formats"]
    assert (used["source"], used["server"], used["format"]) == ("server", "apache", OWN_FORMAT)
    assert found["rate"]["total"] == 2


def test_a_format_that_is_named_goes_before_the_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = _own_log(tmp_path, monkeypatch, "%>s|%t")
    assert main(["requests", str(log), "--format", OWN_FORMAT, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["formats"][0]["source"] == "option"


def test_a_configuration_that_is_not_that_of_the_lines_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = _own_log(tmp_path, monkeypatch, "%h %t %>s %D")
    log.write_text(day())
    assert main(["--lang", "en", "requests", str(log), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["formats"][0]["source"] == "lines"
    assert any("its lines are of another form" in gap for gap in found["gaps"])


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["/nowhere/x"], "/nowhere/x"),
        (["/"], "cannot be read"),
        ([], "FILE"),
        (["-", "--errors", "-"], "once"),
        (["-", "--since", "soon"], "not a time"),
        (["-", "--format", "%h"], "no time or no status"),
    ],
)
def test_wrong_use_is_one_clear_line_and_code_2(
    more: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", "en", "requests", *more]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert "Traceback" not in error
