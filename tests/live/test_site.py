"""A site discovered and tested over real SSH connections, each of which has its trouble."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenmatsu.attempt.kinds import KINDS
from tenmatsu.cli.main import main
from tenmatsu.model.site_map import SiteMap
from tenmatsu.parse.site_file import parse_site_file

from .far_host import FAR_ADDRESS, FarHosts, far_hosts, soon, why_impossible

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def hosts() -> Iterator[FarHosts]:
    if reason := why_impossible():
        pytest.skip(reason)
    # Not pytest's own folder: the far side's users must get there.
    with tempfile.TemporaryDirectory(prefix="tenmatsu-far-") as folder, far_hosts(Path(folder)) as running:
        yield running


@pytest.fixture(autouse=True)
def _nothing_is_left(hosts: FarHosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    assert soon(lambda: hosts.sessions() == []), hosts.sessions()


def read() -> SiteMap:
    return parse_site_file(Path("site.toml").read_bytes(), KINDS)


def test_what_lets_us_in_and_what_does_not(hosts: FarHosts, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("web", "bare", "behind", "changed", "unknown", "stranger", "nobody-listens", "no-address")
    Path("site.toml").write_text("".join(f"[guest.{name}]\nssh = '{name}'\n" for name in names))
    assert main(["--lang", "en", "site", "check", "--json", "--ssh-config", hosts.config]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["lacking"] == ["changed", "unknown", "stranger", "nobody-listens", "no-address"]
    tests = {one["name"]: {test["tested"]: test for test in one["checks"]} for one in answer["entries"]}
    for name in ("web", "bare", "behind"):
        assert tests[name]["ssh"]["standing"] == "ok"
        clock = tests[name]["clock"]["values"]
        assert abs(clock["offset_seconds"]) <= clock["uncertainty_seconds"] + 0.01  # it is the same clock
    assert tests["web"]["probe"]["values"]["uid"] == 0
    assert tests["bare"]["probe"]["standing"] == "note"  # there is no Python
    assert tests["bare"]["probe"]["close_by"]
    assert "--" not in tests["changed"]["ssh"]["said"]


def test_machines_over_ssh_become_a_site(hosts: FarHosts, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--lang", "en", "site", "discover", "ssh://web", "stranger", "--ssh-config", hosts.config]
    assert main(words) == 3
    site = read()
    (entry,) = [one for one in site.entries.values() if one.ssh]
    assert (entry.ssh, FAR_ADDRESS in entry.addresses) == ("web", True)
    assert entry.system
    assert "stranger could not be looked at" in Path("site.toml").read_text()
    capsys.readouterr()
    assert main(words) == 3
    assert "nothing new, of what could be seen (1 of 2 targets)" in capsys.readouterr().out
