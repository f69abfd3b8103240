"""`tenmatsu top --once` on the bench, as a whole: interface, probe, and everything between."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench.capture_cost import cpu_ms, find_session
from bench.capture_patience import measure_undisturbed
from bench.capture_storm import Storm
from bench.capture_tools import LeftOut, Limits, MakeStorm, Seen

ROOT = Path(__file__).parent.parent
_PROGRAM = (sys.executable, "-m", "tenmatsu", "top", "--once")
WINDOW_SECONDS = 30
# Of the window: the start before the storm, and the last look after it.
_STORM_SECONDS = WINDOW_SECONDS - 5.0
_LONGEST_START_SECONDS = 3
_SETTLED_MS = 15


class TopOnce:
    """One whole run for each storm; the storm lasts nearly as long as the window."""

    name = "top --once"
    limits = Limits(seen_percent=100, cpu_percent=(97, 103), ms_a_second=30)  # 30 ms a second: 3 % of a core
    runs = 1
    rates: tuple[int, ...] = (2000,)

    def watch(
        self,
        storms: Sequence[MakeStorm],
        idle_seconds: int,  # noqa: ARG002 - all that it takes counts
    ) -> list[tuple[Storm, Seen]]:
        """Run the command over each storm. Raises LeftOut where it is not there."""
        asked = subprocess.run([*_PROGRAM, "--help"], cwd=ROOT, capture_output=True, check=False)
        if asked.returncode != 0:
            raise LeftOut("not there")
        return [measure_undisturbed(partial(self._watch_one, make_storm)) for make_storm in storms]

    def _watch_one(self, make_storm: MakeStorm) -> tuple[Storm, Seen]:
        command = [*_PROGRAM, "--for", f"{WINDOW_SECONDS}s", "--json"]
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, stdout=output, stderr=subprocess.DEVNULL, start_new_session=True
            )
            try:
                _wait_for_probe(process.pid)
                storm = make_storm(_STORM_SECONDS)
            finally:
                # With all that it waited for: the probe is its child.
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            answer = _parse(output.read())
        rows = [row for row in answer["rows"] if storm.kernels_name in (row["comm"], row["name"][:15])]
        used_seconds = used.ru_utime + used.ru_stime
        share = used_seconds / WINDOW_SECONDS * 100
        return storm, Seen(
            processes=sum(row["ended"] for row in rows),
            cpu=sum(row["cpu_seconds"] or 0 for row in rows),
            gross_ms=used_seconds * 1000,
            seconds=WINDOW_SECONDS,
            idle=None,
            peak_mb=used.ru_maxrss * 1024 / 1e6,  # of the larger of the two; Linux counts it in KiB
            remark=f"{share:.2f} % of a core; {_say(answer['completeness'])}",
        )


def _wait_for_probe(leader: int) -> None:
    """Return when the command has started its probe and both take no CPU: they wait between looks."""
    until = time.monotonic() + _LONGEST_START_SECONDS
    used, pids = 0.0, [leader]
    while time.monotonic() < until:
        time.sleep(0.3)
        before, used, pids = used, cpu_ms(pids), find_session(leader)
        if len(pids) > 1 and used - before < _SETTLED_MS:
            return


def _parse(told: str) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(told)
    except ValueError as bad:
        raise LeftOut("it printed no JSON") from bad
    return answer


def _say(completeness: dict[str, Any]) -> str:
    """Return what the command says of its own completeness."""
    of_probe = (
        f"{completeness['probe_cpu_seconds']:.2f} s and {completeness['probe_max_rss_bytes'] / 1e6:.1f} MB"
    )
    return (
        f"{completeness['rung']}: {completeness['exits_captured']} exits of"
        f" {completeness['forks_counted']} forks, {completeness['events_lost']} lost; probe alone: {of_probe}"
    )
