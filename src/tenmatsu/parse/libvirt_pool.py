"""A storage pool's XML: its name, and the folder of its disks. Source: libvirt.org/formatstorage.html."""

from pathlib import PurePosixPath

from tenmatsu.parse.xml_tree import Node, parse_xml


def parse_pool(text: bytes) -> tuple[str, str]:
    """Return (name, folder), the folder empty where it has none. Raises `ParseError` for what is no XML."""
    root = parse_xml(text)
    return root.said("name"), (root.child("target") or Node("")).said("path")


def find_pools(pools: list[tuple[str, str]], disks: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the pools that hold these disks: the disk lies in the pool's folder itself."""
    folders = {str(PurePosixPath(disk).parent) for disk in disks if disk.startswith("/")}
    return tuple(name for name, folder in pools if folder and str(PurePosixPath(folder)) in folders)
