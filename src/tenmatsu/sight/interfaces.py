"""Network interfaces: errors, drops, link state; and whether there is a default route."""

from contextlib import suppress

from tenmatsu.errors import NotThere, ReachError
from tenmatsu.model.words import Words
from tenmatsu.parse.net_dev import parse_net_dev
from tenmatsu.parse.routes import parse_default_routes, parse_default_routes_6
from tenmatsu.sight.scene import Notebook, Scene, Sight

_EVERY_SECONDS = 5.0


def look(scene: Scene, notebook: Notebook) -> None:
    """Sample the counters; look at routes and links once."""
    _look_at_routes(scene, notebook)
    for now in scene.ticks(_EVERY_SECONDS):
        for stat in parse_net_dev(scene.reach.read("/proc/net/dev")):
            if stat.name == "lo":
                continue
            for name, unit, direction, value in (
                ("system.network.packet.count", "{packet}", "receive", stat.received_packets),
                ("system.network.packet.count", "{packet}", "transmit", stat.sent_packets),
                ("system.network.errors", "{error}", "receive", stat.received_errors),
                ("system.network.errors", "{error}", "transmit", stat.sent_errors),
                ("system.network.packet.dropped", "{packet}", "receive", stat.received_dropped),
                ("system.network.packet.dropped", "{packet}", "transmit", stat.sent_dropped),
            ):
                notebook.counter(
                    now,
                    name,
                    value,
                    unit,
                    network__interface__name=stat.name,
                    network__io__direction=direction,
                )


def _look_at_routes(scene: Scene, notebook: Notebook) -> None:
    routes = parse_default_routes(scene.reach.read("/proc/net/route"))
    with suppress(NotThere):  # IPv6 is switched off
        routes += parse_default_routes_6(scene.reach.read("/proc/net/ipv6_route"))
    now = scene.reach.now()
    notebook.event("network.routes", now, default_routes=len(routes))
    for route in routes:
        notebook.event(
            "network.route",
            now,
            network__interface__name=route.interface,
            gateway=route.gateway,
            carrier=_state(scene, route.interface),
        )


def _state(scene: Scene, interface: str) -> str:
    try:
        return scene.reach.read(f"/sys/class/net/{interface}/operstate").decode().strip()
    except (ReachError, UnicodeDecodeError):
        return "unknown"


SIGHT = Sight(
    name="interfaces",
    title=Words("network interfaces and default route", "ネットワークインターフェースと経路"),
    look=look,
    watches=True,
)
