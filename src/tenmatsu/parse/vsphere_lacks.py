"""What a vSphere server did not tell, in sentences."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from tenmatsu.model.below import Lack
from tenmatsu.model.words import Words, listing, plain
from tenmatsu.parse.vsphere_row import Row

# More lacks of one kind than this are told as one: it is then the role, not the guest.
_MOST_APART = 5
# Faults that say: you may not. All others say: there is none here.
_RIGHTS = ("NoPermission", "NotAuthenticated", "SecurityError")

_READ_ROLE_EN = "give the user the role Read-only on all objects (docs/hypervisors.md)"
READ_ROLE = Words(_READ_ROLE_EN, "ユーザーに全オブジェクトの「読み取り専用」を付与 (docs/hypervisors.md)")
NO_RIGHT_WHY = Words("the user's role lacks the right {right}", "ユーザーの役割に権限 {right} がありません")
NO_RIGHT = Words("the user's role may not read it", "ユーザーの役割では読めません")
NOT_TOLD = Words("this version does not tell it", "この版は値を返しません")
NEWER = Words("nothing does: it is the version's own limit", "ありません。この版の制限です")

_TOPICS: Mapping[str, Words] = {
    "config": Words("its settings: limit, disks, cards", "設定 (上限・ディスク・ネットワークカード)"),
    "config.cpuAllocation": Words("its CPU limit", "CPU の上限"),
    "config.memoryAllocation": Words("its memory limit", "メモリの上限"),
    "config.hardware.device": Words("its disks and network cards", "ディスクとネットワークカード"),
    "config.extraConfig": Words("whether steal is told to it", "steal がゲストに知らされるか"),
    "config.autoStart": Words("its start order of guests", "ゲストの起動順"),
    "snapshot": Words("its snapshots", "スナップショット"),
    "layoutEx": Words("how large its snapshots are", "スナップショットの大きさ"),
    "runtime.healthSystemRuntime": Words("its hardware's sensors", "ハードウェアのセンサー"),
    "guest.net": Words("its addresses", "アドレス"),
    "summary": Words("its size and state", "容量と状態"),
    "configuration.dasConfig.enabled": Words("whether it is highly available", "高可用性の有無"),
}


def find_lacks(rows: Iterable[Row]) -> Iterator[Lack]:
    """Yield what was withheld of these objects, once for all where it is more than a few."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        for path, fault in row.withheld.items():
            found[path, fault].append(row.key)
    for (path, fault), keys in found.items():
        what = _TOPICS.get(path, plain(path))
        why, close_by = (NO_RIGHT, READ_ROLE) if fault in _RIGHTS else (NOT_TOLD, NEWER)
        for key in keys if len(keys) <= _MOST_APART else ("",):
            yield Lack(what=what, why=why, close_by=close_by, key=key)


def counters_lack(names: Iterable[str]) -> Iterator[Lack]:
    """Yield one lack for all counters that the server does not know."""
    lacking = tuple(plain(name) for name in names)
    if lacking:
        yield Lack(what=COUNTERS.fill(names=listing(lacking)), why=NOT_TOLD, close_by=NEWER)


def silent_lack(key: str) -> Lack:
    """Return that an object which runs had no samples."""
    return Lack(what=SAMPLES, why=NO_SAMPLES, close_by=WAIT, key=key)


def refused_lack(key: str, fault: str) -> Lack:
    """Return that the server cannot measure an object, by the name of its fault."""
    return Lack(what=SAMPLES, why=REFUSED.fill(fault=fault), close_by=WAIT, key=key)


COUNTERS = Words("the counters {names}", "カウンター {names}")
SAMPLES = Words("its counters", "カウンター")
NO_SAMPLES = Words("it runs, but the server has no samples of it", "稼働中ですが、サーバーに標本がありません")
REFUSED = Words("the server says {fault}", "サーバーの応答は {fault} です")
WAIT = Words(
    "look again in a minute: samples begin after 20 s", "1 分後に再試行 (標本は 20 秒後から始まります)"
)
