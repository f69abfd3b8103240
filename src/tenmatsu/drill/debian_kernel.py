"""The guests' kernel: Debian's for clouds, fetched once by apt-get and never installed on this machine."""

import lzma
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tenmatsu.drill.commands import run_or_say
from tenmatsu.errors import NoBox
from tenmatsu.model.words import Words

# What a guest loads, in the order that their needs of each other ask for. A kernel that has one built in,
# or no longer has it, brings no file of that name.
MODULES = """\
virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover net_failover virtio_net
virtio_blk virtio_balloon button evdev""".split()
_NEWEST = "linux-image-cloud-amd64"  # an empty package that depends on the newest
_FETCH_SECONDS = 300.0
_UNPACKED: dict[str, Callable[[bytes], bytes]] = {"ko": bytes, "ko.xz": lzma.decompress}


class Kernel(NamedTuple):
    """A kernel to boot, and its modules' bytes by name, in loading order."""

    image: Path
    modules: dict[str, bytes]


def find_kernel(cache: Path) -> Kernel:
    """Return the kernel kept in a folder, fetched there if it is not. Raises NoBox."""
    folder = cache / "kernel"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as making:
            _unpack(_fetch(Path(making)), Path(making) / "kernel")
            _move(Path(making) / "kernel", folder)
    found = {name: folder / f"{name}.ko" for name in MODULES}
    return Kernel(
        folder / "vmlinuz", {name: path.read_bytes() for name, path in found.items() if path.exists()}
    )


def _move(made: Path, folder: Path) -> None:
    try:
        made.rename(folder)
    except OSError:
        if not folder.exists():  # else another box was quicker
            raise


def _fetch(folder: Path) -> Path:
    package = _name_of_newest()
    run_or_say(
        ("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package), folder, _FETCH_SECONDS
    )
    found = next(folder.glob("*.deb"), None)
    if found is None:
        raise NoBox(_NO_KERNEL.fill(why=f"apt-get download {package}"))
    return found


def _name_of_newest() -> str:
    said = run_or_say(("apt-cache", "depends", _NEWEST), Path("/"), 60.0)
    names = [line.split()[-1] for line in said.splitlines() if line.strip().startswith("Depends:")]
    if not names:
        raise NoBox(_NO_KERNEL.fill(why=f"apt-cache depends {_NEWEST}"))
    return names[0]


def _unpack(package: Path, folder: Path) -> None:
    """Keep the kernel and the wanted modules of a package, and nothing else."""
    folder.mkdir()
    whole = package.with_suffix("")
    run_or_say(("dpkg-deb", "-x", str(package), str(whole)), package.parent, _FETCH_SECONDS)
    for path in whole.rglob("*"):
        name, _, kind = path.name.partition(".")
        if path.name.startswith("vmlinuz-"):
            path.rename(folder / "vmlinuz")
        elif name in MODULES and kind in _UNPACKED:
            (folder / f"{name}.ko").write_bytes(_UNPACKED[kind](path.read_bytes()))
    if not (folder / "vmlinuz").exists():
        raise NoBox(_NO_KERNEL.fill(why=package.name))


_NO_KERNEL = Words(
    "no kernel for the guests could be had ({why}): run `apt-get update` once",
    "ゲスト用のカーネルを入手できません ({why})。一度 `apt-get update` を実行してください",
)
