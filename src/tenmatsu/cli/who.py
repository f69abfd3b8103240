"""`tenmatsu who NAME…`: what a process name means, also cut to 15 characters, also without a network."""

import os
import shutil
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenmatsu.cli.host_options import host_options, read_ssh_options
from tenmatsu.cli.speaking import make_command, output_options
from tenmatsu.errors import WrongUse
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:  # every command pays for what is imported here
    from tenmatsu.model.program import NameAnswer
    from tenmatsu.reach import Reach
    from tenmatsu.reach.ssh import SshOptions

EXIT_KNOWN = 0
EXIT_UNKNOWN = 3
# A machine can be asked for that many spellings of one name; more candidates are only listed.
_MOST_ASKED = 6


def make(language: Language) -> click.Command:
    """Return the command."""

    def who(
        names: tuple[str, ...],
        as_json: bool,
        no_colour: bool,
        host: str | None,
        old_host: bool,
        ssh_config: Path | None,
    ) -> int:
        if not all(name.strip() for name in names):
            raise WrongUse(EMPTY)
        ssh = read_ssh_options(host, old=old_host, config=ssh_config)
        answers = _ask_there(names, host, ssh) if host else tuple(find_answer(name) for name in names)
        _show(answers, language, host, as_json=as_json, no_colour=no_colour)
        return EXIT_KNOWN if all(answer.is_known for answer in answers) else EXIT_UNKNOWN

    name = click.Argument(["names"], nargs=-1, required=True, metavar="NAME...")
    return make_command(
        "who", who, HELP, language, [name, *host_options(language), *output_options(language)]
    )


def _ask_there(names: tuple[str, ...], host: str, ssh: "SshOptions | None") -> "tuple[NameAnswer, ...]":
    from tenmatsu.reach.remote import RemoteReach
    from tenmatsu.sight.machine_kind import find_component

    with closing(RemoteReach(host, ssh)) as reach:
        component = find_component(reach, host).id
        return tuple(find_answer(name, reach, component) for name in names)


def find_answer(name: str, reach: "Reach | None" = None, component: str = "") -> "NameAnswer":
    """Return what is known of a name, with what a machine (None: this one) says of it. Reads only."""
    from tenmatsu.cli.asked import find_here
    from tenmatsu.knowledge.ask_next import ask_next
    from tenmatsu.knowledge.look_up import look_up
    from tenmatsu.knowledge.name_form import read_name
    from tenmatsu.model.program import NameAnswer
    from tenmatsu.reach.local import LocalReach
    from tenmatsu.sight.program_origin import find_origin

    matches = look_up(name)
    full = [match.program.name for match in matches[:_MOST_ASKED]]
    names = [*read_name(name).spellings, *full][: 2 * _MOST_ASKED]
    origin = find_origin(reach or LocalReach(), names, component=component or find_here().id)
    if len(origin.running) == 1:
        unit = origin.units[0] if origin.units else None
        matches = look_up(name, executable=origin.running[0], unit=unit)
    answer = NameAnswer(asked=name, matches=matches, origin=origin)
    return answer if answer.is_decided else replace(answer, next_looks=ask_next(name))


def _show(
    answers: "tuple[NameAnswer, ...]", language: Language, host: str | None, *, as_json: bool, no_colour: bool
) -> None:
    if as_json:
        from tenmatsu.cli.who_json import render_json

        sys.stdout.write(render_json(answers, language))
        return
    from tenmatsu.cli.who_text import print_answers

    terminal = sys.stdout.isatty()
    colour = terminal and not no_colour and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size().columns if terminal else None
    print_answers(answers, language, sys.stdout, colour=colour, width=width, host=host)


HELP = Words(
    "Say what a process name means: program, package, service, what it does, what it can point to, and what"
    " confirms or clears that. Names cut to 15 characters, paths, [brackets] and titles will do. Needs no"
    " network; adds what this machine (or another one, --on) says.\n\n"
    "Exit codes: 0 each name is known, 2 wrong use, 3 nothing is known of one of them.",
    "プロセス名の意味を説明します。プログラム・パッケージ・サービス・役目・疑われるもの・裏付けと晴らし方。"
    "15 文字で切れた名前・パス・[角括弧]・表題でも構いません。ネットワークは不要で、"
    "この機械 (--on で別の機械) でわかることも加えます。\n\n"
    "終了コード: 0 すべて判明、2 使い方の誤り、3 不明な名前あり。",
)
EMPTY = Words("an empty name means nothing", "名前が空です")
