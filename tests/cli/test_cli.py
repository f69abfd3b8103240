"""The command as people call it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len
from tests.diagnose.made_evidence import healthy_evidence, make_case, storm_evidence

from tenmatsu import __version__
from tenmatsu.cli.main import main
from tenmatsu.cli.times import parse_duration
from tenmatsu.errors import WrongUse
from tenmatsu.record.write_case import write_case


@pytest.fixture
def storm(tmp_path: Path) -> str:
    path = tmp_path / "storm.case"
    write_case(make_case(storm_evidence()), path)
    return str(path)


def test_exit_codes_tell_the_verdict(tmp_path: Path, storm: str, capsys: pytest.CaptureFixture[str]) -> None:
    healthy = tmp_path / "healthy.case"
    write_case(make_case(healthy_evidence()), healthy)
    assert main(["investigate", "--replay", str(healthy)]) == 0
    assert main(["investigate", "--replay", storm]) == 1
    assert "short-lived" in capsys.readouterr().out


def test_replay_prints_json(storm: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["investigate", "--replay", storm, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"]["cause"] == "short-lived-process-storm"
    assert found["verdict"]["layer"] == "guest_userland"


def test_case_show_says_what_it_holds(storm: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["case", "show", storm]) == 1
    out = capsys.readouterr().out
    assert "clock offset +0.250 s" in out
    assert "judged as it was" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["investigate", "--url", "ftp://x"], "not a web address"),
        (["investigate", "--url", "http://"], "not a web address"),
        (["investigate", "--url", "http://[::"], "not a web address"),
        (["investigate", "--url", "http://u:secret@x/"], "password"),
        (["investigate", "--json", "--markdown"], "name one"),
        (["investigate", "--for", "soon"], "not a duration"),
        (["investigate", "--for", "0.1s"], "--for takes"),
        (["investigate", "--since", "2999-01-01"], "future"),
        (["investigate", "--since", "tomorrow"], "not a time"),
        (["investigate", "--replay", "/nowhere/x", "--for", "3s"], "--replay"),
        (["investigate", "--replay", "/nowhere/x"], "cannot be read"),
        (["investigate", "--save", "/nowhere/x"], "folder"),
        (["investigate", "--nonsense"], "--nonsense"),
        (["nonsense"], "nonsense"),
        (["case", "show"], "FILE"),
        (["--lang", "xx", "case"], "xx"),
    ],
)
def test_wrong_use_is_one_clear_line_and_code_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert says.lower() in error.lower()
    assert "Traceback" not in error
    assert "secret" not in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [([], "  investigate "), (["case"], "  redact ")],
)
def test_no_command_gives_the_help_as_it_is_laid_out_and_code_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert says in error
    assert "\\x0a" not in error


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["investigat"], "「investigat」というコマンドはありません"),
        (["investigate", "--sve", "x"], "--sve というオプションはありません"),
        (["investigate", "--for"], "--for には値が要ります"),
        (["investigate", "web1", "x"], "余分な語があります (x)"),
        (["case", "show"], "を指定してください"),
        (["top", "--by", "colour"], "--by の値が正しくありません"),
    ],
)
def test_a_wrong_call_is_explained_in_japanese_too(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", "ja", *words]) == 2
    assert says in capsys.readouterr().err


def test_the_language_is_the_locales_unless_told(
    storm: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    main(["investigate", "--replay", storm])
    assert "根拠" in capsys.readouterr().out
    main(["investigate", "--replay", storm, "--lang", "en"])
    assert "Why" in capsys.readouterr().out
    assert main(["investigate", "--help"]) == 0
    assert "オプション" in capsys.readouterr().out
    assert main(["case", "--lang", "ja", "--help"]) == 0
    assert "コマンド" in capsys.readouterr().out
    main(["investigate", "--for", "soon"])
    assert "時間の長さ" in capsys.readouterr().err


def test_version_and_module_and_completion() -> None:
    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "tenmatsu", *words], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("--version") == f"tenmatsu {__version__}\n"
    for shell in ("bash", "zsh", "fish"):
        assert "_TENMATSU_COMPLETE" in run("completion", shell)


def test_a_shell_asks_for_words_and_gets_them() -> None:
    environment = os.environ | {
        "_TENMATSU_COMPLETE": "bash_complete",
        "COMP_WORDS": "tenmatsu inv",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tenmatsu"], check=False, capture_output=True, text=True, env=environment
    )
    assert "investigate" in done.stdout


def test_fish_shows_descriptions_whole_commas_and_all() -> None:
    if not (fish := shutil.which("fish")):
        pytest.skip("fish is not installed")
    words = f'"{sys.executable}" -m tenmatsu'
    lines = (
        f"function tenmatsu; {words} $argv; end",
        f"{words} completion fish | string replace ' tenmatsu)' ' {words})' | source",
        'complete -C "tenmatsu investigate --fo"',
    )
    done = subprocess.run([fish, "-N", "-c", "\n".join(lines)], check=True, capture_output=True, text=True)
    assert done.stdout == "--for\tHow long to watch: 20s (default), 5m, 1h.\n"


def test_a_fault_of_ours_is_one_line_and_its_own_code(
    storm: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("tenmatsu.diagnose.engine.diagnose", fall)
    assert main(["investigate", "--replay", storm]) == 70
    error = capsys.readouterr().err
    assert "boom" in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("text", "seconds"), [("20", 20), ("20s", 20), ("1.5m", 90), ("2h", 7200), ("1d", 86400)]
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-3s", "1w", "１０s x", "1e3"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(WrongUse):
        parse_duration(text)


def wait_until(condition: Callable[[], bool], *, limit_seconds: float = 20.0) -> None:
    deadline = time.monotonic() + limit_seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_where_no_room_is_left_the_verdict_is_told_all_the_same(tmp_path: Path) -> None:
    command = f'ulimit -f 8; exec "{sys.executable}" -m tenmatsu investigate --for 1s --json --save x.case'
    done = subprocess.run(["sh", "-c", command], check=False, capture_output=True, text=True, cwd=tmp_path)
    assert json.loads(done.stdout)["verdict"]["status"]
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "could not be written" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_the_window_early_and_judges_what_was_seen() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tenmatsu", "investigate", "--for", "60s", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(
            lambda: len(list(Path(f"/proc/{process.pid}/task").iterdir())) > 5
        )  # the looks are at work
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert process.returncode in (0, 1, 3), err
    assert json.loads(out)["verdict"]["status"]


@pytest.mark.parametrize("group", ["case", "site", "probe", "recover"])
def test_each_group_takes_the_language(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([group, "--help", "--lang", "ja"]) == 0
    assert "コマンド" in capsys.readouterr().out
    assert main([group, "--lang", "ja", "--help"]) == 0


def test_help_in_japanese_is_laid_out_by_cells(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["--help", "--lang", "ja"]) == 0
    page = capsys.readouterr().out
    commands = page.partition("コマンド:")[2].splitlines()
    assert not [line for line in commands if line.rstrip().endswith("  ...") or "..." in line]
    assert all(len(line.split(None, 1)) == 2 for line in commands if line)
    for words in (["site", "discover"], ["requests"], ["investigate"], ["recover", "plan"]):
        assert main([*words, "--help", "--lang", "ja"]) == 0
        page += capsys.readouterr().out
    assert max(map(cell_len, page.splitlines())) <= 80
