"""A tracefs instance of our own: a folder that is a whole tracer, beside everybody else's. Linux 3.10.

Source: Documentation/trace/ftrace.rst ("Instances"). The folder is the one thing of the probe that a
SIGKILL can leave. So that little is left: while we hold `free_buffer` open, the kernel frees the buffers
and stops the tracing when we are gone, however that came. What remains is an empty folder with events that
write nowhere. Its name says whose it was (pid, start, pid namespace): the next probe removes it if that one
is dead. Other folders are not touched.
"""

import os
import re
from contextlib import suppress
from typing import Optional

from tenmatsu.probe.proc_files import read_file, read_stat

# tenmatsu-PID-START-NAMESPACE
_NAME = re.compile(r"tenmatsu-([0-9]+)-([0-9]+)-([0-9]+)\Z")
# Clocks that go alike on all processors, best first.
_CLOCKS = (b"mono", b"global")


class NotMounted(Exception):
    """There is no tracefs to be seen; the message says why."""


def find_tracefs() -> str:
    """Return the folder where tracefs is mounted. Raises NotMounted, OSError.

    Before Linux 4.1 it is a part of debugfs. Later, looking into that part would mount it: a change.
    """
    mounts = [line.split(b" ") for line in read_file("/proc/self/mounts").splitlines()]
    for one in mounts:
        if len(one) > 2 and one[2] == b"tracefs":
            return os.fsdecode(one[1])
    if b"tracefs" in read_file("/proc/filesystems").split():
        raise NotMounted("tracefs is not mounted, and mounting it would change this machine")
    for one in mounts:
        if len(one) > 2 and one[2] == b"debugfs":
            return os.fsdecode(one[1]) + "/tracing"
    raise NotMounted("neither tracefs nor debugfs is mounted")


class Instance:
    """Our instance, from `make` to `remove`."""

    def __init__(self, tracefs: str) -> None:
        self._instances = tracefs + "/instances"
        self.path = ""
        self._free_buffer = -1

    def make(self, buffer_bytes: int) -> None:
        """Make it: nothing is traced yet; `buffer_bytes` for each processor. Raises OSError."""
        self._remove_dead()
        path = f"{self._instances}/tenmatsu-{os.getpid()}-{_read_start(os.getpid())}-{_read_namespace()}"
        os.mkdir(path)
        self.path = path
        self.write("buffer_size_kb", b"%d" % (buffer_bytes >> 10))
        with suppress(OSError):  # without it, what is left after a kill goes on writing over itself
            self.write("options/disable_on_free", b"1")
        with suppress(OSError):
            self._free_buffer = os.open(path + "/free_buffer", os.O_WRONLY | os.O_CLOEXEC)
        self._choose_clock()

    def _choose_clock(self) -> None:
        for clock in _CLOCKS:
            try:
                self.write("trace_clock", clock)
            except OSError:
                continue
            return

    def write(self, name: str, value: bytes) -> None:
        """Set one of its files. Raises OSError."""
        descriptor = os.open(f"{self.path}/{name}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, value)
        finally:
            os.close(descriptor)

    def switch_on(self, event: str) -> None:
        """Trace an event, named with its system: `task/task_newtask`. Raises OSError."""
        self.write(f"events/{event}/enable", b"1")

    def remove(self) -> None:
        """Remove it; whoever reads from it has closed. Never raises."""
        if self._free_buffer >= 0:
            os.close(self._free_buffer)
            self._free_buffer = -1
        if self.path:
            with suppress(OSError):
                os.rmdir(self.path)
            self.path = ""

    def _remove_dead(self) -> None:
        for name in os.listdir(self._instances):
            if is_of_the_dead(name):
                with suppress(OSError):
                    os.rmdir(f"{self._instances}/{name}")


def is_of_the_dead(name: str) -> bool:
    """Tell whether a folder was a probe's that is dead: of our own pid namespace, where we can know."""
    match = _NAME.match(name)
    if not match or match.group(3) != str(_read_namespace()):
        return False
    started = _read_start(int(match.group(1)))
    return started != int(match.group(2))


def _read_start(pid: int) -> Optional[int]:
    stat = read_stat(str(pid))
    return stat.started if stat else None


def _read_namespace() -> int:
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:  # a kernel without them
        return 0
