"""`tenmatsu site check [NAME…]`: tests every entry of the site side by side, and says what each lacks."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenmatsu.cli.site_option import DEFAULT_FILE, complete_names, read_site
from tenmatsu.cli.speaking import make_command, option, output_options
from tenmatsu.errors import TenmatsuError, WrongUse
from tenmatsu.model.entry_check import Check, Standing, Tested
from tenmatsu.model.site_map import Entry, EntryKind
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:
    from tenmatsu.model.site_map import SiteMap
    from tenmatsu.reach.ssh import SshOptions

EXIT_LACKS = 1
# More than the limits of one entry's tests together: a name, an interface, SSH with its probe.
ENTRY_SECONDS = 60.0

Checks = Mapping[str, tuple[Check, ...]]


def make(language: Language) -> click.Command:
    """Return the command."""

    def check(
        names: tuple[str, ...],
        site_file: str | None,
        ssh_config: str | None,
        as_json: bool,
        no_colour: bool,
    ) -> int:
        from tenmatsu.reach.ssh import SshOptions

        path = Path(site_file or DEFAULT_FILE)
        site = read_site(path)
        chosen = _choose(site, names, path)
        checks = run_checks(site, chosen, SshOptions(config=ssh_config), language)
        _show(chosen, checks, language, as_json=as_json, no_colour=no_colour)
        lacks = any(one.standing is Standing.LACKS for found in checks.values() for one in found)
        return EXIT_LACKS if lacks else 0

    parameters: list[click.Parameter] = [
        click.Argument(["names"], nargs=-1, metavar="[NAME...]", shell_complete=complete_names),
        option(language, "--site", "site_file", metavar="FILE", help=SITE),
        option(language, "--ssh-config", metavar="FILE", help=SSH_CONFIG),
        *output_options(language),
    ]
    return make_command("check", check, HELP, language, parameters)


def _choose(site: "SiteMap", names: tuple[str, ...], path: Path) -> list[Entry]:
    for name in names:
        if name not in site.entries:
            raise WrongUse(NO_ENTRY.fill(file=path, name=name))
    chosen = [site.entries[name] for name in dict.fromkeys(names or site.entries)]
    if not chosen:
        raise WrongUse(EMPTY.fill(file=path))
    return chosen


def run_checks(
    site: "SiteMap",
    chosen: list[Entry],
    ssh: "SshOptions",
    language: Language,
    *,
    limit_seconds: float = ENTRY_SECONDS,
) -> Checks:
    """Return what the tests of each entry said, by its name. A line on a terminal tells how far it is."""
    from tenmatsu.cli.progress import Progress
    from tenmatsu.cli.side_by_side import run_side_by_side

    askers = _find_askers(chosen)
    jobs = [(entry.name, _make_job(entry, site, ssh, askers.get(entry.name, ""))) for entry in chosen]
    with Progress(0.0, sys.stderr, language) as progress:
        found = run_side_by_side(jobs, limit_seconds, progress.count)
    return {name: _take(value, limit_seconds) for name, value in found.items()}


def _take(value: tuple[Check, ...] | TenmatsuError | None, seconds: float) -> tuple[Check, ...]:
    if isinstance(value, tuple):
        return value
    words = value.words if value is not None else NO_ANSWER.fill(seconds=f"{seconds:.0f}")
    return (Check(tested=Tested.ANSWER, standing=Standing.UNKNOWN, said=words, close_by=ALONE),)


def _find_askers(chosen: list[Entry]) -> Mapping[str, str]:
    """Return for each host which one is tested for the interface that they share, as those of a vCenter do.

    Each sign-in is a session there, and a wrong password tried fifty times locks the account.
    """
    first: dict[str, str] = {}
    hosts = [entry for entry in chosen if entry.api is not None]
    return {entry.name: first.setdefault(repr(entry.api), entry.name) for entry in hosts}


def _make_job(
    entry: Entry, site: "SiteMap", ssh: "SshOptions", asker: str
) -> Callable[[], tuple[Check, ...]]:
    return lambda: tuple(_check_entry(entry, site, ssh, asker))


def _check_entry(entry: Entry, site: "SiteMap", ssh: "SshOptions", asker: str) -> Iterator[Check]:
    """Yield all tests that an entry's keys ask for; `asker` is tested for its interface in its place."""
    from tenmatsu.reach.host_line import start_on
    from tenmatsu.reach.open_hypervisor import open_hypervisor
    from tenmatsu.sight.entry_answers import check_answers
    from tenmatsu.sight.entry_ways import check_hypervisor, check_ssh

    is_tested = False
    if asker and asker != entry.name:
        is_tested = True
        yield Check(tested=Tested.HYPERVISOR, standing=Standing.OK, said=SHARED.fill(name=asker))
    elif entry.api is not None:
        is_tested = True
        yield from check_hypervisor(entry.name, entry.api, open_hypervisor)
    if entry.ssh:
        is_tested = True
        yield from check_ssh(entry.ssh, ssh, start_on)
    if not is_tested or entry.kind is EntryKind.OUTSIDE:  # who lets us in is there
        for one in check_answers(entry, site):
            is_tested = True
            yield one
    if not is_tested:
        yield Check(tested=Tested.ADDRESS, standing=Standing.NOTE, said=NOTHING_TO_TEST)


def _show(chosen: list[Entry], checks: Checks, language: Language, *, as_json: bool, no_colour: bool) -> None:
    if as_json:
        from tenmatsu.account.safe import printable_json
        from tenmatsu.cli.site_check_text import describe_checks

        text = json.dumps(describe_checks(chosen, checks, language), ensure_ascii=False, indent=2)
        sys.stdout.write(printable_json(text) + "\n")
        return
    import os
    import shutil

    from tenmatsu.cli.site_check_text import print_checks

    terminal = sys.stdout.isatty()
    colour = terminal and not no_colour and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size().columns if terminal else None
    print_checks(chosen, checks, language, sys.stdout, colour=colour, width=width)


HELP = Words(
    "Test every entry of the site, side by side: is it there, may we in, may we read, would we be allowed to"
    " act (without acting), how far off is its clock, what can the probe see, does the service answer."
    " For each lack it says what to do.\n\nExit codes: 0 all well, 1 something lacks, 2 wrong use.",
    "サイトの全項目を並行して調べます: 応答、ログイン、読み取り、操作の許可 (操作はしません)、"
    "時計のずれ、プローブで何が見えるか、サービスが応答するか。足りないものには対処を示します。\n\n"
    "終了コード: 0 問題なし、1 不足あり、2 使い方の誤り。",
)
SITE = Words("The site file: site.toml by default.", "サイトファイル (既定は site.toml)。")
SSH_CONFIG = Words("In place of ~/.ssh/config.", "~/.ssh/config の代わりに使う設定。")
NO_ENTRY = Words(
    "{file} has no '{name}' (tenmatsu site show lists all)",
    "{file} に「{name}」はありません (tenmatsu site show で一覧)",
)
EMPTY = Words(
    "{file} has no hosts, guests or services yet: tenmatsu site discover writes them",
    "{file} にホスト・ゲスト・サービスがまだありません。tenmatsu site discover で作成できます",
)
NO_ANSWER = Words("its tests did not end in {seconds} s", "検査が {seconds} 秒以内に終わりません")
ALONE = Words("test it alone: tenmatsu site check NAME", "単独で検査: tenmatsu site check 名前")
SHARED = Words("has the same interface as {name}, tested there", "{name} と同じ APIのため、そちらで検査")
NOTHING_TO_TEST = Words(
    "nothing to test: it has no address, ssh, url or port",
    "検査できるものがありません (address・ssh・url・port のどれもなし)",
)
