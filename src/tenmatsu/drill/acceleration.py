"""Whether KVM is of use here, by trying: there are machines with a /dev/kvm that runs no ordinary kernel."""

from pathlib import Path

from tenmatsu.drill.commands import run_or_say
from tenmatsu.drill.guest_image import Images
from tenmatsu.errors import NoBox

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Under KVM a kernel is through its start within a second or two; else it would be slower than emulation.
_TRY_SECONDS = 8.0
_FIRST_WORDS = b"Linux version"


def can_use_kvm(images: Images, folder: Path) -> bool:
    """Tell whether a guest's kernel starts under KVM. Found out once a boot of this machine."""
    if not Path("/dev/kvm").exists():
        return False
    kept = images.shared.parent / "kvm"
    boot_id = _BOOT_ID.read_text().strip()
    known = kept.read_text().split() if kept.exists() else []
    if known[:1] == [boot_id]:
        return known[1:] == ["yes"]
    able = _boots(images.kernel, folder)
    kept.write_text(f"{boot_id} {'yes' if able else 'no'}\n")
    return able


def _boots(kernel: Path, folder: Path) -> bool:
    """Start a kernel without a first file system: it panics and, by -no-reboot, ends."""
    console = folder / "try.console"
    words = [
        "qemu-system-x86_64",
        "-accel",
        "kvm",
        "-m",
        "128",
        "-nodefaults",
        "-display",
        "none",
        "-no-reboot",
    ]
    words += ["-serial", f"file:{console}", "-kernel", str(kernel), "-append", "console=ttyS0 panic=-1"]
    try:
        run_or_say(tuple(words), folder, _TRY_SECONDS)
    except NoBox:
        return False
    return _FIRST_WORDS in console.read_bytes()
