"""The box: a small hypervisor of its own, with two guests, which leaves nothing behind.

libvirt and QEMU from Debian run in namespaces of their own for mounts, network and processes, with folders
of their own in the places of the system's. Whatever happens to the program that opened it, the kernel ends
all of it with the first process of these namespaces; the next box removes the folder and the control groups.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tenmatsu.drill.acceleration import can_use_kvm
from tenmatsu.drill.commands import ENVIRONMENT, MISSING, SYSTEM_PATH, run_or_say
from tenmatsu.drill.folders import own_folder
from tenmatsu.drill.guest_image import PROGRAMS, Images, make_images, write_initrd
from tenmatsu.drill.guests import (
    DISK_BYTES,
    GUESTS,
    HOST_ADDRESS,
    PREFIX,
    Guest,
    describe_domain,
    make_own_files,
)
from tenmatsu.drill.keys import find_key_files, make_keys, write_ssh_config
from tenmatsu.drill.partition import make_partition
from tenmatsu.errors import NoBox
from tenmatsu.model.words import Words
from tenmatsu.parse.plain_text import make_plain

_HOST = Path(__file__).parent / "host"
_NEEDED = """\
libvirtd virsh qemu-system-x86_64 unshare nsenter ip ssh ssh-keygen dropbearkey busybox apt-get dpkg-deb
ldd""".split()
_PLACES = "run/libvirt etc/libvirt var/log/libvirt var/lib/libvirt var/cache/libvirt".split()
BRIDGE = "br0"
# Under emulation and beside other work everything takes its time; these only bound how long nothing happens.
_DAEMON_SECONDS = 60.0
_COMMAND_SECONDS = 120.0
BOOT_SECONDS = 180.0


def why_no_box() -> Words | None:
    """Return why this machine cannot hold the box, or None where it can."""
    if os.geteuid() != 0:
        return Words("the box needs root", "ドリルの実行には root 権限が必要です")
    if os.uname().machine != "x86_64":
        return Words("the box's guests are x86-64, as their host must be", "x86-64 の機械が必要です")
    missing = [name for name in _NEEDED if shutil.which(name, path=SYSTEM_PATH) is None]
    missing += [path for path in PROGRAMS if not Path(path).exists()]
    if missing:
        return MISSING.fill(programs=", ".join(missing))
    made = subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "true"], check=False)
    return None if made.returncode == 0 else Words("no namespaces can be made here", "名前空間を作れません")


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """The box while it is open. `folder` holds its files, among them every guest's console."""

    folder: Path
    kvm: bool
    _host: subprocess.Popen[bytes]

    @property
    def uri(self) -> str:
        """Return libvirt's address, good everywhere on this machine."""
        return f"qemu+unix:///system?socket={self.folder}/run/libvirt/libvirt-sock"

    @property
    def inside(self) -> tuple[str, ...]:
        """Return the words before a command that let it run on the box's host."""
        return ("nsenter", f"--target={_first_process(self._host.pid)}", "--mount", "--net", "--pid")

    @property
    def ssh_config(self) -> Path:
        """Return the configuration with which ssh reaches the guests by name."""
        return self.folder / "ssh_config"

    def uuid(self, guest: Guest) -> str:
        """Return a guest's UUID in this box."""
        return str(guest.uuid_in(self.folder.name))

    def virsh(self, *words: str) -> str:
        """Return what virsh printed. Raises NoBox where it fails."""
        return run_or_say(("virsh", "-q", "-c", self.uri, *words), self.folder, _COMMAND_SECONDS)

    def ssh(self, guest: Guest, command: str, *, limit_seconds: float = 60.0) -> str:
        """Return what a command printed in a guest. Raises NoBox where it fails."""
        words = ("ssh", "-q", "-F", str(self.ssh_config), "-o", "BatchMode=yes", guest.name, command)
        return run_or_say(words, self.folder, limit_seconds)

    def start(self, guest: Guest) -> None:
        """Power a guest on; it is up a while later (`wait_up`)."""
        (self.folder / f"{guest.name}.console").write_bytes(b"")
        self.virsh("start", guest.name)

    def wait_up(self, guest: Guest) -> None:
        """Wait until a guest answers by SSH. Raises NoBox with its console's end where it does not."""
        console = self.folder / f"{guest.name}.console"
        wait_for(lambda: b"tenmatsu-up" in console.read_bytes(), BOOT_SECONDS, guest.name, console)
        wait_for(lambda: self._answers(guest), BOOT_SECONDS, f"{guest.name}, ssh", console)

    def _answers(self, guest: Guest) -> bool:
        try:
            self.ssh(guest, "true")
        except NoBox:
            return False
        return True


@contextmanager
def open_box(cache: Path | None = None) -> Iterator[Box]:
    """Build the box and power its guests on; everything is gone afterwards. Raises NoBox."""
    if reason := why_no_box():
        raise NoBox(reason)
    images = make_images(cache or find_cache())
    with own_folder() as folder:
        kvm = can_use_kvm(images, folder)
        _fill(folder, images, kvm=kvm)
        make_partition(folder.name)
        with _running_host(folder) as host:
            box = Box(folder=folder, kvm=kvm, _host=host)
            _wait_for_daemon(box)
            write_ssh_config(folder, box.inside)
            for guest in GUESTS:
                box.virsh("define", str(folder / f"{guest.name}.xml"))
                box.virsh("autostart", guest.name)
                box.start(guest)
            yield box


def find_cache() -> Path:
    """Return where the images are kept: this user's own cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tenmatsu" / "box"


def _fill(folder: Path, images: Images, *, kvm: bool) -> None:
    for place in _PLACES:
        (folder / place).mkdir(parents=True)
    for name in ("qemu.conf", "libvirtd.conf"):
        shutil.copy(_HOST / name, folder / "etc/libvirt" / name)
    if kvm:
        (folder / "use-kvm").touch()
    make_keys(folder)
    for guest in GUESTS:
        own = make_own_files(guest) | find_key_files(folder, guest)
        write_initrd(folder / f"{guest.name}.cpio.gz", guest.parts(images), own)
        with (folder / f"{guest.name}.raw").open("wb") as disk:
            disk.truncate(DISK_BYTES)
        described = describe_domain(guest, folder, images, kvm=kvm, partition=folder.name)
        (folder / f"{guest.name}.xml").write_text(described)


@contextmanager
def _running_host(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the host's namespaces. They end with this block, and with this process: then its pipe is closed."""
    words = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    words += ["--propagation", "private", "sh", str(_HOST / "start"), str(folder), BRIDGE]
    words += [f"{HOST_ADDRESS}/{PREFIX}", *(guest.tap for guest in GUESTS)]
    with (folder / "host.log").open("ab") as log:
        host = subprocess.Popen(  # noqa: S603 - our own words, no shell
            words,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    try:
        yield host
    finally:
        _end(host)


def _end(host: subprocess.Popen[bytes]) -> None:
    if host.stdin is not None:
        host.stdin.close()
    try:
        host.wait(10.0)
    except subprocess.TimeoutExpired:
        host.kill()  # its child is killed with it, and with the child all of its namespace
        host.wait()


def _first_process(pid: int) -> int:
    """Return the one child of unshare's: the first process of the namespaces."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    if not children:
        raise NoBox(Words("the box has ended", "ドリルの環境は終了しています"))
    return int(children[0])


def _wait_for_daemon(box: Box) -> None:
    def answers() -> bool:
        try:
            box.virsh("uri")
        except NoBox:
            return False
        return True

    wait_for(answers, _DAEMON_SECONDS, "libvirtd", box.folder / "host.log", box.folder / "libvirtd.log")


def _tail(*logs: Path) -> str:
    lines = [line for log in logs if log.exists() for line in log.read_text(errors="replace").splitlines()]
    return make_plain(lines[-1], 200) if lines else "?"


def wait_for(condition: Callable[[], bool], limit_seconds: float, what: str, *logs: Path) -> None:
    """Wait for a condition, asked ten times a second. Raises NoBox with the logs' end if it never comes."""
    end = time.monotonic() + limit_seconds
    while not condition():
        if time.monotonic() > end:
            raise NoBox(_NOT_UP.fill(what=what, seconds=f"{limit_seconds:g}", said=_tail(*logs)))
        time.sleep(0.1)


_NOT_UP = Words(
    "{what} is not up after {seconds} s ({said})", "{what} が {seconds} 秒待っても起動しません ({said})"
)
