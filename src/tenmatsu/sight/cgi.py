"""CGI scripts while they run: how much CPU and memory they use, how long they live, their limits."""

import os
import time
from datetime import UTC, datetime
from typing import Any

from tenmatsu.model.words import Words
from tenmatsu.sight.cgi_family import Family, Script
from tenmatsu.sight.scene import Notebook, Scene, Sight
from tenmatsu.sight.web_servers import servers_of

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# A script killed at a limit of 1 s of CPU was seen last at 0.9 s or more.
_LOOK_SECONDS = 0.1
# On a machine with many thousand processes a look costs more: then it is taken less often.
_MOST_CPU_SHARE = 0.012
_MOST_KEPT = 2_000
# What was only ever seen as the server's fork, and that briefly, is a script that was never begun
# to run, or was over before it could be looked at.
_BRIEF_SECONDS = 0.5


class _Watch:
    """The scripts seen so far, and what the looking cost."""

    def __init__(self, scene: Scene, notebook: Notebook) -> None:
        self._scene = scene
        self._notebook = notebook
        self._family = Family(scene.reach, tuple(one.pid for one in servers_of(scene)))
        clocks = scene.reach.clocks()
        self._booted = clocks.real - clocks.boot
        self._began = time.monotonic()
        self._cost_seconds = 0.0
        self.seen = 0

    def look(self, now: datetime) -> None:
        """Look, unless looking has cost its share already."""
        elapsed = time.monotonic() - self._began
        if self._cost_seconds > _MOST_CPU_SHARE * (elapsed + 1) and self._scene.left_seconds:
            return
        before = time.thread_time()
        for script in self._family.look(now.timestamp()):
            self.write(script)
        self._cost_seconds += time.thread_time() - before

    def sample(self, now: datetime) -> None:
        """Write down how many processes there are."""
        for pid, count in self._family.workers().items():
            self._notebook.sample(now, "web.worker.count", count, "{process}", process__pid=pid)
        self._notebook.sample(now, "web.cgi.running", self._family.running, "{process}")

    def write_alive(self) -> None:
        """Write down the scripts that still run."""
        for script in self._family.alive():
            self.write(script)

    def write(self, script: Script) -> None:
        """Write down one script, as it was seen last."""
        began = self._booted + script.stat.started / _TICKS_PER_SECOND
        ended = script.ended_by
        # Its end lies between the last look at which it was there and the first without it.
        until = script.last_seen if ended is None else (script.last_seen + ended) / 2
        lived = max(0.0, until - began)
        if not script.is_begun and lived < _BRIEF_SECONDS:
            return
        self.seen += 1
        if self.seen > _MOST_KEPT:
            return
        self._notebook.event(
            "process.cgi",
            datetime.fromtimestamp(until, UTC),
            kind=script.kind.value,
            process__pid=script.stat.pid,
            process__command=script.stat.name,
            process__parent_pid=script.stat.parent,
            script=script.path,
            begun=script.is_begun,
            cpu_seconds=script.stat.own_ticks / _TICKS_PER_SECOND,
            lived_seconds=round(lived, 3),
            end_within_seconds=0.0 if ended is None else round((ended - script.last_seen) / 2, 3),
            rss_bytes=script.most_pages * _PAGE_BYTES,
            looks=script.looks,
            running_looks=script.running_looks,
            ended=ended is not None,
            **_limits(script),
        )


def look(scene: Scene, notebook: Notebook) -> None:
    """Watch the scripts for the length of the window."""
    if not servers_of(scene):
        return
    watch = _Watch(scene, notebook)
    sampled = 0.0
    for now in scene.ticks(_LOOK_SECONDS):
        watch.look(now)
        if now.timestamp() - sampled >= 1 - _LOOK_SECONDS / 2:
            sampled = now.timestamp()
            watch.sample(now)
        notebook.read = READ.fill(count=watch.seen)
    watch.write_alive()
    notebook.read = READ.fill(count=watch.seen)
    if watch.seen > _MOST_KEPT:
        notebook.gap(SIGHT.title, MANY.fill(seen=watch.seen, kept=_MOST_KEPT), SHORTER)


def _limits(script: Script) -> dict[str, Any]:
    """Return the limits in force; what is not limited is left out."""
    if script.limits is None:
        return {}
    known = {
        "limit_cpu_seconds": script.limits.cpu_seconds,
        "limit_memory_bytes": script.limits.address_space_bytes,
        "limit_processes": script.limits.processes,
    }
    return {name: value for name, value in known.items() if value is not None}


READ = Words("{count} CGI processes", "CGI プロセス {count} 個")
MANY = Words("of {seen} scripts only the first {kept} are kept", "{seen} 個中、最初の {kept} 個だけ記録")
SHORTER = Words("a shorter window shows all (--for)", "観察時間を短く (--for) すれば全部を見られます")

SIGHT = Sight(
    name="cgi",
    title=Words("CGI scripts while they run", "実行中の CGI スクリプト"),
    look=look,
    watches=True,
)
