"""The blog as clients write to it by XML-RPC: what can be broken in it, and what its database holds."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .alone import alone
from .apache import RUN_USER, Server
from .blog import PASSWORD, USER, install
from .fault import MOST_SECONDS
from .faults.data_full import full
from .harm import Harm
from .mounts import memory_disk
from .processes import Unusable, running, until
from .settings import Settings

SITE_BYTES = 2 * 2**20
BLOCK_BYTES = 4096
REBUILT_PAGES = 3
WRITES = ("newPost", "editPost", "deletePost")


class Entry(NamedTuple):
    """An entry as it stands in the database."""

    id: int
    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class PostBlog:
    """A running blog that speaks metaWeblog XML-RPC."""

    server: Server
    site_is_small: bool  # whether its pages have a file system of their own, which can be filled
    user: str = USER
    password: str = PASSWORD
    blog_id: str = "1"
    blog_name: str = "Diary of a small server"

    @property
    def site_url(self) -> str:
        """The published site, with a slash at the end."""
        return self.server.url("/")

    @property
    def xmlrpc_url(self) -> str:
        """Where clients write."""
        return self.server.url("/cgi-bin/mt-xmlrpc.cgi")

    @property
    def site(self) -> Path:
        """The folder with the published pages."""
        return self.server.blog.data / "site"

    def page_url(self, entry_id: int | str) -> str:
        """Return where an entry is published."""
        return self.server.url(f"/{self.page(entry_id).name}")

    def page(self, entry_id: int | str) -> Path:
        """Return the file that an entry is published in."""
        return self.site / f"entry-{entry_id}.html"

    def entries(self) -> tuple[Entry, ...]:
        """Return all entries, oldest first, straight from the database."""
        with closing(sqlite3.connect(self._database)) as db:
            return tuple(Entry(*row) for row in db.execute("SELECT id, title, text FROM entry ORDER BY id"))

    def inject(
        self,
        chances: Mapping[str, float] | None = None,
        *,
        plan: Sequence[str] = (),
        methods: Sequence[str] = WRITES,
        seed: int = 1,
        sleep_seconds: int = MOST_SECONDS,
    ) -> None:
        """Let writes go wrong from now on: by a plan, a word of HARMS or "none" a call, or else by lot.

        `chances` has the share of calls, 0 to 1, for words of `harm.HARMS`. The same seed gives the same harm
        in the same order. A killed call is a 500; one that sleeps past the server's Timeout a 504. Without
        anything all harm is lifted.
        """
        self._harm.inject(chances, plan=plan, methods=methods, seed=seed, sleep_seconds=sleep_seconds)

    def harms(self) -> tuple[str, ...]:
        """Return what was done to each writing call since `inject`: a word of HARMS or "none"."""
        return self._harm.done()

    @contextmanager
    def lock_database(self) -> Iterator[None]:
        """Let another process hold the database: calls give up after the busy time-out, with a fault."""
        root = self.server.root
        ready = root / "run" / "backup.ready"
        command: list[str | Path] = [root / "libexec" / "backup", str(MOST_SECONDS), self._database, ready]
        with running(command, log=root / "log" / "actors.log", folder=root) as process:
            until(lambda: ready.exists() or process.poll() is not None, what="the lock on the database")
            assert process.poll() is None, (root / "log" / "actors.log").read_text()
            yield
        ready.unlink()

    @contextmanager
    def fill_site(self, *, free_blocks: int = 1) -> Iterator[None]:
        """Fill the pages' file system but for some blocks: pages get cut off, and nobody says so."""
        if not self.site_is_small:
            raise Unusable("no tmpfs can be mounted for the site")
        filler = self.site / "backup-2009.tar"
        free = shutil.disk_usage(self.site).free
        filler.write_bytes(b"\0" * (free - free_blocks * BLOCK_BYTES))
        try:
            yield
        finally:
            filler.unlink()

    @contextmanager
    def fill_data(self) -> Iterator[None]:
        """Move the database to a full file system: nothing can be saved, which a fault says."""
        with full(self.server):
            yield

    @property
    def _database(self) -> Path:
        return self.server.blog.data / "blog.db"

    @property
    def _harm(self) -> Harm:
        return Harm(folder=self.server.root / "harm")


@contextmanager
def post_blog(*, busy_ms: int = 300, settings: Settings | None = None) -> Iterator[PostBlog]:
    """Run a blog to write to, until the block's end. `busy_ms` is how long it waits for a locked database."""
    with ExitStack() as stack:
        stack.enter_context(alone())
        root = Path(tempfile.mkdtemp(prefix="tenmatsu-bed-"))
        stack.callback(shutil.rmtree, root)
        root.chmod(0o755)  # for the workers, which do not run as root
        blog = install(root, owner=RUN_USER)
        blog.configure({"busy_ms": busy_ms, "unchecked_writes": 1, "rebuild_pages": REBUILT_PAGES})
        (root / "harm").mkdir()
        shutil.chown(root / "harm", RUN_USER, RUN_USER)  # where calls note what was done to them
        site_is_small = _mounted(stack, blog.data / "site")
        server = Server(blog, settings or Settings())
        stack.callback(server.stop)
        server.start()
        yield PostBlog(server=server, site_is_small=site_is_small)


def _mounted(stack: ExitStack, site: Path) -> bool:
    try:
        stack.enter_context(memory_disk(site, size_bytes=SITE_BYTES))
    except Unusable:
        return False
    shutil.chown(site, RUN_USER, RUN_USER)
    return True
