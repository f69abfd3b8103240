"""A control group's path → the service and the container that it stands for.

Sources: systemd.unit(5) and systemd.slice(5); the paths that Docker, Podman, containerd, CRI-O, LXC and
libvirt make, as seen on running systems.
"""

import re
from typing import NamedTuple

_UNIT = re.compile(r"^(.+)\.(service|scope|socket|mount|swap|timer)$")
_ID = r"[0-9a-f]{64}"
_SHORT = 12  # how many digits of an id Docker and Podman show
_CONTAINERS = (
    re.compile(rf"^(?:docker|libpod|crio|cri-containerd|containerd)-({_ID})\.scope$"),
    re.compile(rf"^({_ID})$"),
    re.compile(r"^lxc\.payload\.(.+)$"),
    re.compile(r"^machine-(.+)\.scope$"),
)
# Below these folders every name is a container's.
_FOLDERS = ("lxc", "docker", "machine")
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})")


class Group(NamedTuple):
    """The unit, as systemd calls it, and the container, by name or the first digits of its id."""

    service: str
    container: str


def parse_cgroup_path(path: str) -> Group:
    """Return what a path stands for; empty where it says nothing of that."""
    parts = [part for part in path.split("/") if part]
    container = next((found for at, part in enumerate(parts) if (found := _container(parts, at))), "")
    units = [part for part in parts if _UNIT.match(part) and not _container_of(part)]
    return Group(service=units[-1] if units else "", container=container)


def _container(parts: list[str], at: int) -> str:
    if found := _container_of(parts[at]):
        return found
    return parts[at] if at and parts[at - 1] in _FOLDERS else ""


def _container_of(part: str) -> str:
    for form in _CONTAINERS:
        if found := form.match(part):
            name = found[1]
            return name[:_SHORT] if re.fullmatch(_ID, name) else _unescape(name)
    return ""


def _unescape(name: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), name)
