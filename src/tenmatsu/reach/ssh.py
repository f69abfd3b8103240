"""The `ssh` command line for a host: the user's own configuration, and nothing that makes it less safe.

ProxyJump, agent, keys, ports and ControlMaster are as `~/.ssh/config` has them. Old servers' algorithms are
allowed only for a host that was named for that.
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from tenmatsu.errors import NotThere, WrongUse
from tenmatsu.model.words import Words

# What a name may hold: no white space, no control character, and nothing that a shell would act on: `%h` of
# a ProxyCommand is read by one (CVE-2023-51385). A first dash would make an option of it (CVE-2017-1000117).
_HOST = re.compile(r"(?:[\w.][\w.+-]{0,63}@)?[\w.:\[][\w.:%\[\]-]{0,254}")
# Of OpenSSH's own lists, what is off by default and the only thing that servers of the years up to 2010 know
# (openssh.com/legacy.html). Asked of the local `ssh -Q`, which knows less and less of them.
_OLD: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "KexAlgorithms": (
        "kex",
        ("diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1", "diffie-hellman-group1-sha1"),
    ),
    "HostKeyAlgorithms": ("key", ("ssh-rsa", "ssh-dss")),
    "PubkeyAcceptedKeyTypes": ("key", ("ssh-rsa", "ssh-dss")),  # newer ones take this name as well
    "Ciphers": ("cipher", ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc")),
    "MACs": ("mac", ("hmac-sha1", "hmac-sha1-96", "hmac-md5")),
}
_ASK_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class SshOptions:
    """How hosts are reached. `old_algorithms` holds the hosts that may use them, as named in the call.

    `config` takes the place of the user's own file. A line on which nothing comes for `alive_seconds` times
    `alive_tries` is dead.
    """

    config: str | None = None
    connect_seconds: int = 10
    alive_seconds: int = 5
    alive_tries: int = 3
    old_algorithms: frozenset[str] = frozenset()


def check_host(host: str) -> str:
    """Return the name, `HOST` or `USER@HOST`. Raises WrongUse where it cannot be one."""
    if not _HOST.fullmatch(host):
        shown = ascii(host[:80])
        raise WrongUse(Words(f"{shown} is not the name of a host", f"{shown} はホスト名ではありません"))
    return host


def make_command(host: str, options: SshOptions, remote: str) -> tuple[str, ...]:
    """Return the words that run `remote` in the user's shell on the host. Raises WrongUse, NotThere."""
    words = ["ssh", "-T", "-a", "-x"]  # no terminal, no agent and no display for the other side
    if options.config is not None:
        words += ["-F", options.config]
    named = {host, host.rpartition("@")[2]} & options.old_algorithms
    for setting in (*_settings(options), *(_old_algorithms() if named else ())):
        words += ["-o", setting]
    return (*words, "--", check_host(host), remote)


def _settings(options: SshOptions) -> tuple[str, ...]:
    return (
        "BatchMode=yes",  # never ask: nobody could answer
        "StrictHostKeyChecking=yes",
        f"ConnectTimeout={options.connect_seconds}",
        f"ServerAliveInterval={options.alive_seconds}",
        f"ServerAliveCountMax={options.alive_tries}",
        "ClearAllForwardings=yes",  # the user's other connection has the ports already
        "PermitLocalCommand=no",
        "RemoteCommand=none",
        "LogLevel=INFO",  # its reasons must be heard
    )


@cache
def _old_algorithms() -> tuple[str, ...]:
    found = []
    for setting, (kind, names) in _OLD.items():
        known = [name for name in names if name in _ask_ssh(kind)]
        if known:
            found.append(f"{setting}=+{','.join(known)}")
    return tuple(found)


@cache
def _ask_ssh(kind: str) -> frozenset[str]:
    """Return the algorithms of this kind that the local ssh knows; none where it cannot be asked."""
    try:
        said = subprocess.run(  # noqa: S603 - the words are ours
            ["ssh", "-Q", kind],
            capture_output=True,
            text=True,
            check=False,
            timeout=_ASK_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as missing:
        raise NotThere("ssh") from missing
    except subprocess.TimeoutExpired:
        return frozenset()
    return frozenset(said.stdout.split())
