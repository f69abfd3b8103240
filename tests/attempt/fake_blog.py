"""A blog in memory, and an asker that fails as it is told to. The APIs that speak for it stand beside."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tenmatsu.model.exchange import Ask, Exchange

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PASSWORD = "hush-hush"
MARK = "tenmatsu-0123456789ab"
PUBLIC = "http://blog.test/entries/"

# What may go wrong with one request.
KINDS = ("", "before", "after", "connect", "slow", "slow-after", "half", "gateway", "locked", "late")
SERVERS_500 = b"""<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
<html><head>
<title>500 Internal Server Error</title>
</head><body>
<h1>Internal Server Error</h1>
</body></html>
"""
GATEWAY_504 = (
    b"<html><body><h1>504 Gateway Time-out</h1>\nThe server didn't respond in time.\n</body></html>\n"
)


@dataclass
class Post:
    id: str
    title: str
    body: str
    trashed: bool = False


@dataclass
class FakeBlog:
    """What the blog's database and its document root hold."""

    name: str = "Probe tests"
    has_trash: bool = False
    full_disk: bool = False
    stale: bool = False
    keeps_pages: bool = False
    front_page: bool = False
    extra_saves: int = 0
    posts: dict[str, Post] = field(default_factory=dict)
    published: dict[str, Post] = field(default_factory=dict)
    written: int = 0
    _next: int = 100

    def __post_init__(self) -> None:
        for number, title in enumerate(("A first entry", "About tenmatsu-0123456789abc"), 1):
            self.posts[str(number)] = Post(str(number), title, "somebody else's")

    def save(self, title: str, body: str) -> Post:
        self.written += 1
        for _ in range(1 + self.extra_saves):
            self._next += 1
            self.posts[str(self._next)] = Post(str(self._next), title, body)
            self.published[str(self._next)] = Post(str(self._next), title, body)
        return self.posts[str(self._next)]

    def delete(self, id: str) -> bool:
        post = self.posts.get(id)
        if post is None:
            return False
        if self.has_trash and not post.trashed:
            post.trashed = True
        else:
            del self.posts[id]
        return True

    def listed(self) -> list[Post]:
        return [post for post in reversed(self.posts.values()) if not post.trashed]

    def ours(self) -> list[Post]:
        return [post for post in self.posts.values() if post.title == MARK]

    def page(self, id: str) -> bytes | None:
        post = (self.published if self.keeps_pages else self.posts).get(id)
        if post is None or post.trashed:
            return b"<html><body>What is new</body></html>" if self.front_page else None
        title, body = ("Old", "old words") if self.stale else (post.title, post.body)
        page = f"<html><head><title>{title}</title></head><body><p>{body}</p></body></html>".encode()
        return page[: len(page) // 2] if self.full_disk else page


Reply = tuple[int, dict[str, str], bytes]


class Server:
    """One API of the blog. `handle` answers a request; `locked` is how it says that its database is."""

    def __init__(self, blog: FakeBlog) -> None:
        self.blog = blog

    def handle(self, ask: Ask) -> Reply:
        raise NotImplementedError

    def locked(self) -> Reply:
        raise NotImplementedError

    def answer(self, ask: Ask) -> Reply:
        if ask.url.startswith(PUBLIC):
            page = self.blog.page(ask.url.removeprefix(PUBLIC))
            return (404, {}, b"gone") if page is None else (200, {"Content-Type": "text/html"}, page)
        return self.handle(ask)


class FakeAsker:
    """Carries requests to a server; the n-th one fails as the n-th failure says, later ones do not."""

    def __init__(self, server: Server, failures: Iterable[str] = ()) -> None:
        self.server = server
        self.failures: Iterator[str] = iter(failures)
        self.asked: list[Ask] = []
        self._late: list[tuple[int, Ask]] = []

    def ask(self, ask: Ask) -> Exchange:
        self.asked.append(ask)
        self._let_late_ones_end()
        return self._fail(next(self.failures, ""), ask)

    def settle(self) -> None:
        """Let every script that is still at work come to its end."""
        self._let_late_ones_end(everything=True)

    def _fail(self, kind: str, ask: Ask) -> Exchange:
        if kind in ("connect", "slow", "late"):
            if kind == "late":
                self._late.append((len(self.asked) + 3, ask))
            return stopped(ask, "connect" if kind == "connect" else "first_byte")
        if kind == "before":
            return exchanged(ask, (500, {"Server": "Apache"}, SERVERS_500))
        if kind == "locked":
            return exchanged(ask, self.server.locked())
        reply = self.server.answer(ask)
        failed: dict[str, Callable[[], Exchange]] = {
            "": lambda: exchanged(ask, reply),
            "after": lambda: exchanged(ask, (500, {"Server": "Apache"}, SERVERS_500)),
            "slow-after": lambda: stopped(ask, "first_byte"),
            "half": lambda: stopped(ask, "body", reply),
            "gateway": lambda: exchanged(ask, (504, {}, GATEWAY_504)),
        }
        return failed[kind]()

    def _let_late_ones_end(self, *, everything: bool = False) -> None:
        due = [late for late in self._late if everything or late[0] <= len(self.asked)]
        self._late = [late for late in self._late if late not in due]
        for _, ask in due:
            self.server.answer(ask)


def exchanged(ask: Ask, reply: Reply) -> Exchange:
    status, headers, body = reply
    return Exchange(
        time=NOW,
        method=ask.method,
        url=ask.url,
        status=status,
        headers=tuple(headers.items()),
        body=body,
        size_bytes=len(body),
        duration_seconds=0.25,
    )


def stopped(ask: Ask, stage: str, reply: Reply | None = None) -> Exchange:
    body = reply[2][: len(reply[2]) // 2] if reply else b""
    return Exchange(
        time=NOW,
        method=ask.method,
        url=ask.url,
        status=reply[0] if reply else None,
        body=body,
        size_bytes=len(body),
        stage=stage,
        reason="no answer within 60 s",
        duration_seconds=60.0,
    )
