"""A connection to the mock of Proxmox VE as a site file would name it."""

from __future__ import annotations

from typing import Any

from tests.mocks.proxmox import TOKEN, TOKEN_USER, Front

from tenmatsu.model.below import Inventory, Product
from tenmatsu.model.site_map import Api
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.proxmox import open_proxmox


def connect(front: Front, *, secret: str = TOKEN, limit_seconds: float = 30.0, **more: Any) -> Hypervisor:
    settings = {"user": TOKEN_USER, "certificate": front.fingerprint} | more
    api = Api(product=Product.PROXMOX, address=front.address, **settings)
    connection = open_proxmox(api, secret, "home", limit_seconds=limit_seconds)
    front.closing.callback(connection.close)
    return connection


def by_name(inventory: Inventory) -> dict[str, Any]:
    """The guests by their names."""
    return {guest.name: guest for guest in inventory.guests}
