"""How the reader at the other end is spoken to: JSON if it is Python's, words if it is sh's."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tenmatsu.errors import NotThere, ReachError
from tenmatsu.model.words import Words
from tenmatsu.parse import shell_answers
from tenmatsu.probe.bundle import PYTHON_OPTIONS, make_reader_line, make_reader_shell

_RUN = " ".join(PYTHON_OPTIONS)
# The first line that is sent, where there is a Python; the second one is the reader. A shell passes it to
# `python3 -` and keeps the line for the requests, at /proc/PID/fd/9.
_WITH_PYTHON = (
    "export p; exec sh -c 'exec 9<&0 </dev/null; IFS= read -r t <&9; "
    'w() { echo "_REQUESTS=\\"/proc/$$/fd/9\\";$t"; }; '
    "if [ $(id -u) -gt 0 ] && command -v sudo >/dev/null 2>&1; then "
    f'w | sudo -n "$p" {_RUN} && exit; fi; w | exec "$p" {_RUN}\'\n'
)
_PACKED = ("gz", "bz2", "xz")
_KILLED = 128 + 9


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What was answered: the bytes, and what was said at their end."""

    data: bytes
    said: Mapping[str, Any]


class Speech(Protocol):
    """One way of asking."""

    def make_program(self) -> bytes:
        """Return what starts the reader."""

    def make_request(self, number: int, question: str, words: Mapping[str, Any]) -> bytes:
        """Return a request. Raises ReachError where it cannot be asked there."""

    def make_ping(self) -> bytes:
        """Return a request for a sign of life; its answer has the number 0."""

    def give_up(self, number: int) -> bytes:
        """Return the request that ends another one."""

    def understand(self, question: str, words: Mapping[str, Any], answer: Answer, err: bytes) -> Answer:
        """Return the answer in the form of Python's. Raises ValueError."""


class PythonSpeech:
    """The reader in Python can do all that is asked."""

    def make_program(self) -> bytes:
        """Return what starts the reader."""
        return _WITH_PYTHON.encode() + make_reader_line() + b"\n"

    def make_request(self, number: int, question: str, words: Mapping[str, Any]) -> bytes:
        """Return a request."""
        asked = json.dumps({**words, "ask": question, "number": number}, separators=(",", ":"))
        return asked.encode("ascii") + b"\n"

    def make_ping(self) -> bytes:
        """Return a request for a sign of life."""
        return self.make_request(0, "time", {})

    def give_up(self, number: int) -> bytes:
        """Return the request that ends another one."""
        return self.make_request(0, "give_up", {"of": number})

    def understand(
        self,
        question: str,  # noqa: ARG002 - the other reader's answers need it
        words: Mapping[str, Any],  # noqa: ARG002
        answer: Answer,
        err: bytes,  # noqa: ARG002
    ) -> Answer:
        """Return the answer as it is."""
        return answer


class ShellSpeech:
    """The reader in sh asks no name servers, knows no `**` in patterns, and sees whole seconds."""

    def make_program(self) -> bytes:
        """Return what starts the reader."""
        return make_reader_shell()

    def make_request(self, number: int, question: str, words: Mapping[str, Any]) -> bytes:
        """Return a request. Raises ReachError where sh cannot do it, NotThere where no file is so named."""
        what = str(words.get("path") or words.get("server") or words.get("argv", [question])[0])
        if question not in _SHELL_WORDS or "**" in words.get("path", ""):
            raise ReachError(what, NEEDS_PYTHON.fill(what=what))
        try:
            asked, parts = _SHELL_WORDS[question](words)
            line = b" ".join([b"%d %s" % (number, asked.encode()), *map(_escape, parts)])
        except ValueError as never:
            raise NotThere(what) from never
        return line + b"\n"

    def make_ping(self) -> bytes:
        """Return a request for a sign of life."""
        return b"0 ping\n"

    def give_up(self, number: int) -> bytes:  # noqa: ARG002
        """Return nothing: what was asked keeps its own limit."""
        return b""

    def understand(self, question: str, words: Mapping[str, Any], answer: Answer, err: bytes) -> Answer:
        """Return the answer in the form of Python's. Raises ValueError."""
        if question == "run":
            return _understand_run(answer, err)
        if question == "read_unpacked" and answer.said.get("code", 0):
            said = err.decode("utf-8", "replace").strip().rpartition(": ")[2]
            return Answer(data=b"", said={"error": "damaged", "why": said})
        if "error" in answer.said:
            return answer
        if question == "read_each":
            return Answer(data=shell_answers.convert_each(answer.data, words["paths"]), said={})
        if question == "walk":
            complete = answer.data.count(b"\n") <= words["limit_entries"] and not err
            return Answer(data=shell_answers.convert_walk(answer.data), said={"complete": complete})
        if question == "time":
            time, late = shell_answers.convert_time(answer.data)
            return Answer(data=json.dumps(time).encode(), said={"late": late})
        convert = _CONVERTERS.get(question)
        return Answer(data=convert(answer.data), said=answer.said) if convert else answer


_CONVERTERS: Mapping[str, Callable[[bytes], bytes]] = {
    "names": shell_answers.convert_list,
    "glob": shell_answers.convert_list,
    "stat": shell_answers.convert_stat,
    "space": shell_answers.convert_space,
    "clocks": shell_answers.convert_clocks,
    "records": shell_answers.convert_records,
}


def _understand_run(answer: Answer, err: bytes) -> Answer:
    if "error" in answer.said:
        return answer
    code = int(answer.said["code"])
    if code == _KILLED and not answer.data and err in (b"", b"Killed\n"):  # by its limit: `timeout -s KILL`
        return Answer(data=b"", said={"error": "too_long"})
    if code in (126, 127) and (b"env: " in err or b"timeout: " in err):
        return Answer(data=b"", said={"error": "not_there"})
    code = 128 - code if code > 128 else code
    return Answer(data=answer.data + err, said={"code": code, "out": len(answer.data)})


def _one_path(question: str) -> Callable[[Mapping[str, Any]], tuple[str, list[str]]]:
    return lambda words: (question, [words["path"]])


def _unpack(words: Mapping[str, Any]) -> tuple[str, list[str]]:
    kind = words["path"].rpartition(".")[2]
    return "unpack", [str(words["limit_bytes"]), kind if kind in _PACKED else "none", words["path"]]


def _run(words: Mapping[str, Any]) -> tuple[str, list[str]]:
    # Not every `timeout` takes a part of a second.
    seconds = max(1, round(words["limit_seconds"]))
    return "run", [str(seconds), str(words["limit_bytes"]), *words["argv"]]


_SHELL_WORDS: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, list[str]]]] = {
    "read": lambda words: ("read", [str(words["offset"]), str(words["limit_bytes"]), words["path"]]),
    "read_each": lambda words: ("read_each", [str(words["limit_bytes"]), *words["paths"]]),
    "read_unpacked": _unpack,
    "walk": lambda words: ("walk", [str(words["limit_entries"]), words["path"]]),
    "run": _run,
    "time": lambda _: ("time", []),
    "clocks": lambda _: ("clocks", []),
    **{name: _one_path(name) for name in ("names", "glob", "stat", "link", "space", "records")},
}
# All that stands for itself in a request; the rest is written as `printf %b` reads it.
_PLAIN = frozenset(range(0x21, 0x7F)) - {ord("\\")} | frozenset(range(0x80, 0x100))


def _escape(word: str) -> bytes:
    """Return a word as the shell takes it. Raises ValueError where nothing there can have such a name."""
    raw = word.encode("utf-8", "surrogateescape")
    if 0 in raw:
        raise ValueError("a NUL")
    return b"".join(bytes([one]) if one in _PLAIN else b"\\0%03o" % one for one in raw) or b"\\e"


NEEDS_PYTHON = Words(
    "{what}: to see this, a Python 3.6 or newer is needed there", "{what}: 接続先に Python 3.6 以降が必要です"
)
