"""Requests to this machine from several local addresses, bounded in number, rate and time.

`python load.py --seconds 30 --workers 4 --rate 10 --from 127.0.0.2,127.0.0.3 URL...`
runs it; `command` gives that command for a `Load`.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

MOST_WORKERS = 200
MOST_SECONDS = 300.0
ANSWER_LIMIT_SECONDS = 60.0
HEADERS = {"Connection": "close", "User-Agent": "Mozilla/5.0 (compatible)"}


@dataclass(frozen=True, kw_only=True)
class Load:
    """What to send. Each worker waits for its answer before it sends again."""

    urls: tuple[str, ...]
    workers: int
    rate_per_second: float  # of all workers together, at most
    addresses: tuple[str, ...]  # of the clients, in 127.0.0.0/8
    seconds: float  # after which it stops by itself
    method: str = "GET"  # POST has an empty body

    def __post_init__(self) -> None:
        """Refuse what is unbounded or leaves the machine."""
        hosts = (*self.addresses, *(urlsplit(url).hostname or "" for url in self.urls))
        if not all(host.startswith("127.") for host in hosts):
            raise ValueError("load is for this machine only")
        if not (0 < self.workers <= MOST_WORKERS and 0 < self.seconds <= MOST_SECONDS):
            raise ValueError(f"at most {MOST_WORKERS} workers for {MOST_SECONDS:g} s")


def command(load: Load) -> tuple[str, ...]:
    """Return the command that sends a load."""
    return (
        *(sys.executable, str(Path(__file__).resolve())),
        *("--seconds", str(load.seconds), "--workers", str(load.workers)),
        *("--rate", str(load.rate_per_second), "--from", ",".join(load.addresses)),
        *("--method", load.method),
        *load.urls,
    )


def send(load: Load) -> None:
    """Send a load from this process until its time is over."""
    end = time.monotonic() + load.seconds
    workers = [
        threading.Thread(target=_work, args=(load, number, end), daemon=True)
        for number in range(load.workers)
    ]
    for worker in workers:
        worker.start()
    # Not joined without a limit: one that waits for an answer ends with the process.
    for worker in workers:
        worker.join(max(0.0, end - time.monotonic()))


def _work(load: Load, number: int, end: float) -> None:
    address = load.addresses[number % len(load.addresses)]
    gap_seconds = load.workers / load.rate_per_second
    targets = itertools.islice(itertools.cycle(map(urlsplit, load.urls)), number, None)
    time.sleep(gap_seconds * number / load.workers)
    for target in targets:
        started = time.monotonic()
        if started > end:
            return
        _ask(load.method, target, address)
        time.sleep(max(0.0, started + gap_seconds - time.monotonic()))


def _ask(method: str, target: SplitResult, address: str) -> None:
    connection = http.client.HTTPConnection(
        target.hostname or "",
        target.port,
        timeout=ANSWER_LIMIT_SECONDS,
        source_address=(address, 0),
    )
    try:
        connection.request(method, f"{target.path}?{target.query}", headers=HEADERS)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass  # what the load suffers is not the matter
    finally:
        connection.close()


def main() -> None:
    """Read the command line and send."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="+", metavar="URL")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--from", dest="addresses", required=True)
    parser.add_argument("--method", default="GET", choices=("GET", "POST"))
    given = parser.parse_args()
    send(
        Load(
            urls=tuple(given.urls),
            workers=given.workers,
            rate_per_second=given.rate,
            addresses=tuple(given.addresses.split(",")),
            seconds=given.seconds,
            method=given.method,
        )
    )


if __name__ == "__main__":
    main()
