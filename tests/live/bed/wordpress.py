"""Debian's WordPress in a private folder: Apache, PHP as a CGI, and a MariaDB of its own on a socket."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .alone import alone
from .apache import APACHE, RUN_USER, free_port
from .ask import ask
from .fault import MOST_SECONDS
from .harm import Harm
from .processes import CLEAN_ENVIRONMENT, BedError, end, running, start, until
from .settings import COMBINED, MODULES_FOLDER

PACKAGES = (
    "wordpress wordpress-theme-twentytwentythree php-cgi php-cli php-mysql php-xml"
    " mariadb-server-core mariadb-client-core"
)
NEEDED = (
    APACHE,
    Path("/usr/share/wordpress/wp-content/themes/twentytwentythree"),
    Path("/usr/lib/cgi-bin/php"),
    Path("/usr/sbin/mariadbd"),
)
SOURCE = Path(__file__).parent / "wordpress_site"
DEBIANS = Path("/usr/share/wordpress")
MODULES = "mpm_prefork authz_core mime dir alias env actions cgi".split()
TITLE = "Diary for tests"
USER = "diarist"
PASSWORD = "Nelson & 1"
WRITES = ("save", "delete")
DATABASE = """--user={user} --datadir={root}/db --socket={root}/run/db.sock --pid-file={root}/run/db.pid
--skip-networking --skip-name-resolve --tmpdir={root}/tmp --innodb-buffer-pool-size=32M
--innodb-flush-log-at-trx-commit=2 --performance-schema=OFF --skip-log-bin
--lock-wait-timeout={lock_seconds} --lc-messages-dir=/usr/share/mysql"""
# How long a statement waits for a table that somebody locked. Servers have a day; PHP gives up first.
LOCK_SECONDS = 2
# A dump that keeps its tables locked while it waits: reads go on, writes wait.
DUMP = "(echo 'LOCK TABLES wordpress.wp_posts READ;'; exec sleep {seconds}) | {client}"


class Entry(NamedTuple):
    """A post as it stands in the database; `status` is `publish`, `draft` or `trash`."""

    id: int
    title: str
    text: str
    status: str


@dataclass(frozen=True, kw_only=True)
class WordPress:
    """A running WordPress."""

    root: Path
    url: str
    application_password: str
    user: str = USER
    password: str = PASSWORD
    blog_id: str = "1"
    blog_name: str = TITLE

    @property
    def xmlrpc_url(self) -> str:
        """Where clients write by XML-RPC, with `password`."""
        return f"{self.url}/xmlrpc.php"

    @property
    def rest_url(self) -> str:
        """Where clients write by REST, with `application_password`."""
        return f"{self.url}/?rest_route=/"

    def page_url(self, entry_id: int | str) -> str:
        """Return where a post is published."""
        return f"{self.url}/?p={entry_id}"

    def entries(self) -> tuple[Entry, ...]:
        """Return all posts, those in the trash too, straight from the database."""
        rows = _query(
            self.root,
            "SELECT JSON_ARRAY(ID, post_title, post_content, post_status) FROM wordpress.wp_posts"
            " WHERE post_type = 'post' AND post_status <> 'auto-draft' ORDER BY ID",
        )
        return tuple(Entry(*json.loads(row)) for row in rows.splitlines())

    def inject(
        self,
        chances: Mapping[str, float] | None = None,
        *,
        plan: Sequence[str] = (),
        methods: Sequence[str] = WRITES,
        seed: int = 1,
        sleep_seconds: int = MOST_SECONDS,
    ) -> None:
        """Let writes go wrong, as `PostBlog.inject` does. The commit is the row of the post."""
        harm = Harm(folder=self.root / "harm")
        harm.inject(chances, plan=plan, methods=methods, seed=seed, sleep_seconds=sleep_seconds)

    @contextmanager
    def lock_database(self) -> Iterator[None]:
        """Let a dump hold the posts' table: who writes gives up after LOCK_SECONDS, who reads does not."""
        client = " ".join(_client(self.root))
        command = ["sh", "-c", DUMP.format(seconds=MOST_SECONDS, client=client)]
        with running(command, log=self.root / "log" / "actors.log", folder=self.root):
            until(lambda: _is_locked(self.root), what="the lock on the posts")
            yield
        until(lambda: not _is_locked(self.root), what="the end of the lock on the posts")

    def harms(self) -> tuple[str, ...]:
        """Return what was done to each writing call since `inject`: a word of HARMS or "none"."""
        return Harm(folder=self.root / "harm").done()


@contextmanager
def wordpress(*, timeout_seconds: int = 300) -> Iterator[WordPress]:
    """Run WordPress until the block's end. `timeout_seconds` is Apache's Timeout."""
    with ExitStack() as stack:
        stack.enter_context(alone())
        root = Path(tempfile.mkdtemp(prefix="tenmatsu-bed-"))
        stack.callback(shutil.rmtree, root)
        root.chmod(0o755)  # for the workers, which do not run as root
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        _lay_out(root, url)
        _start_database(stack, root)
        password = _install(root, url)
        _start_apache(stack, root, port, timeout_seconds)
        until(lambda: ask(f"{url}/").status == 200, what="WordPress' first page", limit_seconds=30)
        yield WordPress(root=root, url=url, application_password=password)


def why_no_wordpress() -> str | None:
    """Return why this machine cannot hold WordPress; None when it can."""
    if os.geteuid() != 0:
        return "the bed starts servers as their own users: it needs root"
    missing = [str(path) for path in NEEDED if not path.exists()]
    return f"{', '.join(missing)} missing: apt-get install {PACKAGES}" if missing else None


def _lay_out(root: Path, url: str) -> None:
    (root / "www").mkdir()
    for path in DEBIANS.glob("*.php"):
        shutil.copy(
            path, root / "www"
        )  # these find the site by where they lie themselves, the others by ABSPATH
    for name in ("wp-admin", "wp-includes"):
        (root / "www" / name).symlink_to(DEBIANS / name)
    shutil.copytree(DEBIANS / "wp-content", root / "www" / "wp-content", symlinks=True)
    for name in ("log", "run", "tmp", "harm", "www/wp-content/mu-plugins"):
        (root / name).mkdir()
        shutil.chown(root / name, RUN_USER, RUN_USER)
    shutil.copy(SOURCE / "harm.php", root / "www/wp-content/mu-plugins")
    shutil.copy(SOURCE / "install.php", root)
    conf = (SOURCE / "wp-config.php").read_text().replace("{root}", str(root)).replace("{url}", url)
    (root / "www/wp-config.php").write_text(conf)
    # What was printed is kept back until the end: a script killed before that is a 500.
    (root / "php.ini").write_text("output_buffering = 1M\nsendmail_path = /bin/true\ndisplay_errors = Off\n")


def _start_database(stack: ExitStack, root: Path) -> None:
    folder = (f"--datadir={root}/db", f"--user={RUN_USER}")
    ways = ("--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal")
    # A power failure is not among the faults: nothing waits for the disk.
    made = _run(["mariadb-install-db", *ways, *folder, "--innodb-flush-method=nosync"], root)
    if made.returncode:
        raise BedError(f"no database was made: {made.stdout[-300:]} {made.stderr[-300:]}")
    options = DATABASE.format(root=root, user=RUN_USER, lock_seconds=LOCK_SECONDS).split()
    log = root / "log" / "database.log"
    process = start(["/usr/sbin/mariadbd", "--no-defaults", *options], log=log, folder=root)
    stack.callback(end, process)
    until(lambda: process.poll() is not None or _answers(root), what="MariaDB's start", limit_seconds=30)
    if process.poll() is not None:
        raise BedError(f"MariaDB does not run: {log.read_text()[-600:]}")
    _query(root, "CREATE DATABASE wordpress CHARACTER SET utf8mb4")


def _install(root: Path, url: str) -> str:
    ran = _run(["php", "-c", root / "php.ini", root / "install.php", TITLE, USER, PASSWORD, url], root)
    _, told, password = ran.stdout.rpartition("application password: ")
    if not told:
        raise BedError(f"WordPress was not installed: {ran.stdout[-600:]} {ran.stderr[-600:]}")
    return password.strip()


def _start_apache(stack: ExitStack, root: Path, port: int, timeout_seconds: int) -> None:
    modules = [f"LoadModule {name}_module {MODULES_FOLDER}/mod_{name}.so" for name in MODULES]
    conf = (
        (SOURCE / "apache2.conf")
        .read_text()
        .format(
            root=root,
            port=port,
            modules="\n".join(modules),
            timeout_seconds=timeout_seconds,
            combined=COMBINED,
        )
    )
    (root / "apache2.conf").write_text(conf)
    command: list[str | Path] = [APACHE, "-d", root, "-f", root / "apache2.conf", "-DFOREGROUND"]
    process = start(command, log=root / "log" / "console.log", folder=root)
    stack.callback(end, process)


def _answers(root: Path) -> bool:
    return (
        _run(["mariadb", "--no-defaults", f"--socket={root}/run/db.sock", "-e", "SELECT 1"], root).returncode
        == 0
    )


def _is_locked(root: Path) -> bool:
    return bool(_query(root, "SHOW OPEN TABLES FROM wordpress LIKE 'wp_posts'").split("\t")[2:3] == ["1"])


def _client(root: Path) -> tuple[str, ...]:
    return ("mariadb", "--no-defaults", f"--socket={root}/run/db.sock", "--default-character-set=utf8mb4")


def _query(root: Path, statement: str) -> str:
    ran = _run([*_client(root), "--batch", "--raw", "--skip-column-names", "-e", statement], root)
    if ran.returncode:
        raise BedError(f"the database does not answer: {ran.stderr}")
    return ran.stdout


def _run(command: Sequence[str | Path], root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=root,
        env={**CLEAN_ENVIRONMENT, "TMPDIR": str(root / "tmp")},
        check=False,
    )
