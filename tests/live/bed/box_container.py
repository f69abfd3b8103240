"""An LXC container on the host of the drills' box."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenmatsu.drill.box import Box

NAME, UUID = "c1", "7e57da7a-0000-4000-8000-0000000000c1"
_XML = """\
<domain type='lxc'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <resource><partition>/{partition}</partition></resource>
  <os><type>exe</type><init>/init</init></os>
  <on_poweroff>destroy</on_poweroff>
  <devices>
    <emulator>/usr/lib/libvirt/libvirt_lxc</emulator>
    <filesystem type='mount'><source dir='{root}'/><target dir='/'/></filesystem>
    <console type='pty'/>
  </devices>
  <features><privnet/></features>
</domain>
"""
# It is busy for as long as /tmp/storm is there.
_INIT = """\
#!/bin/sh
while :; do
    if [ -e /tmp/storm ]; then /bin/busybox true; else /bin/busybox sleep 0.1; fi
done
"""


def why_no_container() -> str:
    """Why there can be none; empty where there can."""
    return "" if Path("/usr/lib/libvirt/libvirt_lxc").exists() else "not installed: libvirt-daemon-driver-lxc"


@contextmanager
def container(box: Box) -> Iterator[Path]:
    """Run a container; return its root folder."""
    root = box.folder / "container"
    for name in ("bin", "proc", "sys", "dev", "tmp"):
        (root / name).mkdir(parents=True)
    (root / "bin/busybox").write_bytes(Path("/bin/busybox").read_bytes())
    (root / "bin/busybox").chmod(0o755)
    (root / "bin/sh").symlink_to("busybox")
    (root / "init").write_text(_INIT)
    (root / "init").chmod(0o755)
    described = box.folder / "container.xml"
    described.write_text(_XML.format(name=NAME, uuid=UUID, partition=box.folder.name, root=root))
    ask(box, "create", str(described))
    try:
        yield root
    finally:
        ask(box, "destroy", NAME)


def ask(box: Box, *words: str) -> None:
    subprocess.run(
        [*box.inside, "virsh", "-q", "-c", "lxc:///system", *words], check=True, stdin=subprocess.DEVNULL
    )
