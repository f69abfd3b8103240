"""Hosts to reach over SSH: several sshd of this machine, in a network namespace of their own.

Two namespaces, `near` with the client and `far` with the servers, joined by one pair of virtual interfaces:
no packet leaves them, and the line can be cut. The servers have their own users, keys and sudoers, by bind
mounts that nobody else sees. Debian's openssh-server is only needed for its program.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tenmatsu.reach.ssh import SshOptions

SSHD = "/usr/sbin/sshd"
NEEDED = ("ssh", "ssh-keygen", "ip", "nsenter", "unshare", "mawk", "sudo")
NEAR_ADDRESS, FAR_ADDRESS = "192.0.2.1", "192.0.2.2"  # TEST-NET-1, RFC 5737
SOON_SECONDS = 20.0

# Commands that the probe for a shell needs, and no Python among them.
BARE = "cat date getconf id ls sh sleep uname".split()
SHELLS = {"dash": "dash", "bash": "bash", "busybox": "busybox", "csh": "tcsh", "fish": "fish"}
FIRST_UID = 61_000

PORTS = {"web": 2201, "bare": 2202, "old": 2203, "behind": 2204}
# What the server of that name has beyond the rest. `behind` listens where only its neighbour gets to.
EXTRA = {
    "web": "",
    "bare": "SetEnv PATH={bare}\n",
    "old": "KexAlgorithms diffie-hellman-group14-sha1\nHostKeyAlgorithms ssh-rsa\nCiphers aes128-cbc\n"
    "MACs hmac-sha1\n",
    "behind": "",
}
SERVER = """\
ListenAddress {address}
Port {port}
HostKey {folder}/host_{key}
AuthorizedKeysFile {folder}/keys/authorized
StrictModes no
UsePAM no
PidFile none
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
Banner {folder}/banner
"""
CLIENT = """\
Host *
    User root
    IdentityFile {folder}/keys/rsa
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile {folder}/known_hosts
    GlobalKnownHostsFile /dev/null
"""
# Names by which the hosts are called: the settings of each, and the key that is known of it.
NAMES = {
    "web": ("Port 2201", "host_ed25519"),
    "bare": ("Port 2202", "host_ed25519"),
    "old": ("Port 2203", "host_rsa"),
    "behind": ("HostName 127.0.0.1\n    Port 2204\n    ProxyJump web", "host_ed25519"),
    "changed": ("Port 2201", "other"),
    "unknown": ("Port 2201", None),
    "stranger": ("Port 2201\n    User nobody-here", "host_ed25519"),
    "nobody-listens": ("Port 2299", None),
    "no-address": ("HostName no-such-name.invalid", None),
}
# As root in a mount namespace of its own: users and rights that only these servers know.
SETUP = """\
set -e
mount -t tmpfs none /run
mkdir -p /run/sshd
for file in passwd shadow sudoers; do mount --bind "$1/$file" "/etc/$file"; done
exec {sshd} -D -E "$3" -f "$2"
"""


def why_impossible() -> str:
    """Why this machine cannot hold the hosts; empty where it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [one for one in NEEDED if shutil.which(one) is None] + [SSHD] * (not Path(SSHD).exists())
    if missing:
        return f"not installed: {', '.join(missing)}"
    made = subprocess.run(
        ["unshare", "--net", "--mount", "ip", "link", "add", "x0", "type", "veth"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"no network namespace can be made here: {made.stderr.strip()}" if made.returncode else ""


@dataclass(frozen=True, kw_only=True)
class FarHosts:
    """The hosts while they run."""

    folder: Path
    servers: Mapping[str, subprocess.Popen[bytes]]
    far: str
    shells: Sequence[str]

    @property
    def config(self) -> str:
        return str(self.folder / "ssh_config")

    def options(self, **more: object) -> SshOptions:
        """Options with which a cut line is noticed soon."""
        values = {"config": self.config, "connect_seconds": 2, "alive_seconds": 1, "alive_tries": 2}
        return SshOptions(**(values | more))  # type: ignore[arg-type]

    def cut(self) -> None:
        run("ip", "-n", self.far, "link", "set", "far0", "down")

    def mend(self) -> None:
        run("ip", "-n", self.far, "link", "set", "far0", "up")

    def allow_sudo(self, line: str) -> None:
        """Add a line to the far side's sudoers, in place: it is mounted."""
        path = self.folder / "sudoers"
        path.chmod(0o600)
        with path.open("a") as sudoers:
            sudoers.write(line + "\n")
        path.chmod(0o440)

    def sessions(self) -> list[int]:
        """Every process that a server has started and that is still there."""
        parents = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                text = path.read_text(errors="replace")
            except OSError:
                continue
            parents[int(path.parent.name)] = int(text.rpartition(")")[2].split()[1])
        found = {server.pid for server in self.servers.values()}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return sorted(found - {server.pid for server in self.servers.values()})


@contextmanager
def far_hosts(folder: Path) -> Iterator[FarHosts]:
    """Run the hosts, with a `ssh` first on the path that starts near them; all of it is gone afterwards."""
    near, far = f"tenmatsu-near-{os.getpid()}", f"tenmatsu-far-{os.getpid()}"
    shells = [name for name, program in SHELLS.items() if shutil.which(program)]
    write_files(folder, near, shells)
    with ExitStack() as undo:
        for name in (near, far):
            run("ip", "netns", "add", name)
            undo.callback(run, "ip", "netns", "del", name)
        join(near, far)
        servers = {}
        for name in PORTS:
            server = start_server(folder, name, far)
            undo.callback(stop, server)
            servers[name] = server
        path = os.environ["PATH"]
        os.environ["PATH"] = f"{folder}/near:{path}"
        undo.callback(os.environ.__setitem__, "PATH", path)
        yield FarHosts(folder=folder, servers=servers, far=far, shells=shells)


def join(near: str, far: str) -> None:
    run("ip", "-n", near, "link", "add", "near0", "type", "veth", "peer", "name", "far0", "netns", far)
    for name, link, address in ((near, "near0", NEAR_ADDRESS), (far, "far0", FAR_ADDRESS)):
        run("ip", "-n", name, "address", "add", f"{address}/30", "dev", link)
        for one in ("lo", link):
            run("ip", "-n", name, "link", "set", one, "up")


def start_server(folder: Path, name: str, far: str) -> subprocess.Popen[bytes]:
    command = ["nsenter", f"--net=/run/netns/{far}", "unshare", "--mount", "--propagation", "private"]
    command += ["sh", str(folder / "setup"), str(folder), str(folder / f"sshd_{name}")]
    command.append(str(folder / f"log_{name}"))
    server = subprocess.Popen(command)
    log = folder / f"log_{name}"
    if not soon(lambda: log.exists() and "Server listening" in log.read_text()):
        stop(server)
        raise RuntimeError(f"sshd does not run: {log.read_text() if log.exists() else server.returncode}")
    return server


def stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    server.wait(SOON_SECONDS)


def write_files(folder: Path, near: str, shells: Sequence[str]) -> None:
    folder.chmod(0o755)
    for name in ("keys", "near", "bare", "home"):
        (folder / name).mkdir()
    make_keys(folder)
    users = [(f"guest-{name}", shutil.which(SHELLS[name])) for name in shells]
    lines = [f"root:*:0:0::{folder}/home:/bin/sh"]
    for number, (user, shell) in enumerate(users):
        lines.append(
            f"{user}:*:{FIRST_UID + number}:{FIRST_UID}::{folder}/home:{make_shell(folder, user, shell)}"
        )
    lines.append("sshd:*:62000:62000::/run/sshd:/usr/sbin/nologin")
    (folder / "passwd").write_text("\n".join(lines) + "\n")
    (folder / "shadow").write_text("".join(f"{line.split(':')[0]}:*:19000:0:99999:7:::\n" for line in lines))
    (folder / "sudoers").write_text(
        "Defaults use_pty\nDefaults !syslog\nDefaults !mail_badpass\nroot ALL=(ALL) ALL\n"
    )
    (folder / "sudoers").chmod(0o440)
    (folder / "banner").write_text("Authorised people only!\nTENMATSU1 0 2 00000000 {}\n")
    (folder / "setup").write_text(SETUP.format(sshd=SSHD))
    blocks = [
        f"Host {name}\n    HostKeyAlias {name}\n    {text}\n    HostName {FAR_ADDRESS}\n"
        for name, (text, _) in NAMES.items()
    ]
    (folder / "ssh_config").write_text("".join([*blocks, CLIENT.format(folder=folder)]))
    for name, port in PORTS.items():
        address = "127.0.0.1" if name == "behind" else FAR_ADDRESS
        key = "rsa" if name == "old" else "ed25519"
        text = SERVER.format(address=address, port=port, key=key, folder=folder)
        (folder / f"sshd_{name}").write_text(text + EXTRA[name].format(bare=folder / "bare"))
    make_bare(folder / "bare")
    ssh = folder / "near" / "ssh"
    ssh.write_text(f'#!/bin/sh\nexec nsenter --net=/run/netns/{near} {shutil.which("ssh")} "$@"\n')
    ssh.chmod(0o755)


def make_shell(folder: Path, user: str, shell: str | None) -> str:
    """Return a login shell's path; busybox needs to be called by the name of one."""
    assert shell
    if not shell.endswith("busybox"):
        return shell
    (folder / user).mkdir()
    (folder / user / "ash").symlink_to(shell)
    return str(folder / user / "ash")


def make_bare(folder: Path) -> None:
    for name in BARE:
        target = shutil.which(name)
        assert target, name
        (folder / name).symlink_to(target)
    (folder / "awk").symlink_to(shutil.which("mawk") or "mawk")


def make_keys(folder: Path) -> None:
    for path, kind in (
        ("host_ed25519", "ed25519"),
        ("host_rsa", "rsa"),
        ("keys/rsa", "rsa"),
        ("other", "ed25519"),
    ):
        run("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(folder / path))
    (folder / "keys" / "authorized").write_text((folder / "keys" / "rsa.pub").read_text())
    (folder / "keys").chmod(0o755)
    known = []
    for name, (_, key) in NAMES.items():
        if key is not None:
            known.append(f"{name} {' '.join((folder / f'{key}.pub').read_text().split()[:2])}\n")
    (folder / "known_hosts").write_text("".join(known))


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stderr)


def soon(condition: Callable[[], bool], seconds: float = SOON_SECONDS) -> bool:
    """Wait until it holds; tell whether it does."""
    late = time.monotonic() + seconds
    while not condition() and time.monotonic() < late:
        time.sleep(0.05)
    return condition()


def system_python() -> str | None:
    """A Python that every user can run."""
    for place in ("/usr/bin/python3", "/usr/local/bin/python3"):
        if Path(place).exists():
            return place
    return None
