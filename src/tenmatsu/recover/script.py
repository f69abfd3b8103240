"""A plan as a commented shell script that does the same by hand, for the night on which we are not there.

It runs on the owner's own machine and reaches the host by SSH (libvirt also by its address). Whether a
guest is on has three answers in it as well: where nobody can say, it stops, and it restarts no host of which
a guest may still run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from urllib.parse import urlsplit

from tenmatsu.errors import WrongUse
from tenmatsu.model.below import Product
from tenmatsu.model.plan import Action, Plan, PlannedStep, Readiness, ReadyBy
from tenmatsu.model.site_map import Api, Entry, SiteMap
from tenmatsu.model.words import Language, Words


@dataclass(frozen=True, kw_only=True, slots=True)
class _Hand:
    """How one kind of hypervisor is worked by hand: shell functions, and the words that restart its host."""

    functions: str
    restart: str
    check: str


# vim-cmd knows guests by a number. Its list is cut into columns by blanks, which a name may hold as well:
# what stands between the number and the datastore's bracket is the name.
_VMWARE = _Hand(
    functions="""\
id_of() {
    on_host vim-cmd vmsvc/getallvms | wanted=$1 awk '
        { id = $1; name = $0; sub(/^[0-9]+ +/, "", name); sub(/ +\\[.*/, "", name) }
        name == ENVIRON["wanted"] { print id; found++ }
        END { exit found != 1 }'
}
state_of() {
    id=$(id_of "$1") && said=$(on_host vim-cmd vmsvc/power.getstate "$id") || said=
    case $said in *'Powered on'*) echo on ;; *'Powered off'*) echo off ;; *) echo unknown ;; esac
}
shut_down() { id=$(id_of "$1") && on_host vim-cmd vmsvc/power.shutdown "$id"; }
switch_off() { id=$(id_of "$1") && on_host vim-cmd vmsvc/power.off "$id"; }
start() { id=$(id_of "$1") && on_host vim-cmd vmsvc/power.on "$id"; }
boot_of() { on_host vim-cmd hostsvc/hostsummary | grep bootTime; }
""",
    # Not "esxcli system shutdown reboot": that demands maintenance mode, and out of it nothing starts.
    restart="on_host reboot",
    check="boot_of",
)
_LIBVIRT = _Hand(
    functions="""\
state_of() {
    said=$(virsh_ domstate "$1") || said=
    case $said in running*) echo on ;; 'shut off'*) echo off ;; *) echo unknown ;; esac
}
shut_down() { virsh_ shutdown "$1"; }
switch_off() { virsh_ destroy "$1"; }
start() { virsh_ start "$1"; }
boot_of() { on_host cat /proc/sys/kernel/random/boot_id; }
""",
    restart="on_host systemctl reboot",
    check="virsh_ version",
)
_PROXMOX = _Hand(
    functions="""\
id_of() {
    on_host qm list | wanted=$1 awk '
        $2 == ENVIRON["wanted"] { print $1; found++ }
        END { exit found != 1 }'
}
state_of() {
    id=$(id_of "$1") && said=$(on_host qm status "$id") || said=
    case $said in *running*) echo on ;; *stopped*) echo off ;; *) echo unknown ;; esac
}
shut_down() { id=$(id_of "$1") && on_host qm shutdown "$id"; }
switch_off() { id=$(id_of "$1") && on_host qm stop "$id"; }
start() { id=$(id_of "$1") && on_host qm start "$id"; }
boot_of() { on_host cat /proc/sys/kernel/random/boot_id; }
""",
    restart="on_host systemctl reboot",
    check="boot_of",
)
_HANDS: Mapping[Product, _Hand] = {
    Product.VMWARE: _VMWARE,
    Product.LIBVIRT: _LIBVIRT,
    Product.PROXMOX: _PROXMOX,
}
_COMMON = """\
fail() { echo "stopped at: $step: $1" >&2; exit 1; }
is() { [ "$(state_of "$1")" = "$2" ]; }
# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
    left=$1; shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 2)); [ "$left" -gt 0 ] || fail "not so in time: $*"
        sleep 2
    done
}
# stop GUEST SECONDS yes|no: shut it down, and ask again every 30 s, since a request during its boot is lost;
# with "yes" it is switched off when the time is over
stop() {
    case $(state_of "$1") in off) return ;; on) ;; *) fail "nobody can say whether $1 is on" ;; esac
    left=$2
    shut_down "$1" || fail refused
    until is "$1" off; do
        left=$((left - 5))
        if [ "$left" -le 0 ]; then
            [ "$3" = yes ] || fail "it does not shut down"
            switch_off "$1" || fail refused
            wait_for 60 is "$1" off
            return
        fi
        sleep 5
        [ $((left % 30)) -ne 0 ] || shut_down "$1" || :
    done
}
up() {
    case $(state_of "$1") in
        on) ;;
        off) start "$1" || fail refused ;;
        *) fail "nobody can say whether $1 is on" ;;
    esac
    wait_for "$2" is "$1" on
}
booted_anew() { now=$(boot_of) && [ -n "$now" ] && [ "$now" != "$before" ]; }
"""


def write_script(plan: Plan, site: SiteMap, language: Language) -> str:
    """Return the script. What cannot be done by a command stands in it as a comment for the person.

    Raises WrongUse where the site file does not say how the host is reached.
    """
    host = _host_of(plan, site)
    api = host.api
    if api is None:
        raise WrongUse(NO_WAY.fill(name=host.name))
    hand = _HANDS[api.product]
    lines = ["#!/bin/sh", *_comments(plan, language), "set -u", "LC_ALL=C; export LC_ALL"]
    lines += [*_ways(plan, host, api), hand.functions + _COMMON]
    for number, step in enumerate(plan.steps, start=1):
        lines += ["", f"# {number}. {step.words.into(language)}", f"step={quote(step.id)}"]
        lines += _commands(step, plan, site, hand, language)
    lines += ["", f"echo {quote(ENDED.into(language))}"]
    return "\n".join(lines) + "\n"


def _host_of(plan: Plan, site: SiteMap) -> Entry:
    entry = site.entries[plan.component]
    return next((one for one in (entry, *site.below(entry.name)) if one.api is not None), entry)


def _comments(plan: Plan, language: Language) -> list[str]:
    said = [TITLE.fill(remedy=plan.remedy, name=plan.component), DIGEST.fill(digest=plan.digest[:16])]
    return [f"# {one.into(language)}" for one in (*said, *plan.warnings)]


def _ways(plan: Plan, host: Entry, api: Api) -> list[str]:
    """Return how the host is reached: by address where it has one, since its guest may serve names."""
    target = _target(host, api)
    restarts = any(step.action is Action.RESTART_HOST for step in plan.steps)
    if not target and (restarts or api.product is not Product.LIBVIRT):
        raise WrongUse(NO_WAY.fill(name=host.name))
    lines = [f'on_host() {{ ssh {target} "$@"; }}'] if target else []
    if api.product is Product.LIBVIRT:
        local = "qemu:///system"
        address = api.address if "://" in api.address else f"qemu+ssh://{api.address}/system"
        lines.append(f'virsh_() {{ virsh -q -c {quote(address if api.address else local)} "$@"; }}')
    return lines


def _target(host: Entry, api: Api) -> str:
    """Return ssh's words for the host, quoted; empty where the site file names no way."""
    if host.ssh:
        return quote(host.ssh)
    parts = urlsplit(api.address)
    if parts.hostname and parts.scheme in ("ssh", "qemu+ssh", "lxc+ssh"):
        port = f"-p {parts.port} " if parts.port else ""
        return port + quote(f"{parts.username or 'root'}@{parts.hostname}")
    if host.addresses:
        return quote(f"root@{host.addresses[0]}")
    bare = api.address if "://" not in api.address and not api.address.startswith("file:") else ""
    return quote(f"root@{bare.partition(':')[0]}") if bare else ""


def _name_below(site: SiteMap, name: str, hand: _Hand) -> str:
    """Return what a guest is called there: by its UUID where the hypervisor takes one."""
    entry = site.entries.get(name)
    if entry is None:
        return name
    return (entry.uuid if hand is _LIBVIRT else "") or entry.called or name


def _commands(step: PlannedStep, plan: Plan, site: SiteMap, hand: _Hand, language: Language) -> Sequence[str]:
    name = quote(_name_below(site, step.component, hand))
    limit = f"{step.limit_seconds:.0f}"
    match step.action:
        case Action.CHECK_ACCESS:
            return [f"{hand.check} >/dev/null || fail 'the host does not answer'"]
        case Action.SHUT_DOWN:
            return [f"stop {name} {limit} {'yes' if step.force else 'no'}"]
        case Action.RESTART_HOST:
            stopped = [one.component for one in plan.steps if one.action is Action.SHUT_DOWN]
            names = " ".join(quote(_name_below(site, one, hand)) for one in stopped)
            return [
                f'for guest in {names}; do is "$guest" off || fail "$guest is not surely off"; done',
                "before=$(boot_of) && [ -n \"$before\" ] || fail 'when it started is not told'",
                f"{hand.restart} || :  # the line ends with it",
                f"wait_for {limit} booted_anew",
            ]
        case Action.START:
            ready = (_wait_for(one, limit) for one in step.ready if one.by is not ReadyBy.POWER)
            return [f"up {name} {limit}", *ready]
        case Action.PROVE:
            return [f"# {_prove_by_hand(site).into(language)}"]
        case _:
            return [f"# {BY_HAND.into(language)}"]


def _prove_by_hand(site: SiteMap) -> Words:
    probe = next(iter(site.probes), "")
    return PROVE_BY.fill(command=f"tenmatsu verify {probe}") if probe else PROVE_NONE


def _wait_for(ready: Readiness, limit: str) -> str:
    host, _, port = ready.target.rpartition(":")
    address = quote(host.strip("[]"))
    match ready.by:
        case ReadyBy.HTTP:
            return f"wait_for {limit} curl -fsS -m 5 -o /dev/null {quote(ready.target)}"
        case ReadyBy.DNS:
            name = ready.expects.split(",")[0] or "localhost"
            return f"wait_for {limit} nslookup {quote(name)} {address}"
        case ReadyBy.COMMAND:
            return f"wait_for {limit} sh -c {quote(ready.target)}"
        case ReadyBy.SYSTEMD:
            return f"wait_for {limit} systemctl is-active {quote(ready.target)}"
        case _:
            return f"wait_for {limit} nc -z -w 3 {address} {quote(port)}"


TITLE = Words(
    "{remedy} of {name}, by hand. Read it before you run it.",
    "{name} の {remedy} を手で行う手順。実行前に読んでください。",
)
DIGEST = Words("Made from the plan {digest}.", "計画 {digest} から作成。")
BY_HAND = Words("by hand: no command of this script does it", "手作業: このスクリプトでは行いません")
PROVE_BY = Words("by hand: {command}", "手作業: {command}")
PROVE_NONE = Words(
    "by hand: use the service until you are sure (docs/verify.md says how often that is)",
    "手作業: 確信が持てるまでサービスを使う (必要な回数は docs/verify.md)",
)
ENDED = Words(
    "all steps done: now see whether it is over", "全手順が終わりました。収まったか確かめてください"
)
NO_WAY = Words(
    "how the host '{name}' is reached is not told: write ssh = \"root@HOST\" or address into [host.{name}]; a"
    " script could only restart the machine that it runs on",
    'ホスト「{name}」への接続方法がありません。[host.{name}] に ssh = "root@HOST" か address を書いてください'
    " (このままでは、スクリプトは実行した機械自身を再起動することになります)",
)
