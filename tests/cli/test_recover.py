"""`tenmatsu recover plan`: says whom it hurts and for how long, and does nothing."""

import json
from pathlib import Path

import pytest
from tests.recover.made_site import TEXT

from tenmatsu.cli.main import main
from tenmatsu.recover.plan_json import read_plan


@pytest.fixture
def site(tmp_path: Path) -> str:
    path = tmp_path / "site.toml"
    path.write_bytes(TEXT)
    return str(path)


def test_a_person_reads_who_is_away_and_for_how_long(site: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recover", "plan", "esx1", "--site", site]) == 0
    said = capsys.readouterr().out
    assert "Nothing was done" in said
    assert "web1 (with blog) will be away for about" in said
    assert "without maintenance mode" in said
    assert not [line for line in said.splitlines() if line != line.rstrip() or len(line) > 80]


def test_in_japanese_too(site: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "ja", "recover", "plan", "web1", "--site", site]) == 0
    assert "ゲスト web1 の再起動" in capsys.readouterr().out


def test_the_json_is_a_plan_that_can_be_read_again(site: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recover", "plan", "blog", "--site", site, "--remedy", "restart-host", "--json"]) == 0
    said = capsys.readouterr().out
    assert read_plan(said).remedy == "restart-host"
    changed = json.loads(said)
    changed["steps"][0]["component"] = "another"
    with pytest.raises(Exception, match="changed after it was made"):
        read_plan(json.dumps(changed))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nobody"], "the site has no 'nobody'"),
        (["esx1", "--json", "--script"], "two forms"),
    ],
)
def test_what_cannot_be_planned_is_said(
    words: list[str], says: str, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recover", "plan", *words, "--site", site]) == 2
    assert says in capsys.readouterr().err
