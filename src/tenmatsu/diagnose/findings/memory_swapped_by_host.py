"""The host swapped memory of this guest out: what is touched again has to come from the host's disk."""

from tenmatsu.diagnose.from_below import FromBelow, look_from_below, without_view
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Swapped memory that is not touched harms nobody. Read back at 100 kB a second, or waited for in 1 % of the
# time, it is felt: at some milliseconds for 4 kB that is a tenth of the time and more.
NOTICED_BYTES_PER_SECOND = 100e3
NOTICED_WAIT = 0.01
SURE_WAIT = 0.10
_MIB = 1 << 20


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Judge by what is swapped in and waited for; memory that only lies there is told, not blamed."""
    view = look_from_below(evidence)
    if view is None:
        return without_view(kind, evidence)
    guest = view.guest.component
    swapped = view.mean(guest, "vm.memory.swapped")
    coming = view.mean(guest, "vm.memory.swap_in")
    waits = view.mean(guest, "vm.cpu.swap_wait")
    if swapped is None and coming is None and waits is None:
        return kind.unknown(evidence, NOT_TOLD)
    figures = _figures(swapped, coming, waits)
    said = {
        "guest": view.name,
        "swapped": f"{(swapped or 0) / _MIB:.0f}",
        "coming": f"{(coming or 0) / 1e3:.0f}",
        "host": _host_words(view),
    }
    felt = max((coming or 0.0) / (NOTICED_BYTES_PER_SECOND * 4), (waits or 0.0) / SURE_WAIT)
    if (coming or 0.0) >= NOTICED_BYTES_PER_SECOND or (waits or 0.0) >= NOTICED_WAIT:
        return kind.present(evidence, SEEN.fill(**said), strength=felt, **figures)
    words = LIES_THERE if (swapped or 0.0) > _MIB else NONE
    return kind.absent(evidence, words.fill(**said), **figures)


def _figures(swapped: float | None, coming: float | None, waits: float | None) -> Figures:
    told = {"swapped_bytes": swapped, "swap_in_bytes_per_second": coming, "swap_wait_ratio": waits}
    return {key: round(value, 4) for key, value in told.items() if value is not None}


def _host_words(view: FromBelow) -> Words:
    used = view.mean(view.host_id, "host.memory.usage")
    capacity = view.mean(view.host_id, "host.memory.capacity")
    if used is None or not capacity:
        return Words("", "")
    return HOST.fill(share=f"{used / capacity:.0%}")


SEEN = Words(
    "{swapped} MiB of {guest} are in the host's swap and are read back at {coming} kB/s{host}",
    "{guest} のメモリー {swapped} MiB がホストのスワップにあり、毎秒 {coming} kB を読み戻している{host}",
)
HOST = Words("; the host's memory is {share} used", "。ホストのメモリー使用率 {share}")
LIES_THERE = Words(
    "{swapped} MiB of {guest} are in the host's swap, but hardly touched{host}",
    "{guest} の {swapped} MiB がホストのスワップにあるが、ほとんど使われていない{host}",
)
NONE = Words("the host swapped nothing of {guest} out{host}", "{guest} はスワップアウトされていない{host}")
NOT_TOLD = Words(
    "the hypervisor does not tell what it swapped out",
    "スワップアウトの量をハイパーバイザーから得られません",
)

KIND = FindingKind(
    id="memory-swapped-by-host",
    layer=Layer.HYPERVISOR,
    title=Words("Memory swapped out by the host", "ホストによるスワップアウト"),
    sights=("below",),
    source="VMware mem.swapped, mem.swapinRate, cpu.swapwait; VmSwap of the emulator's process",
    judge=judge,
    see=(
        "esxtop, then m: SWCUR, SWR/s, and c: %SWPWT",
        "grep VmSwap /proc/$(pidof qemu-kvm)/status",
    ),
)
