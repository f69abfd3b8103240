"""What virsh complains of, in words that say what to do. The patterns are libvirt's own sentences."""

import re
from collections.abc import Iterator

from tenmatsu.errors import NoConnection, NotThere, ReachError, TookTooLong
from tenmatsu.model.words import Words
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.reach.host_shell import Told

# timeout(1) says 124, or 137 where it had to kill; the shell says 127 where there is no such program.
TOO_LATE, _NO_PROGRAM = (124, 137), 127

_NO_VIRSH = Words(
    "there is no virsh on {host}: install libvirt's client programs there (Debian: libvirt-clients)",
    "{host} に virsh がありません。libvirt のクライアントを導入してください (Debian: libvirt-clients)",
)
_SOCKET_CLOSED = Words(
    "{user} may not use libvirt's socket on {host}: as root there, `usermod -aG {group} {user}`, then log "
    "in anew",
    "{user} は {host} の libvirt のソケットを使えません。"
    "root で `usermod -aG {group} {user}` を実行し、ログインし直してください",
)
_POLKIT = Words(
    "libvirt on {host} refuses {user} ({said}): as root there, `usermod -aG {group} {user}`, or a rule of "
    "polkit's",
    "{host} の libvirt が {user} を拒否しました ({said})。"
    "root で `usermod -aG {group} {user}` を実行するか、polkit の規則を追加してください",
)
_NOT_RUNNING = Words(
    "libvirt does not run on {host} ({said}): see `systemctl status libvirtd virtqemud` there",
    "{host} で libvirt が動いていません ({said})。`systemctl status libvirtd virtqemud` を確認してください",
)
_NO_DRIVER = Words(
    "libvirt on {host} has no part for that kind of guest ({said})",
    "{host} の libvirt はこの種類のゲストに対応していません ({said})",
)
_OTHER = Words("libvirt on {host} says: {said}", "{host} の libvirt の応答: {said}")
_REFUSED = r"authentication unavailable|authentication failed|access denied|Authorization requires|polkit"
_ABSENT = r"Failed to connect socket|Connection refused|Cannot recv data|End of file while reading"
_DRIVERLESS = r"no connection driver available|Driver .* not (?:found|available)|is not built"


def find_said(told: Told, section: str) -> Iterator[tuple[int, bytes]]:
    """Yield code and complaint of each virsh that was asked for this section, in their order."""
    for name, complaint in told.sections:
        said, _, code = name.partition(" ")
        if said == f"{section}.said" and code.isdigit():
            yield int(code), complaint


def explain_virsh(host: str, code: int, said: str, *, user: str, group: str, seconds: float) -> ReachError:
    """Return the error for a virsh that ended with this code and these words."""
    if code in TOO_LATE:
        return TookTooLong(f"libvirt ({host})", seconds)
    lines = [line.removeprefix("error: ") for line in said.splitlines() if line.strip()]
    last = make_plain(lines[-1], 200) if lines else f"exit code {code}"
    if code == _NO_PROGRAM:
        error: ReachError = NotThere("virsh")
        error.words = _NO_VIRSH.fill(host=host)
        return error
    for pattern, words in (
        (r"Permission denied", _SOCKET_CLOSED),
        (_REFUSED, _POLKIT),
        (_DRIVERLESS, _NO_DRIVER),
        (_ABSENT, _NOT_RUNNING),
    ):
        if re.search(pattern, said):
            filled = words.fill(host=host, user=user, group=group, said=last)
            return NoConnection(host, filled, permanent=words is not _NOT_RUNNING)
    return NoConnection(host, _OTHER.fill(host=host, said=last), permanent=False)


def find_group(sockets: bytes) -> str:
    """Return the group that may use the socket (`ls -ld`), by its usual name where none is told."""
    for line in sockets.decode("utf-8", "backslashreplace").splitlines():
        fields = line.split()
        if len(fields) > 8 and not fields[-1].endswith("-ro") and fields[3] != "root":
            return make_plain(fields[3], 40)
    return "libvirt"
