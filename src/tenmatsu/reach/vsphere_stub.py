"""pyVmomi's own connection, made to keep a limit and to hold to a pinned certificate."""

import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPSConnection
from typing import Any
from xml.parsers.expat import ExpatError

from pyVmomi import SoapStubAdapter

from tenmatsu.parse.plain_text import make_plain
from tenmatsu.reach.vsphere_pin import make_connection_class

# API 6.5: every server from 6.5 to 8 still speaks it, and then answers only with what it had, so that no type
# that we do not know can come. What a server has beyond it is found by name (counters) or not needed.
_VERSION = "vim.version.version11"
# What pyVmomi lets through where an answer is not what it should be.
_UNINTELLIGIBLE = (ExpatError, zlib.error, KeyError, TypeError, AttributeError, ValueError, IndexError)
_MOST_WHY = 200


class Unintelligible(HTTPException):
    """The answer is not what its type says, or no answer at all."""


class Stub(SoapStubAdapter):  # type: ignore[misc]  # pyVmomi has no types that hold
    """Counts, and ends a request that drips on for longer than the limit."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext, limit_seconds: float) -> None:
        super().__init__(
            host=host, port=port, version=_VERSION, sslContext=context, httpConnectionTimeout=limit_seconds
        )
        self.on_request: Callable[[], None] = lambda: None
        self._limit_seconds = limit_seconds
        self._in_use: HTTPSConnection | None = None

    def hold_to(self, certificate: str) -> None:
        """Accept only this certificate, by its SHA-256 (empty: any that verifies)."""
        self.scheme = make_connection_class(certificate)

    def InvokeMethod(self, mo: Any, info: Any, args: Any, outerStub: Any = None) -> Any:  # noqa: ANN401, N802, N803 - pyVmomi's own
        """Ask. Raises what the server says, OSError or HTTPException."""
        self.on_request()
        with self._limited():
            try:
                return super().InvokeMethod(mo, info, args, outerStub)
            except OSError:
                raise  # one of the TLS errors is a ValueError as well
            except _UNINTELLIGIBLE as error:
                raise Unintelligible(f"its answer cannot be understood ({say(error)})") from error

    def GetConnection(self) -> HTTPSConnection:  # noqa: N802 - pyVmomi's own
        """Return a connection, and remember it."""
        self._in_use = super().GetConnection()
        return self._in_use

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Shut the connection down at the limit: a socket's own begins anew with each byte."""
        late = threading.Event()
        timer = threading.Timer(self._limit_seconds, self._cut, (late,))
        timer.daemon = True
        timer.start()
        try:
            yield
        except (OSError, HTTPException) as error:
            if late.is_set():
                raise TimeoutError from error
            raise
        finally:
            timer.cancel()

    def _cut(self, late: threading.Event) -> None:
        late.set()
        connection = self._in_use
        if connection is not None and connection.sock is not None:
            with suppress(OSError):  # it ended by itself just now
                connection.sock.shutdown(socket.SHUT_RDWR)


def say(error: BaseException) -> str:
    """Return what an error says, on one line, or at least its name."""
    text = getattr(error, "msg", None) or getattr(error, "strerror", None) or str(error)
    return make_plain(" ".join(str(text).split()))[:_MOST_WHY] or type(error).__name__
