"""File systems: room, inodes, read-only. Each is asked in a thread of its own: a dead mount hangs."""

import threading
from shlex import quote

from tenmatsu.errors import NotPermitted, NotThere, ReachError, TookTooLong
from tenmatsu.model.words import Words
from tenmatsu.parse.mounts import Mount, parse_mounts
from tenmatsu.reach import Space
from tenmatsu.sight.scene import AS_ROOT, Notebook, Scene, Sight

# Kernel interfaces, images that are full by nature, and views of other mounts hold no one's data.
_NOT_DATA = frozenset(
    "proc sysfs cgroup cgroup2 devpts devtmpfs mqueue debugfs tracefs securityfs pstore bpf fusectl configfs"
    " hugetlbfs rootfs autofs binfmt_misc rpc_pipefs nsfs efivarfs selinuxfs squashfs iso9660 udf ramfs"
    " overlay fuse.lxcfs fuse.gvfsd-fuse fuse.portal erofs".split()
)
_NOT_DATA_UNDER = ("/sys/", "/proc/", "/dev/", "/run/credentials/")
_OVERLAY = "overlay"  # a container's root is one, and it does fill up
_SESSIONS = "fuse"  # often one person's own, which not even root may see: not the server's data
_LIMIT_SECONDS = 5.0


def look(scene: Scene, notebook: Notebook) -> None:
    """Ask every file system that holds data for its room; at the start, and again when the window ends."""
    mounts = _find_mounts(scene)
    notebook.read = Words(f"{len(mounts)} file systems", f"ファイルシステム {len(mounts)} 個")
    fstab = _read_only_by_config(scene)
    refused: list[Mount] = []
    answered = [mount for mount in mounts if _look_at(scene, notebook, mount, fstab, refused)]
    _say_refused(notebook, [mount.mountpoint for mount in refused if not mount.type.startswith(_SESSIONS)])
    scene.wait_for_end()
    for mount in answered:  # one that hangs is not asked again: it would keep the others from being asked
        _look_at(scene, notebook, mount, fstab, refused)


def _find_mounts(scene: Scene) -> list[Mount]:
    """Return one mount a device: bind mounts show the same room again."""
    found: dict[str, Mount] = {}
    for mount in parse_mounts(scene.reach.read("/proc/self/mountinfo")):
        root = mount.mountpoint == "/" and mount.type == _OVERLAY
        if (mount.type in _NOT_DATA and not root) or mount.mountpoint.startswith(_NOT_DATA_UNDER):
            continue
        if mount.device not in found or len(mount.mountpoint) < len(found[mount.device].mountpoint):
            found[mount.device] = mount
    return list(found.values())


def _read_only_by_config(scene: Scene) -> frozenset[str]:
    """Return the mount points that /etc/fstab asks to be read-only."""
    try:
        lines = scene.reach.read("/etc/fstab").decode("utf-8", "replace").splitlines()
    except ReachError:
        return frozenset()
    rows = [line.split() for line in lines if not line.lstrip().startswith("#")]
    return frozenset(row[1] for row in rows if len(row) > 3 and "ro" in row[3].split(","))


def _look_at(
    scene: Scene, notebook: Notebook, mount: Mount, fstab: frozenset[str], refused: list[Mount]
) -> bool:
    try:
        space = _ask(scene, mount.mountpoint)
    except NotThere:
        return False  # unmounted meanwhile
    except NotPermitted:
        refused.append(mount)
        return False
    except ReachError as error:
        notebook.gap(
            Words(f"file system {mount.mountpoint}", f"ファイルシステム {mount.mountpoint}"),
            error.words,
            Words(
                f"see whether its disk or server answers: stat -f {quote(mount.mountpoint)}",
                f"ディスクやサーバーの応答を確認: stat -f {quote(mount.mountpoint)}",
            ),
        )
        return False
    _write(scene, notebook, mount, space, by_config=mount.mountpoint in fstab)
    return True


def _say_refused(notebook: Notebook, names: list[str]) -> None:
    """Write down one gap for all that lie behind closed folders: a host of containers has many."""
    if names:
        shown = ", ".join(names[:3])
        more = len(names) - 3
        what = Words(f"file systems: {shown}", f"ファイルシステム: {shown}")
        if more > 0:
            what += Words(f" and {more} more", f" 他 {more} 個")
        notebook.gap(what, REFUSED, AS_ROOT)


def _ask(scene: Scene, path: str) -> Space:
    answer: list[Space | ReachError] = []

    def ask() -> None:
        try:
            answer.append(scene.reach.space(path))
        except ReachError as error:
            answer.append(error)

    asking = threading.Thread(target=ask, daemon=True, name=f"statvfs {path}")
    asking.start()
    limit = min(_LIMIT_SECONDS, scene.left_seconds + 1.0)
    asking.join(limit)
    if not answer:
        raise TookTooLong(path, round(limit, 1))
    if isinstance(answer[0], ReachError):
        raise answer[0]
    return answer[0]


def _write(scene: Scene, notebook: Notebook, mount: Mount, space: Space, *, by_config: bool) -> None:
    now = scene.reach.now()
    if space.total_bytes:
        for state, value in (
            ("used", space.total_bytes - space.free_bytes),
            ("free", space.available_bytes),
        ):
            notebook.sample(
                now,
                "system.filesystem.usage",
                value,
                "By",
                system__filesystem__mountpoint=mount.mountpoint,
                system__filesystem__state=state,
            )
    if space.total_inodes:
        for state, value in (
            ("used", space.total_inodes - space.free_inodes),
            ("free", space.free_inodes),
        ):
            notebook.sample(
                now,
                "linux.filesystem.inodes",
                value,
                "{inode}",
                system__filesystem__mountpoint=mount.mountpoint,
                system__filesystem__state=state,
            )
    notebook.event(
        "system.filesystem",
        now,
        mountpoint=mount.mountpoint,
        type=mount.type,
        device=mount.source,
        read_only=mount.read_only,
        read_only_by_config=by_config,
    )


REFUSED = Words("they lie behind folders that we may not enter", "立ち入れないフォルダーの奥にあります")

SIGHT = Sight(
    name="file_systems",
    title=Words("file systems: room and writability", "ファイルシステムの空きと書き込み可否"),
    look=look,
    watches=True,
)
