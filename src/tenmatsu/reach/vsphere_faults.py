"""What pyVmomi and the network raise, as our errors."""

import socket
import ssl
from http.client import HTTPException
from typing import Any

from pyVmomi import vim, vmodl

from tenmatsu.errors import NoConnection, NotPermitted, ReachError, TookTooLong
from tenmatsu.model.words import Words
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.reach.vsphere_pin import OtherCertificate
from tenmatsu.reach.vsphere_stub import Unintelligible, say


class Lost(Exception):
    """The session or the connection is gone; asked anew, it may be well again."""


class Garbled(Lost):
    """One answer is none. The session is still there, and so it is not begun anew."""


# All that can come out of a question. `EOFError`: a packed answer that ends in the middle.
EXPECTED: tuple[type[Exception], ...] = (vmodl.MethodFault, OSError, HTTPException, EOFError)


def is_certificate(error: Exception) -> bool:
    """Tell whether the other side's certificate was not accepted."""
    return isinstance(error, ssl.SSLCertVerificationError | OtherCertificate)


def translate(error: Exception, address: str, user: str, limit_seconds: float) -> Exception:
    """Return a ReachError, or `Lost` for what may be well when asked anew."""
    if isinstance(error, vmodl.MethodFault):
        return _of_server(error, address, user)
    if isinstance(error, TimeoutError):
        return TookTooLong(address, limit_seconds)
    if isinstance(error, socket.gaierror):
        words = NO_NAME.fill(address=address, why=error.strerror or "")
        return NoConnection(address, words, permanent=error.errno != socket.EAI_AGAIN)
    return Garbled(say(error)) if isinstance(error, Unintelligible) else Lost(say(error))


def _of_server(error: Any, address: str, user: str) -> Exception:  # noqa: ANN401 - pyVmomi's types are made while it runs
    if isinstance(error, vim.fault.InvalidLogin):
        return NoConnection(address, REFUSED.fill(address=address, user=user), permanent=True)
    if isinstance(error, vim.fault.NotAuthenticated):
        return Lost("the session has run out")
    if isinstance(error, vmodl.fault.SecurityError):
        right = getattr(error, "privilegeId", None) or type_name(error)
        return NotPermitted(make_plain(right))
    return ReachError(address, FAULT.fill(address=address, fault=type_name(error), why=say(error)))


def type_name(value: object) -> str:
    """Return what the server calls a fault or an object's kind: `NoPermission`."""
    return type(value).__name__.rpartition(".")[2]


REFUSED = Words(
    "{address} refuses '{user}': the name or the password is wrong. It is not tried again, for that would "
    "lock the account",
    "{address} が「{user}」を拒否しました。名前かパスワードが違います。アカウントがロックされるため、"
    "再試行しません",
)
NO_NAME = Words("the name {address} has no address: {why}", "{address} の名前を引けません: {why}")
FAULT = Words("{address} says {fault}: {why}", "{address} の応答 {fault}: {why}")
