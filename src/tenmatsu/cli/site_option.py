"""`--site FILE` and the probe that a call names: by its name in the site file, or a URL."""

from pathlib import Path
from typing import TYPE_CHECKING

from tenmatsu.errors import BadSite, NotPermitted, TenmatsuError, WrongUse
from tenmatsu.model.words import Words

if TYPE_CHECKING:
    import click

    from tenmatsu.model.probe_plan import ProbePlan
    from tenmatsu.model.site_map import SiteMap

DEFAULT_FILE = "site.toml"
_MOST_BYTES = 5_000_000


def find_probe(name: str, site_file: str | None) -> "ProbePlan":
    """Return the probe of that name, or one for a URL. Raises WrongUse, BadSite with the file's name."""
    from tenmatsu.parse.site_probes import plan_for_url

    if name.startswith(("http://", "https://")):
        return plan_for_url(name)
    path = Path(site_file or DEFAULT_FILE)
    probes = read_site(path, missing=NO_FILE_NO_URL).probes
    if name not in probes:
        known = ", ".join(probes) or "–"
        raise WrongUse(NO_PROBE.fill(name=name, file=path, known=known))
    return probes[name]


def read_site(path: Path, *, missing: Words | None = None) -> "SiteMap":
    """Return the site that a file describes. Raises WrongUse with the file's name and line, NotPermitted.

    `missing` says what to do where there is no such `{file}`: without it, to have one written.
    """
    from tenmatsu.attempt.kinds import KINDS
    from tenmatsu.parse.site_file import parse_site_file

    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except FileNotFoundError as error:
        raise WrongUse((missing or NO_FILE).fill(file=path)) from error
    except IsADirectoryError as error:
        raise WrongUse(IS_FOLDER.fill(file=path)) from error
    except PermissionError as error:
        raise NotPermitted(str(path)) from error
    except OSError as error:
        raise WrongUse(UNREADABLE.fill(file=path, why=error.strerror)) from error
    try:
        return parse_site_file(data, KINDS)
    except BadSite as error:
        raise WrongUse(Words("{file}, {what}", "{file} {what}").fill(file=path, what=error.words)) from error


def complete_names(context: "click.Context", _: "click.Parameter", typed: str) -> list[str]:
    """Return the entries of the site file that begin so, for a shell; none where it cannot be read."""
    try:
        entries = read_site(Path(context.params.get("site_file") or DEFAULT_FILE)).entries
    except TenmatsuError:
        return []
    return [name for name in entries if name.startswith(typed)]


NO_FILE = Words(
    "there is no {file}: tenmatsu site discover writes one, or name it with --site",
    "{file} がありません。tenmatsu site discover で作成するか、--site で指定してください",
)
IS_FOLDER = Words(
    "{file} is a folder, not a site file", "{file} はフォルダーで、サイトファイルではありません"
)
UNREADABLE = Words("{file} cannot be read: {why}", "{file} を読めません: {why}")
NO_FILE_NO_URL = Words(
    "there is no {file}: name the site file with --site, or give a URL (docs/site-file.md)",
    "{file} がありません。--site でサイトファイルを指定するか、URL を指定してください (docs/site-file.md)",
)
NO_PROBE = Words("{file} has no probe '{name}': {known}", "{file} にプローブ「{name}」はありません: {known}")
