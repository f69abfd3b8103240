"""The keys of one box, made for it and gone with it, and the ssh configuration that knows them."""

from pathlib import Path

from tenmatsu.drill.commands import run_or_say
from tenmatsu.drill.cpio import Entry, make_file
from tenmatsu.drill.guests import GUESTS, Guest

_MAKE_SECONDS = 60.0
_CONFIG = """\
Host *
    User root
    IdentityFile {folder}/key
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile {folder}/known_hosts
    GlobalKnownHostsFile /dev/null
    ProxyCommand {way} busybox nc %h %p
"""


def make_keys(folder: Path) -> None:
    """Make the key that every guest lets in, and a host key for each."""
    run_or_say(
        ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(folder / "key")),
        folder,
        _MAKE_SECONDS,
    )
    known = ""
    for guest in GUESTS:
        said = run_or_say(
            ("dropbearkey", "-t", "ed25519", "-f", str(_host_key(folder, guest))), folder, _MAKE_SECONDS
        )
        public = next(line for line in said.splitlines() if line.startswith("ssh-ed25519 "))
        known += f"{guest.name},{guest.address} {' '.join(public.split()[:2])}\n"
    (folder / "known_hosts").write_text(known)


def find_key_files(folder: Path, guest: Guest) -> dict[str, Entry]:
    """Return the files by which a guest knows whom to let in, and is known itself."""
    return {
        "root/.ssh/authorized_keys": make_file((folder / "key.pub").read_bytes(), rights=0o600),
        "etc/dropbear/dropbear_ed25519_host_key": make_file(
            _host_key(folder, guest).read_bytes(), rights=0o600
        ),
    }


def write_ssh_config(folder: Path, inside: tuple[str, ...]) -> Path:
    """Write the configuration with which ssh reaches the guests by name, from everywhere on this machine."""
    path = folder / "ssh_config"
    named = "".join(f"Host {guest.name}\n    HostName {guest.address}\n" for guest in GUESTS)
    path.write_text(named + _CONFIG.format(folder=folder, way=" ".join(inside)))
    return path


def _host_key(folder: Path, guest: Guest) -> Path:
    return folder / f"{guest.name}.host_key"
