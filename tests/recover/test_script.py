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
case $1 in
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


def test_it_does_what_the_plan_says_in_its_order(tmp_path: Path) -> None:
    site = site_of("libvirt")
    world, tools = tmp_path / "world", tmp_path / "bin"
    world.mkdir()
    tools.mkdir()
    (world / "boot").write_text("1\n")
    mocks = {"ssh": SSH, "virsh": VIRSH, "systemctl": SYSTEMCTL, "cat": CAT}
    for name, text in {**mocks, "curl": YES, "nc": YES, "nslookup": YES}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    script = write_script(plan_host_restart(site, "esx1", NOW, site_digest="abc"), site, "en")
    ran = subprocess.run(
        ["sh", "-s"],
        input=script,
        text=True,
        capture_output=True,
        check=False,
        env={"PATH": f"{tools}:{os.environ['PATH']}", "WORLD": str(world)},
    )
    assert ran.returncode == 0, ran.stderr
    record = (world / "record").read_text().splitlines()
    acts = [line for line in record if not line.startswith("domstate")]
    assert acts == [
        "shutdown mail1",
        "shutdown web1",
        "shutdown dns1",
        "reboot host",
        "start dns1",
        "start web1",
        "start mail1",
    ]


def test_the_trap_stands_in_it_and_no_name_can_become_a_command() -> None:
    site = made_site()
    plan = plan_host_restart(site, "esx1", NOW, site_digest="abc")
    assert "without maintenance mode" in write_script(plan, site, "en")
    steps = tuple(replace(step, component="$(reboot)") for step in plan.steps)
    assert "'$(reboot)'" in write_script(replace(plan, steps=steps), site, "en")
