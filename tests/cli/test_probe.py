"""`tenmatsu probe run` and `tenmatsu verify` as people and scripts call them, against a real web server."""

import json
from pathlib import Path

import pytest
from tests.sight.web_server import page, serve

from tenmatsu.cli.main import main

FINE = page(200, b"<html><body>fine</body></html>", content_type="text/html")
BAD = page(500, b"no", content_type="text/plain")
PACE = ("--every", "0.5s")


def test_the_rate_and_the_reasons_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(FINE, BAD, FINE, FINE) as server:
        code = main(["--lang", "en", "probe", "run", server.url, "--count", "4", *PACE])
    told = capsys.readouterr().out
    assert code == 1
    assert f"{server.url}: 1 of 4 failed: 25.0% (true rate 0.6%–80.6%, 95 %)" in " ".join(told.split())
    assert "1 × 500, the application's page" in told


def test_json_holds_every_transaction(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(FINE, BAD) as server:
        code = main(["probe", "run", server.url, "--count", "2", "--json", *PACE])
    told = json.loads(capsys.readouterr().out)
    assert code == 1
    assert [one["outcome"] for one in told["transactions"]] == ["ok", "failed"]
    assert [one["maker"] for one in told["transactions"]] == [None, "application"]
    assert told["transactions"][1]["status"] == 500
    assert told["transactions"][1]["stage"] == "done"
    rate = told["rate"]
    assert (rate["failures"], rate["total"], rate["confidence"]) == (1, 2, 0.95)
    assert rate["low"] < rate["estimate"] < rate["high"]
    assert (told["stopped"], told["left_behind"]) == ("count", [])


def test_who_is_not_there_is_not_asked_for_ever(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--lang", "ja", "probe", "run", "http://127.0.0.1:1/", "--count", "50", *PACE])
    assert code == 1
    assert "10 回続けて相手が不在" in capsys.readouterr().out


def test_probes_come_from_the_site_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "s3cret&")
    with serve(FINE) as server:
        file = tmp_path / "site.toml"
        file.write_text(
            f'[probe.shop]\npassword = "env:SHOP_PASSWORD"\n[[probe.shop.step]]\npost = "{server.url}"\n'
            'form = { p = "{password}", m = "{mark}" }\nexpect = { holds = "fine", whole_page = true }\n'
        )
        code = main(["probe", "run", "shop", "--site", str(file), "--count", "1", "--json"])
    told = capsys.readouterr().out
    assert code == 0
    assert server.bodies[0].startswith(b"p=s3cret%26&m=tenmatsu-")
    assert "s3cret" not in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[probe.shop]\nurl = 'https://a/'\nfor = 3\n",
            "site.toml, line 3: probe.shop.for: nobody knows 'for'",
        ),
        ("[probe.shop]\nurl = 'https://a/'\ntoken = 'env:NO_SUCH'\n", "the environment has no NO_SUCH"),
        ("[probe.shop]\nurl = 'https://a/'\ntoken = 'file:/none/at/all'\n", "/none/at/all is not there"),
        ("[probe.other]\nurl = 'https://a/'\n", "has no probe 'shop': other"),
    ],
)
def test_a_fault_of_the_site_file_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    file = tmp_path / "site.toml"
    file.write_text(text)
    assert main(["--lang", "en", "probe", "run", "shop", "--site", str(file)]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_a_secret_that_others_may_read_is_not_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret, file = tmp_path / "secret", tmp_path / "site.toml"
    secret.write_text("x\n")
    secret.chmod(0o644)
    file.write_text(f"[probe.a]\nurl = 'https://a/'\ntoken = 'file:{secret}'\n")
    assert main(["--lang", "en", "probe", "run", "a", "--site", str(file)]) == 2
    assert f"chmod 600 {secret}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["probe", "run", "http://a/", "--count", "1", "--for", "1s"], "--count or --for"),
        (["probe", "run", "http://a/", "--every", "0.1s"], "is load, not a probe"),
        (["verify", "http://a/", "--earlier-failures", "31"], "31/100"),
        (["verify", "http://a/", "--earlier-failures", "9/3"], "31/100"),
        (["verify", "http://a/", "--earlier-failures", "0/9"], "no failures"),
        (["verify", "http://a/", "--earlier-failures", "3/50", "--usual-failures", "9/90"], "too few"),
        (["probe", "run", "nowhere"], "there is no site.toml: name the site file with --site, or give a URL"),
    ],
)
def test_wrong_words_are_said_in_one_line(
    words: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--lang", "en", *words]) == 2
    assert said in capsys.readouterr().err


def test_an_end_is_proven_with_as_many_as_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(FINE) as server:
        code = main(["verify", server.url, "--earlier-failures", "80/100", "--json", *PACE])
        asked = len(server.paths)
    told = json.loads(capsys.readouterr().out)
    assert (code, told["answer"], told["earlier"]) == (0, "over", {"failures": 80, "total": 100})
    assert told["confidence"] >= 0.95
    assert len(told["series"]["transactions"]) == asked == told["series"]["rate"]["total"]
    assert told["series"]["stopped"] == "decided"


def test_what_still_fails_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(BAD) as server:
        code = main(["--lang", "en", "verify", server.url, "--earlier-failures", "31/100", *PACE])
    told = capsys.readouterr()
    assert code == 1
    assert "still failing" in told.out
    assert "12 transactions without a failure prove it" in told.err


def test_the_time_may_be_over_first(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(FINE) as server:
        code = main(["--lang", "en", "verify", server.url, "--for", "1s", *PACE])
    told = capsys.readouterr().out
    assert code == 3
    assert "undecided, rather over" in told
    assert "10.0% is assumed" in told


def test_more_failures_than_usual_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    normal = tmp_path / "well.json"
    well = {"outcome": "ok", "duration_seconds": 0.01}
    normal.write_text(json.dumps({"transactions": [well] * 150}))
    with serve(*[FINE] * 4, BAD) as server:
        words = [server.url, "--count", "12", "--normal", str(normal), *PACE]
        assert main(["--lang", "en", "probe", "run", *words]) == 1
        text = " ".join(capsys.readouterr().out.split())
        assert main(["probe", "run", *words, "--json"]) == 1
    assert "more fail than usual: told at" in text
    assert "fewer than 200 good ones" in text
    (alarm,) = json.loads(capsys.readouterr().out)["alarms"]
    assert alarm["what"] == "failures"
    assert alarm["share"] > 0.5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("{}", "not readable as output of probe run"),
        ('{"transactions": []}', "known"),
    ],
)
def test_what_is_no_normal_is_said_before_anything_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, said: str
) -> None:
    normal = tmp_path / "well.json"
    if content is not None:
        normal.write_text(content)
    with serve(FINE) as server:
        assert main(["--lang", "en", "probe", "run", server.url, "--normal", str(normal)]) == 2
        assert server.paths == []
    assert said in capsys.readouterr().err
