"""`tenmatsu recover`: the plan that mends it, and what it would take away from whom. Nothing is done here."""

import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenmatsu.cli.site_names import name_unknown
from tenmatsu.cli.site_option import DEFAULT_FILE, complete_names, read_site
from tenmatsu.cli.speaking import make_command, make_group, option, output_options
from tenmatsu.errors import NotThere, WrongUse
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:
    from tenmatsu.model.plan import Plan
    from tenmatsu.model.site_map import SiteMap

REMEDIES = ("restart-guest", "restart-host")


def make(language: Language) -> click.Command:
    """Return the group of commands in one language."""
    return make_group("recover", HELP, language, [_make_plan(language)], no_args_is_help=True)


def _make_plan(language: Language) -> click.Command:
    def plan(
        component: str,
        site_file: Path | None,
        remedy: str | None,
        force: bool,
        as_script: bool,
        as_json: bool,
        no_colour: bool,
    ) -> int:
        if as_script and as_json:
            raise WrongUse(ONE_FORM)
        path = site_file or Path(DEFAULT_FILE)
        site = read_site(path)
        made = make_plan(site, component, remedy, site_digest=_digest(path), force=force)
        if as_json:
            from tenmatsu.recover.plan_json import plan_as_object

            sys.stdout.write(json.dumps(plan_as_object(made), ensure_ascii=False, indent=2) + "\n")
        elif as_script:
            from tenmatsu.recover.script import write_script

            sys.stdout.write(write_script(made, site, language))
        else:
            from tenmatsu.cli.recover_text import print_plan

            print_plan(made, language, no_colour=no_colour)
        return 0

    parameters: list[click.Parameter] = [
        click.Argument(["component"], shell_complete=complete_names),
        option(
            language,
            "--site",
            "site_file",
            help=SITE,
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
        ),
        option(language, "--remedy", help=REMEDY, type=click.Choice(REMEDIES)),
        option(language, "--force", help=FORCE, is_flag=True),
        option(language, "--script", "as_script", help=SCRIPT, is_flag=True),
        *output_options(language),
    ]
    return make_command("plan", plan, PLAN, language, parameters)


def make_plan(
    site: "SiteMap", component: str, remedy: str | None, *, site_digest: str, force: bool
) -> "Plan":
    """Return the plan for a component; the mildest remedy that there is for it, where none is named."""
    from tenmatsu.model.site_map import EntryKind
    from tenmatsu.recover.planner import plan_guest_restart, plan_host_restart

    if component not in site.entries:
        raise name_unknown(component, site)
    machine = site.machine_of(component)
    if machine.kind is EntryKind.OUTSIDE:
        raise WrongUse(OUTSIDE.fill(name=component))
    now = datetime.now(UTC)
    if remedy == "restart-host" or (remedy is None and machine.kind is EntryKind.HOST):
        host = machine if machine.kind is EntryKind.HOST else site.entries.get(machine.on)
        if host is None:
            raise WrongUse(NO_HOST.fill(name=machine.name))
        return plan_host_restart(site, host.name, now, site_digest=site_digest, force=force, here=_here(site))
    return plan_guest_restart(
        site,
        component if machine.kind is EntryKind.HOST else machine.name,
        now,
        site_digest=site_digest,
        force=force,
        here=_here(site),
    )


def _here(site: "SiteMap") -> str:
    """Return which entry this machine is, empty where it is none."""
    from tenmatsu.cli.site_ways import Way, find_way
    from tenmatsu.model.site_map import EntryKind

    machines = (*site.of_kind(EntryKind.GUEST), *site.of_kind(EntryKind.HOST))
    return next((entry.name for entry in machines if find_way(entry) is Way.HERE), "")


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise NotThere(str(path)) from error


HELP = Words(
    "The way back: what to do in which order, and whom it hurts for how long.",
    "復旧: 何をどの順に行い、誰にどれだけ影響するか。",
)
PLAN = Words(
    "Show the plan that restarts a guest, or a host with all its guests, in the order of what needs what."
    " Nothing is done.",
    "ゲスト、またはホストと全ゲストを、依存の順に再起動する計画を示します。何も実行しません。",
)
SITE = Words("The site file (default: site.toml).", "サイトファイル (既定は site.toml)。")
REMEDY = Words(
    "Which remedy to plan; without it the mildest for the COMPONENT.",
    "計画する対処。省略時は影響の最も小さいもの。",
)
FORCE = Words(
    "Let the plan switch off a guest that does not shut down within its limit.",
    "時間内に停止しないゲストの強制停止を計画に含める。",
)
SCRIPT = Words(
    "Print a commented shell script that does the same by hand.", "同じことを手で行うシェルスクリプトを出力。"
)
ONE_FORM = Words(
    "--json and --script are two forms: name one", "--json と --script はどちらか一方を指定してください"
)
NO_HOST = Words(
    "the site does not say on which host '{name}' runs", "「{name}」のホストがサイトに書かれていません"
)
OUTSIDE = Words(
    "'{name}' lies outside: nobody here can restart it", "「{name}」はサイト外のもので、再起動できません"
)
