"""`tenmatsu site discover TARGET…`: looks at what is there, and writes or proposes the site file."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tenmatsu import __version__
from tenmatsu.cli.console import open_standard_output
from tenmatsu.cli.site_option import DEFAULT_FILE, read_site
from tenmatsu.cli.speaking import NO_COLOR, lang_option, make_command, option
from tenmatsu.errors import WrongUse
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:
    from tenmatsu.site.proposal import Proposal

EXIT_NOTHING_SEEN = 1


def make(language: Language) -> click.Command:
    """Return the command."""

    def discover(**asked: Any) -> int:  # noqa: ANN401 - click's own
        return _discover(_Ask(**asked), language)

    parameters: list[click.Parameter] = [
        click.Argument(["targets"], nargs=-1, required=True, metavar="TARGET..."),
        option(language, "--site", "site_file", metavar="FILE", help=SITE),
        option(language, "--password", metavar="PLACE", help=PASSWORD),
        option(language, "--certificate", metavar="SHA256", help=CERTIFICATE),
        option(language, "--ca-file", metavar="FILE", help=CA_FILE),
        option(language, "--ssh-config", metavar="FILE", help=SSH_CONFIG),
        option(language, "--inside", is_flag=True, help=INSIDE),
        option(language, "--write", is_flag=True, help=WRITE),
        option(language, "--no-color", "no_colour", is_flag=True, help=NO_COLOR),
        lang_option(language),
    ]
    return make_command("discover", discover, HELP, language, parameters)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ask:
    """The words of the call."""

    targets: tuple[str, ...]
    site_file: str | None
    password: str | None
    certificate: str | None
    ca_file: str | None
    ssh_config: str | None
    inside: bool
    write: bool
    no_colour: bool


def _discover(ask: _Ask, language: Language) -> int:
    path = Path(ask.site_file or DEFAULT_FILE)
    if path.exists():
        read_site(path)  # a fault in it is said before any waiting
    proposal, seen_any = _look(ask, language)
    if not seen_any:
        _tell_lacks(proposal, language)
        return EXIT_NOTHING_SEEN
    if path.exists():
        _tell_lacks(proposal, language)  # a new file holds them
        _propose(path, proposal, language, write=ask.write, no_colour=ask.no_colour)
    else:
        _write_new(path, proposal, language)
    return 0


def _look(ask: _Ask, language: Language) -> "tuple[Proposal, bool]":
    from tenmatsu.cli.progress import Progress
    from tenmatsu.cli.site_looking import look_at
    from tenmatsu.cli.site_targets import read_target
    from tenmatsu.reach.ssh import SshOptions
    from tenmatsu.site.propose import propose

    asked = [
        read_target(one, ask.password or "", ask.certificate or "", ask.ca_file or "") for one in ask.targets
    ]
    with Progress(0.0, sys.stderr, language) as progress:
        seen = look_at(asked, SshOptions(config=ask.ssh_config), inside=ask.inside, tell=progress.count)
    return propose(seen), bool(seen.belows or seen.insides)


def _tell_lacks(proposal: "Proposal", language: Language) -> None:
    """Say what could not be seen, beside what is proposed."""
    for words in proposal.comments:
        sys.stderr.write(f"tenmatsu: {_line(words, language)}\n")


def _write_new(path: Path, proposal: "Proposal", language: Language) -> None:
    from tenmatsu.site.render import render_site

    made_by = MADE_BY.fill(version=__version__, time=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    text = render_site(proposal, made_by, language)
    _check(text, path)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise WrongUse(NOT_WRITTEN.fill(file=path, why=error.strerror)) from error
    words = WRITTEN.fill(file=path, count=len(proposal.entries))
    sys.stdout.write(f"{_line(words, language)}\n")


def _propose(path: Path, proposal: "Proposal", language: Language, *, write: bool, no_colour: bool) -> None:
    from tenmatsu.site.merge import merge_site

    with path.open(encoding="utf-8", newline="") as file:  # its line ends stay what they are
        old = file.read()
    new = merge_site(old, read_site(path), proposal, language)
    if new == old:
        sys.stdout.write(f"{_line(NOTHING_NEW.fill(file=path), language)}\n")
        return
    _check(new, path)
    if write:
        _replace(path, new)
        sys.stdout.write(f"{_line(CHANGED.fill(file=path), language)}\n")
        return
    _print_diff(old, new, str(path), no_colour=no_colour)
    sys.stdout.write(f"\n{_line(TO_WRITE.fill(file=path), language)}\n")


def _check(text: str, path: Path) -> None:
    """Refuse to write what could not be read again: the owner's file stays as it is."""
    from tenmatsu.attempt.kinds import KINDS
    from tenmatsu.errors import BadSite
    from tenmatsu.parse.site_file import parse_site_file

    try:
        parse_site_file(text.encode(), KINDS)
    except BadSite as fault:
        raise WrongUse(NOT_GOOD.fill(file=path, why=fault.words)) from fault


def _replace(path: Path, text: str) -> None:
    """Write the file anew in one step, with the rights that it had; through a link, what it points at."""
    path = path.resolve()
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.unlink(missing_ok=True)  # of a call that was killed
        with beside.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
        beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise WrongUse(NOT_WRITTEN.fill(file=path, why=error.strerror)) from error


def _print_diff(old: str, new: str, name: str, *, no_colour: bool) -> None:
    from difflib import unified_diff

    from rich.text import Text

    from tenmatsu.account.safe import printable

    console = open_standard_output(no_colour=no_colour)
    lines = unified_diff(old.splitlines(), new.splitlines(), name, f"{name} (proposed)", lineterm="")
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in lines:
        console.print(Text(printable(line), styles.get(line[:1], "")), soft_wrap=True)


def _line(words: Words, language: Language) -> str:
    from tenmatsu.account.safe import printable

    return printable(words.into(language))


HELP = Words(
    "Look at hypervisors, machines over SSH, and this machine, and write the site file: what is there, what"
    " runs on what, what needs what, each with its reason. Where the file exists, propose what is new. Reads"
    " only.\n\nTargets: vmware://USER@HOST (ESXi or vCenter), proxmox://USER@HOST, a libvirt URI,"
    " ssh://HOST or HOST, here.\n\nExit codes: 0 done, 1 nothing could be seen, 2 wrong use.",
    "ハイパーバイザー、SSH 先、この機械を調べ、サイトファイルを作ります: 何があり、何が何の上で動き、"
    "何が何を必要とするか、その根拠。ファイルがあれば変更点を提案します。読み取りのみ。\n\n"
    "対象: vmware://ユーザー@ホスト (ESXi か vCenter)、proxmox://ユーザー@ホスト、libvirt の URI、"
    "ssh://ホスト かホスト名、here。\n\n終了コード: 0 完了、1 何も見えない、2 使い方の誤り。",
)
SITE = Words("The site file: site.toml by default.", "サイトファイル (既定は site.toml)。")
PASSWORD = Words(
    "Where the hypervisors' password or token is kept: env:NAME, file:PATH, keyring:SERVICE/USER.",
    "パスワードかトークンの保管場所: env:変数名、file:パス、keyring:サービス/ユーザー。",
)
CERTIFICATE = Words(
    "Accept only the certificate with this SHA-256.", "この SHA-256 の証明書だけを受け入れる。"
)
CA_FILE = Words("Certificates of your own authority.", "独自の認証局の証明書。")
SSH_CONFIG = Words("In place of ~/.ssh/config.", "~/.ssh/config の代わりに使う設定。")
INSIDE = Words(
    "Look inside every guest that runs, too: SSH to its address, as far as you are let in.",
    "動いているゲストの内部も調べる (SSH でログインできる範囲)。",
)
WRITE = Words(
    "Write what is proposed into the file, instead of showing it.", "提案を表示せず、ファイルに書き込む。"
)
MADE_BY = Words("Made by tenmatsu {version}, {time}.", "作成: tenmatsu {version}、{time}。")
WRITTEN = Words(
    "{file}: {count:entry|entries}. Read it, and change what is not so; tenmatsu site show draws it.",
    "{file}: {count} 項目を書きました。確認して直してください。tenmatsu site show で図にします。",
)
NOTHING_NEW = Words("{file}: nothing new.", "{file}: 変更点はありません。")
CHANGED = Words("{file}: changed as proposed.", "{file}: 提案どおりに変更しました。")
TO_WRITE = Words(
    "Nothing is changed yet. To write it into {file}: the same with --write.",
    "まだ変更していません。{file} に書き込むには --write を付けて実行してください。",
)
NOT_WRITTEN = Words("{file} cannot be written: {why}", "{file} に書き込めません: {why}")
NOT_GOOD = Words(
    "{file} stays as it is: what was found does not fit into it ({why})",
    "見つかった内容が整合しないため、{file} は変更しません ({why})",
)
