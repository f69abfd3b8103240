"""What changed in the last fourteen days: packages, kernels, configuration, the application, restarts.

"Nothing changed" is evidence too: a `change.summary` event says what was searched, and how far back.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tenmatsu.errors import ReachError
from tenmatsu.model.words import Words
from tenmatsu.sight.changes_files import (
    FileChange,
    find_application_changes,
    find_application_roots,
    find_configuration_changes,
)
from tenmatsu.sight.changes_packages import find_packages
from tenmatsu.sight.changes_restarts import write_boots, write_kernel, write_restarts
from tenmatsu.sight.scene import Notebook, Scene, Sight

LOOK_BACK = timedelta(days=14)
# The application is looked at near the window's end, so that a change within it is seen.
_BEFORE_END_SECONDS = 2.5
_MOST_EVENTS = 200
# Files that a package brings are written in the same run as the line in its log.
_SAME_RUN = timedelta(minutes=5)
_AFTER_BOOT = timedelta(seconds=180)


@dataclass(kw_only=True, slots=True)
class _Found:
    """What the summary tells: how many changes, and whether everything could be searched."""

    packages: int = 0
    configuration: int = 0
    application: int = 0
    roots: int = 0
    complete: bool = True
    package_times: list[datetime] = field(default_factory=list)


def look(scene: Scene, notebook: Notebook) -> None:
    """Search logs, /etc and /proc at once, the application's files shortly before the window ends."""
    since = scene.start - LOOK_BACK
    found = _Found()
    _write_packages(scene, notebook, since, found)
    write_kernel(scene, notebook)
    booted = write_boots(scene, notebook, since)
    write_restarts(scene, notebook)
    _write_configuration(scene, notebook, since, found, booted)
    scene.wait(scene.left_seconds - _BEFORE_END_SECONDS)
    _write_application(scene, notebook, since, found)
    notebook.event(
        "change.summary",
        scene.reach.now(),
        days=LOOK_BACK.days,
        packages=found.packages,
        configuration_files=found.configuration,
        application_files=found.application,
        application_roots=found.roots,
        complete=found.complete,
    )
    count = found.packages + found.configuration + found.application
    notebook.read = Words(f"{count} changes in 14 days", f"14 日間の変更 {count} 件")


def _write_packages(scene: Scene, notebook: Notebook, since: datetime, found: _Found) -> None:
    changes, gap = find_packages(scene, since)
    if gap is not None:
        found.complete = False
        notebook.gap(PACKAGES, gap, PACKAGES_CLOSE)
    found.packages = len(changes)
    found.package_times = [change.time for change in changes]
    for change in changes[-_MOST_EVENTS:]:
        notebook.event(
            "change.package",
            change.time,
            package=change.package,
            action=change.action,
            version_before=change.before,
            version_after=change.after,
        )


def _write_configuration(
    scene: Scene, notebook: Notebook, since: datetime, found: _Found, booted: datetime | None
) -> None:
    try:
        changes, complete = find_configuration_changes(scene.reach, since)
    except ReachError as error:
        notebook.gap(CONFIGURATION, error.words, SIGHT.close_by)
        changes, complete = [], False
    found.complete &= complete
    found.configuration = len(changes)
    for change in changes[:_MOST_EVENTS]:
        by_package = any(abs(change.time - time) < _SAME_RUN for time in found.package_times)
        at_boot = booted is not None and abs(change.time - booted) < _AFTER_BOOT
        _write_file(notebook, "configuration", change, by_package=by_package, at_boot=at_boot)


def _write_application(scene: Scene, notebook: Notebook, since: datetime, found: _Found) -> None:
    roots = find_application_roots(scene)
    found.roots = len(roots)
    changes, complete = find_application_changes(scene.reach, roots, since)
    found.complete &= complete
    found.application = len(changes)
    for change in changes[:_MOST_EVENTS]:
        _write_file(notebook, "application", change, by_package=False, at_boot=False)


def _write_file(
    notebook: Notebook, area: str, change: FileChange, *, by_package: bool, at_boot: bool
) -> None:
    notebook.event(
        "change.file",
        change.time,
        path=change.path,
        area=area,
        what=change.what,
        by_package=by_package,
        at_boot=at_boot,
    )


PACKAGES = Words("changes of packages", "パッケージの変更")
PACKAGES_CLOSE = Words(
    "look by hand: less /var/log/dpkg.log, or rpm -qa --last",
    "手で確認: less /var/log/dpkg.log または rpm -qa --last",
)
CONFIGURATION = Words("changes in /etc", "/etc の変更")

SIGHT = Sight(
    name="changes",
    title=Words("changes of the last 14 days", "過去 14 日間の変更"),
    look=look,
    watches=True,
)
