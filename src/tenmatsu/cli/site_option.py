"""`--site FILE` and the probe that a call names: by its name in the site file, or a URL."""

from pathlib import Path
from typing import TYPE_CHECKING

from tenmatsu.errors import BadSite, NotPermitted, NotThere, TenmatsuError, WrongUse
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
    probes = read_site(path).probes
    if name not in probes:
        known = ", ".join(probes) or "–"
        raise WrongUse(NO_PROBE.fill(name=name, file=path, known=known))
    return probes[name]


def read_site(path: Path) -> "SiteMap":
    """Return the site that a file describes. Raises WrongUse with the file's name and line, ReachError."""
    from tenmatsu.attempt.kinds import KINDS
    from tenmatsu.parse.site_file import parse_site_file

    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except FileNotFoundError as error:
        raise WrongUse(NO_FILE.fill(file=path)) from error
    except PermissionError as error:
        raise NotPermitted(str(path)) from error
    except OSError as error:
        raise NotThere(str(path)) from error
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
    "there is no {file}: name the site file with --site, or give a URL (docs/site-file.md)",
    "{file} がありません。--site でサイトファイルを指定するか、URL を指定してください (docs/site-file.md)",
)
NO_PROBE = Words("{file} has no probe '{name}': {known}", "{file} にプローブ「{name}」はありません: {known}")
