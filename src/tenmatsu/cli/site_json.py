"""A site as JSON, key by key as docs/site.md has it."""

from typing import Any

from tenmatsu.model.site_map import Entry, SiteMap


def describe_site(site: SiteMap) -> dict[str, Any]:
    """Return the entries in the order of the file; each with what it is on, and who needs it."""
    needed_by: dict[str, list[str]] = {name: [] for name in site.entries}
    for entry in site.entries.values():
        for need in entry.needs:
            needed_by[need.what].append(entry.name)
    return {
        "entries": [_describe(entry, needed_by[entry.name], site) for entry in site.entries.values()],
    }


def _describe(entry: Entry, needed_by: list[str], site: SiteMap) -> dict[str, Any]:
    return {
        "name": entry.name,
        "kind": entry.kind.value,
        "on": entry.on or None,
        "below": [one.name for one in site.below(entry.name)],
        "hypervisor": entry.api.product.value if entry.api else None,
        "addresses": list(entry.addresses),
        "uuid": entry.uuid or None,
        "macs": list(entry.macs),
        "ssh": entry.ssh or None,
        "system": entry.system,
        "role": entry.role,
        "url": entry.url or None,
        "port": entry.port,
        "needs": [{"what": need.what, "because": need.because} for need in entry.needs],
        "needed_by": needed_by,
        "note": entry.note,
        "line": entry.line,
    }
