"""Proxmox VE's API through `pvesh get` on a node, over SSH: one connection for a whole round of questions.

Each `pvesh` starts Perl anew (about a second of one core on the node), so this is for where HTTPS is not to
be had. Nothing is written there: the script comes on standard input, and the answers are told apart by a
mark that only this round knows.
"""

import secrets
import shlex
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from tenmatsu.errors import NoConnection, ParseError, TookTooLong
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.json_answer import read_json
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.reach.proxmox_questions import (
    NO_VALUE,
    Answer,
    ClockReading,
    Question,
    SilentNodes,
    Trouble,
    find_trouble,
)
from tenmatsu.reach.ssh import SshOptions
from tenmatsu.reach.ssh_run import Ran, run_over_ssh

_MOST_BYTES = 64 << 20
# What timeout(1) ends with where it had to end something.
_TIMED_OUT = 124
_NO_COMMAND = {126, 127}
# What starting Perl may take on a busy node, beside the answer itself.
_START_SECONDS = 5.0
# Sent on standard input, with the marks and limits filled in. `away` holds the nodes that did not answer.
_SCRIPT = """\
LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/sbin:/sbin:/usr/bin:/bin
p=pvesh; [ "$(id -u)" = 0 ] || p='sudo -n pvesh'
q() {
 node=$1; shift; rc=124
 printf '\\n%s begin\\n' MARK; printf '\\n%s begin\\n' MARK >&2
 case $away in *" $node "*) ;; *) timeout -k 2 LIMIT $p get "$@" --output-format json </dev/null; rc=$?
  [ $rc != 124 ] || [ "$node" = - ] || away="$away$node ";; esac
 printf '\\n%s end %s\\n' MARK $rc
}
printf '\\n%s clock %s\\n' MARK "$(date +%s.%N)"
"""


class PveshLine:
    """The API as `pvesh` on one node has it, as root."""

    def __init__(self, host: str, limit_seconds: float, ssh: SshOptions) -> None:
        self._host, self._limit, self._ssh = host, limit_seconds, ssh
        self._silent = SilentNodes()
        self.clock: ClockReading | None = None

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Return an answer to each, asked one after the other on the node."""
        if not questions:
            return []
        mark = f"--{secrets.token_hex(16)}--"
        sent = datetime.now(UTC)
        script = _write_script(questions, mark, self._limit, self._silent.find())
        ended = self._run(script, len(questions))
        answers = _read_answers(ended.out, ended.err, mark)
        self._read_clock(ended.out, mark, sent, datetime.now(UTC))
        if len(answers) < len(questions):
            self._raise_cut(ended)
        self._raise_missing(answers)
        for question, answer in zip(questions, answers, strict=True):
            self._silent.note(question, answer)
        return answers

    def _run(self, script: str, questions: int) -> Ran:
        limit = self._ssh.connect_seconds + (self._limit + _START_SECONDS) * questions
        try:
            return run_over_ssh(
                self._host,
                self._ssh,
                "sh -s",
                limit_seconds=limit,
                most_bytes=_MOST_BYTES,
                script=script.encode(),
            )
        except TookTooLong as late:
            words = SLOW.fill(host=plain(self._host), seconds=f"{limit:.0f}")
            raise NoConnection(self._host, words, permanent=False) from late

    def _read_clock(self, out: bytes, mark: str, sent: datetime, received: datetime) -> None:
        """Read the node's time, told at the start: our second time is when the answers had come."""
        _, _, rest = out.partition(f"{mark} clock ".encode())
        try:
            told = datetime.fromtimestamp(float(rest.split(b"\n")[0]), UTC)
        except (ValueError, OverflowError, OSError):
            return
        self.clock = ClockReading(sent=sent, told=told, received=received, step_seconds=0.0)

    def _raise_cut(self, ended: Ran) -> None:
        said = make_plain(ended.err.decode("utf-8", "replace").strip()[-200:])
        words = CUT.fill(host=plain(self._host), said=plain(said or "?"))
        raise NoConnection(self._host, words, permanent=False)

    def _raise_missing(self, answers: Sequence[Answer]) -> None:
        said = answers[0].said
        if answers[0].trouble is Trouble.FAILED and ("sudo:" in said or said.startswith("127")):
            words = NO_PVESH.fill(host=plain(self._host), said=plain(make_plain(said, 200)))
            raise NoConnection(self._host, words, permanent=True)

    def close(self) -> None:
        """Nothing is left open between two rounds."""


def _write_script(
    questions: Sequence[Question], mark: str, limit_seconds: float, silent: Iterable[str]
) -> str:
    script = _SCRIPT.replace("MARK", mark).replace("LIMIT", f"{limit_seconds:.0f}")
    away = " ".join(("", *silent, ""))
    lines = [f"away={shlex.quote(away or ' ')}"]
    for question in questions:
        words = [word for key, value in question.words.items() for word in (f"--{key}", value)]
        lines.append(shlex.join(("q", question.node or "-", question.path, *words)))
    return script + "\n".join(lines) + "\n"


def _read_answers(out: bytes, err: bytes, mark: str) -> list[Answer]:
    """Return what stands between the marks on both streams."""
    begin, end = f"\n{mark} begin\n".encode(), f"\n{mark} end ".encode()
    complaints = err.split(begin)[1:]
    answers = []
    for number, part in enumerate(out.split(begin)[1:]):
        text, found, code = part.partition(end)
        if not found:
            break
        said = complaints[number].decode("utf-8", "replace") if number < len(complaints) else ""
        answers.append(_judge(text, code.split(b"\n")[0], said))
    return answers


def _judge(text: bytes, code: bytes, said: str) -> Answer:
    said = " ".join(said.split())
    if code == b"0":
        try:
            value = read_json(text) if text.strip() else None
        except ParseError as error:
            return Answer(trouble=Trouble.FAILED, said=error.met)
        if value is None:
            return Answer(trouble=Trouble.FAILED, said=said or NO_VALUE)
        return Answer(value=value)
    if code.isdigit() and int(code) == _TIMED_OUT:
        return Answer(trouble=Trouble.SLOW, said=said or "pvesh: no answer within the limit")
    if code.isdigit() and int(code) in _NO_COMMAND:
        return Answer(trouble=Trouble.FAILED, said=f"127 {said}")
    return Answer(trouble=find_trouble(said), said=said)


SLOW = Words("{host} gave no answers in {seconds} s", "{host} が {seconds} 秒以内に応答しません")
CUT = Words(
    "the connection to {host} ended in the middle ({said})", "{host} との接続が途中で切れました ({said})"
)
NO_PVESH = Words(
    "pvesh cannot be run on {host} ({said}): log in as root, or allow it: "
    "USER ALL=(root) NOPASSWD: /usr/bin/pvesh get *",
    "{host} で pvesh を実行できません ({said})。root でログインするか、sudoers で許可してください: "
    "USER ALL=(root) NOPASSWD: /usr/bin/pvesh get *",
)
