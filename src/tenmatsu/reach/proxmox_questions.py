"""What is asked of Proxmox VE's API, and what comes back: the same over HTTPS and over SSH."""

import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from tenmatsu.model.below import Lack
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.plain_text import make_plain

# What is asked for here is always told as a list or an object, be it an empty one. Whoever says nothing is
# sick, and must not look like a cluster in which there is nothing.
NO_VALUE = "an answer without a value"
_SILENT_SECONDS = 30.0
# What is gone between the list and the question (PVE/AbstractConfig.pm, PVE/RESTHandler.pm). The name of the
# node is in it where a guest has moved away meanwhile.
_GONE = re.compile(r"does not exist|no such (?:VM|CT|guest)|unable to find configuration file", re.IGNORECASE)
_DENIED = re.compile(r"permission check failed|permission denied", re.IGNORECASE)
_UNKNOWN = re.compile(r"not implemented|no such resource|no '\w+' handler", re.IGNORECASE)
_AWAY = re.compile(
    r"no route to host|connection (?:refused|timed out)|hostname lookup|too many redirections"
    r"|proxy .* failed|broken pipe",
    re.IGNORECASE,
)


class Trouble(Enum):
    """Why there is no value."""

    DENIED = "denied"
    GONE = "gone"
    AWAY = "away"
    SLOW = "slow"
    UNKNOWN = "unknown"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A path of the API to be read, and the node that it is forwarded to; empty: whoever answers."""

    path: str
    node: str = ""
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A value, or why there is none and what was said instead."""

    value: object = None
    trouble: Trouble | None = None
    said: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockReading:
    """The other side's time, and ours just before it was asked and after it had answered.

    `step_seconds` is how finely it tells its time: the truth is up to so much later than what was told.
    """

    sent: datetime
    told: datetime
    received: datetime
    step_seconds: float

    @property
    def offset(self) -> tuple[float, float]:
        """Return how far it is ahead of us and how uncertain that is, in seconds."""
        high = (self.told - self.sent).total_seconds() + self.step_seconds
        low = (self.told - self.received).total_seconds()
        return (low + high) / 2, (high - low) / 2


class SilentNodes:
    """Nodes that gave no answer lately: not asked again for a while, so that each costs its limit once."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def note(self, question: Question, answer: Answer) -> None:
        """Keep in mind who did not answer."""
        if question.node and answer.trouble in {Trouble.SLOW, Trouble.AWAY}:
            with self._lock:
                self._until.setdefault(question.node, time.monotonic() + _SILENT_SECONDS)

    def find(self) -> frozenset[str]:
        """Return those that are not to be asked now."""
        now = time.monotonic()
        with self._lock:
            self._until = {node: until for node, until in self._until.items() if until > now}
            return frozenset(self._until)


class Line(Protocol):
    """A way to the API. The answers come in the order of the questions."""

    clock: ClockReading | None

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Return an answer to each. Raises NoConnection where nobody answers, or does not know us."""

    def close(self) -> None:
        """End it. Never raises."""


def find_trouble(said: str) -> Trouble:
    """Return what an error's words mean, whatever way they came."""
    for pattern, trouble in (
        (_DENIED, Trouble.DENIED),
        (_GONE, Trouble.GONE),
        (_UNKNOWN, Trouble.UNKNOWN),
        (_AWAY, Trouble.AWAY),
    ):
        if pattern.search(said):
            return trouble
    return Trouble.FAILED


def tell_lack(what: Words, answer: Answer, key: str = "") -> Lack:
    """Return why something was not told, in words, and what would help."""
    said = plain(make_plain(answer.said, 200) or "?")
    why, close_by = _REASONS[answer.trouble or Trouble.FAILED]
    return Lack(what=what, why=why.fill(said=said), close_by=close_by, key=key)


AUDITOR = Words(
    "grant the role PVEAuditor at /, propagated; with a token, to the token as well (docs/hypervisors.md)",
    "/ に役割 PVEAuditor を「伝播」付きで付与 (トークンの場合はトークンにも。docs/hypervisors.md)",
)
_LOOK_AT_NODE = Words(
    "look whether the node is up and its pveproxy and pvedaemon answer",
    "ノードの稼働と pveproxy・pvedaemon の応答を確認してください",
)
_REASONS: Mapping[Trouble, tuple[Words, Words]] = {
    Trouble.DENIED: (Words("the right is missing: {said}", "権限がありません: {said}"), AUDITOR),
    Trouble.GONE: (Words("it is not there any more: {said}", "もうありません: {said}"), plain("")),
    Trouble.AWAY: (Words("its node does not answer: {said}", "ノードが応答しません: {said}"), _LOOK_AT_NODE),
    Trouble.SLOW: (Words("no answer in time: {said}", "時間内に応答なし: {said}"), _LOOK_AT_NODE),
    Trouble.UNKNOWN: (
        Words(
            "this version of Proxmox VE does not know it: {said}",
            "この版の Proxmox VE にはありません: {said}",
        ),
        Words("a newer Proxmox VE tells it", "新しい Proxmox VE なら取得できます"),
    ),
    Trouble.FAILED: (
        Words("Proxmox VE answered with an error: {said}", "Proxmox VE がエラーを返しました: {said}"),
        Words("ask it by hand on a node: pvesh get …", "ノード上で pvesh get … で確認してください"),
    ),
}
