"""Listening sockets, connections that wait to be accepted, and those turned away."""

from tenmatsu.errors import NotThere
from tenmatsu.model.words import Words
from tenmatsu.parse.net_sockets import Listener, parse_listeners
from tenmatsu.parse.netstat import parse_netstat
from tenmatsu.sight.scene import Notebook, Scene, Sight

# To list the listening sockets the kernel walks its whole table of connections: 2 to 4 ms even when empty.
_EVERY_SECONDS = 2.0
_COUNTERS = ("ListenOverflows", "ListenDrops", "TCPReqQFullDrop", "TCPReqQFullDoCookies")
# A server of thousands of connections has a long table; two looks then do.
_LONG_TABLE_BYTES = 300_000


def look(scene: Scene, notebook: Notebook) -> None:
    """Sample the counters every two seconds, the sockets as often as their table's length allows."""
    long = False
    count = 0
    for tick, now in enumerate(scene.ticks(_EVERY_SECONDS)):
        counters = parse_netstat(scene.reach.read("/proc/net/netstat"))
        for name in _COUNTERS:
            notebook.counter(
                now, "linux.tcp.listen", counters.get(f"TcpExt.{name}", 0), "{event}", counter=name
            )
        if not long or tick % 10 == 0:
            listeners, size = _listeners(scene)
            long = size > _LONG_TABLE_BYTES
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
    notebook.read = Words(f"{count} listening sockets", f"待ち受けソケット {count} 個")


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


SIGHT = Sight(
    name="sockets",
    title=Words("listening sockets and their queues", "待ち受けソケットと接続待ち"),
    look=look,
    watches=True,
)
