"""TLS to a VMware host: verified by authorities, or by the one certificate that was pinned.

pyVmomi's own thumbprint is not used: it accepts a wrong one where the certificate verifies or where
verification is off. Here the very connection that carries the request is judged, after its handshake and
before a byte of ours is sent on it.
"""

import hashlib
import hmac
import socket
import ssl
from collections.abc import Callable
from http.client import HTTPSConnection

from tenmatsu.errors import NoConnection, NotPermitted, NotThere, WrongUse
from tenmatsu.model.site_map import Api
from tenmatsu.model.words import Words

_MOST_WHY = 160


class OtherCertificate(ssl.SSLError):
    """The other side shows a certificate that is not the pinned one; `shown` is its SHA-256."""

    def __init__(self, shown: str) -> None:
        super().__init__("not the pinned certificate")
        self.shown = shown


def make_context(api: Api) -> ssl.SSLContext:
    """Return how the connections to a host are judged. Raises WrongUse, NotThere, NotPermitted.

    A pinned certificate needs no authority, no name and no date: it is compared as a whole, by `Pinned`.
    """
    if api.certificate:
        return _unjudged()
    try:
        return ssl.create_default_context(cafile=api.ca_file or None)
    except FileNotFoundError as error:
        raise NotThere(api.ca_file) from error
    except PermissionError as error:
        raise NotPermitted(api.ca_file) from error
    except (ssl.SSLError, OSError) as error:
        raise WrongUse(NO_AUTHORITIES.fill(file=api.ca_file, why=str(error)[:_MOST_WHY])) from error


def make_connection_class(pinned: str) -> Callable[..., HTTPSConnection]:
    """Return the class of connections to a host: those of `http.client`, or ones that hold to a pin."""
    if not pinned:
        return HTTPSConnection

    class Pinned(HTTPSConnection):
        """Closes itself after the handshake if the certificate is not the pinned one."""

        def connect(self) -> None:
            super().connect()
            shown = _digest(self.sock.getpeercert(binary_form=True))
            if not hmac.compare_digest(shown, pinned):
                self.close()
                raise OtherCertificate(shown)

    return Pinned


def explain(error: Exception, api: Api, host: str, port: int, limit_seconds: float) -> NoConnection:
    """Return what a person reads of a certificate that was not accepted, with the SHA-256 that was shown."""
    if isinstance(error, OtherCertificate):
        words = CHANGED.fill(address=api.address, pinned=api.certificate, shown=error.shown)
        return NoConnection(api.address, words, permanent=True)
    why = getattr(error, "verify_message", "") or str(error)
    try:
        shown = fetch_digest(host, port, limit_seconds)
    except OSError:
        words = NOT_VERIFIED.fill(address=api.address, why=why[:_MOST_WHY])
    else:
        words = NOT_PINNED.fill(address=api.address, why=why[:_MOST_WHY], shown=shown)
    return NoConnection(api.address, words, permanent=True)


def fetch_digest(host: str, port: int, limit_seconds: float) -> str:
    """Return the SHA-256 of the certificate that a host shows, in lower-case hex. Raises OSError.

    Nothing is sent on this connection, and nothing is trusted by it.
    """
    with (
        socket.create_connection((host, port), timeout=limit_seconds) as raw,
        _unjudged().wrap_socket(raw, server_hostname=host) as line,
    ):
        return _digest(line.getpeercert(binary_form=True))


def _unjudged() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # what is shown is compared as a whole instead
    return context


def _digest(certificate: bytes | None) -> str:
    return hashlib.sha256(certificate or b"").hexdigest()


NO_AUTHORITIES = Words(
    "{file} holds no certificates in PEM form: {why}", "{file} に PEM 形式の証明書がありません: {why}"
)
CHANGED = Words(
    "the certificate of {address} is not the pinned one. pinned: {pinned} shown: {shown}. Nothing was sent. "
    "If it was renewed on purpose, write the new one into the site file",
    "{address} の証明書が固定したものと違います。固定: {pinned} 提示: {shown}。何も送信していません。"
    "意図して更新した場合は、新しい値をサイトファイルに書いてください",
)
NOT_PINNED = Words(
    "the certificate of {address} cannot be verified ({why}). If this is its SHA-256, read on the host "
    'itself, pin it: certificate = "{shown}"; or name its authority: ca_file',
    "{address} の証明書を検証できません ({why})。ホスト上で確かめた SHA-256 がこれと同じなら、"
    'certificate = "{shown}" で固定するか、ca_file で認証局を指定してください',
)
NOT_VERIFIED = Words(
    "the certificate of {address} cannot be verified ({why})", "{address} の証明書を検証できません ({why})"
)
