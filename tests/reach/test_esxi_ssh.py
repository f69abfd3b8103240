"""An ESXi's shell, with its commands stood in for; the shell and the line to it are real."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.parse.test_esxtop import recording
from tests.reach.fake_ssh import put_first

from tenmatsu.errors import NoConnection, ParseError, TookTooLong
from tenmatsu.model.below import Change
from tenmatsu.reach import esxi_ssh
from tenmatsu.reach.esxi_ssh import open_esxi_over_ssh
from tenmatsu.reach.ssh import SshOptions

NAME = "web: (new) 日記"
# The log stands where this machine has none.
SSH = """\
#!/bin/sh
for last; do :; done
echo 'Welcome to esx1!'
PATH="{bin}:$PATH" exec sh -c "$(printf %s "$last" | sed "s|/var/log/vmkernel.log|{log}|g")"
"""
AHEAD_SECONDS = 3600


def host(folder: Path, monkeypatch: pytest.MonkeyPatch, **commands: str) -> None:
    """Put the commands of an ESXi on its path, each as a script."""
    tools = folder / "bin"
    tools.mkdir()
    vmx = folder / "web $(touch oops).vmx"
    vmx.write_text(f'displayName = "{NAME}"\nuuid.bios = "564d2f128041639b501805a835b72eaf"\n')
    with vmx.open("a") as file:
        file.write('sched.cpu.max = "1200"')
    now = datetime.now(UTC) + timedelta(seconds=AHEAD_SECONDS)
    first, second = (f"{now + timedelta(seconds=n):%m/%d/%Y %H:%M:%S}" for n in (0, 5))
    head, row = recording(first)
    (folder / "sample.csv").write_text(head + row + row.replace(first, second))
    scripts = {
        "date": f"echo {int(time.time()) + AHEAD_SECONDS}",
        "vmware": "echo VMware ESXi 7.0.3 build-1",
        "vim-cmd": 'echo "      cpuMhz = 2400,"',
        "esxcli": f"printf 'web\\n   World ID: 1\\n   Config File: %s\\n' '{vmx}'",
        "esxtop": f"cat '{folder}/sample.csv'",
    }
    for name, script in (scripts | commands).items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)
    stamp = f"{now:%Y-%m-%dT%H:%M:%S.123Z}"
    (folder / "vmkernel.log").write_text(
        f"2010-99-11T02:14:05Z cpu1:2097)no such day\n"
        f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ} cpu1:2097)up\n"
        f"{stamp} cpu1:2097)WARNING: ScsiDeviceIO: 1513: Device naa.60 performance has deteriorated.\n"
        f"{stamp} cpu1:2097)ScsiDeviceIO: 3015: Cmd(0x45) 0x28 to dev naa.60 failed H:0x0 D:0x2 P:0x0\n"
        "2010-99-11T02:14:05Z cpu1:2097)All Paths Down\n\x1b[2J\n"
    )
    put_first(monkeypatch, folder, SSH.format(bin=tools, log=folder / "vmkernel.log"))


def test_a_shell_tells_guests_limits_and_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host(tmp_path, monkeypatch)
    began = datetime.now(UTC)
    esxi = open_esxi_over_ssh("root@esx1", SshOptions(), "esx1", limit_seconds=60)
    identity = esxi.identify()
    assert identity.version == "VMware ESXi 7.0.3 build-1"
    assert identity.clock_offset_seconds == pytest.approx(AHEAD_SECONDS, abs=30)
    (guest,) = esxi.take_inventory().guests
    assert (guest.name, guest.vcpus, guest.cpu_limit_cores) == (NAME, 2, 0.5)
    assert guest.uuid == "564d2f12-8041-639b-5018-05a835b72eaf"
    told = esxi.measure([guest.key], began).measures
    assert {one.name for one in told} >= {"vm.cpu.held", "vm.cpu.ready"}
    assert len({one.time for one in told}) == 1, "the first sample is since the host's start"
    assert all(abs(one.time - began) < timedelta(minutes=2) for one in told)
    happenings, lacks = esxi.recall(began - timedelta(minutes=2))
    assert [one.change for one in happenings] == [Change.ALARM]
    assert len(lacks) == 1
    assert list(tmp_path.rglob("oops")) == [], "a guest's path is a name, never a command"
    esxi.close()


def test_a_shell_without_esxtop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host(tmp_path, monkeypatch, esxtop="echo esxtop: not found >&2; exit 127")
    with pytest.raises(ParseError):
        open_esxi_over_ssh("esx1", SshOptions(), "esx1", limit_seconds=60)


@pytest.mark.parametrize("date", ["exit 1", "echo 999999999999"])
def test_a_shell_of_another_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, date: str) -> None:
    host(tmp_path, monkeypatch, date=date)
    with pytest.raises(ParseError):
        open_esxi_over_ssh("esx1", SshOptions(), "esx1", limit_seconds=60)


def test_a_sample_from_before_all_calendars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host(tmp_path, monkeypatch, date="echo 9999999999")
    head, row = recording("01/01/0001 00:00:05")
    (tmp_path / "sample.csv").write_text(head + row + row.replace("00:00:05", "00:00:10"))
    esxi = open_esxi_over_ssh("esx1", SshOptions(), "esx1", limit_seconds=60)
    with pytest.raises(ParseError, match="no calendar"):
        esxi.measure(None, None)


def test_a_shell_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host(tmp_path, monkeypatch, vmware="exec sleep 30")
    with pytest.raises(TookTooLong):
        open_esxi_over_ssh("esx1", SshOptions(), "esx1", limit_seconds=0.5)


def test_a_log_that_does_not_reach_back_says_how_far_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host(tmp_path, monkeypatch)
    began = datetime.now(UTC)
    esxi = open_esxi_over_ssh("esx1", SshOptions(), "esx1", limit_seconds=60)
    happenings, (_, short) = esxi.recall(began - timedelta(days=1))
    assert len(happenings) == 1
    told = datetime.strptime(short.why.en[-19:], "%Y-%m-%d %H:%M:%S").astimezone()
    assert told == pytest.approx(began - timedelta(hours=1), abs=timedelta(minutes=2))
    log = tmp_path / "vmkernel.log"
    log.write_text("")
    happenings, (_, empty) = esxi.recall(began)
    assert happenings == []
    assert "empty" in empty.why.en
    log.unlink()
    happenings, (_, missing) = esxi.recall(began)
    assert not happenings
    assert "cannot be read" in missing.why.en


@pytest.mark.parametrize("endless", ["vmware", "esxtop"])
def test_a_shell_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endless: str) -> None:
    monkeypatch.setattr(esxi_ssh, "_MOST_BYTES", 1 << 20)
    host(tmp_path, monkeypatch, **{endless: "exec yes >&2"})
    with pytest.raises(NoConnection, match="more than 1 MiB"):
        open_esxi_over_ssh("esx1", SshOptions(), "esx1", limit_seconds=60)


def test_a_guests_file_without_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host(tmp_path, monkeypatch)
    with (tmp_path / "web $(touch oops).vmx").open("ab") as file:
        file.write(b"\n")
        file.truncate(100 << 20)  # zeros, which take no room
    (guest,) = open_esxi_over_ssh("esx1", SshOptions(), "esx1", limit_seconds=60).take_inventory().guests
    assert guest.cpu_limit_cores == 0.5


def test_no_way_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_first(
        monkeypatch, tmp_path, "#!/bin/sh\necho 'root@esx1: Permission denied (publickey).' >&2\nexit 255\n"
    )
    with pytest.raises(NoConnection, match="does not let us in") as refused:
        open_esxi_over_ssh("esx1", SshOptions(), "esx1")
    assert refused.value.permanent
