"""A plan as a commented shell script that does the same by hand, for the night on which we are not there.

It runs on the owner's own machine and reaches the host by SSH (libvirt also by its address). It stops at the
first thing that does not come, and says at which step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from shlex import quote

from tenmatsu.model.below import Product
from tenmatsu.model.plan import Action, Plan, PlannedStep, Readiness, ReadyBy
from tenmatsu.model.site_map import Entry, SiteMap
from tenmatsu.model.words import Language, Words


@dataclass(frozen=True, kw_only=True, slots=True)
class _Hand:
    """How one kind of hypervisor is worked by hand. `{name}` is the guest, already quoted."""

    functions: str
    restart: str


# vim-cmd knows guests by a number; a name may hold blanks, so the columns around it are cut off.
_VMWARE = _Hand(
    functions="""\
id_of() { on_host vim-cmd vmsvc/getallvms | sed -n "s/^\\([0-9]*\\) *$1  *\\[.*/\\1/p"; }
power_of() { on_host vim-cmd vmsvc/power.getstate "$(id_of "$1")"; }
state_of() { power_of "$1" | grep -q 'Powered on' && echo on || echo off; }
shut_down() { on_host vim-cmd vmsvc/power.shutdown "$(id_of "$1")"; }
switch_off() { on_host vim-cmd vmsvc/power.off "$(id_of "$1")"; }
start() { on_host vim-cmd vmsvc/power.on "$(id_of "$1")"; }
boot_of() { on_host vim-cmd hostsvc/hostsummary | grep bootTime; }
""",
    # Not "esxcli system shutdown reboot": that demands maintenance mode, and out of it nothing starts.
    restart="on_host reboot",
)
_LIBVIRT = _Hand(
    functions="""\
state_of() { virsh_ domstate "$1" | grep -q running && echo on || echo off; }
shut_down() { virsh_ shutdown "$1"; }
switch_off() { virsh_ destroy "$1"; }
start() { virsh_ start "$1"; }
boot_of() { on_host cat /proc/sys/kernel/random/boot_id; }
""",
    restart="on_host systemctl reboot",
)
_PROXMOX = _Hand(
    functions="""\
id_of() { on_host qm list | awk -v name="$1" '$2 == name { print $1 }'; }
state_of() { on_host qm status "$(id_of "$1")" | grep -q running && echo on || echo off; }
shut_down() { on_host qm shutdown "$(id_of "$1")"; }
switch_off() { on_host qm stop "$(id_of "$1")"; }
start() { on_host qm start "$(id_of "$1")"; }
boot_of() { on_host cat /proc/sys/kernel/random/boot_id; }
""",
    restart="on_host systemctl reboot",
)
_HANDS: Mapping[Product, _Hand] = {
    Product.VMWARE: _VMWARE,
    Product.LIBVIRT: _LIBVIRT,
    Product.PROXMOX: _PROXMOX,
}
_COMMON = """\
fail() { echo "stopped at: $step: $1" >&2; exit 1; }
# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
    left=$1; shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 2)); [ "$left" -gt 0 ] || fail "not so in time: $*"
        sleep 2
    done
}
is() { [ "$(state_of "$1")" = "$2" ]; }
booted_anew() { now=$(boot_of) && [ -n "$now" ] && [ "$now" != "$before" ]; }
"""


def write_script(plan: Plan, site: SiteMap, language: Language) -> str:
    """Return the script. What cannot be done by a command stands in it as a comment for the person."""
    host = _host_of(plan, site)
    api = host.api
    hand = _HANDS[api.product] if api is not None else _LIBVIRT
    lines = ["#!/bin/sh", *_comments(plan, language), "set -u", *_ways(host), hand.functions + _COMMON]
    for number, step in enumerate(plan.steps, start=1):
        lines += ["", f"# {number}. {step.words.into(language)}", f"step={quote(step.id)}"]
        lines += _commands(step, hand, language)
    lines += ["", f"echo {quote(ENDED.into(language))}"]
    return "\n".join(lines) + "\n"


def _host_of(plan: Plan, site: SiteMap) -> Entry:
    entry = site.entries[plan.component]
    return next((one for one in (entry, *site.below(entry.name)) if one.api is not None), entry)


def _comments(plan: Plan, language: Language) -> list[str]:
    said = [TITLE.fill(remedy=plan.remedy, name=plan.component), DIGEST.fill(digest=plan.digest[:16])]
    return [f"# {one.into(language)}" for one in (*said, *plan.warnings)]


def _ways(host: Entry) -> list[str]:
    """Return how the host is reached: by address, since a guest of it may resolve its name."""
    target = host.ssh or (f"root@{host.addresses[0]}" if host.addresses else "")
    lines = [f'on_host() {{ ssh {quote(target)} "$@"; }}' if target else 'on_host() { "$@"; }']
    if host.api is not None and host.api.product is Product.LIBVIRT:
        lines.append(f'virsh_() {{ virsh -q -c {quote(host.api.address or "qemu:///system")} "$@"; }}')
    return lines


def _commands(step: PlannedStep, hand: _Hand, language: Language) -> list[str]:
    name = quote(step.component)
    limit = f"{step.limit_seconds:.0f}"
    match step.action:
        case Action.SHUT_DOWN:
            gave_up = f"switch_off {name}" if step.force else 'fail "it does not shut down"'
            return [
                f"shut_down {name} || fail refused",
                f"tries={max(1, round(step.limit_seconds / 30))}",
                f"until is {name} off; do",
                f'    tries=$((tries - 1)); [ "$tries" -gt 0 ] || {{ {gave_up}; break; }}',
                f"    sleep 30; is {name} off || shut_down {name}  # a request during its boot is lost",
                "done",
                f"wait_for 60 is {name} off",
            ]
        case Action.RESTART_HOST:
            return ["before=$(boot_of)", hand.restart, f"wait_for {limit} booted_anew"]
        case Action.START:
            up = [f"is {name} on || start {name} || fail refused", f"wait_for {limit} is {name} on"]
            return up + [_wait_for(one, limit) for one in step.ready if one.by is not ReadyBy.POWER]
        case Action.CHECK_ACCESS:
            return ["boot_of >/dev/null || fail 'the host does not answer'"]
        case _:
            return [f"# {BY_HAND.into(language)}"]


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
            return f"wait_for {limit} nc -z -w 3 {address} {port}"


TITLE = Words(
    "{remedy} of {name}, by hand. Read it before you run it.",
    "{name} の {remedy} を手で行う手順。実行前に読んでください。",
)
DIGEST = Words("Made from the plan {digest}.", "計画 {digest} から作成。")
BY_HAND = Words("by hand: no command of this script does it", "手作業: このスクリプトでは行いません")
ENDED = Words(
    "all steps done: now see whether it is over", "全手順が終わりました。収まったか確かめてください"
)
