"""From an entry of the site file to a connection: which kind of hypervisor, with which secret."""

from tenmatsu.errors import WrongUse
from tenmatsu.model.below import Product
from tenmatsu.model.site_map import Entry
from tenmatsu.model.words import Words
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.secrets import read_secret

LIMIT_SECONDS = 10.0
# VMware and Proxmox VE let nobody in without; libvirt is entered by a socket's rights or by SSH.
_NEEDS_SECRET = (Product.VMWARE, Product.PROXMOX)


def open_hypervisor(host: Entry, *, limit_seconds: float = LIMIT_SECONDS) -> Hypervisor:
    """Return a connection to the hypervisor of a host. No question may take longer than the limit.

    Raises WrongUse where the entry names no hypervisor or no secret, ReachError where nobody answers or the
    secret is not taken.
    """
    api = host.api
    if api is None:
        raise WrongUse(NO_HYPERVISOR.fill(name=host.name))
    place = api.secrets.get("token") or api.secrets.get("password") or api.secrets.get("secret") or ""
    if not place and api.product in _NEEDS_SECRET and not api.address.startswith("ssh://"):
        raise WrongUse(NO_SECRET.fill(name=host.name))
    secret = read_secret(place) if place else ""
    match api.product:
        case Product.VMWARE:
            from tenmatsu.reach.vsphere import open_vsphere

            return open_vsphere(api, secret, host.name, limit_seconds=limit_seconds)
        case Product.LIBVIRT:
            from tenmatsu.reach.libvirt import open_libvirt

            return open_libvirt(api, secret, host.name, limit_seconds=limit_seconds)
        case Product.PROXMOX:
            from tenmatsu.reach.proxmox import open_proxmox

            return open_proxmox(api, secret, host.name, limit_seconds=limit_seconds)


NO_HYPERVISOR = Words(
    'host \'{name}\' names no hypervisor in the site file: hypervisor = "vmware", "libvirt" or "proxmox"',
    'サイトファイルのホスト「{name}」に hypervisor ("vmware"・"libvirt"・"proxmox") がありません',
)
NO_SECRET = Words(
    "host '{name}' has no password in the site file: write env:NAME, file:PATH or keyring:SERVICE/USER",
    "サイトファイルのホスト「{name}」に password がありません。"
    "env:変数名、file:パス、keyring:サービス/ユーザー で指定してください",
)
