"""Whether the kernel is locked down against reading its memory: that goes before any right."""

from tenmatsu.probe.proc_files import read_file

_LOCKDOWN = "/sys/kernel/security/lockdown"


def is_locked_down() -> bool:
    """Tell whether "confidentiality" is chosen (kernel_lockdown(7)): no BPF, no perf, no tracefs."""
    try:
        return b"[confidentiality]" in read_file(_LOCKDOWN)
    except OSError:
        return False
