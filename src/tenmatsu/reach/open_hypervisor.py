"""Opens a hypervisor by its product, a machine by its name: the one place that knows which file does it."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tenmatsu.errors import NotThere, ParseError, WrongUse
from tenmatsu.model.below import Product
from tenmatsu.model.site_map import Api
from tenmatsu.model.words import Words
from tenmatsu.reach import Reach
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.secrets import read_secret
from tenmatsu.reach.ssh import SshOptions

# Imported when they are asked for: each brings a library of its own.
_OPENERS = {
    Product.VMWARE: ("tenmatsu.reach.vsphere", "open_vsphere"),
    Product.LIBVIRT: ("tenmatsu.reach.libvirt", "open_libvirt"),
    Product.PROXMOX: ("tenmatsu.reach.proxmox", "open_proxmox"),
}
_REMOTE = ("tenmatsu.reach.remote", "RemoteReach")
LIMIT_SECONDS = 10.0


def open_hypervisor(api: Api, name: str, *, limit_seconds: float = LIMIT_SECONDS) -> Hypervisor:
    """Return a connection; its secret is read from where it is kept. Raises ReachError, WrongUse, ParseError.

    Of VMware also a recording (`file:PATH`), and ESXi's shell (`ssh://[USER@]HOST`).
    """
    if api.product is Product.VMWARE and api.address.startswith(("file:", "ssh://")):
        return _open_without_interface(api, name, limit_seconds)
    place = api.secrets.get("token") or api.secrets.get("password", "")
    if not place and api.product is not Product.LIBVIRT and not api.address.startswith("ssh://"):
        raise WrongUse(NO_SECRET)
    secret = read_secret(place) if place else ""
    found: Hypervisor = _find(*_OPENERS[api.product])(api, secret, name, limit_seconds=limit_seconds)
    return found


def _open_without_interface(api: Api, name: str, limit_seconds: float) -> Hypervisor:
    kind, _, where = api.address.partition(":")
    if kind == "file":
        from tenmatsu.reach.esxtop_file import open_recording

        path = Path(where).expanduser()
        try:
            return open_recording(path, name)
        except (NotThere, ParseError) as error:
            raise WrongUse(NO_RECORDING.fill(name=name, what=error.words)) from error
    from tenmatsu.reach.esxi_ssh import open_esxi_over_ssh

    return open_esxi_over_ssh(where.removeprefix("//"), SshOptions(), name, limit_seconds=limit_seconds)


def open_machine(host: str, ssh: SshOptions) -> Reach:
    """Return the way to a machine over SSH. Raises ReachError, WrongUse."""
    found: Reach = _find(*_REMOTE)(host, ssh)
    return found


def _find(module: str, name: str) -> Callable[..., Any]:
    try:
        found: Callable[..., Any] = getattr(import_module(module), name)
    except ModuleNotFoundError as missing:
        raise NotThere(missing.name or module) from missing
    return found


NO_RECORDING = Words(
    '{what}: write the path of a recording of esxtop into [host.{name}]: api = "file:PATH"',
    '{what}。[host.{name}] の api = "file:パス" に esxtop の記録のパスを書いてください',
)
NO_SECRET = Words(
    "no password is named: --password env:NAME, file:PATH or keyring:SERVICE/USER; in the site file"
    ' password = "…"',
    "パスワードの保管場所の指定がありません: --password env:変数名、file:パス、keyring:サービス/ユーザー。"
    'サイトファイルでは password = "…"',
)
