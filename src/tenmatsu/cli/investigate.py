"""`tenmatsu investigate`: look at everything for a while, and say which layer fails."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from tenmatsu import __version__
from tenmatsu.cli.asked import Ask, Normal, find_here, fit_normal, open_probe
from tenmatsu.cli.ending_early import ending_early
from tenmatsu.cli.host_options import host_options, read_ssh_options
from tenmatsu.cli.show import exit_code, show_case
from tenmatsu.cli.site_option import complete_names
from tenmatsu.cli.speaking import make_command, option, output_options
from tenmatsu.cli.times import parse_duration, parse_since
from tenmatsu.errors import WrongUse
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:
    from tenmatsu.model.case import Case
    from tenmatsu.reach.ssh import SshOptions

# Without a named symptom the logs of a day count: what fails now and then seldom does so in 20 s. With
# one, only the window does: the question is then whether it fails now.
USUAL_SINCE = timedelta(hours=24)
USUAL_WINDOW = "20s"
SHORTEST_SECONDS, LONGEST_SECONDS = 1.0, 86_400.0


def make(language: Language) -> click.Command:
    """Return the command."""

    def investigate(
        *,
        component: str | None,
        site_file: Path | None,
        replay: Path | None,
        save: Path | None,
        as_json: bool,
        markdown: bool,
        no_colour: bool,
        **asked: Any,  # noqa: ANN401
    ) -> int:
        if as_json and markdown:
            raise WrongUse(ONE_FORM)
        if replay:
            if save or component or site_file or any(asked.values()):
                raise WrongUse(REPLAY_ALONE)
            case = _replay(replay)
        elif site_file or component:
            if asked["host"] or asked["old_host"]:
                raise WrongUse(ONE_WAY)
            ssh = _site_ssh(asked.pop("ssh_config"))
            ask = replace(_check(save=save, ssh_config=None, **asked), ssh=ssh)
            case = _at_site(site_file, component, ask, language)
        else:
            case = _look(_check(save=save, **asked), language)
        with _saving(case, save):
            show_case(case, language, as_json=as_json, as_markdown=markdown, no_colour=no_colour)
        return exit_code(case.verdict)

    file = click.Path(path_type=Path, dir_okay=False)
    parameters: list[click.Parameter] = [
        click.Argument(["component"], required=False, shell_complete=complete_names),
        option(language, "--site", "site_file", help=SITE, type=file, metavar="FILE"),
        option(language, "--url", help=URL, metavar="URL"),
        option(language, "--for", "duration", help=FOR, metavar="20s"),
        option(language, "--since", help=SINCE, metavar="2h"),
        *host_options(language),
        option(language, "--save", help=SAVE, type=file, metavar="FILE"),
        option(language, "--normal", help=NORMAL, type=file, metavar="FILE"),
        option(language, "--replay", help=REPLAY, type=file, metavar="FILE"),
        option(language, "--markdown", help=MARKDOWN, is_flag=True),
        *output_options(language),
    ]
    return make_command("investigate", investigate, HELP, language, parameters)


def _at_site(site_file: Path | None, component: str | None, ask: Ask, language: Language) -> "Case":
    """Look at a component of the site; a service's own URL is the symptom where none is named."""
    from tenmatsu.cli.site_case import choose_entry, look_at_site
    from tenmatsu.cli.site_option import DEFAULT_FILE, read_site

    site = read_site(site_file or Path(DEFAULT_FILE))
    entry = choose_entry(site, component)
    if ask.url is None and entry.url:
        _check_url(entry.url)
        ask = replace(ask, url=entry.url)
    return look_at_site(site, entry, ask, language)


def _check(
    *,
    url: str | None,
    since: str | None,
    duration: str | None,
    save: Path | None,
    normal: Path | None,
    host: str | None,
    old_host: bool,
    ssh_config: Path | None,
) -> Ask:
    now = datetime.now(UTC)
    seconds = parse_duration(duration or USUAL_WINDOW)
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise WrongUse(WINDOW)
    if url is not None:
        _check_url(url)
    if save is not None:
        from tenmatsu.record.write_case import check_writable

        check_writable(save)
    usual = now if url else now - USUAL_SINCE
    return Ask(
        seconds=seconds,
        since=parse_since(since, now) if since else usual,
        url=url,
        normal=_read_normal(normal) if normal else None,
        host=host,
        ssh=read_ssh_options(host, old=old_host, config=ssh_config),
    )


def _site_ssh(config: Path | None) -> "SshOptions":
    from tenmatsu.reach.ssh import SshOptions

    return SshOptions(config=str(config) if config else None)


def _read_normal(path: Path) -> Normal:
    """Return what a case holds that was kept when all was well. It must be healthy."""
    from tenmatsu.cli.case import judge
    from tenmatsu.model.verdict import Status
    from tenmatsu.record.read_case import read_case

    case = judge(read_case(path))
    if case.verdict.status is not Status.HEALTHY:
        raise WrongUse(NOT_WELL.fill(path=path))
    return Normal(path=path, evidence=case.evidence)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as bad:
        raise WrongUse(BAD_URL.fill(url=url)) from bad
    if not good or any(not character.isprintable() or character == " " for character in url):
        raise WrongUse(BAD_URL.fill(url=url))
    if parts.username or parts.password:
        raise WrongUse(SECRET_URL)


def look_here(*, seconds: float, since: datetime, language: Language, quiet: bool) -> "Case":
    """Investigate this machine once more, as a part of something larger."""
    return _live(Ask(seconds=seconds, since=since, url=None, normal=None), language, quiet=quiet)


def _look(ask: Ask, language: Language) -> "Case":
    return _live(ask, language) if ask.host is None else _live_on(ask.host, ask, language)


def _live_on(host: str, ask: Ask, language: Language) -> "Case":
    """Investigate another machine, over SSH. Raises ReachError where it cannot be reached."""
    from threading import Event

    from tenmatsu.cli.progress import Progress
    from tenmatsu.diagnose.engine import diagnose
    from tenmatsu.model.case import Case
    from tenmatsu.model.site import Site
    from tenmatsu.reach.remote import RemoteReach
    from tenmatsu.sight.look_on import Wanted, look_through
    from tenmatsu.sight.machine_kind import find_component

    with closing(RemoteReach(host, ask.ssh)) as reach:
        normal = fit_normal(ask, find_component(reach, host).id)
        wanted = Wanted(seconds=ask.seconds, since=ask.since, url=ask.url, normal=normal, stop=Event())
        with ending_early(wanted.stop), Progress(ask.seconds, sys.stderr, language) as progress:
            looked = look_through(reach, wanted, ask.ssh, progress=progress)
    return Case(
        version=__version__,
        site=Site(components=(looked.component,)),
        evidence=looked.evidence,
        verdict=diagnose(looked.evidence),
        clock_offsets=(looked.clock_offset,),
    )


def _live(ask: Ask, language: Language, *, quiet: bool = False) -> "Case":
    from tenmatsu.cli.progress import Progress
    from tenmatsu.diagnose.engine import diagnose
    from tenmatsu.model.case import Case, ClockOffset
    from tenmatsu.model.site import Site
    from tenmatsu.reach.local import LocalReach
    from tenmatsu.sight import SIGHTS
    from tenmatsu.sight.scene import Scene
    from tenmatsu.sight.watch import look_everywhere

    here = find_here()
    scene = Scene(
        reach=LocalReach(),
        component=here.id,
        start=datetime.now(UTC),
        seconds=ask.seconds,
        since=ask.since,
        url=ask.url,
        open_probe=open_probe,
        normal=fit_normal(ask, here.id),
    )
    with ending_early(scene.stop), Progress(ask.seconds, sys.stderr, language, on=not quiet) as progress:
        evidence = look_everywhere(SIGHTS, scene, progress)
    return Case(
        version=__version__,
        site=Site(components=(here,)),
        evidence=evidence,
        verdict=diagnose(evidence),
        clock_offsets=(ClockOffset(component=here.id, offset_seconds=0.0, uncertainty_seconds=0.0),),
    )


@contextmanager
def _saving(case: "Case", path: Path | None) -> Iterator[None]:
    """Save first, and complain last: on a disk that has filled up the verdict is wanted more than ever."""
    failed: WrongUse | None = None
    if path is not None:
        from tenmatsu.record.write_case import write_case

        try:
            write_case(case, path)
        except WrongUse as error:
            failed = error
    yield
    if failed is not None:
        raise failed


def _replay(path: Path) -> "Case":
    from tenmatsu.cli.case import judge
    from tenmatsu.record.read_case import read_case

    return judge(read_case(path))


HELP = Words(
    "Look at this machine, or another one, for a while and say which layer fails, how sure that is, what was"
    " ruled out, and what could not be seen. Reads only. Ctrl-C ends the window early and judges what was"
    " seen.\n\n"
    "Exit codes: 0 healthy, 1 a cause was found, 2 wrong use, 3 not enough seen to judge.",
    "この機械 (または別の機械) をしばらく観察し、どの層に障害があるか、その確からしさ、除外した層、"
    "見えなかったものを示します。"
    "読み取りだけを行います。Ctrl-C で観察を早く切り上げ、そこまでの証拠で判断します。\n\n"
    "終了コード: 0 正常、1 原因あり、2 使い方の誤り、3 判断材料の不足。",
)
SITE = Words(
    "The site file: COMPONENT is looked at inside, from below and beside, all in one window.",
    "サイトファイル。COMPONENT を、内側・下の層・依存先から同じ時間帯に調べます。",
)
ONE_WAY = Words(
    "--on names a machine, COMPONENT and --site name one of the site: name it once",
    "--on と COMPONENT・--site はどちらか一方で指定してください",
)
URL = Words(
    "The symptom: this is asked again and again during the window.",
    "症状の URL。観察中に繰り返し要求します。",
)
FOR = Words("How long to watch: 20s (default), 5m, 1h.", "観察時間: 20s (既定)、5m、1h。")
SINCE = Words(
    "How far back logs count as the symptom: 2h, or 2026-11-22 21:30. Default: 24h; with --url the window.",
    "ログをどこまで遡るか: 2h や 2026-11-22 21:30。既定は 24h (--url 指定時は観察時間だけ)。",
)
SAVE = Words(
    "Keep all evidence in one new file: a case.",
    "証拠一式を 1 つの新しいファイル (事件簿) に保存。",
)
NORMAL = Words(
    "Compare with a case of this machine that was saved when all was well.",
    "平常時に保存した、この機械の事件簿と比べる。",
)
REPLAY = Words("Judge a saved case again instead of looking.", "観察せず、保存した事件簿をもう一度判断。")
MARKDOWN = Words("Print Markdown.", "Markdown で出力。")
REPLAY_ALONE = Words(
    "--replay judges what a case holds: it goes with no other option of looking",
    "--replay は事件簿の中身を判断します。観察のオプションとは併用できません",
)
NOT_WELL = Words(
    "{path} does not say that all was well: save one when nothing fails, with --save",
    "{path} は正常時のものではありません。障害のない時に --save で保存してください",
)
ONE_FORM = Words(
    "--json and --markdown are two forms: name one", "--json と --markdown はどちらか一方を指定してください"
)
WINDOW = Words("--for takes from 1s to 1d", "--for は 1s から 1d まで")
BAD_URL = Words(
    "'{url}' is not a web address: write http://HOST/PATH or https://HOST/PATH",
    "「{url}」はウェブアドレスではありません。http://HOST/PATH の形で指定してください",
)
SECRET_URL = Words(
    "an address with a password in it would show in the process list: leave it out",
    "アドレスにパスワードを含めるとプロセス一覧に見えてしまいます。外してください",
)
