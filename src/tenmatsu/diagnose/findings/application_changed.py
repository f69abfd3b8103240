"""The web application's own files, or its modules, changed."""

from datetime import timedelta

from tenmatsu.diagnose.spans import spoken_span
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, listing, plain

# A change shows within two days on a site that is used daily.
LATELY = timedelta(days=2)
IN_WINDOW, SINCE, EARLIER = 1.0, 0.7, 0.4
# Only that names came or went in a directory: an editor's or a database's own files do that too.
NAMES_ONLY = 0.5


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look for changes within the window, since the time in question, or in the last two days."""
    summary = evidence.latest("change.summary")
    if summary is None:
        return kind.unknown(evidence)
    oldest = min(evidence.since, evidence.window.start - LATELY)
    files = [
        event
        for event in evidence.find_events("change.file", since=oldest)
        if event.text("area") == "application"
    ]
    roots = int(summary.number("application_roots") or 0)
    if not files:
        # without an application that we know of, nothing was looked at
        return kind.absent(evidence, QUIET.fill(count=roots)) if roots else kind.unknown(evidence, NO_ROOTS)
    best = max(files, key=lambda event: (_weigh(evidence, event), event.time))
    ago = max(0.0, (evidence.window.end - best.time).total_seconds())
    return kind.present(
        evidence,
        SEEN.fill(count=len(files), names=_name(best, files), ago=spoken_span(ago)),
        strength=_weigh(evidence, best),
        since=files[0].time,
        last=files[-1].time,
        files=len(files),
        files_in_window=sum(evidence.window.holds(event.time) for event in files),
    )


def _weigh(evidence: Evidence, event: Event) -> float:
    if event.time >= evidence.window.start:
        weight = IN_WINDOW
    else:
        weight = SINCE if event.time >= evidence.since else EARLIER
    return weight * NAMES_ONLY if event.text("what") == "names" else weight


def _name(best: Event, files: list[Event]) -> Words:
    paths = dict.fromkeys([best.text("path"), *(event.text("path") for event in reversed(files))])
    return listing(tuple(plain(path) for path in list(paths)[:2]))


SEEN = Words(
    "{count:file|files} of the application changed, foremost {names}, {ago} ago",
    "アプリケーションのファイル {count} 個が変更。主なもの {names} ({ago}前)",
)
QUIET = Words(
    "no file of the application changed in two days ({count:directory|directories} searched)",
    "2 日間、アプリケーションのファイルに変更なし ({count} ディレクトリーを調査)",
)
NO_ROOTS = Words(
    "no application was found whose files could be compared",
    "ファイルを比べられるアプリケーションが見つかりません",
)

KIND = FindingKind(
    id="application-changed",
    layer=Layer.APPLICATION,
    title=Words("The application was changed", "アプリケーションの変更"),
    sights=("changes", "web_servers"),
    source="st_mtime and st_ctime, inode(7); thresholds: see application_changed.py",
    judge=judge,
    see=("find /usr/lib/cgi-bin /var/www -newermt '2 days ago' -ls",),
)
