"""An httpx client for one server that is asked often.

Connections are kept; a request has one limit for all of it; and the certificate is judged on the very
connection that is used: by authorities, or by a pinned SHA-256.
"""

import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenmatsu.errors import NoConnection
from tenmatsu.model.words import Words, plain
from tenmatsu.reach.http import USER_AGENT, load_httpx, make_trust, resolve

if TYPE_CHECKING:
    import httpcore
    import httpx

_FINGERPRINT_SECONDS = 5.0
# Servers close what was idle for five seconds (pveproxy, Apache): a request that meets that is lost.
_KEPT_SECONDS = 4.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """How a server's certificate is judged.

    `certificate` is a pinned SHA-256 in lower-case hex: it alone counts then, whatever name and date stand in
    the certificate. Otherwise the system's authorities judge, or those of `ca_file`.
    """

    certificate: str = ""
    ca_file: str = ""


class Deadline(threading.local):
    """When the request of this thread must be over, by the monotonic clock."""

    def __init__(self) -> None:
        self.at = float("inf")

    def set(self, seconds: float) -> None:
        """Begin: so much time from now on."""
        self.at = time.monotonic() + seconds

    @property
    def left_seconds(self) -> float:
        """Return what is left; 0 where nothing is."""
        return max(0.0, self.at - time.monotonic())

    @property
    def for_socket(self) -> float:
        """Return what is left, as a socket takes it: 0 would mean not to wait at all."""
        return max(0.001, self.left_seconds)


def open_client(trust: Trust, deadline: Deadline, *, connections: int) -> "httpx.Client":
    """Return a client with at most so many connections.

    Raises NotThere, NotPermitted or WrongUse for a `ca_file` that cannot be used.
    """
    httpx = load_httpx()
    import httpcore

    context = make_context(trust)
    transport = httpx.HTTPTransport(verify=context, trust_env=False)
    # httpx has no parameter for the network; httpcore's pool, which it wraps, has one and documents it.
    transport._pool = httpcore.ConnectionPool(  # noqa: SLF001
        ssl_context=context,
        max_connections=connections,
        keepalive_expiry=_KEPT_SECONDS,
        network_backend=_make_network(trust, deadline),
    )
    return httpx.Client(  # type: ignore[no-any-return]  # loaded by name
        transport=transport,
        # Nothing packed: what unpacks it would have no limit.
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        trust_env=False,
        timeout=None,
    )


def make_context(trust: Trust) -> ssl.SSLContext:
    """Return what the handshake is done with. A pinned one is judged after it, before anything is sent."""
    if trust.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    return make_trust(trust.ca_file)


def find_fingerprint(certificate: bytes | None) -> str:
    """Return the SHA-256 of a certificate in DER form, in lower-case hex; empty where there is none."""
    return hashlib.sha256(certificate).hexdigest() if certificate else ""


class WrongCertificate(Exception):
    """The server showed another certificate than the pinned one; nothing was sent to it."""

    def __init__(self, shown: str) -> None:
        super().__init__(f"the certificate is {shown}, not the pinned one")
        self.shown = shown


def _make_network(trust: Trust, deadline: Deadline) -> "httpcore.NetworkBackend":
    import httpcore

    class Network(httpcore.SyncBackend):
        """Resolves names within the limit, and tries each address."""

        def connect_tcp(self, host: str, port: int, *more: Any, **named: Any) -> httpcore.NetworkStream:  # noqa: ANN401 - httpcore's own
            failed: Exception | None = None
            for address in resolve(host, port, deadline.left_seconds):
                named["timeout"] = deadline.for_socket
                try:
                    return _wrap(super().connect_tcp(address, port, *more, **named), trust, deadline)
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                    failed = failed or error
            raise failed or httpcore.ConnectError("the name has no address")

    return Network()


def _wrap(inner: "httpcore.NetworkStream", trust: Trust, deadline: Deadline) -> "httpcore.NetworkStream":
    import httpcore

    class Stream(httpcore.NetworkStream):
        """A connection on which the request's limit holds for every single read and write."""

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - ours counts
            if not deadline.left_seconds:
                raise httpcore.ReadTimeout("the limit is over")
            return inner.read(max_bytes, deadline.for_socket)

        def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - ours counts
            inner.write(buffer, deadline.for_socket)

        def close(self) -> None:
            inner.close()

        def start_tls(self, *more: Any, **named: Any) -> httpcore.NetworkStream:  # noqa: ANN401 - httpcore's own
            named["timeout"] = deadline.for_socket
            secured = inner.start_tls(*more, **named)
            shown = find_fingerprint(secured.get_extra_info("ssl_object").getpeercert(True))
            if trust.certificate and shown != trust.certificate:
                secured.close()
                raise WrongCertificate(shown)
            return _wrap(secured, trust, deadline)

        def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's own
            return inner.get_extra_info(info)

    return Stream()


def explain_refusal(error: BaseException, host: str, port: int, trust: Trust) -> NoConnection | None:
    """Return what to say where a certificate was refused, with what was shown; None for other errors."""
    for one in _chain(error):
        if isinstance(one, WrongCertificate):
            words = CHANGED.fill(host=host, shown=one.shown, pinned=trust.certificate)
            return NoConnection(host, words, permanent=True)
        if isinstance(one, ssl.SSLCertVerificationError):
            said = plain(one.verify_message or str(one))
            shown = plain(fetch_fingerprint(host, port) or "?")
            words = NOT_KNOWN.fill(host=host, said=said, shown=shown)
            return NoConnection(host, words, permanent=True)
    return None


def _chain(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def fetch_fingerprint(host: str, port: int) -> str:
    """Return the SHA-256 of the certificate that is shown there, judging nothing and sending nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), _FINGERPRINT_SECONDS) as plain_socket,
            context.wrap_socket(plain_socket, server_hostname=host) as secured,
        ):
            return find_fingerprint(secured.getpeercert(True))
    except (OSError, ValueError):
        return ""


CHANGED = Words(
    "the certificate of {host} is not the pinned one: it shows {shown}, the site file has {pinned}. "
    "It was renewed, or somebody stands between; nothing was sent. Only if you renewed it: "
    "write the new one into the site file",
    "{host} の証明書が、固定したものと異なります (提示: {shown}、サイトファイル: {pinned})。更新されたか、"
    "経路に第三者がいる可能性があり、何も送信していません。自分で更新した場合に限り、"
    "サイトファイルに新しい値を書いてください",
)
NOT_KNOWN = Words(
    "the certificate of {host} cannot be verified ({said}). Name its authority (ca_file), or compare its "
    'SHA-256 on the server itself and pin it: certificate = "{shown}"',
    "{host} の証明書を検証できません ({said})。認証局のファイルを ca_file で指定するか、"
    'サーバー上で SHA-256 を照合して固定してください: certificate = "{shown}"',
)
