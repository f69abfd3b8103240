"""Figures that a machine shows of itself and that do not mean there what they say, each with its reason.

In evidence they are events `machine.misleading` with `figure` and `reason`; whoever speaks of such a figure
finds the sentence here.
"""

from collections.abc import Mapping

from tenmatsu.model.words import Words

MISLEADING: Mapping[str, Words] = {
    "steal-of-vmware": Words(
        "zero steal proves nothing: VMware tells its guests only where stealclock.enable is set",
        "steal が 0 でも判断できない: VMware は stealclock.enable を設定した時だけゲストに伝える",
    ),
    "steal-of-hyperv": Words(
        "zero steal proves nothing: Hyper-V does not tell its guests",
        "steal が 0 でも判断できない: Hyper-V はゲストに伝えない",
    ),
    "steal-of-emulation": Words(
        "steal is always 0 without KVM, even under a limit",
        "KVM なしでは、上限で止められていても steal は常に 0",
    ),
    "steal-switched-off": Words(
        "steal is always 0: the kernel was started with no-steal-acc",
        "カーネルが no-steal-acc 付きで起動しており、steal は常に 0",
    ),
    "load-of-host": Words(
        "the load average in a container is usually that of its whole host",
        "コンテナー内のロードアベレージは通常ホスト全体の値",
    ),
    "memory-of-host": Words(
        "/proc/meminfo shows the memory of the host, not what this container may use",
        "/proc/meminfo はホストのメモリーで、このコンテナーの上限ではない",
    ),
    "processors-of-host": Words(
        "/proc/stat and /proc/cpuinfo show the processors of the host, not this container's share",
        "/proc/stat と /proc/cpuinfo はホストの CPU で、このコンテナーの割り当てではない",
    ),
    "idle-under-limit": Words(
        "the CPU looks idle while this container is held at its own limit: "
        "top shows shares of all processors",
        "自身の上限で止められている間も CPU は空いて見える: top の値は全 CPU に対する割合",
    ),
    "idle-polls": Words(
        "an idle processor spins for a while before it sleeps (haltpoll): "
        "from below it looks busier than inside",
        "アイドル時もしばらく空回りする (haltpoll) ため、下からはゲスト内より忙しく見える",
    ),
    "memory-after-balloon": Words(
        "the total memory shown is what the balloon left, not what this guest was given",
        "表示される総メモリーはバルーンが残した分で、割り当て量ではない",
    ),
}
