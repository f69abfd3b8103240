"""The plan by hand: a shell script that is read before it is run, and does what the plan says."""

import os
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.recover.made_site import TEXT, made_site

from tenmatsu.attempt.kinds import KINDS
from tenmatsu.errors import WrongUse
from tenmatsu.model.site_map import SiteMap
from tenmatsu.parse.site_file import parse_site_file
from tenmatsu.recover.planner import plan_host_restart
from tenmatsu.recover.script import write_script

NOW = datetime(2010, 3, 11, tzinfo=UTC)
# Mocks of what the script calls: a host with guests, whose power is a file each.
SSH = '#!/bin/sh\nshift\nexec "$@"\n'
VIRSH = """#!/bin/sh
shift 3
echo "$1 $2" >> "$WORLD/record"
[ ! -e "$WORLD/silent" ] || [ "$1" != domstate ] || exit 1
case $1 in
    version) ;;
    domstate) cat "$WORLD/$2" 2>/dev/null || echo running ;;
    shutdown) echo "shut off" > "$WORLD/$2" ;;
    start) echo running > "$WORLD/$2" ;;
esac
"""
SYSTEMCTL = '#!/bin/sh\necho "reboot host" >> "$WORLD/record"; echo 2 > "$WORLD/boot"\n'
CAT = '#!/bin/sh\ncase $1 in /proc/sys/*) exec /bin/cat "$WORLD/boot" ;; esac\nexec /bin/cat "$@"\n'
YES = "#!/bin/sh\nexit 0\n"


def site_of(product: str) -> SiteMap:
    text = TEXT.replace(b'"vmware"', f'"{product}"'.encode())
    return parse_site_file(text, KINDS)


@pytest.mark.parametrize("product", ["vmware", "libvirt", "proxmox"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_shell_can_read_it(product: str, language: str, tmp_path: Path) -> None:
    site = site_of(product)
    plan = plan_host_restart(site, "esx1", NOW, site_digest="abc", force=True)
    path = tmp_path / "script"
    path.write_text(write_script(plan, site, "ja" if language == "ja" else "en"), "utf-8")
    shells = [shell for shell in ("sh", "bash", "dash") if shutil.which(shell)]
    for shell in shells:
        assert subprocess.run([shell, "-n", str(path)], check=False).returncode == 0
    assert all(step.id in path.read_text("utf-8") for step in plan.steps)


def run_script(script: str, folder: Path, **more: str) -> tuple[int, str, list[str]]:
    """Run it against mocks; return how it ended, what it complained of, and what was done."""
    world, tools = folder / "world", folder / "bin"
    world.mkdir()
    tools.mkdir()
    (world / "boot").write_text("1\n")
    for name, text in more.items():
        (world / name).write_text(text)
    mocks = {"ssh": SSH, "virsh": VIRSH, "systemctl": SYSTEMCTL, "cat": CAT}
    for name, text in {**mocks, "curl": YES, "nc": YES, "nslookup": YES, "sleep": YES}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    ran = subprocess.run(
        ["sh", "-s"],
        input=script,
        text=True,
        capture_output=True,
        check=False,
        env={"PATH": f"{tools}:{os.environ['PATH']}", "WORLD": str(world), "LANG": "ja_JP.UTF-8"},
    )
    record = (world / "record").read_text().splitlines()
    return (
        ran.returncode,
        ran.stderr,
        [line for line in record if not line.startswith(("domstate", "version"))],
    )


def plan_and_script(site: SiteMap) -> str:
    return write_script(plan_host_restart(site, "esx1", NOW, site_digest="abc"), site, "en")


def test_it_does_what_the_plan_says_in_its_order(tmp_path: Path) -> None:
    code, complaint, acts = run_script(plan_and_script(site_of("libvirt")), tmp_path)
    assert code == 0, complaint
    assert acts == [
        "shutdown mail1",
        "shutdown web1",
        "shutdown dns1",
        "reboot host",
        "start dns1",
        "start web1",
        "start mail1",
    ]


def test_where_nobody_can_say_whether_a_guest_is_on_it_stops(tmp_path: Path) -> None:
    code, complaint, acts = run_script(plan_and_script(site_of("libvirt")), tmp_path, silent="")
    assert code == 1
    assert "nobody can say whether mail1 is on" in complaint
    assert acts == []


def test_a_guest_that_is_off_already_is_left_so_and_a_paused_one_stops_it(tmp_path: Path) -> None:
    script = plan_and_script(site_of("libvirt"))
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    code, complaint, acts = run_script(script, first, web1="shut off")
    assert code == 0, complaint
    assert "shutdown web1" not in acts
    code, complaint, acts = run_script(script, second, web1="paused")
    assert code == 1
    assert "reboot host" not in acts


def test_a_host_whose_start_is_not_told_is_not_restarted(tmp_path: Path) -> None:
    code, complaint, acts = run_script(plan_and_script(site_of("libvirt")), tmp_path, boot="")
    assert (code, "reboot host" in acts) == (1, False)
    assert "when it started is not told" in complaint


def test_guests_are_called_what_the_hypervisor_calls_them() -> None:
    uuid = "564d1c2a-0102-0304-0506-0708090a0b0c"
    given = b'[guest.web1]\non = "esx1"\n'
    for product, told in (("libvirt", uuid), ("vmware", "'web (new)'")):
        text = TEXT.replace(given, given + f'uuid = "{uuid}"\ncalled = "web (new)"\n'.encode())
        site = parse_site_file(text.replace(b'"vmware"', f'"{product}"'.encode()), KINDS)
        assert f"stop {told} 300 no" in plan_and_script(site)


@pytest.mark.parametrize(
    ("api", "way"),
    [
        ("qemu+ssh://op@kvm9:2222/system", "on_host() { ssh -p 2222 op@kvm9"),
        ("kvm9", "on_host() { ssh root@kvm9"),
    ],
)
def test_the_host_is_reached_as_its_address_says(api: str, way: str) -> None:
    text = TEXT.replace(
        b'hypervisor = "vmware"\naddress = "192.0.2.10"', f'hypervisor = "libvirt"\napi = "{api}"'.encode()
    )
    script = plan_and_script(parse_site_file(text, KINDS))
    assert way in script
    assert "virsh -q -c qemu+ssh://" in script


def test_no_script_ever_restarts_the_machine_that_it_runs_on() -> None:
    text = TEXT.replace(
        b'hypervisor = "vmware"\naddress = "192.0.2.10"', b'hypervisor = "libvirt"\napi = "qemu:///system"'
    )
    with pytest.raises(WrongUse, match="how the host 'esx1' is reached"):
        plan_and_script(parse_site_file(text, KINDS))


def test_the_trap_stands_in_it_and_no_name_can_become_a_command() -> None:
    site = made_site()
    plan = plan_host_restart(site, "esx1", NOW, site_digest="abc")
    assert "without maintenance mode" in write_script(plan, site, "en")
    steps = tuple(replace(step, component="$(reboot)") for step in plan.steps)
    assert "'$(reboot)'" in write_script(replace(plan, steps=steps), site, "en")
