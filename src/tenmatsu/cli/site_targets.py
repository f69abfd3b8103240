"""What `tenmatsu site discover` may be pointed at: hypervisors, machines over SSH, this machine."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tenmatsu.errors import WrongUse
from tenmatsu.model.below import Product
from tenmatsu.model.site_map import Api
from tenmatsu.model.words import Words

HERE = "here"
_LIBVIRT = re.compile(r"(?:qemu|lxc|xen|bhyve|vz|ch|test)(?:\+[a-z0-9]+)?://")
_API = {"vmware": Product.VMWARE, "proxmox": Product.PROXMOX}
_PLACE = re.compile(r"(?:env|file|keyring):.+")
_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One target as it was written; `api` of a hypervisor, `host` of a machine over SSH, neither: here."""

    text: str
    api: Api | None = None
    host: str = ""


def read_target(text: str, password: str, certificate: str, ca_file: str) -> Target:
    """Return the target. Raises WrongUse where it is none, or holds a password itself."""
    if password and not _PLACE.fullmatch(password):
        raise WrongUse(PLACE)
    pinned = _read_pin(certificate)
    if text == HERE:
        return Target(text=text)
    if _LIBVIRT.match(text):
        secrets = {"password": password} if password else {}
        return Target(text=text, api=Api(product=Product.LIBVIRT, address=text, secrets=secrets))
    scheme, mark, rest = text.partition("://")
    if mark and scheme in _API:
        return Target(text=text, api=_read_api(_API[scheme], rest, password, pinned, ca_file))
    if mark and scheme == "ssh":
        rest = rest.rstrip("/")
    elif mark:
        raise WrongUse(NO_TARGET.fill(text=text))
    from tenmatsu.reach.ssh import check_host

    return Target(text=text, host=check_host(rest if mark else text))


def read_targets(texts: Iterable[str], password: str, certificate: str, ca_file: str) -> tuple[Target, ...]:
    """Return the targets, each once, however it was written. Raises WrongUse."""
    found = [read_target(text, password, certificate, ca_file) for text in texts]
    return tuple({(repr(one.api), one.host): one for one in reversed(found)}.values())[::-1]


def _read_pin(certificate: str) -> str:
    bare = certificate.lower().replace(" ", "").replace(":", "").removeprefix("sha256")
    found = _SHA256.fullmatch(bare)
    if certificate and not found:
        raise WrongUse(BAD_PIN)
    return found[1] if found else ""


def _read_api(product: Product, rest: str, password: str, certificate: str, ca_file: str) -> Api:
    user, at, host = rest.rstrip("/").rpartition("@")
    if not at or not user or not host:
        raise WrongUse(NO_USER.fill(product=product.value))
    if ":" in user:
        raise WrongUse(PASSWORD_IN_TARGET)
    try:
        named = urlsplit(f"//{host}").hostname
    except ValueError:
        named = None
    if not named or re.search(r"[\s/?#]", host):
        raise WrongUse(NO_TARGET.fill(text=f"{product.value}://{rest}"))
    key = "token" if product is Product.PROXMOX and "!" in user else "password"
    return Api(
        product=product,
        address=host,
        user=user,
        secrets={key: password} if password else {},
        certificate=certificate,
        ca_file=ca_file,
    )


NO_TARGET = Words(
    "'{text}' is no target: vmware://USER@HOST, proxmox://USER@HOST, a libvirt URI, ssh://HOST or HOST, here",
    "「{text}」は対象になりません: vmware://ユーザー@ホスト、proxmox://ユーザー@ホスト、libvirt の URI、"
    "ssh://ホスト かホスト名、here",
)
NO_USER = Words(
    "no user is named: {product}://USER@HOST", "ユーザー名がありません: {product}://ユーザー@ホスト"
)
PASSWORD_IN_TARGET = Words(
    "a password does not belong on a command line: --password env:NAME, file:PATH or keyring:SERVICE/USER",
    "コマンドラインにパスワードを書かないでください: --password env:変数名、file:パス、"
    "keyring:サービス/ユーザー",
)
PLACE = Words(
    "--password says where it is kept: env:NAME, file:PATH or keyring:SERVICE/USER",
    "--password には保管場所を指定します: env:変数名、file:パス、keyring:サービス/ユーザー",
)
BAD_PIN = Words(
    "a certificate is pinned by its SHA-256: 64 hex digits", "証明書は SHA-256 (16 進 64 桁) で固定します"
)
