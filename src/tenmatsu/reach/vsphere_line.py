"""The line to an ESXi or vCenter: a session that is renewed, its clock, and errors that are ours."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

from pyVmomi import vim

from tenmatsu.errors import NoConnection, ReachError, WrongUse
from tenmatsu.model.site_map import Api
from tenmatsu.model.words import Words
from tenmatsu.reach.clock_offset import ClockOffset, OffsetBounds
from tenmatsu.reach.vsphere_faults import EXPECTED, Garbled, Lost, is_certificate, translate
from tenmatsu.reach.vsphere_pin import explain, make_context
from tenmatsu.reach.vsphere_stub import Stub

_PORT = 443
_AGAIN_SECONDS = 0.25
_CLOCK_ERROR_SECONDS = 0.001  # what it tells ends at milliseconds

Answer = TypeVar("Answer")


class Line:
    """A session with an ESXi or vCenter. `requests` counts what was asked of it."""

    def __init__(self, api: Api, secret: str, limit_seconds: float) -> None:
        self.api = api
        self.limit_seconds = limit_seconds
        self.requests = 0
        self.session = 0  # grows with each renewal: what a session keeps on the server is then gone
        self.content: Any = None
        self.session_key = ""
        self.clock = ClockOffset(seconds=0.0, uncertainty_seconds=0.0)
        self._secret = secret
        self._host, self._port = split_address(api.address)
        self._context = make_context(api)
        self._stub: Any = None

    def open(self) -> None:
        """Connect and log in, once. Raises ReachError."""
        try:
            with self._translated():
                self._log_in()
        except Lost as error:
            self._drop()
            raise self._no_line(error) from error
        except ReachError:
            self._drop()
            raise

    def ask(self, question: Callable[[], Answer]) -> Answer:
        """Return the answer, at the second try if need be. Raises ReachError.

        A session or connection that was lost is renewed before that.
        """
        try:
            with self._translated():
                return question()
        except Garbled:
            pass  # asked again in the same session: a new one would leave it behind
        except Lost:
            self._renew()
        try:
            with self._translated():
                return question()
        except Lost as again:
            raise self._no_line(again) from again

    def read_clock(self) -> ClockOffset:
        """Ask for its time; return how far it is ahead of ours."""
        bounds = OffsetBounds()
        sent = datetime.now(UTC)
        told = self._service.CurrentTime()
        bounds.take_first(sent, told, datetime.now(UTC), _CLOCK_ERROR_SECONDS)
        self.clock = bounds.offset or self.clock
        return self.clock

    def make(self, kind: str, key: str) -> Any:  # noqa: ANN401 - pyVmomi's types are made while it runs
        """Return the managed object of that kind and key."""
        return getattr(vim, kind)(key, self._stub)

    def close(self) -> None:
        """Log out. Never raises."""
        if self._stub is not None:
            self._log_out()
        self._drop()

    def _drop(self) -> None:
        if self._stub is not None:
            self._stub.DropConnections()
            self._stub = None

    @property
    def _service(self) -> Any:  # noqa: ANN401 - as above
        return vim.ServiceInstance("ServiceInstance", self._stub)

    def _renew(self) -> None:
        """Connect and log in. A service that is just starting again gets as long as an answer may take."""
        deadline = time.monotonic() + self.limit_seconds
        while True:
            try:
                with self._translated():
                    self._log_in()
                return
            except Lost as error:
                if time.monotonic() > deadline:
                    raise self._no_line(error) from error
            time.sleep(_AGAIN_SECONDS)

    def _log_in(self) -> None:
        self._drop()
        find_addresses(self._host, self._port, self.limit_seconds)
        self._stub = Stub(self._host, self._port, self._context, self.limit_seconds)
        self._stub.hold_to(self.api.certificate)
        self._stub.on_request = self._count
        self.content = self._service.RetrieveContent()
        try:
            session = self.content.sessionManager.Login(self.api.user, self._secret, None)
            self.session_key = session.key
            self.session += 1
            self.read_clock()
        except vim.fault.InvalidLogin:
            raise
        except Exception:
            # Nobody will use it, and a server holds only so many for half an hour each.
            self._log_out()
            raise

    def _log_out(self) -> None:
        with suppress(Exception):  # a session that cannot be ended ends by itself
            self.content.sessionManager.Logout()

    def _count(self) -> None:
        self.requests += 1

    def _no_line(self, why: Lost) -> NoConnection:
        words = NO_LINE.fill(address=self.api.address, why=str(why))
        return NoConnection(self.api.address, words, permanent=False)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except EXPECTED as error:
            if is_certificate(error):
                raise explain(error, self.api, self._host, self._port, self.limit_seconds) from error
            raise translate(error, self.api.address, self.api.user, self.limit_seconds) from error


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of `HOST`, `HOST:PORT`, `[V6]:PORT` or a bare IPv6 address. Raises WrongUse."""
    bare = address.removeprefix("https://").removesuffix("/")
    host, port = bare, ""
    if bare.startswith("["):
        host, _, port = bare[1:].partition("]")
        port = port.removeprefix(":")
    elif bare.count(":") == 1:
        host, _, port = bare.partition(":")
    is_number = port.isascii() and port.isdecimal() and 0 < int(port) < 65536
    if not host or set(host) & set("/@ ") or (port and not is_number):
        raise WrongUse(BAD_ADDRESS.fill(address=address))
    return host, int(port or _PORT)


def find_addresses(host: str, port: int, limit_seconds: float) -> None:
    """See that a name has an address, within the limit: getaddrinfo(3) has none of its own.

    Raises TimeoutError, socket.gaierror. The system's answer is asked for again when connecting.
    """
    failed: list[OSError] = []

    def ask() -> None:
        try:
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            failed.append(error if isinstance(error, OSError) else socket.gaierror(0, str(error)))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(limit_seconds)
    if asking.is_alive():
        raise TimeoutError
    if failed:
        raise failed[0]


BAD_ADDRESS = Words(
    "'{address}' is not HOST or HOST:PORT", "「{address}」は ホスト名 または ホスト名:ポート ではありません"
)
NO_LINE = Words("{address} cannot be reached: {why}", "{address} に接続できません: {why}")
