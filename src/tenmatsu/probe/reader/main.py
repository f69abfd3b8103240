"""The reader's loop: take a request, let a thread answer it, until the line is closed."""

import json
import os
import queue
import select
import sys
import threading
import time
import traceback
from typing import Any, Callable, Dict, Optional

from tenmatsu.probe.reader import clocks, commands, files
from tenmatsu.probe.reader.answers import Answers, Gathered
from tenmatsu.probe.reader.name_query import ask_name_server

# Whoever asks says something every few seconds (`reach/remote.py`): after so long a silence it is gone.
_SILENT_SECONDS = 60.0
_MOST_THREADS = 64
_STACK_BYTES = 512 << 10
_MOST_LINE_BYTES = 4 << 20
_READ_BYTES = 1 << 16

Request = Dict[str, Any]


class Desk:
    """Lets threads answer; as many as there are slow answers, and no more than the most."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._tasks = queue.Queue()  # type: queue.Queue[Request]
        self._counting = threading.Lock()
        self._threads = 0
        self._open = 0  # requests that are waited for
        self._given_up = set()  # type: set[int]

    def take(self, request: Request) -> None:
        """Answer a request some time soon; `give_up` ends the answer to another one."""
        if request["ask"] == "give_up":
            self._given_up.add(request["of"])
            return
        with self._counting:
            self._open += 1
            if self._open > self._threads and self._threads < _MOST_THREADS:
                self._threads += 1
                threading.Thread(target=self._work, daemon=True).start()
        self._tasks.put(request)

    def _work(self) -> None:
        while True:
            request = self._tasks.get()
            number = request["number"]
            try:
                self._answers.end(number, self._answer(request, number))
            except OSError:  # nobody takes it
                leave(1)
            with self._counting:
                self._open -= 1
            self._given_up.discard(number)

    def _answer(self, request: Request, number: int) -> Request:
        gathered = self._answers.gather(number)

        def send(data: bytes) -> None:
            if number in self._given_up:
                raise commands.TooLong
            try:
                gathered.take(data)
            except OSError:
                leave(1)

        try:
            if request["ask"] == "run":
                said = commands.run(request, send, lambda: number in self._given_up)
            else:
                said = QUESTIONS[request["ask"]](request, send) or {}
            self._flush(gathered)
        except Exception as error:  # noqa: BLE001 - the edge of the loop: told
            return _describe(error)
        return said

    @staticmethod
    def _flush(gathered: Gathered) -> None:
        try:
            gathered.flush()
        except OSError:
            leave(1)


def _describe(error: Exception) -> Request:
    if isinstance(error, (FileNotFoundError, NotADirectoryError, ProcessLookupError, ValueError)):
        return {"error": "not_there"}
    if isinstance(error, PermissionError):
        return {"error": "not_permitted"}
    if isinstance(error, (commands.TooLong, TimeoutError)):
        return {"error": "too_long"}
    if isinstance(error, files.Damaged):
        return {"error": "damaged", "why": str(error)}
    if isinstance(error, OSError):
        return {"error": "other", "why": error.strerror or type(error).__name__}
    return {"error": "fault", "why": traceback.format_exc(limit=4)}


def _ask_name(request: Request, send: files.Send) -> Request:
    began = time.monotonic()
    query = bytes.fromhex(request["query"])
    try:
        send(ask_name_server(request["server"], query, request["limit_seconds"]))
    except TimeoutError:
        raise
    except ConnectionError:
        return {"error": "refused"}
    except OSError:
        return {"error": "no_way"}
    return {"seconds": time.monotonic() - began}


def _tell_time(_request: Request, send: files.Send) -> None:
    send(json.dumps(time.time()).encode("ascii"))


QUESTIONS: Dict[str, Callable[[Request, files.Send], Optional[Request]]] = {
    "read": files.read,
    "read_each": files.read_each,
    "read_unpacked": files.read_unpacked,
    "names": files.names,
    "glob": files.find_paths,
    "stat": files.stat_path,
    "link": files.link,
    "space": files.space,
    "records": files.records,
    "walk": files.walk,
    "clocks": clocks.clocks,
    "ask_name_server": _ask_name,
    "time": _tell_time,
}


def main(requests: str) -> None:
    """Answer what comes through the pipe at this path, until it is closed. Does not return."""
    descriptor = os.open(requests, os.O_RDONLY)
    threading.stack_size(_STACK_BYTES)
    answers = Answers()
    answers.end(0, {"time": time.time(), "uid": os.geteuid(), "python": sys.version.split()[0]})
    desk = Desk(answers)
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    rest = b""
    while waiting.poll(_SILENT_SECONDS * 1000):
        data = os.read(descriptor, _READ_BYTES)
        if not data or len(rest) > _MOST_LINE_BYTES:
            break
        lines = (rest + data).split(b"\n")
        rest = lines.pop()
        for line in lines:
            desk.take(json.loads(line.decode("ascii")))
    leave(0)


def leave(code: int) -> None:
    """End this program at once, and what it runs: a thread that hangs in a dead disk must not keep it."""
    commands.end_all()
    os._exit(code)
