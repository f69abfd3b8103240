"""HTTP(S) requests of our own, with httpx: each on a connection of its own, so that each part has its time.

Certificates are always verified, against the system's authorities or those of a file that was named.
"""

import re
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tenmatsu import __version__
from tenmatsu.errors import NotPermitted, NotThere, WrongUse
from tenmatsu.model.exchange import STAGES, Ask, Exchange, Timings
from tenmatsu.model.reason import NO_ANSWER
from tenmatsu.model.words import Words
from tenmatsu.reach.http_body import ACCEPTED, for_each_piece

if TYPE_CHECKING:
    from types import ModuleType

    import httpx

USER_AGENT = f"tenmatsu/{__version__}"
MOST_BODY_BYTES = 2_000_000
_MOST_REDIRECTS = 5
_MOST_REASON = 160
# The number that Python puts before the words of the C library.
_NUMBER = re.compile(r"^\[Errno -?\d+\] ")
# What httpcore's trace calls the parts of a request.
_PARTS = {
    "connection.start_tls": "tls",
    "http11.send_request_headers": "first_byte",
    "http11.send_request_body": "first_byte",
    "http11.receive_response_headers": "first_byte",
    "http11.receive_response_body": "body",
}


class HttpAsker:
    """Carries requests out; keeps cookies from one to the next until it is closed. An `Asker`."""

    def __init__(self, *, ca_file: str = "") -> None:
        self._httpx = load_httpx()
        self._ca_file = ca_file
        self._client: httpx.Client | None = None
        self._watch = _Watch()

    def ask(self, ask: Ask) -> Exchange:
        """Return what became of a request. Raises only where the file of authorities cannot be used."""
        client = self._open()
        now, began = datetime.now(UTC), time.monotonic()
        self._watch.begin(ask.limit_seconds)
        exchange = self._carry_out(client, Exchange(time=now, method=ask.method, url=ask.url), ask)
        return replace(exchange, timings=self._watch.timings(), duration_seconds=time.monotonic() - began)

    def _carry_out(self, client: "httpx.Client", exchange: Exchange, ask: Ask) -> Exchange:
        httpx, kept, size, late = self._httpx, bytearray(), 0, False
        try:
            with self._send(client, ask) as response:
                exchange = replace(
                    exchange,
                    status=response.status_code,
                    headers=tuple(response.headers.multi_items()),
                    url=str(response.url),
                )
                for piece in for_each_piece(response):
                    size += len(piece)
                    kept += piece[: MOST_BODY_BYTES - len(kept)]
                    if self._watch.is_late():
                        raise httpx.ReadTimeout("the body took too long")
            return replace(exchange, body=bytes(kept), size_bytes=size)
        except httpx.TimeoutException:
            late, why = True, NO_ANSWER.fill(seconds=f"{ask.limit_seconds:g}").en
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            # ValueError: a name that IDNA forbids.
            why = _say(error)
        return replace(
            exchange,
            stage=self._watch.stage,
            reason=why,
            timed_out=late,
            body=bytes(kept),
            size_bytes=size,
        )

    @contextmanager
    def _send(self, client: "httpx.Client", ask: Ask) -> "Iterator[httpx.Response]":
        """Give the answer, the last one where it leads on and is to be followed.

        Of those that lead on no body is read: httpx, following by itself, would read each to its end.
        """
        request = client.build_request(
            ask.method,
            ask.url,
            headers=dict(ask.headers),
            content=ask.body or None,
            timeout=ask.limit_seconds,
            extensions={"trace": self._watch.trace},
        )
        for _ in range(1 + _MOST_REDIRECTS):
            response = client.send(request, stream=True)
            try:
                if response.next_request is None or not ask.follow:
                    yield response
                    return
                request = response.next_request
            finally:
                response.close()
        raise self._httpx.TooManyRedirects(f"more than {_MOST_REDIRECTS} redirects")

    def _open(self) -> "httpx.Client":
        if self._client is None:
            self._client = _make_client(self._ca_file, self._watch)
        return self._client

    def forget(self) -> None:
        """Forget all cookies: what comes next is another visitor."""
        if self._client is not None:
            self._client.cookies.clear()

    def close(self) -> None:
        """Close what is open."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def __enter__(self) -> "HttpAsker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Watch:
    """Where one request stands, and how long each part took."""

    def __init__(self) -> None:
        self.begin(0.0)

    def begin(self, limit_seconds: float) -> None:
        self.stage = "name"
        self._deadline = time.monotonic() + limit_seconds
        self._taken: dict[str, float] = {}
        self._begun: dict[str, float] = {}

    def is_late(self) -> bool:
        return time.monotonic() > self._deadline

    @property
    def left_seconds(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    def trace(self, event: str, _: Any) -> None:  # noqa: ANN401 - httpcore's own, not read here
        name, _, what = event.rpartition(".")
        part = _PARTS.get(name)
        if part and what == "started":
            self.enter(part)
        elif part and what == "complete":
            self.leave(part)

    def enter(self, part: str) -> None:
        """A part begins; sending and waiting for the answer are one."""
        self.stage = part
        self._begun.setdefault(part, time.monotonic())

    def leave(self, part: str) -> None:
        """A part is over, for now: what comes next of it is added."""
        if (began := self._begun.pop(part, None)) is not None:
            self._taken[part] = self._taken.get(part, 0.0) + time.monotonic() - began

    def timings(self) -> Timings:
        for part in list(self._begun):
            self.leave(part)
        return Timings(**{part: self._taken.get(part) for part in STAGES[:-1]})


def load_httpx() -> "ModuleType":
    """Return httpx without its command line, which it does without where that cannot be imported.

    It would bring rich's progress bars and all of pygments along: a tenth of a second of CPU that no
    request needs.
    """
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: "not to be had"
    import httpx

    return httpx


def _make_client(ca_file: str, watch: _Watch) -> "httpx.Client":
    import httpcore
    import httpx

    class Network(httpcore.SyncBackend):
        """Resolves names itself, so that resolving and connecting have each its own time and its own end."""

        def connect_tcp(self, host: str, port: int, *more: Any, **named: Any) -> httpcore.NetworkStream:  # noqa: ANN401 - httpcore's own
            watch.enter("name")
            addresses = resolve(host, port, watch.left_seconds)
            watch.leave("name")
            watch.enter("connect")
            try:
                return self._connect_any(addresses, port, *more, **named)
            finally:
                watch.leave("connect")

        def _connect_any(
            self,
            addresses: Iterable[str],
            port: int,
            *more: Any,  # noqa: ANN401 - as above
            **named: Any,  # noqa: ANN401 - as above
        ) -> httpcore.NetworkStream:
            failed: httpcore.ConnectError | None = None
            for address in addresses:
                try:
                    return super().connect_tcp(address, port, *more, **named)
                except httpcore.ConnectError as error:
                    failed = failed or error
            raise failed or httpcore.ConnectError("the name has no address")

    trust = make_trust(ca_file)
    transport = httpx.HTTPTransport(verify=trust, trust_env=False)
    # httpx has no parameter for the network; httpcore's pool, which it wraps, has one and documents it.
    transport._pool = httpcore.ConnectionPool(  # noqa: SLF001
        ssl_context=trust, max_keepalive_connections=0, network_backend=Network()
    )
    return httpx.Client(
        transport=transport,
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": ACCEPTED},
        trust_env=False,
    )


def resolve(host: str, port: int, limit_seconds: float) -> list[str]:
    """Return a name's addresses in the system's order.

    Raises httpcore.ConnectError with the resolver's own words, ConnectTimeout where it says nothing in time:
    getaddrinfo(3) has no limit of its own.
    """
    import httpcore

    found: list[str] = []
    failed: list[OSError] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            failed.append(error if isinstance(error, OSError) else OSError(str(error)))
        else:
            found.extend(dict.fromkeys(str(one[4][0]) for one in answers))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(limit_seconds)
    if asking.is_alive():
        raise httpcore.ConnectTimeout(f"no answer for the name {host}")
    if failed:
        raise httpcore.ConnectError(str(failed[0]))
    return found


def make_trust(ca_file: str) -> ssl.SSLContext:
    """Return what verifies by the system's authorities, or by those of a file.

    Raises NotThere, NotPermitted or WrongUse for the file.
    """
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except FileNotFoundError as error:
        raise NotThere(ca_file) from error
    except PermissionError as error:
        raise NotPermitted(ca_file) from error
    except (ssl.SSLError, OSError) as error:
        raise WrongUse(NO_AUTHORITIES.fill(file=ca_file, error=str(error))) from error


def _say(error: Exception) -> str:
    text = _NUMBER.sub("", " ".join(str(error).split())) or type(error).__name__
    return "".join(c if c.isprintable() else "\ufffd" for c in text)[:_MOST_REASON]


NO_AUTHORITIES = Words(
    "{file} holds no certificates in PEM form: {error}", "{file} に PEM 形式の証明書がありません: {error}"
)
