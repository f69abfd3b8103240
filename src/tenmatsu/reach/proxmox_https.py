"""Proxmox VE's API over HTTPS: many questions at once over a few kept connections."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from tenmatsu.errors import NoConnection, ParseError
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.json_answer import at, read_json, text_at
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.reach.http import load_httpx
from tenmatsu.reach.http_body import read_plain
from tenmatsu.reach.pinned_http import Deadline, Trust, WrongCertificate, explain_refusal, open_client
from tenmatsu.reach.proxmox_questions import (
    NO_VALUE,
    Answer,
    ClockReading,
    Question,
    SilentNodes,
    Trouble,
    find_trouble,
)
from tenmatsu.reach.proxmox_sign_in import Headers, Ticket, Token

if TYPE_CHECKING:
    import httpx

PORT = 8006
# Each question costs the node some milliseconds of Perl; pvedaemon has three workers.
_AT_ONCE = 4
_MOST_BODY_BYTES = 64 << 20
# Of pveproxy, where it could not pass a question on to another node (AnyEvent::HTTP).
_PROXY_FAILED = range(595, 600)


class HttpsLine:
    """The API of one node, which passes on what concerns the others."""

    def __init__(
        self, host: str, port: int, sign_in: Token | Ticket, trust: Trust, limit_seconds: float
    ) -> None:
        self._host, self._port = host, port
        self._sign_in, self._trust, self._limit = sign_in, trust, limit_seconds
        self._deadline = Deadline()
        self._client: httpx.Client | None = None
        self._silent = SilentNodes()
        self.clock: ClockReading | None = None

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Return an answer to each. The first is asked alone: where it finds nobody, the rest is spared."""
        if not questions:
            return []
        first = self._ask_one(questions[0])
        if len(questions) == 1:
            return [first]
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            return [first, *pool.map(self._ask_one, questions[1:])]
        finally:
            # After an error nobody waits for what was not yet asked.
            pool.shutdown(cancel_futures=True)

    def _ask_one(self, question: Question) -> Answer:
        """Return an answer; a node that gave none a moment ago is not asked again."""
        if question.node in self._silent.find():
            return Answer(trouble=Trouble.SLOW, said=f"{question.node}: no answer before")
        answer = self._try_twice(question)
        self._silent.note(question, answer)
        return answer

    def _try_twice(self, question: Question) -> Answer:
        """Return an answer; where the connection broke or the ticket was refused, the second one."""
        httpx = load_httpx()
        path = (
            f"{quote(question.path)}?{urlencode(question.words)}" if question.words else quote(question.path)
        )
        for last in (False, True):
            headers = self._sign_in.headers(self._buy)
            try:
                answer = self._request("GET", path, headers)
            except httpx.TimeoutException:
                return self._tell_slow(question)
            except (httpx.HTTPError, httpx.InvalidURL, WrongCertificate, OSError) as error:
                if last or not isinstance(
                    error, httpx.ReadError | httpx.RemoteProtocolError | httpx.WriteError
                ):
                    raise self._tell_lost(error) from error
                continue
            if answer is not None:
                return answer
            if last or not self._sign_in.renew(headers):
                break
        raise self._tell_refused("")

    def _tell_slow(self, question: Question) -> Answer:
        if question.node:
            return Answer(trouble=Trouble.SLOW, said=f"{self._limit:g} s")
        raise self._tell_late()

    def _tell_late(self) -> NoConnection:
        words = SLOW.fill(host=self._name, seconds=f"{self._limit:g} s")
        return NoConnection(self._host, words, permanent=False)

    def _request(
        self, method: str, path: str, headers: Headers, form: Mapping[str, str] | None = None
    ) -> Answer | None:
        """Return an answer, or None where it does not know us. Raises what httpx raises."""
        self._deadline.set(self._limit)
        sent = datetime.now(UTC)
        url = f"https://{self._address}:{self._port}/api2/json{path}"
        with self._open().stream(method, url, headers=headers, data=form) as response:
            received = datetime.now(UTC)
            body = read_plain(response, _MOST_BODY_BYTES)
        self._read_clock(response.headers.get("date", ""), sent, received)
        if response.status_code == 401:
            return None
        return _judge(response.status_code, response.reason_phrase, body)

    def _read_clock(self, date: str, sent: datetime, received: datetime) -> None:
        """Keep the narrowest pair of our times around one of theirs; `Date` has whole seconds."""
        try:
            told = parsedate_to_datetime(date).astimezone(UTC)
        except (ValueError, OverflowError):
            return
        reading = ClockReading(sent=sent, told=told, received=received, step_seconds=1.0)
        if self.clock is None or reading.offset[1] < self.clock.offset[1]:
            self.clock = reading

    def _buy(self, form: Mapping[str, str]) -> object:
        httpx = load_httpx()
        try:
            answer = self._request("POST", "/access/ticket", {}, form)
        except httpx.TimeoutException as late:
            raise self._tell_late() from late
        except (httpx.HTTPError, httpx.InvalidURL, WrongCertificate, OSError) as error:
            raise self._tell_lost(error) from error
        if answer is None or answer.trouble is Trouble.DENIED:
            raise self._tell_refused(answer.said if answer else "")
        if answer.trouble is not None:
            words = NO_SIGN_IN.fill(host=self._name, said=plain(make_plain(answer.said, 200)))
            raise NoConnection(self._host, words, permanent=False)
        return answer.value

    def _open(self) -> "httpx.Client":
        if self._client is None:
            self._client = open_client(self._trust, self._deadline, connections=_AT_ONCE)
        return self._client

    @property
    def _address(self) -> str:
        return f"[{self._host}]" if ":" in self._host else self._host

    @property
    def _name(self) -> Words:
        return plain(self._host)

    def _tell_lost(self, error: Exception) -> NoConnection:
        refused = explain_refusal(error, self._host, self._port, self._trust)
        said = plain(make_plain(str(error), 200) or type(error).__name__)
        return refused or NoConnection(
            self._host, LOST.fill(host=self._name, port=self._port, said=said), permanent=False
        )

    def _tell_refused(self, said: str) -> NoConnection:
        words = REFUSED_TOKEN if isinstance(self._sign_in, Token) else REFUSED_PASSWORD
        filled = words.fill(
            host=self._name, user=plain(self._sign_in.user), said=plain(make_plain(said, 200))
        )
        return NoConnection(self._host, filled, permanent=True)

    def close(self) -> None:
        """Close the connections; a ticket runs out by itself."""
        if self._client is not None:
            self._client.close()
            self._client = None


def _judge(status: int, reason: str, body: bytes) -> Answer:
    """Return the value, or the trouble by the status and the words, which stand in the status line too."""
    try:
        answer = read_json(body)
    except ParseError as error:
        answer, reason = None, reason or error.met
    if status == 200 and (value := at(answer, "data")) is not None:
        return Answer(value=value)
    if status == 200:
        return Answer(trouble=Trouble.FAILED, said=NO_VALUE)
    said = (text_at(answer, "message") or reason or f"HTTP {status}").strip()
    if at(answer, "errors"):
        said = f"{said} {at(answer, 'errors')}"
    if status in _PROXY_FAILED:
        return Answer(trouble=Trouble.AWAY, said=said)
    if status == 403:
        return Answer(trouble=Trouble.DENIED, said=said)
    if status in {404, 501}:
        return Answer(trouble=Trouble.UNKNOWN, said=said)
    return Answer(trouble=find_trouble(said), said=said)


SLOW = Words("{host} gave no answer in {seconds}", "{host} が {seconds} 以内に応答しません")
LOST = Words(
    "{host} cannot be asked at port {port} ({said}): does pveproxy run there, and is it the right address?",
    "{host} のポート {port} に接続できません ({said})。pveproxy の稼働とアドレスを確かめてください",
)
NO_SIGN_IN = Words("{host} lets nobody sign in: {said}", "{host} にログインできません: {said}")
REFUSED_TOKEN = Words(
    "{host} does not accept the token {user}: see its name (USER@REALM!NAME), secret and expiry {said}",
    "{host} がトークン {user} を受け付けません。"
    "名前 (USER@REALM!NAME)・秘密の値・有効期限を確かめてください {said}",
)
REFUSED_PASSWORD = Words(
    "{host} does not accept the password of {user}, or does not know that user {said}",
    "{host} が {user} のパスワードを受け付けないか、そのユーザーがいません {said}",
)
