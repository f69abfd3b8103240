"""The options that name another machine, alike for all commands that look at one."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenmatsu.cli.speaking import option
from tenmatsu.errors import WrongUse
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:  # every command pays for what is imported here
    from tenmatsu.reach.ssh import SshOptions


def host_options(language: Language) -> list[click.Option]:
    """Return `--on` (host), `--old-ssh` (old_host) and `--ssh-config`."""
    config_file = click.Path(path_type=Path, dir_okay=False, exists=True)
    return [
        option(language, "--on", "host", help=ON, metavar="HOST"),
        option(language, "--old-ssh", "old_host", help=OLD_SSH, is_flag=True),
        option(language, "--ssh-config", help=SSH_CONFIG, type=config_file, metavar="FILE"),
    ]


def read_ssh_options(host: str | None, *, old: bool, config: Path | None) -> "SshOptions | None":
    """Return how the machine is reached; None where none is named. Raises WrongUse."""
    if host is None:
        if old or config:
            raise WrongUse(SSH_ALONE)
        return None
    from tenmatsu.reach.ssh import SshOptions, check_host

    check_host(host)
    names = frozenset({host}) if old else frozenset[str]()
    return SshOptions(old_algorithms=names, config=str(config) if config else None)


ON = Words(
    "Look at another machine, over SSH: HOST or USER@HOST. Default: this one.",
    "SSH で別の機械を調べる: HOST か USER@HOST。既定はこの機械。",
)
OLD_SSH = Words(
    "That machine may use old SSH algorithms (servers of about 2010).",
    "その機械に古い SSH 暗号方式 (2010 年頃のサーバー) を許す。",
)
SSH_CONFIG = Words("In place of ~/.ssh/config.", "~/.ssh/config の代わりに使うファイル。")
SSH_ALONE = Words("--old-ssh and --ssh-config go with --on", "--old-ssh と --ssh-config は --on と使います")
