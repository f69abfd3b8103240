"""The scripts that ask a libvirt host: one for each question, so that each is one trip.

Plain POSIX shell; virsh does the asking (virsh(1)), read only. Each virsh may use most of the limit, so that
what else the script knows is told even where libvirtd hangs.
"""

from shlex import quote

# `ask SECTION MODE WORDS…`: what virsh prints, then a section `SECTION.said` with exit code and complaint.
_ASK = r"""
uri=%s
exec 3>&1
limited=$(command -v timeout) && limited="$limited -s KILL $limit"
ask() {
    section=$1 mode=$2
    shift 2
    say "$section"
    complaint=$($limited virsh $mode -c "$uri" "$@" 2>&1 >&3 3>&-)
    code=$?
    say "$section.said" "$code"
    printf '%%s\n' "$complaint"
}
"""

_HOST = r"""
say clock; date +%s.%N
say uptime; cat /proc/uptime
say cpu; grep -v '^intr\|^softirq' /proc/stat
say memory; cat /proc/meminfo
say devices; ls /sys/block
say disks; cat /proc/diskstats
for kind in cpu memory io; do
    say "pressure.$kind"; cat "/proc/pressure/$kind" 2>/dev/null
done
"""

# libvirt before 4.5 knows no --nowait: it waits for a guest that is being worked on.
_STATS = r"""
ask stats -r 'domstats --raw --nowait'
case $complaint in *--nowait*) ask stats -r 'domstats --raw' ;; esac
"""

# Version 1 of the control groups names its controllers among the mount's options, the last field.
_GROUPS = r"""
tree= version=2 second= accounts= memories=
while read -r _ _ _ _ mount rest; do
    case $rest in
    *' - cgroup '*)
        case ",${rest##* }," in *,cpu,*) tree=$mount version=1 ;; esac
        case ",${rest##* }," in *,cpuacct,*) accounts=$mount ;; esac
        case ",${rest##* }," in *,memory,*) memories=$mount ;; esac ;;
    *' - cgroup2 '*) second=$mount ;;
    esac
done </proc/self/mountinfo
[ "$version" = 1 ] || tree=$second

path_of() {
    case $version in
    1) sed -n "s/^[0-9]*:\([^:]*,\)\{0,1\}$2\(,[^:]*\)\{0,1\}://p" "$1/cgroup" ;;
    *) sed -n 's/^0:://p' "$1/cgroup" ;;
    esac
}

used_by() {
    say used
    case $version in
    1) path=$(path_of "$1" cpuacct)
        echo "usage_ns $(cat "$accounts${path%/emulator}/cpuacct.usage")"
        echo "memory $(cat "$memories$(path_of "$1" memory)/memory.usage_in_bytes")" ;;
    *) grep '^usage_usec' "$inner/cpu.stat"
        echo "memory $(cat "$inner/memory.current")" ;;
    esac
}

# The shell's own reading: a guest has a dozen such files, and each `cat` costs its host a process.
show() {
    while read -r line; do printf '%s%s\n' "$2" "$line"; done <"$1"
}

group() {
    [ -r "$2/cpu.stat" ] || return
    say "group $1"
    show "$2/cpu.stat"
    if [ "$version" = 1 ]; then
        show "$2/cpu.cfs_quota_us" 'quota_us '
        show "$2/cpu.cfs_period_us" 'period_us '
    elif [ -r "$2/cpu.max" ]; then
        show "$2/cpu.max" 'max_of '
    fi
}

groups_of() {
    path=$(path_of "$1" cpu)
    inner=$tree${path%/emulator}
    [ -d "$inner" ] && [ "$inner" != "$tree" ] && [ "$inner" != "$tree/" ] || return
    group whole "$inner"
    [ "$name" != libvirt_lxc ] || used_by "$1"
    for kind in cpu memory io; do
        [ -r "$inner/$kind.pressure" ] && { say "guest.$kind"; show "$inner/$kind.pressure"; }
    done
    for folder in "$inner"/*/; do
        group "${folder#"$inner/"}" "${folder%/}"
    done
    above=${inner%/*}
    while [ "${#above}" -gt "${#tree}" ]; do
        group above "$above"
        above=${above%/*}
    done
}

say ticks; getconf CLK_TCK
for process in /proc/[0-9]*; do
    { read -r name <"$process/comm"; } 2>/dev/null || continue
    case $name in qemu*|kvm|libvirt_lxc) ;; *) continue ;; esac
    say process; tr '\0' '\n' <"$process/cmdline"
    say stat; show "$process/stat"
    say status; grep -a '^VmSwap:' "$process/status"
    groups_of "$process"
done 2>/dev/null
"""

_IDENTIFY = r"""
say clock; date +%s.%N
say who; id -un
ask reading -r 'version --daemon; hostname'
ask acting '' uri
say sockets; ls -ld /run/libvirt/*-sock /var/run/libvirt/*-sock 2>/dev/null
"""

_INVENTORY = r"""
say product; cat /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name 2>/dev/null
say system; cat /etc/os-release 2>/dev/null
say arp; cat /proc/net/arp 2>/dev/null
say addresses; ip -o addr show 2>/dev/null
ask guests -r "list --all --uuid --name
echo $mark active; list --uuid"
ask host -r "echo $mark list.autostart; list --all --autostart --uuid
echo $mark list.hostname; hostname
echo $mark list.version; version --daemon
echo $mark list.nodeinfo; nodeinfo
echo $mark list.pools; pool-list --all --details
echo $mark list.capabilities; capabilities"

# Not more at once than one argument may be long (execve(2), 128 KiB).
ask_guests() {
    [ -n "$commands" ] && ask xml -r "$commands"
    commands= count=0
}
commands= count=0
for uuid in $($limited virsh -r -c "$uri" list --all --uuid 2>/dev/null); do
    for what in dumpxml domifaddr snapshot-list; do
        commands="$commands echo $mark $what $uuid; $what $uuid;"
    done
    count=$((count + 1))
    [ "$count" -lt 50 ] || ask_guests
done
ask_guests

for uuid in $($limited virsh -r -c "$uri" pool-list --all --uuid 2>/dev/null); do
    commands="$commands echo $mark pool-dumpxml $uuid; pool-dumpxml $uuid;"
done
[ -z "$commands" ] || ask pools -r "$commands"
"""

_MEASURE = r"""
say uptime.stats; cat /proc/uptime
ask guests -r "list --all --uuid --name
echo $mark active; list --uuid"
"""

# What lies in a folder that cannot be entered does not seem to be there.
_RECALL = r"""
for kind in qemu lxc; do
    folder=$logs/$kind
    if [ -e "$logs" ] && [ ! -x "$logs" ]; then say closed; echo "$logs"; break; fi
    if [ ! -e "$folder" ]; then continue; fi
    if [ ! -r "$folder" ] || [ ! -x "$folder" ]; then say closed; echo "$folder"; continue; fi
    for log in "$folder"/*.log.1 "$folder"/*.log; do
        [ -f "$log" ] || continue
        [ -r "$log" ] || { say closed; echo "$folder"; break; }
        name=${log##*/}
        say log "${name%%.log*}"
        grep -aE '^[0-9-]{10} [0-9:.]+\+0000: (starting up|shutting down)' "$log" 2>/dev/null | tail -n 200
    done
done
say cpu; grep -v '^intr\|^softirq' /proc/stat
say clock; date +%s.%N
"""


def make_identify_script(uri: str) -> str:
    """Return the script that tells who answers, and whether it would let us act."""
    return _ASK % quote(uri) + _IDENTIFY


def make_inventory_script(uri: str, *, with_machine: bool) -> str:
    """Return the script that tells what there is; `with_machine`: the machine that runs it is the host."""
    return _with_machine(uri, _INVENTORY + _STATS, with_machine=with_machine)


def make_measure_script(uri: str, *, with_machine: bool) -> str:
    """Return the script that brings the figures."""
    return _with_machine(uri, _MEASURE + _STATS, with_machine=with_machine)


def _with_machine(uri: str, question: str, *, with_machine: bool) -> str:
    host, groups = (_HOST, _GROUPS) if with_machine else ("", "")
    return _ASK % quote(uri) + host + question + groups


def make_recall_script(logs: str = "/var/log/libvirt") -> str:
    """Return the script that tells what happened; `logs`: where libvirt writes its guests' logs."""
    return f"logs={quote(logs)}\n{_RECALL}"
