"""The blog that the bed serves: installed into a folder, configured by its own blog.conf."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .processes import CLEAN_ENVIRONMENT, BedError

SOURCE = Path(__file__).parent / "blog"
ACTORS = Path(__file__).parent / "actors"
KEPT_ENTRIES = 40
TYPICAL_CPU_SECONDS = 0.6
CALIBRATION_PAGES = 40
DAY_SECONDS = 86_400

# Who writes by XML-RPC: the password is the one for web services, as with Movable Type.
USER = "diarist"
PASSWORD = "web-services & more"

# The beginning of a technical diary. Any words do; these have links, quotes, dashes and units.
SENTENCES = (
    "The web server stopped again last night, and I don't know why -- the logs say nothing.",
    "'Is it the disk?' was my first thought; *smartctl* sees no error in 3000 hours of operation.",
    "A description of the whole installation is at http://www.example.org/diary/installation.html.",
    "With 512 MB of memory one has to be modest, but virtualisation made the old machines useful.",
    "Notwithstanding all documentation, the configuration needed an undocumented switch.",
    "It's 40 km to the computer shop, so the replacement waits until Saturday.",
    "The answer took 25 ms before the reorganisation, and *less than half* of that after it.",
    "My friend's weblog moved to a newer engine -- see http://weblog.example.net/2010/03/moving.",
)


@dataclass(frozen=True, kw_only=True)
class Blog:
    """One installation of the blog."""

    root: Path

    @property
    def data(self) -> Path:
        """The folder with the database, the lock and the pages."""
        return self.root / "data"

    @property
    def modules(self) -> Path:
        """The folder with the engine's Perl modules."""
        return self.root / "lib"

    def configure(self, changes: Mapping[str, str | float]) -> None:
        """Change keys of blog.conf in one step: each request reads the file anew."""
        path = self.root / "blog.conf"
        kept = dict(line.split(" = ", 1) for line in path.read_text().splitlines())
        _write_conf(path, {**kept, **changes})

    def cost(self, cpu_seconds: float, *, spread: float = 0.35) -> None:
        """Let a post cost so much CPU time, from `1 - spread` to `1 + spread` times that."""
        pages = round(cpu_seconds * _pages_per_cpu_second())
        self.configure({"rebuild_pages": pages, "rebuild_spread": spread})


def install(root: Path, *, owner: str = "root") -> Blog:
    """Install the engine below `root` with a season's entries, its data owned by `owner`."""
    shutil.copytree(SOURCE, root, dirs_exist_ok=True)
    shutil.copytree(ACTORS, root / "libexec")
    (root / "data" / "site").mkdir(parents=True)
    _write_conf(root / "blog.conf", _defaults(root))
    _seed(root / "data" / "blog.db")
    for path in (root / "data", *(root / "data").rglob("*")):
        shutil.chown(path, owner, owner)
    return Blog(root=root)


def _defaults(root: Path) -> dict[str, str | float]:
    return {
        "name": "Diary of a small server",
        "data": str(root / "data"),
        "templates": str(root / "templates"),
        "keep_entries": KEPT_ENTRIES,
        "rebuild_pages": CALIBRATION_PAGES,
        "rebuild_spread": 0,
        "cache_mb": 2,
        "ping_host": "",
        "user": USER,
        "password": PASSWORD,
        "busy_ms": 10_000,
        "unchecked_writes": 0,
    }


def _write_conf(path: Path, values: Mapping[str, str | float]) -> None:
    new = path.with_suffix(".new")
    new.write_text("".join(f"{key} = {value}\n" for key, value in values.items()))
    new.replace(path)


def _seed(database: Path) -> None:
    words = random.Random(20100311)
    now = int(time.time())
    with sqlite3.connect(database) as db:
        # AUTOINCREMENT: the number of a deleted entry is never given again.
        db.execute(
            "CREATE TABLE entry (id INTEGER PRIMARY KEY AUTOINCREMENT,"
            " title TEXT NOT NULL, text TEXT NOT NULL, made INTEGER NOT NULL,"
            " published INTEGER NOT NULL DEFAULT 1)"
        )
        db.executemany(
            "INSERT INTO entry (title, text, made) VALUES (?, ?, ?)",
            [
                (f"Note {number}", _text(words), now - (KEPT_ENTRIES - number) * DAY_SECONDS)
                for number in range(KEPT_ENTRIES)
            ],
        )
    db.close()


def _text(words: random.Random) -> str:
    paragraphs = (" ".join(words.choices(SENTENCES, k=4)) for _ in range(5))
    return "\n\n".join(paragraphs)


def _pages_per_cpu_second() -> float:
    """How fast this machine's Perl is just now: virtual machines change their speed by the hour."""
    with tempfile.TemporaryDirectory(prefix="tenmatsu-bed-") as folder:
        blog = install(Path(folder))
        started_seconds = _post_cpu_seconds(blog, pages=1)
        full_seconds = _post_cpu_seconds(blog, pages=CALIBRATION_PAGES)
    return CALIBRATION_PAGES / max(full_seconds - started_seconds, 0.01)


def _post_cpu_seconds(blog: Blog, *, pages: int) -> float:
    script = blog.root / "cgi-bin" / "blog.cgi"
    environment = {
        **CLEAN_ENVIRONMENT,
        "QUERY_STRING": "do=post",
        "BLOG_REBUILD_PAGES": str(pages),
    }
    quiet = [(os.POSIX_SPAWN_OPEN, output, os.devnull, os.O_WRONLY, 0) for output in (1, 2)]
    pid = os.posix_spawn(script, [str(script)], environment, file_actions=quiet)
    _, status, used = os.wait4(pid, 0)
    if status:
        raise BedError(f"the blog does not run by itself: wait status {status}")
    return used.ru_utime + used.ru_stime
