"""Whether anybody answers at an address and port; and the certificate that is shown there, unverified."""

import socket
import ssl
from hashlib import sha256

from tenmatsu.errors import NoConnection, ReachError
from tenmatsu.model.words import Words, plain

DEFAULT_SECONDS = 5.0


def connect(host: str, port: int, *, limit_seconds: float = DEFAULT_SECONDS) -> None:
    """Connect, and close at once. Raises NoConnection, `permanent` where the machine itself refused."""
    with _open(host, port, limit_seconds):
        pass


def fetch_certificate(host: str, port: int, *, limit_seconds: float = DEFAULT_SECONDS) -> str:
    """Return the SHA-256 (hex) of the certificate that is shown: to be pinned, after a person compared it.

    Nothing is sent, and nothing is trusted for it. Raises ReachError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it is only looked at
    try:
        with _open(host, port, limit_seconds) as raw, context.wrap_socket(raw, server_hostname=host) as line:
            shown = line.getpeercert(binary_form=True)
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise ReachError(host, plain(f"{host}:{port}: {why}")) from error
    return sha256(shown or b"").hexdigest()


def _open(host: str, port: int, limit_seconds: float) -> socket.socket:
    try:
        return socket.create_connection((host, port), timeout=limit_seconds)
    except ConnectionRefusedError as refused:
        raise NoConnection(host, REFUSED.fill(host=host, port=port), permanent=True) from refused
    except socket.gaierror as unknown:
        raise NoConnection(host, NO_NAME.fill(host=host), permanent=False) from unknown
    except TimeoutError as late:
        words = NO_ANSWER.fill(host=host, port=port, seconds=f"{limit_seconds:g}")
        raise NoConnection(host, words, permanent=False) from late
    except (OSError, ValueError) as other:  # ValueError: a name that IDNA forbids
        why = getattr(other, "strerror", None) or str(other)
        raise NoConnection(host, plain(f"{host}:{port}: {why}"), permanent=False) from other


def resolve(name: str) -> tuple[str, ...]:
    """Return the addresses of a name, as this machine finds them. Raises NoConnection."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as unknown:
        raise NoConnection(name, NO_NAME.fill(host=name), permanent=False) from unknown
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))


REFUSED = Words(
    "{host} is there, but nobody listens at port {port}",
    "{host} のポート {port} では何も待ち受けていません (接続拒否)",
)
NO_ANSWER = Words(
    "no answer from {host} at port {port} in {seconds} s",
    "{host} のポート {port} が {seconds} 秒以内に応答しません",
)
NO_NAME = Words("the name {host} leads nowhere", "名前 {host} を解決できません")
