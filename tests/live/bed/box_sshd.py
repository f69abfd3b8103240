"""An sshd on the host of the drills' box, and the configuration with which ssh gets there."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tenmatsu.drill.box import Box
from tenmatsu.reach.ssh import SshOptions

HOST = "lab-host"
_PORT = 2222
_SERVER = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/sshd_key
AuthorizedKeysFile {folder}/key.pub
StrictModes no
UsePAM no
PidFile none
PermitRootLogin prohibit-password
PasswordAuthentication no
"""
_CLIENT = """\
Host {host}
    User root
    HostKeyAlias {host}
    ProxyCommand {way} busybox nc 127.0.0.1 {port}
Host nobody-listens
    ProxyCommand {way} busybox nc 127.0.0.1 9
Host *
    IdentityFile {folder}/key
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile {folder}/sshd_known
    GlobalKnownHostsFile /dev/null
"""


def why_no_sshd() -> str:
    """Why there can be no sshd; empty where there can."""
    return "" if Path("/usr/sbin/sshd").exists() else "not installed: openssh-server"


def start_sshd(box: Box) -> SshOptions:
    """Start it; it ends with the box."""
    folder, way = box.folder, " ".join(box.inside)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "sshd_key"))
    public = (folder / "sshd_key.pub").read_text()
    (folder / "sshd_known").write_text(f"{HOST} {public}")
    (folder / "sshd_config").write_text(_SERVER.format(folder=folder, port=_PORT))
    client = folder / "client_config"
    client.write_text(_CLIENT.format(folder=folder, host=HOST, way=way, port=_PORT))
    run(*box.inside, "mkdir", "-p", "/run/sshd")
    run(*box.inside, "/usr/sbin/sshd", "-f", str(folder / "sshd_config"), "-E", str(folder / "sshd.log"))
    return SshOptions(config=str(client))


def run(*words: str) -> None:
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
