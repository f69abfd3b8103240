"""Listening sockets, connections that wait to be accepted, and those turned away."""

import time
from datetime import datetime, timedelta

from tenmatsu.errors import NotThere
from tenmatsu.model.words import Words
from tenmatsu.parse.net_sockets import Listener, parse_listeners
from tenmatsu.parse.netstat import parse_netstat
from tenmatsu.sight.scene import Notebook, Scene, Sight

_EVERY_SECONDS = 2.0
# To list the listening sockets the kernel walks its whole table of connections, which is as long as there
# is memory: 2 to 12 ms even when it is empty. So much of a core it may take; every ten seconds it is done.
_MOST_SHARE = 0.002
_LONGEST_SECONDS = 10.0
# A server of thousands of connections has a long table; every tenth look then does.
_LONG_TABLE_BYTES = 300_000
_COUNTERS = ("ListenOverflows", "ListenDrops", "TCPReqQFullDrop", "TCPReqQFullDoCookies")


def look(scene: Scene, notebook: Notebook) -> None:
    """Sample the counters every two seconds, the sockets as often as what that takes allows."""
    due: datetime | None = None
    long = False
    count = 0
    for tick, now in enumerate(scene.ticks(_EVERY_SECONDS)):
        counters = parse_netstat(scene.reach.read("/proc/net/netstat"))
        for name in _COUNTERS:
            notebook.counter(
                now, "linux.tcp.listen", counters.get(f"TcpExt.{name}", 0), "{event}", counter=name
            )
        if due is None or (now >= due and (not long or tick % 10 == 0)):
            began = time.thread_time()
            listeners, size = _listeners(scene)
            long = size > _LONG_TABLE_BYTES
            rest = (time.thread_time() - began) / _MOST_SHARE
            due = now + timedelta(seconds=min(_LONGEST_SECONDS, rest))
            count = len(listeners)
            for one in listeners:
                notebook.sample(
                    now,
                    "linux.tcp.waiting",
                    one.waiting,
                    "{connection}",
                    server__address=one.address,
                    server__port=one.port,
                )
    notebook.read = READ.fill(count=count)


def _listeners(scene: Scene) -> tuple[list[Listener], int]:
    found: list[Listener] = []
    size = 0
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            table = scene.reach.read(path)
        except NotThere:
            continue  # IPv6 is switched off
        size += len(table)
        found.extend(parse_listeners(table))
    return found, size


READ = Words("{count:listening socket|listening sockets}", "待ち受けソケット {count} 個")

SIGHT = Sight(
    name="sockets",
    title=Words("listening sockets and their queues", "待ち受けソケットと接続待ち"),
    look=look,
    watches=True,
)
