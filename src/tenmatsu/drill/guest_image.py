"""What a guest boots: one archive that all share, one more for the DNS server, and a small one of its own.

The shared ones are made from this machine's own Debian programs and kept, by a name that changes with
whatever goes in.
"""

import gzip
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tenmatsu.drill.commands import MISSING, run_or_say
from tenmatsu.drill.cpio import Entry, make_file, make_folder, make_link, pack
from tenmatsu.drill.debian_kernel import Kernel, find_kernel
from tenmatsu.errors import NoBox

_TREE = Path(__file__).parent / "guest"
_BUSYBOX, _DROPBEAR, _PERL, _DNSMASQ = (
    "/bin/busybox",
    "/usr/sbin/dropbear",
    "/usr/bin/perl",
    "/usr/sbin/dnsmasq",
)
PROGRAMS = (_BUSYBOX, _DROPBEAR, _PERL, _DNSMASQ)
_LIST_SECONDS = 60.0
_LIBRARY = re.compile(r"(/\S+)")
# Perl's own tables of all letters are most of it, and nothing in a guest asks for them.
_LARGE_TABLE_BYTES = 200_000
_FOLDERS = "proc sys dev tmp run var/run var/log root etc/dropbear".split()


class Images(NamedTuple):
    """What is made once: the kernel, the archive of every guest, and what the DNS server has beyond it."""

    kernel: Path
    shared: Path
    dns: Path


def make_images(cache: Path) -> Images:
    """Return the images kept in a folder, made there if they are not, or not of these parts. Raises NoBox."""
    missing = [program for program in PROGRAMS if not Path(program).exists()]
    if missing:
        raise NoBox(MISSING.fill(programs=", ".join(missing)))
    kernel = find_kernel(cache)
    return Images(
        kernel=kernel.image,
        shared=_keep(cache, "shared", _collect_shared(kernel)),
        dns=_keep(cache, "dns", dict(_with_libraries(_DNSMASQ))),
    )


def write_initrd(path: Path, parts: tuple[Path, ...], own: Mapping[str, Entry]) -> None:
    """Write what one guest boots: the kept parts, then its own files."""
    with path.open("wb") as out:
        for part in parts:
            with part.open("rb") as kept:
                shutil.copyfileobj(kept, out)
        out.write(gzip.compress(pack(own), 1, mtime=0))


def _keep(cache: Path, name: str, entries: Mapping[str, Entry]) -> Path:
    archive = pack(entries)
    path = cache / f"{name}-{hashlib.sha256(archive).hexdigest()[:16]}.cpio.gz"
    if not path.exists():
        making = path.with_suffix(f".{os.getpid()}")
        making.write_bytes(gzip.compress(archive, 1, mtime=0))
        making.rename(path)
        _forget_older(cache, name, path)
    return path


def _forget_older(cache: Path, name: str, kept: Path) -> None:
    for older in cache.glob(f"{name}-*.cpio.gz"):
        if older != kept:
            older.unlink(missing_ok=True)


def _collect_shared(kernel: Kernel) -> dict[str, Entry]:
    entries = {path: make_folder() for path in _FOLDERS}
    entries["root"] = make_folder(rights=0o700)
    entries["dev/console"] = Entry(stat.S_IFCHR | 0o600, major=5, minor=1)
    entries |= dict(_busybox())
    for program in (_DROPBEAR, _PERL):
        entries |= dict(_with_libraries(program))
    entries["bin/dropbear"] = make_link(_DROPBEAR)
    entries |= dict(_perl_library())
    entries |= {f"modules/{name}.ko": make_file(data) for name, data in kernel.modules.items()}
    entries["modules/order"] = make_file("".join(f"{name}.ko\n" for name in kernel.modules).encode())
    entries |= {str(path.relative_to(_TREE)): make_file(path.read_bytes()) for path in _files_below(_TREE)}
    return entries


def _busybox() -> Iterator[tuple[str, Entry]]:
    yield "bin/busybox", make_file(Path(_BUSYBOX).read_bytes(), rights=0o755)
    for applet in run_or_say((_BUSYBOX, "--list"), Path("/"), _LIST_SECONDS).split():
        if applet != "busybox":
            yield f"bin/{applet}", make_link("busybox")
    yield "init", make_link("bin/busybox")


def _with_libraries(program: str) -> Iterator[tuple[str, Entry]]:
    """Yield a program and the libraries that its loader would take (ldd(1))."""
    listed = run_or_say(("ldd", program), Path("/"), _LIST_SECONDS)
    for path in (program, *_LIBRARY.findall(listed)):
        yield path.lstrip("/"), make_file(Path(path).read_bytes(), rights=0o755)


def _perl_library() -> Iterator[tuple[str, Entry]]:
    for root in Path("/usr/lib").glob("*/perl-base"):
        for path in _files_below(root):
            if "unicore" not in path.parts or path.stat().st_size < _LARGE_TABLE_BYTES:
                yield str(path).lstrip("/"), make_file(path.read_bytes())


def _files_below(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())
