"""Real name servers on loopback addresses of this machine, good and bad. For tests only.

A resolver is always asked on port 53, which only root may take.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

# What to send for a question: nothing, or any bytes.
Answer = Callable[[dns.message.Message], bytes | None]


@dataclass
class NameServer:
    """One server's behaviour, and what it was asked."""

    answer: Answer
    asked: list[str] = field(default_factory=list)

    def receive(self, data: bytes) -> bytes | None:
        query = dns.message.from_wire(data)
        self.asked.append(query.question[0].name.to_text())
        return self.answer(query)


def code(rcode: dns.rcode.Rcode) -> Answer:
    """Answer every question with that response code."""

    def answer(query: dns.message.Message) -> bytes:
        response = dns.message.make_response(query)
        response.set_rcode(rcode)
        return response.to_wire()

    return answer


def address(*found: str) -> Answer:
    """Answer every question with these addresses."""

    def answer(query: dns.message.Message) -> bytes:
        response = dns.message.make_response(query)
        response.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", *found))
        return response.to_wire()

    return answer


def cut_off(query: dns.message.Message) -> bytes:
    """Answer that the answer is too long for UDP."""
    response = dns.message.make_response(query)
    response.flags |= dns.flags.TC
    return response.to_wire()


def nothing(_: dns.message.Message) -> None:
    """Answer nothing, as a resolver behind a broken line does."""


@contextmanager
def name_servers(**answers: Answer) -> Iterator[dict[str, tuple[str, NameServer]]]:
    """Run one server for each answer; give its address and what it was asked, by the answer's name."""
    running: dict[str, tuple[str, NameServer]] = {}
    with ExitStack() as ends:
        for number, (name, answer) in enumerate(answers.items(), 1):
            host, server = f"127.83.10.{number}", NameServer(answer)
            ends.enter_context(_serve(host, server))
            running[name] = (host, server)
        yield running


@contextmanager
def _serve(host: str, server: NameServer) -> Iterator[None]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        try:
            bound.bind((host, 53))
        except OSError as error:
            pytest.skip(f"port 53 of {host} cannot be taken: {error.strerror}")
        bound.settimeout(0.05)
        over = threading.Event()
        thread = threading.Thread(target=_answer, args=(bound, server, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(5)


def _answer(bound: socket.socket, server: NameServer, over: threading.Event) -> None:
    while not over.is_set():
        try:
            data, sender = bound.recvfrom(4096)
        except TimeoutError:
            continue
        response = server.receive(data)
        if response is not None:
            bound.sendto(response, sender)
