"""What the kernel says, by kind: a table. The first row that fits is taken, so the order matters.

Each row: the class, a word that must stand in the message (looked for first, since that is cheap), the
pattern, and where it is from: a file of the Linux sources unless said otherwise. A pattern is bound to
the beginning where the kernel writes it there: the name of a process inside a message may imitate
anything. Rows marked as a bystander are harmless or only tell more about another message.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """A kind of message. Named groups of the pattern: device, victim, pid, cgroup, limit."""

    name: str
    word: str
    source: str
    pattern: str
    bystander: bool = False


# fmt: off
ROWS: tuple[Row, ...] = (
    # memory
    Row("oom-kill", "Killed process", "mm/oom_kill.c",
        r"^(?:[\w ()]{3,60}: )?Killed process (?P<pid>\d+),?(?: UID \d+,)? \("
        r"(?P<victim>.{0,64}?)\)"),
    Row("oom-context", "oom-kill:", "mm/oom_kill.c",
        r"^oom-kill:constraint=\w+,.*?(?:oom_memcg=(?P<limit>[^,]*),)?task_memcg="
        r"(?P<cgroup>[^,]*),task=(?P<victim>.*),pid=(?P<pid>\d+),uid=", bystander=True),
    Row("oom-context", "killed as a result", "mm/memcontrol.c before 5.0",
        r"^Task in (?P<cgroup>\S+) killed as a result of limit of (?P<limit>\S+)", bystander=True),
    Row("oom-context", "oom", "mm/oom_kill.c",
        "invoked oom-killer: gfp_mask|^oom_reaper: |^Out of memory: Kill process|^Memory "
        "cgroup out of memory: Kill process", bystander=True),
    Row("page-allocation", "page allocation", "mm/page_alloc.c",
        "page allocation (?:failure|stalls)"),
    Row("page-allocation", "nable to allocate", "mm/slub.c",
        "^(?:SLU?B: |vmalloc: )?Unable to allocate memory"),
    # processes
    Row("segfault", "segfault", "arch/x86/mm/fault.c",
        r"^(?P<victim>.{1,64}?)\[(?P<pid>\d+)\]: segfault at "),
    Row("segfault", "traps: ", "arch/x86/kernel/traps.c",
        r"^traps: (?P<victim>.{1,64}?)\[(?P<pid>\d+)\] (?:general protection|trap )"),
    Row("segfault", "unhandled", "arch/arm64/kernel/traps.c, arch/powerpc",
        r"^(?P<victim>.{1,64}?)\[(?P<pid>\d+)\]: (?:unhandled (?:signal|level|excep)"
        "|.*unhandled exception)"),
    Row("fork-rejected", "fork rejected", "kernel/cgroup/pids.c",
        "^cgroup: fork rejected by pids controller in (?P<cgroup>.+)"),
    Row("file-limit", "file-max", "fs/file_table.c",
        r"^VFS: file-max limit \d+ reached"),
    Row("policy-denied", "DENIED", "security/apparmor/audit.c",
        'apparmor="DENIED"'),
    Row("policy-denied", "denied", "security/selinux/avc.c",
        "avc: +denied"),
    # the kernel stands still, or breaks
    Row("soft-lockup", "soft lockup", "kernel/watchdog.c",
        r"BUG: soft lockup - CPU#\d+ stuck for \d+s! \[(?P<victim>.*):(?P<pid>\d+)\]"),
    Row("soft-lockup", "soft lockup", "kernel/watchdog.c",
        "BUG: soft lockup"),
    Row("hard-lockup", "LOCKUP", "kernel/watchdog_perf.c",
        "Watchdog detected hard LOCKUP"),
    Row("rcu-stall", "stall", "kernel/rcu/tree_stall.h",
        r"\w*rcu\w*:? .*(?:detected (?:expedited )?stalls?|self-detected stall)"),
    Row("rcu-stall", "starved", "kernel/rcu/tree_stall.h",
        r"^(?:rcu: )?\s*rcu_\w+ kthread starved for"),
    Row("workqueue-lockup", "workqueue lockup", "kernel/workqueue.c",
        "^BUG: workqueue lockup"),
    Row("hung-task", "blocked", "kernel/hung_task.c",
        r"^INFO: task (?P<victim>.+):(?P<pid>\d+) (?:<\w+> )?(?:is )?blocked (?:.{0,60} )?for "
        r"more than \d+ seconds"),
    Row("kernel-bug", "anic", "kernel/panic.c",
        "^Kernel panic - not syncing"),
    Row("kernel-bug", "BUG: ", "arch/x86/mm/fault.c",
        "^BUG: (?:unable to handle|kernel NULL|Bad page|scheduling while|spinlock|KASAN|stack)"),
    Row("kernel-bug", "kernel BUG at", "lib/bug.c",
        "^kernel BUG at "),
    Row("kernel-bug", "Oops", "arch/*/kernel/dumpstack.c",
        "^(?:Internal error: )?Oops: "),
    Row("kernel-bug", "general protection", "arch/x86/kernel/traps.c",
        "^general protection fault"),
    Row("kernel-bug", "Unable to handle", "arch/arm64/mm/fault.c",
        "^Unable to handle kernel "),
    Row("kernel-warning", "WARNING: ", "kernel/panic.c",
        r"^WARNING: (?:CPU: \d+ PID|.* at )"),
    Row("hypervisor", "NMI handler", "arch/x86/kernel/nmi.c",
        r"NMI handler \(.*\) took too long to run"),
    Row("hypervisor", "balloon", "drivers/virtio/virtio_balloon.c, drivers/hv/hv_balloon.c",
        "^virtio_balloon .*Out of puff|^hv_balloon: .*(?:fail|unable)|^xen:balloon: .*fail"),
    Row("hypervisor", "TX timeout", "drivers/net/virtio_net.c",
        "^virtio_net .*TX timeout"),
    # disks and file systems; drives without a medium first, since they imitate dying disks
    Row("removable-medium", "rror", "block/blk-core.c: an empty floppy or CD drive",
        "(?:error, dev|Buffer I/O error on dev(?:ice)?) (?P<device>(?:fd|sr"
        r"|hdc)\d*)\b", bystander=True),
    Row("disk-error", " error, dev ", "block/blk-core.c",
        "(?:^|[ :])(?:I/O|timeout|device offline|protection|(?:recoverable )?transport"
        r"|critical (?:target|nexus|medium)) error, dev (?P<device>[\w!-]+), "),
    Row("volume-full", "space allocation", "block/blk-core.c",
        r"critical space allocation error, dev (?P<device>[\w!-]+)"),
    Row("volume-full", "out-of-data-space", "drivers/md/dm-thin.c",
        r"^device-mapper: thin: (?P<device>\S+): switching pool to "
        "(?:out-of-data-space|read-only)"),
    Row("volume-full", "Invalidating snapshot", "drivers/md/dm-snap.c",
        "^device-mapper: snapshots: Invalidating snapshot"),
    Row("disk-error", "uffer I/O error", "fs/buffer.c",
        r"^Buffer I/O error on dev(?:ice)? (?P<device>[\w!-]+)"),
    Row("disk-error", "write due to I/O", "fs/buffer.c",
        r"^lost (?:async )?page write due to I/O error on (?P<device>\S+)"),
    Row("disk-error", "Sense", "drivers/scsi/sd.c",
        r"\[(?P<device>sd\w+)\].*(?:Sense Key ?: (?:Medium|Hardware) Error|Add. Sense: Unrecov)"),
    Row("disk-error", "ata", "drivers/ata/libata-eh.c",
        r"^(?P<device>ata\d+)(?:\.\d+)?: (?:exception Emask|failed command|COMRESET failed|hard "
        r"resetting link|limiting SATA|revalidation failed|error: \{)"),
    Row("disk-error", "nvme", "drivers/nvme/host/pci.c",
        r"^(?:nvme )?(?P<device>nvme\d+)(?:n\d+)?: (?:I/O .*timeout|I/O tag .*timeout"
        "|controller is down|Device not ready|Removing after probe failure|Abort status)"),
    Row("disk-error", "offline", "drivers/scsi/scsi_lib.c",
        r"^sd [\d:]+: (?:\[(?P<device>\w+)\] )?(?:rejecting I/O to offline|Device offlined)"),
    Row("disk-error", "task abort", "drivers/message/fusion/mptscsih.c",
        r"^(?P<device>mpt\w+: ioc\d+|sd [\d:]+): (?:attempting )?task abort"),
    Row("disk-error", "Disk failure on", "drivers/md/raid1.c",
        r"^md/.*Disk failure on (?P<device>[\w!-]+)"),
    Row("disk-error", "Failing path", "drivers/md/dm-mpath.c",
        r"^device-mapper: multipath: .*Failing path (?P<device>\S+)"),
    Row("read-only-remount", "emounting filesystem", "fs/ext4/super.c",
        r"^EXT\d-fs (?:error )?\((?:device )?(?P<device>[^)]+)\): Remounting filesystem read-only"),
    Row("read-only-remount", "forced readonly", "fs/btrfs/messages.c",
        r"^BTRFS.*\((?:device )?(?P<device>[^) ]+).*forced readonly"),
    Row("read-only-remount", "XFS", "fs/xfs/xfs_fsops.c",
        r"^XFS \((?P<device>[^)]+)\): (?:xfs_do_force_shutdown|Filesystem has been shut"
        "|Corruption of in-memory data .*hutting down|.*Shutting down filesystem)"),
    Row("file-system-error", "EXT", "fs/ext4/super.c",
        r"^EXT\d-fs (?:error|critical) \(device (?P<device>[^)]+)\)"),
    Row("file-system-error", "EXT", "fs/ext4/inode.c",
        r"^EXT\d-fs \((?P<device>[^)]+)\): (?:error count since last fsck|Delayed block "
        "allocation failed|failed to convert|This should not happen)"),
    Row("file-system-error", "ournal", "fs/jbd2/journal.c",
        "^(?:Aborting journal on device|JBD2?: Detected IO errors while flushing file data on) "
        r"(?P<device>[\w!-]+)"),
    Row("file-system-error", "XFS", "fs/xfs/xfs_error.c",
        r"^XFS \((?P<device>[^)]+)\): (?:[Mm]etadata (?:I/O|corruption)|Corruption detected|log "
        "I/O error|Internal error|possible memory allocation deadlock)"),
    Row("file-system-error", "BTRFS", "fs/btrfs/messages.c",
        r"^BTRFS:? (?:error|critical|warning) ?\((?:device )?(?P<device>[^) ]+)[^)]*\)(?:: "
        "(?:bdev .*errs|.*csum failed|.*corrupt|.*errno|parent transid)| in )"),
    Row("file-system-error", "FAT-fs", "fs/fat/misc.c",
        r"^FAT-fs \((?P<device>[^)]+)\): error"),
    Row("file-server", "not responding", "net/sunrpc/clnt.c",
        r"(?:^|: )(?:nfs|lockd): server (?P<device>\S+) not responding"),
    Row("file-server", "has not responded", "fs/smb/client/connect.c",
        "CIFS:? .*has not responded"),
    Row("file-server", "connection", "drivers/scsi/libiscsi.c",
        r"^ ?connection\d+:\d+: ping timeout"),
    # hardware
    Row("thermal", "temperature", "drivers/thermal/intel/therm_throt.c",
        "temperature above threshold|critical temperature reached"),
    Row("machine-check", "Machine check", "arch/x86/kernel/cpu/mce",
        "Machine check (?:events logged|exception)"),
    Row("memory-error", "EDAC", "drivers/edac/edac_mc.c",
        r"^EDAC (?P<device>MC\d+): \d+ (?:CE|UE) "),
    Row("machine-check", "[Hardware Error]", "arch/x86/kernel/cpu/mce, drivers/firmware/efi/cper.c",
        r"\[Hardware Error\]: (?:CPU[: ]?\d|Hardware error from|Corrected|Uncorrected|Deferred"
        "|event severity)"),
    Row("pcie-error", "PCIe Bus Error", "drivers/pci/pcie/aer.c",
        r"(?P<device>[\da-f]{4}:[\da-f:.]+): PCIe Bus Error: severity="),
    Row("machine-check", "NMI", "arch/x86/kernel/nmi.c",
        r"^(?:Uhhuh\. )?NMI: (?:PCI system|IOCK) error|^Uhhuh\. NMI received for unknown"),
    # network
    Row("conntrack-full", "table full", "net/netfilter/nf_conntrack_core.c",
        "(?:nf|ip)_conntrack: .*table full"),
    Row("syn-flood", "SYN flooding", "net/ipv4/tcp_input.c",
        "[Pp]ossible SYN flooding on port"),
    Row("tcp-memory", "TCP", "net/ipv4/tcp.c",
        "^TCP: (?:out of memory|too many (?:of )?orphaned)"),
    Row("tcp-memory", "socket memory", "net/ipv4/tcp_timer.c before 3.10",
        "^Out of socket memory"),
    Row("neighbour-table", "able overflow", "net/core/neighbour.c",
        "[Nn]eighbou?r table overflow"),
    Row("network-hang", "NETDEV WATCHDOG", "net/sched",
        "NETDEV WATCHDOG: "),
    Row("network-hang", "Unit Hang", "drivers/net/ethernet/intel",
        "Detected (?:Tx |Hardware )Unit Hang"),
    Row("usual-boot", "ATA link", "drivers/ata: a port without a disk",
        r"^ata\d+: SATA link (?:up|down)", bystander=True),
    Row("link-down", "ink ", "drivers/net",
        r"(?:(?P<device>[\w.-]+):? )?(?:NIC )?(?:Copper )?[Ll]ink (?:is |status definitely "
        ")?[Dd]own(?! for Down)"),
    Row("link-up", "ink ", "drivers/net",
        r"(?:(?P<device>[\w.-]+):? )?(?:NIC )?(?:Copper )?[Ll]ink (?:is |becomes |status "
        r"definitely )?(?:[Uu]p|ready)\b", bystander=True),
    # time
    Row("clock-unstable", "unstable", "kernel/time/clocksource.c",
        "[Cc]locksource.*unstable|TSC (?:found )?unstable"),
    Row("clock-unstable", "timer tick", "arch/x86/kernel/time.c",
        r"Lost \d+ timer tick|^Losing some ticks"),
    Row("suspend", "suspend e", "kernel/power/suspend.c",
        "^PM: suspend (?:entry|exit)", bystander=True),
    Row("vm-restored", "virtual machine fork", "drivers/char/random.c",
        "^random: crng reseeded due to virtual machine fork", bystander=True),
    # noise that imitates trouble, or is common and proves nothing
    Row("taint", "taint", "kernel/module",
        "taint(?:s|ing) kernel|due to kernel taint", bystander=True),
    Row("firewall", " OUT=", "net/netfilter/nf_log_syslog.c",
        r"\bIN=\S* OUT=\S* ", bystander=True),
    Row("bridge-port", " entered ", "net/bridge/br_stp.c",
        r"port \d+\(\S+\) entered \w+ (?:state|mode)", bystander=True),
    Row("suppressed", "suppressed", "lib/ratelimit.c",
        r"\d+ (?:callbacks|messages|printk messages) suppressed|messages dropped", bystander=True),
)
# fmt: on
