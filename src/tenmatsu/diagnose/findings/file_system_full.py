"""A file system has no room left: no blocks, or no inodes."""

from dataclasses import dataclass
from shlex import quote

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, listing

# One per cent of what ordinary users may take is full in practice: databases refuse to write, logs stop.
FULL_SHARE = 0.01
# Worth saying, but no fault yet.
NEARLY_SHARE = 0.03


@dataclass(frozen=True, kw_only=True, slots=True)
class _Room:
    """The room on one file system; `free` is a share of the whole, 0 to 1."""

    mountpoint: str
    of: Words
    free: float


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Find the file systems with the least room for ordinary users."""
    rooms = sorted(_rooms(evidence), key=lambda room: room.free)
    if not rooms:
        return kind.unknown(evidence)
    full = [room for room in rooms if room.free <= FULL_SHARE]
    nearly = [room for room in rooms if room.free <= NEARLY_SHARE]
    least = rooms[0]
    figures: Figures = {"free_ratio": round(least.free, 4), "mountpoint": least.mountpoint}
    if full:
        named = listing(tuple(NAMED.fill(path=room.mountpoint, of=room.of) for room in full[:3]))
        return kind.present(evidence, FULL.fill(named=named), see=_see(least), **figures)
    if nearly:
        sentence = NEARLY.fill(path=least.mountpoint, of=least.of, free=f"{least.free:.1%}")
        return kind.present(evidence, sentence, strength=0.25, harm=False, see=_see(least), **figures)
    return kind.absent(
        evidence,
        QUIET.fill(path=least.mountpoint, of=least.of, free=f"{least.free:.0%}"),
        **figures,
    )


def _rooms(evidence: Evidence) -> list[_Room]:
    found = []
    for name, of in (("system.filesystem.usage", BLOCKS), ("linux.filesystem.inodes", INODES)):
        for free in evidence.find_series(name, system__filesystem__state="free"):
            path = str(free.attributes["system.filesystem.mountpoint"])
            used = evidence.one_series(
                name, system__filesystem__state="used", system__filesystem__mountpoint=path
            )
            if used is None:
                continue
            least = min(
                available / (taken + available) if taken + available > 0 else 1.0
                for (_, available), (_, taken) in zip(free.points, used.points, strict=False)
            )
            found.append(_Room(mountpoint=path, of=of, free=least))
    return found


def _see(room: _Room) -> tuple[str, ...]:
    path = quote(room.mountpoint)
    return (f"df -h {path}", f"df -i {path}")


BLOCKS = Words("room", "容量")
INODES = Words("inodes", "inode")
NAMED = Words("{path} (no {of} left)", "{path} ({of}の残りなし)")
FULL = Words("full: {named}", "満杯: {named}")
NEARLY = Words("{path} is nearly full: {free} of its {of} is free", "{path} は残りわずか: {of}の空き {free}")
QUIET = Words(
    "every file system has room (least: {path}, {free} of its {of} free)",
    "どのファイルシステムにも空きあり (最少: {path}、{of}の空き {free})",
)

KIND = FindingKind(
    id="file-system-full",
    layer=Layer.GUEST_KERNEL,
    title=Words("A file system is full", "ファイルシステムが満杯"),
    sights=("file_systems",),
    source="statvfs(3): f_bavail, f_ffree",
    judge=judge,
    harm=True,
    see=("df -h", "df -i"),
)
