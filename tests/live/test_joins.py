"""Requests of a real Apache joined with their lines and with the ends of their scripts, under both CGIs."""

from __future__ import annotations

import importlib.util
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from tenmatsu.diagnose.line_join import MOST_BY_TIME
from tenmatsu.diagnose.request_join import JoinedRequest, join_requests
from tenmatsu.record.read_case import read_case

from .bed import Settings, serving, why_unusable
from .bed.fault import Scene
from .bed.faults.rlimit_cpu import FAULT
from .bed.leftovers import find_leftovers
from .bed.load import Load, send
from .bed.settings import Mpm
from .conftest import Break
from .investigate import investigate

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(importlib.util.find_spec("tenmatsu") is None, reason="tenmatsu is not installed"),
]

CLIENTS = ("127.0.0.11", "127.0.0.12")
KILLED = {int(signal.SIGXCPU), int(signal.SIGKILL)}
# On a crowded machine a post takes many seconds: it is watched again until so many failed.
LEAST_FAILURES = 3
MOST_WATCHES = 4


@pytest.mark.parametrize("mpm", ["prefork", "event"])
def test_failures_are_joined_with_the_signal_that_ended_their_scripts(
    mpm: Mpm, broken: Break, tmp_path: Path
) -> None:
    """With mod_cgi and mod_cgid; what one CGI or the other does not name is joined by time, never surely."""
    if reason := why_unusable():
        pytest.skip(reason)
    with serving(Settings(mpm=mpm, log_duration=True)) as server, broken(FAULT, server) as scene:
        failures: list[JoinedRequest] = []
        for number in range(MOST_WATCHES):
            failures += _watch(scene, tmp_path / f"{number}.case")
            if len(failures) >= LEAST_FAILURES:
                break
    assert find_leftovers(server.root) == ()
    assert len(failures) >= LEAST_FAILURES
    with_line = [one for one in failures if one.lines]
    assert len(with_line) >= 0.9 * len(failures)
    unnamed = [share for one in with_line for line, share in one.lines if not line.text("client.address")]
    assert max(unnamed, default=0.0) <= MOST_BY_TIME
    named = [(one.transaction.pid, line.number("process.pid")) for one in with_line for line, _ in one.lines]
    both = [pids for pids in named if None not in pids]
    assert all(request == line for request, line in both)
    assert both or mpm == "event"
    ended = [one.process.signal for one in failures if one.process and one.process.signal is not None]
    assert len(ended) >= 0.6 * len(failures)
    assert set(ended) <= KILLED


def _watch(scene: Scene, case: Path) -> Sequence[JoinedRequest]:
    """Return the users' failed requests while the program looks, joined."""
    load = Load(urls=(scene.url,), workers=2, rate_per_second=2.0, addresses=CLIENTS, seconds=24.0)
    users = threading.Thread(target=send, args=(load,), daemon=True)
    users.start()
    ran = investigate(scene, "--save", str(case))
    users.join()
    assert case.exists(), ran.stderr
    evidence = read_case(case).evidence
    asked = [one for one in evidence.made_by("user") if one.client in CLIENTS]
    own = evidence.made_by("probe")
    joined = join_requests(evidence, [*asked, *own])
    return [one for one in joined if one.transaction.status == 500]
