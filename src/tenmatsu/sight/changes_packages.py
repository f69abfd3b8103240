"""Packages that came, went or changed, from the logs of dpkg, yum and dnf, or from rpm itself."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tenmatsu.errors import NotThere, ParseError, ReachError
from tenmatsu.model.words import Words
from tenmatsu.parse.dpkg_log import parse_dpkg_log
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.parse.yum_log import RpmChange, parse_dnf_log, parse_rpm_installed, parse_yum_log
from tenmatsu.sight.local_zone import read_zone
from tenmatsu.sight.scene import Scene

_MOST_BYTES = 4 << 20
# dpkg.log.1, dpkg.log.2.gz, dnf.rpm.log-20260301, yum.log-20260101.gz
_ROTATED = re.compile(r"(?:\.\d+|-\d{8,})?(?:\.(?:gz|xz|bz2))?$")
_RPM = ("rpm", "-qa", "--queryformat", "%{INSTALLTIME} %{NVRA}\n")


class PackageChange(NamedTuple):
    """One package; `time` aware, UTC; versions empty where there was or is none, or it is not told."""

    time: datetime
    action: str
    package: str
    before: str
    after: str


_Reader = Callable[[Scene, str, datetime], list[PackageChange]]


def find_packages(scene: Scene, since: datetime) -> tuple[list[PackageChange], Words | None]:
    """Return the changes since then, oldest first, and why some could not be read, if so."""
    found: list[PackageChange] = []
    trouble: Words | None = None
    logs = 0
    for path, reader in _LOGS:
        for part in _parts(scene, path, since):
            try:
                found += reader(scene, part, since)
                logs += 1
            except (ReachError, ParseError) as error:
                trouble = error.words
    if not logs and trouble is None:
        found, trouble = _ask_rpm(scene)
    recent = [change for change in found if change.time >= since]
    return sorted(recent), trouble


def _parts(scene: Scene, path: str, since: datetime) -> list[str]:
    """Return a log that is there, and its rotated parts that were written to since then."""
    found = []
    for part in scene.reach.glob(f"{path}*"):
        if not _ROTATED.fullmatch(part.removeprefix(path)):
            continue
        try:
            if part == path or scene.reach.stat(part).modified >= since:
                found.append(part)
        except ReachError:
            continue
    return found


def _read_dpkg(scene: Scene, path: str, since: datetime) -> list[PackageChange]:
    zone = read_zone(scene)
    # a day earlier, since the bound is in local time; what is too old is left out afterwards
    oldest = (since - timedelta(days=1)).replace(tzinfo=None)
    text = scene.reach.read_unpacked(path, limit_bytes=_MOST_BYTES)
    return [
        PackageChange(
            change.time.replace(tzinfo=zone).astimezone(UTC),
            change.action,
            make_plain(change.package, 100),
            make_plain(change.before, 100),
            make_plain(change.after, 100),
        )
        for change in parse_dpkg_log(text, oldest)
    ]


def _read_yum(scene: Scene, path: str, since: datetime) -> list[PackageChange]:  # noqa: ARG001 - one shape for all logs
    text = scene.reach.read_unpacked(path, limit_bytes=_MOST_BYTES)
    modified = scene.reach.stat(path).modified
    return _plain(parse_yum_log(text, modified=modified, zone=read_zone(scene)))


def _read_dnf(scene: Scene, path: str, since: datetime) -> list[PackageChange]:  # noqa: ARG001 - one shape for all logs
    return _plain(parse_dnf_log(scene.reach.read_unpacked(path, limit_bytes=_MOST_BYTES)))


def _plain(changes: list[RpmChange]) -> list[PackageChange]:
    return [
        PackageChange(change.time, change.action, make_plain(change.package, 100), "", "")
        for change in changes
    ]


def _ask_rpm(scene: Scene) -> tuple[list[PackageChange], Words | None]:
    """Ask rpm's database, which takes a second: only where there is no log. It forgets what is removed."""
    try:
        answer = scene.reach.run(_RPM, limit_seconds=5.0)
        return _plain(parse_rpm_installed(answer.out)), None
    except NotThere:
        return [], NO_LOG
    except (ReachError, ParseError) as error:
        return [], error.words


NO_LOG = Words(
    "there is no log of packages that we know (dpkg, yum, dnf), and no rpm",
    "パッケージのログ (dpkg・yum・dnf) も rpm も見つかりません",
)
# dnf.log tells the same as dnf.rpm.log, only longer.
_LOGS: tuple[tuple[str, _Reader], ...] = (
    ("/var/log/dpkg.log", _read_dpkg),
    ("/var/log/yum.log", _read_yum),
    ("/var/log/dnf.rpm.log", _read_dnf),
)
