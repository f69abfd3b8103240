"""How we show Proxmox VE who we are: an API token in every request, or a ticket that a password buys.

A ticket is good for two hours; it is bought anew well before, and whenever it is refused (pve-docs, "Ticket
Cookie"). Neither secret is in a log, a message or a `repr`.
"""

import threading
import time
from collections.abc import Callable, Mapping

from tenmatsu.errors import NoConnection, WrongUse
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.json_answer import at, text_at
from tenmatsu.parse.plain_text import make_plain

# Two hours less a good margin for clocks and for a long round of questions.
TICKET_SECONDS = 90 * 60
Headers = Mapping[str, str]
Buy = Callable[[Mapping[str, str]], object]


class Token:
    """An API token, `USER@REALM!NAME`; it never runs out here, only on the other side."""

    def __init__(self, user: str, secret: str) -> None:
        """Keep it. Raises WrongUse where it cannot be one: a header is sent in ASCII."""
        if not f"{user}{secret}".isascii():
            raise WrongUse(NO_TOKEN.fill(user=plain(make_plain(user, 80))))
        # Proxmox VE shows a token as USER@REALM!NAME=SECRET: who kept all of it has kept the secret too.
        self._header = f"PVEAPIToken={user}={secret.strip().removeprefix(f'{user}=')}"
        self.user = user

    def headers(self, buy: Buy) -> Headers:  # noqa: ARG002 - as a ticket is asked
        """Return what every request carries."""
        return {"Authorization": self._header}

    def renew(self, refused: Headers) -> bool:  # noqa: ARG002 - as a ticket is asked
        """Return that nothing can be bought anew."""
        return False


class Ticket:
    """A ticket for a user and a password. One thread buys it, the others wait."""

    def __init__(self, user: str, secret: str, host: str) -> None:
        self.user = user if "@" in user else f"{user or 'root'}@pam"
        self._secret, self._host = secret, host
        self._ticket = ""
        self._bought = 0.0
        self._lock = threading.Lock()

    def headers(self, buy: Buy) -> Headers:
        """Return what every request carries, a new ticket where the old one is near its end."""
        with self._lock:
            if not self._ticket or time.monotonic() - self._bought > TICKET_SECONDS:
                self._ticket = self._buy(buy)
                self._bought = time.monotonic()
            return self._headers()

    def renew(self, refused: Headers) -> bool:
        """Forget the ticket that was refused, unless another thread has bought a new one meanwhile."""
        with self._lock:
            if self._headers() == refused:
                self._ticket = ""
            return True

    def _headers(self) -> Headers:
        return {"Cookie": f"PVEAuthCookie={self._ticket}"}

    def _buy(self, buy: Buy) -> str:
        answer = buy({"username": self.user, "password": self._secret})
        ticket = text_at(answer, "ticket")
        if at(answer, "NeedTFA"):
            words = SECOND_FACTOR.fill(user=plain(self.user), host=plain(self._host))
            raise NoConnection(self._host, words, permanent=True)
        if not ticket or not ticket.isascii() or not ticket.isprintable() or ";" in ticket:
            raise NoConnection(self._host, NO_TICKET.fill(host=plain(self._host)), permanent=False)
        return ticket


NO_TOKEN = Words(
    "the token {user} or its secret holds a character beyond ASCII; Proxmox VE makes none such: copy it",
    "トークン {user} またはその秘密の値に ASCII 以外の文字があります。コピーし直してください",
)
SECOND_FACTOR = Words(
    "{host} asks {user} for a second factor, which nobody could type: "
    "make an API token and name it in the site file",
    "{host} が {user} に二要素認証を求めており、対話できません。"
    "API トークンを作り、サイトファイルに指定してください",
)
NO_TICKET = Words(
    "{host} took the password but gave no ticket: is it Proxmox VE?",
    "{host} がチケットを返しません。Proxmox VE でしょうか",
)
