"""`tenmatsu site discover` as people call it."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.recorded_site import Ways
from tests.sight.made_reach import MadeReach, answer
from tests.sight.test_inside import FILES, case

from tenmatsu.attempt.kinds import KINDS
from tenmatsu.cli.main import main
from tenmatsu.errors import NotPermitted
from tenmatsu.model.below import Lack
from tenmatsu.model.site_map import SiteMap
from tenmatsu.model.words import plain
from tenmatsu.parse.site_file import parse_site_file

ESX1 = "vmware://reader@192.0.2.10"


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ways:
    found = Ways()
    files = {**FILES, "/proc/net/fib_trie": b"  |-- 192.0.2.53\n     /32 host LOCAL\n"}
    found.machines["dns1"] = MadeReach(files=files, answers={"ss": answer(case("ss-iproute2-6").decode())})
    monkeypatch.setattr("tenmatsu.reach.open_hypervisor._find", found.find)
    monkeypatch.setenv("ESX1", "hunter2")
    monkeypatch.chdir(tmp_path)
    return found


def discover(*words: str) -> int:
    code = main(["--lang", "en", "site", "discover", *words])
    sys.stdout.flush()
    return code


def read(path: str = "site.toml") -> SiteMap:
    return parse_site_file(Path(path).read_bytes(), KINDS)


def test_a_file_of_a_hypervisor_and_a_machine(ways: Ways, capsys: pytest.CaptureFixture[str]) -> None:
    assert discover(ESX1, "ssh://dns1", "--password", "env:ESX1") == 0
    assert capsys.readouterr().out.startswith("site.toml: ")
    site = read()
    assert [need.what for need in site.entries["dns1"].needs][:1] == ["dns-192.0.2.54"]
    assert site.entries["dns1-dns"].on == "dns1"
    api = site.entries["esx1"].api
    assert api is not None
    assert (api.user, api.secrets) == ("reader", {"password": "env:ESX1"})
    assert ways.secrets == ["hunter2"]
    assert ways.hypervisor.closed == 1
    text = Path("site.toml").read_text()
    assert "hunter2" not in text
    assert "Not looked into" in text
    assert main(["site", "show"]) == 0


def test_a_second_time_it_proposes_and_writes_only_when_told(
    ways: Ways, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("site.toml").write_text("# mine\n[host.big]\naddress = '192.0.2.10'   # under the stairs\n")
    before = Path("site.toml").read_bytes()
    assert discover(ESX1, "--password", "env:ESX1") == 0
    page = capsys.readouterr().out
    assert '+hypervisor = "vmware"' in page
    assert "\n-" not in page.replace("\n---", "")
    assert "--write" in page
    assert Path("site.toml").read_bytes() == before
    assert discover(ESX1, "--password", "env:ESX1", "--write") == 0
    assert "# under the stairs" in Path("site.toml").read_text()
    assert "web1" in read().entries
    capsys.readouterr()
    assert discover(ESX1, "--password", "env:ESX1") == 0
    assert "nothing new" in capsys.readouterr().out
    assert [path.name for path in Path.cwd().iterdir()] == ["site.toml"]


def test_what_was_not_told_is_said_beside_a_proposal(ways: Ways, capsys: pytest.CaptureFixture[str]) -> None:
    lack = Lack(what=plain("some guests"), why=plain("no right"), close_by=plain("Give VM.Audit"))
    ways.hypervisor.inventory = replace(ways.hypervisor.inventory, lacks=(lack,))
    Path("site.toml").write_text("[host.esx1]\naddress = '192.0.2.10'\n[guest.unseen]\non = 'esx1'\n")
    assert discover(ESX1, "--password", "env:ESX1") == 0
    told = capsys.readouterr()
    assert "not seen: some guests (no right). Give VM.Audit" in told.err
    assert "unseen was not found" not in told.out


def test_line_ends_rights_and_a_link_stay(ways: Ways) -> None:
    Path("real.toml").write_bytes(b"# mine\r\n[guest.web1]\r\nnote = 'a'\r\n")
    Path("real.toml").chmod(0o640)
    Path("site.toml").symlink_to("real.toml")
    assert discover(ESX1, "--password", "env:ESX1", "--write") == 0
    data = Path("real.toml").read_bytes()
    assert data.startswith(b"# mine\r\n[guest.web1]\r\nnote = 'a'\r\non = ")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert Path("real.toml").stat().st_mode & 0o777 == 0o640
    assert Path("site.toml").is_symlink()


def test_inside_tries_each_guest_that_runs(ways: Ways) -> None:
    ways.machines["192.0.2.53"] = ways.machines["dns1"]
    assert discover(ESX1, "--password", "env:ESX1", "--inside") == 0
    assert "dns1-dns" in read().entries
    text = " ".join(Path("site.toml").read_text().replace("\n#", "").split())
    assert "192.0.2.80 could not be looked at: 192.0.2.80 refuses the connection" in text
    assert "192.0.2.99" not in text.partition("[host")[0]  # it does not run


def test_what_cannot_be_reached_is_said_in_the_file(ways: Ways, capsys: pytest.CaptureFixture[str]) -> None:
    ways.hypervisor.error = NotPermitted("the inventory")
    assert discover(ESX1, "dns1", "--password", "env:ESX1") == 3
    said = f"{ESX1} could not be looked at: no permission for the inventory"
    assert said in Path("site.toml").read_text()
    assert capsys.readouterr().err == f"tenmatsu: {said}. Then run tenmatsu site discover again.\n"
    assert discover(ESX1, "dns1", "--password", "env:ESX1") == 3
    told = capsys.readouterr()
    assert f"tenmatsu: {said}. Then" in told.err
    assert told.out == "site.toml: nothing new, of what could be seen (1 of 2 targets).\n"


def test_a_target_named_twice_is_looked_at_once(ways: Ways, capsys: pytest.CaptureFixture[str]) -> None:
    assert discover("ssh://dns1", "dns1", "ssh://dns1/", "here", "here") == 0
    assert capsys.readouterr().err == ""


def test_the_hint_names_the_file_that_was_written(ways: Ways, capsys: pytest.CaptureFixture[str]) -> None:
    assert discover("dns1", "--site", "my site.toml") == 0
    assert "tenmatsu site show --site 'my site.toml' draws it" in capsys.readouterr().out


def test_nothing_seen_writes_nothing(ways: Ways, capsys: pytest.CaptureFixture[str]) -> None:
    assert discover("web1") == 1
    assert "web1 refuses the connection" in capsys.readouterr().err
    assert not Path("site.toml").exists()


def test_this_machine(ways: Ways) -> None:
    assert discover("here", "--site", "own.toml") == 0
    assert read("own.toml").entries


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["vmware://reader:hunter2@esx1"], "a password does not belong on a command line"),
        (["vmware://esx1"], "no user is named: vmware://USER@HOST"),
        (["http://a@b"], "'http://a@b' is no target"),
        (["vmware://a@b/c"], "is no target"),
        (["-oProxyCommand=x"], "No such option"),
        (["ssh://-oProxyCommand=x"], "is not the name of a host"),
        ([ESX1, "--password", "hunter2"], "--password says where it is kept"),
        ([ESX1, "--certificate", "AB:CD"], "64 hex digits"),
        ([ESX1], f"{ESX1} could not be looked at: no password is named"),
        ([ESX1, "--password", "env:NOPE"], "the environment has no NOPE: set it, or name another place"),
        (["here", "--site", "/tmp"], "/tmp is a folder, not a site file"),
        ([], "Missing"),
    ],
)
def test_wrong_use_is_one_line(
    words: list[str], said: str, ways: Ways, capsys: pytest.CaptureFixture[str]
) -> None:
    assert discover(*words) in (1, 2)
    error = capsys.readouterr().err
    assert said.lower() in error.lower()
    assert "hunter2" not in error
    assert error.count("\n") == 1
    assert not Path("site.toml").exists()


def test_a_file_that_cannot_take_it_stays(ways: Ways, capsys: pytest.CaptureFixture[str]) -> None:
    Path("site.toml").write_text("guest = { web1 = {} }\n")
    assert discover(ESX1, "--password", "env:ESX1", "--write") == 2
    assert "stays as it is" in capsys.readouterr().err
    assert Path("site.toml").read_text() == "guest = { web1 = {} }\n"


def test_a_libvirt_uri_and_a_token(ways: Ways) -> None:
    assert discover("qemu+ssh://root@kvm1/system") == 0
    api = read().entries["esx1"].api
    assert api is not None
    assert api.address == "qemu+ssh://root@kvm1/system"
    assert discover("proxmox://root@pam!tenmatsu@pve1", "--site", "p.toml", "--password", "env:ESX1") == 0
    api = read("p.toml").entries["esx1"].api
    assert api is not None
    assert (api.user, api.address) == ("root@pam!tenmatsu", "pve1")
    assert api.secrets == {"token": "env:ESX1"}
