"""The domain that a machine is joined to: `krb5.conf`, `sssd.conf`, `smb.conf`.

Source: krb5.conf(5), sssd.conf(5) with sssd-ad(5), sssd-ldap(5) and sssd-krb5(5), smb.conf(5).
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from tenmatsu.model.inside import Domain

_SECTION = re.compile(r"\[([^\]]{1,200})\]")
# What installers leave in krb5.conf when nobody filled it in.
_EXAMPLES = ("EXAMPLE.COM", "ATHENA.MIT.EDU")
_SSSD_SERVERS = ("ad_server", "ipa_server", "krb5_server", "krb5_kdcip", "ldap_uri")
_MOST_SERVERS = 16


def parse_krb5(text: bytes, source: str) -> tuple[Domain, ...]:
    """Return the default realm with its servers, as far as the file names them."""
    default, realm, servers = "", "", dict[str, list[str]]()
    for section, key, value in _read_lines(text):
        if section == "libdefaults" and key == "default_realm":
            default = value
        elif section == "realms" and value == "{":
            realm = key
        elif section == "realms" and key in ("kdc", "admin_server", "master_kdc", "primary_kdc"):
            servers.setdefault(realm, []).append(_host_of(value))
    if not default or (default in _EXAMPLES and default not in servers):
        return ()
    return (Domain(realm=default, source=source, servers=_few(servers.get(default, []))),)


def parse_sssd(text: bytes, source: str) -> tuple[Domain, ...]:
    """Return every domain of its own section, with the servers that are named."""
    found: dict[str, dict[str, str]] = {}
    for section, key, value in _read_lines(text):
        if section.startswith("domain/"):
            found.setdefault(section.removeprefix("domain/"), {})[key] = value
    return tuple(
        Domain(
            realm=keys.get("krb5_realm") or keys.get("ad_domain") or keys.get("ipa_domain") or name,
            source=source,
            servers=_few([_host_of(one) for key in _SSSD_SERVERS for one in keys.get(key, "").split(",")]),
        )
        for name, keys in found.items()
    )


def parse_smb(text: bytes, source: str) -> tuple[Domain, ...]:
    """Return the realm that Samba is joined to (`security = ads`) or serves (a domain controller)."""
    keys = {key: value for section, key, value in _read_lines(text) if section.lower() == "global"}
    serves = "domain controller" in keys.get("server role", "").lower()
    if not keys.get("realm") or not (serves or keys.get("security", "").lower() == "ads"):
        return ()
    named = [one for one in keys.get("password server", "").replace(",", " ").split() if one != "*"]
    return (Domain(realm=keys["realm"], source=source, servers=_few(named), serves=serves),)


def _read_lines(text: bytes) -> Iterator[tuple[str, str, str]]:
    """Yield section, key (in lower case but for realms), value."""
    section = ""
    for raw in text.decode("utf-8", "replace").splitlines():
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if found := _SECTION.match(line):
            section = found[1].strip()
        else:
            key, equals, value = line.partition("=")
            if equals:
                key = key.strip()
                yield section, key if section == "realms" and "{" in value else key.lower(), value.strip()


def _host_of(value: str) -> str:
    """Return the host of `HOST`, `HOST:PORT`, `[V6]:PORT` or a URL, without the words behind it."""
    words = value.split()
    try:
        return (urlsplit(words[0] if "://" in words[0] else f"//{words[0]}").hostname or "") if words else ""
    except ValueError:
        return ""


def _few(servers: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in servers if one and not one.startswith("_")))[:_MOST_SERVERS]
