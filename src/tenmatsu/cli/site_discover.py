"""`tenmatsu site discover TARGET…`: looks at what is there, and writes or proposes the site file."""

import shlex
import sys
from collections.abc import Iterable
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
EXIT_SOME_NOT_SEEN = 3


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
    looked = _look(ask, language)
    is_new = not path.exists()
    # A new file holds what else was not seen.
    _tell(looked.failed if is_new and looked.seen_any else looked.proposal.comments, language)
    if not looked.seen_any:
        return EXIT_NOTHING_SEEN
    if is_new:
        _write_new(path, looked.proposal, ask, language)
    else:
        _propose(path, looked, ask, language)
    return EXIT_SOME_NOT_SEEN if looked.failed else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Looked:
    """What the look brought. `failed` says of each target that is not among what was seen why."""

    proposal: "Proposal"
    failed: tuple[Words, ...]
    seen_any: bool
    target_count: int


def _look(ask: _Ask, language: Language) -> _Looked:
    from tenmatsu.cli.progress import Progress
    from tenmatsu.cli.site_looking import look_at
    from tenmatsu.cli.site_targets import read_targets
    from tenmatsu.reach.ssh import SshOptions
    from tenmatsu.site.propose import describe_failed, propose

    asked = read_targets(ask.targets, ask.password or "", ask.certificate or "", ask.ca_file or "")
    with Progress(0.0, sys.stderr, language) as progress:
        seen = look_at(asked, SshOptions(config=ask.ssh_config), inside=ask.inside, tell=progress.count)
    named = {one.text for one in asked}  # others are guests, tried with --inside
    return _Looked(
        proposal=propose(seen),
        failed=tuple(describe_failed(name, lack) for name, lack in seen.lacks if name in named),
        seen_any=bool(seen.belows or seen.insides),
        target_count=len(asked),
    )


def _tell(lacks: Iterable[Words], language: Language) -> None:
    for words in lacks:
        sys.stderr.write(f"tenmatsu: {_line(words, language)}\n")


def _write_new(path: Path, proposal: "Proposal", ask: _Ask, language: Language) -> None:
    from tenmatsu.site.render import render_site

    made_by = MADE_BY.fill(version=__version__, time=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    text = render_site(proposal, made_by, language)
    _check(text, path)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise WrongUse(NOT_WRITTEN.fill(file=path, why=error.strerror)) from error
    site = f" --site {shlex.quote(ask.site_file)}" if ask.site_file else ""
    words = WRITTEN.fill(file=path, count=len(proposal.entries), site=site)
    sys.stdout.write(f"{_line(words, language)}\n")


def _propose(path: Path, looked: _Looked, ask: _Ask, language: Language) -> None:
    from tenmatsu.site.merge import merge_site

    with path.open(encoding="utf-8", newline="") as file:  # its line ends stay what they are
        old = file.read()
    new = merge_site(old, read_site(path), looked.proposal, language)
    if new == old:
        count = looked.target_count
        words = NOTHING_NEW_OF_SOME if looked.failed else NOTHING_NEW
        words = words.fill(file=path, seen=count - len(looked.failed), count=count)
        sys.stdout.write(f"{_line(words, language)}\n")
        return
    _check(new, path)
    if ask.write:
        _replace(path, new)
        sys.stdout.write(f"{_line(CHANGED.fill(file=path), language)}\n")
        return
    _print_diff(old, new, str(path), no_colour=ask.no_colour)
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
    " ssh://HOST or HOST, here.\n\nExit codes: 0 done, 1 nothing could be seen, 2 wrong use,"
    " 3 done without a target that could not be looked at.",
    "ハイパーバイザー、SSH 先、この機械を調べ、サイトファイルを作ります: 何があり、何が何の上で動き、"
    "何が何を必要とするか、その根拠。ファイルがあれば変更点を提案します。読み取りのみ。\n\n"
    "対象: vmware://ユーザー@ホスト (ESXi か vCenter)、proxmox://ユーザー@ホスト、libvirt の URI、"
    "ssh://ホスト かホスト名、here。\n\n終了コード: 0 完了、1 何も見えない、2 使い方の誤り、"
    "3 一部の対象を調べられないまま完了。",
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
    "{file}: {count:entry|entries}. Read it, and change what is not so; tenmatsu site show{site} draws it.",
    "{file}: {count} 項目を書きました。確認して直してください。tenmatsu site show{site} で図にします。",
)
NOTHING_NEW = Words("{file}: nothing new.", "{file}: 変更点はありません。")
NOTHING_NEW_OF_SOME = Words(
    "{file}: nothing new, of what could be seen ({seen} of {count:target|targets}).",
    "{file}: 調べられた範囲 ({count} 件中 {seen} 件) では変更点はありません。",
)
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
