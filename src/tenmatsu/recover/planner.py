"""From a remedy to a plan: which steps, in which order, with what expected before and checked after.

Pure: the site and what was found in, a plan out. Nothing here knows how anything is done.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tenmatsu.errors import WrongUse
from tenmatsu.model.below import Product
from tenmatsu.model.plan import Action, Harm, Plan, PlannedStep, Readiness
from tenmatsu.model.site_map import Entry, EntryKind, SiteMap
from tenmatsu.model.words import Words
from tenmatsu.recover.order import needed_machines, start_order
from tenmatsu.recover.readiness import readiness_of, services_on

# A plan rests on what was seen: after so long the site may be another.
GOOD_FOR = timedelta(hours=1)
_MOST_NAMED = 10
# What a step usually takes, where no earlier run tells (seconds), and after how long it counts as failed. A
# guest is stopped by force after 180 s by Proxmox VE; a server's firmware takes minutes before it starts.
USUAL_SECONDS: Mapping[Action, float] = {
    Action.CHECK_ACCESS: 2,
    Action.COLLECT: 20,
    Action.SHUT_DOWN: 40,
    Action.RESTART_HOST: 300,
    Action.START: 60,
    Action.RESTART_GUEST: 90,
    Action.PROVE: 60,
}
LIMIT_SECONDS: Mapping[Action, float] = {
    Action.CHECK_ACCESS: 30,
    Action.COLLECT: 300,
    Action.SHUT_DOWN: 300,
    Action.RESTART_HOST: 1800,
    Action.START: 600,
    Action.RESTART_GUEST: 900,
    Action.PROVE: 3600,
}


def plan_host_restart(
    site: SiteMap,
    host: str,
    made: datetime,
    *,
    site_digest: str,
    force: bool = False,
    cause: str = "",
    here: str = "",
) -> Plan:
    """Return the plan that shuts all guests of a host down, restarts it, and starts them in their order.

    `force` allows to switch off a guest that does not shut down within its limit; `here` is the machine that
    this program runs on, where the site has it. Raises WrongUse where the
    site has no such host, or the host no hypervisor to ask.
    """
    machine = _host(site, host)
    guests = [one.name for one in site.running_on(host) if one.kind is EntryKind.GUEST]
    needed = needed_machines(site, guests)
    order = start_order(needed)
    steps = [_check(host), _collect(host)]
    steps += [_shut_down(site, name, needed, force=force) for name in reversed(order)]
    steps.append(_restart(machine, guests))
    steps += [_start(site, name, needed, host) for name in order]
    steps.append(_prove(order, host, after=f"restart-{host}"))
    return finish_plan(
        site,
        Plan(
            remedy="restart-host",
            component=host,
            steps=tuple(steps),
            harm=Harm(),
            made=made,
            good_until=made + GOOD_FOR,
            site_digest=site_digest,
            cause=cause,
            warnings=_warnings(site, machine, guests, here, restarts=True),
        ),
    )


def plan_guest_restart(
    site: SiteMap,
    guest: str,
    made: datetime,
    *,
    site_digest: str,
    force: bool = False,
    cause: str = "",
    here: str = "",
) -> Plan:
    """Return the plan that shuts one guest down and starts it again. Raises WrongUse."""
    entry = site.entries.get(guest)
    if entry is None or entry.kind is not EntryKind.GUEST:
        known = entry is not None and entry.kind is EntryKind.HOST
        raise WrongUse((IS_HOST if known else NO_GUEST).fill(name=guest))
    if not entry.on:
        raise WrongUse(NO_PLACE.fill(name=guest))
    host = _host(site, entry.on)
    down = replace(_shut_down(site, guest, {guest: frozenset()}, force=force), after=(f"check-{host.name}",))
    up = replace(_start(site, guest, {guest: frozenset()}, host.name), after=(down.id,))
    return finish_plan(
        site,
        Plan(
            remedy="restart-guest",
            component=guest,
            steps=(_check(host.name), down, up, _prove([guest], guest, after=up.id)),
            harm=Harm(),
            made=made,
            good_until=made + GOOD_FOR,
            site_digest=site_digest,
            cause=cause,
            warnings=_warnings(site, host, [guest], here, restarts=False),
        ),
    )


def finish_plan(site: SiteMap, plan: Plan) -> Plan:
    """Return the plan with whom each step hurts and for how long, and with the digest of its steps."""
    begin, end = _schedule(plan.steps)
    back = {step.component: end[step.id] for step in plan.steps if step.action is Action.START}
    steps = tuple(
        replace(
            step,
            harm=Harm(
                seconds=back[step.component] - begin[step.id], components=services_on(site, step.component)
            ),
        )
        if step.action is Action.SHUT_DOWN and step.component in back
        else step
        for step in plan.steps
    )
    away = [step.harm for step in steps if step.harm.seconds]
    harm = Harm(
        seconds=max((one.seconds for one in away), default=0.0),
        components=tuple(dict.fromkeys(name for one in away for name in one.components)),
    )
    return replace(plan, steps=steps, harm=harm, digest=digest_of(steps, plan))


def digest_of(steps: Sequence[PlannedStep], plan: Plan) -> str:
    """Return the SHA-256 of what would be done; the same steps on the same site have the same digest."""
    content = [plan.remedy, plan.component, plan.site_digest, [step_as_object(step) for step in steps]]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def step_as_object(step: PlannedStep) -> dict[str, object]:
    """Return a step as the JSON object of an exported plan."""
    return {
        "id": step.id,
        "action": step.action.value,
        "component": step.component,
        "after": list(step.after),
        "expect_before": step.expect_before,
        "check_after": step.check_after,
        "ready": [_ready_as_object(one) for one in step.ready],
        "limit_seconds": float(step.limit_seconds),
        "resend_seconds": float(step.resend_seconds),
        "delay_seconds": float(step.delay_seconds),
        "undo": step.undo,
        "harm": {"seconds": float(step.harm.seconds), "components": list(step.harm.components)},
        "force": step.force,
        "settings": dict(step.settings),
        "says": {"en": step.words.en, "ja": step.words.ja},
    }


def _ready_as_object(one: Readiness) -> dict[str, object]:
    return {
        "by": one.by.value,
        "target": one.target,
        "expects": one.expects,
        "steady_seconds": float(one.steady_seconds),
    }


def _schedule(steps: Sequence[PlannedStep]) -> tuple[dict[str, float], dict[str, float]]:
    """Return when each step begins and ends, in seconds, if all go as usual and none waits for a person."""
    begin: dict[str, float] = {}
    end: dict[str, float] = {}
    for step in steps:  # each stands after those it waits for
        begin[step.id] = max((end[id] for id in step.after), default=0.0)
        steady = max((one.steady_seconds for one in step.ready), default=0.0)
        end[step.id] = begin[step.id] + step.delay_seconds + USUAL_SECONDS.get(step.action, 10.0) + steady
    return begin, end


def _host(site: SiteMap, name: str) -> Entry:
    entry = site.entries.get(name)
    if entry is None or entry.kind is not EntryKind.HOST:
        raise WrongUse(NO_HOST.fill(name=name))
    if entry.api is None:
        raise WrongUse(NO_HYPERVISOR.fill(name=name))
    return entry


def _check(host: str) -> PlannedStep:
    return PlannedStep(
        id=f"check-{host}",
        action=Action.CHECK_ACCESS,
        component=host,
        words=CHECK.fill(name=host),
        limit_seconds=LIMIT_SECONDS[Action.CHECK_ACCESS],
    )


def _collect(host: str) -> PlannedStep:
    return PlannedStep(
        id=f"collect-{host}",
        action=Action.COLLECT,
        component=host,
        words=COLLECT.fill(name=host),
        after=(f"check-{host}",),
        limit_seconds=LIMIT_SECONDS[Action.COLLECT],
    )


def _shut_down(site: SiteMap, name: str, needed: Mapping[str, frozenset[str]], *, force: bool) -> PlannedStep:
    """Return the step that stops a guest, once all that need it are down."""
    dependents = [f"down-{one}" for one, of in needed.items() if name in of]
    return PlannedStep(
        id=f"down-{name}",
        action=Action.SHUT_DOWN,
        component=name,
        words=(DOWN_FORCED if force else DOWN).fill(name=name),
        after=tuple(dependents) or (f"collect-{site.entries[name].on}",),
        expect_before="on",
        check_after="off",
        limit_seconds=LIMIT_SECONDS[Action.SHUT_DOWN],
        undo=f"start {name}",
        force=force,
    )


def _restart(host: Entry, guests: Sequence[str]) -> PlannedStep:
    vmware = host.api is not None and host.api.product is Product.VMWARE
    return PlannedStep(
        id=f"restart-{host.name}",
        action=Action.RESTART_HOST,
        component=host.name,
        words=RESTART.fill(name=host.name),
        after=tuple(f"down-{name}" for name in guests) or (f"collect-{host.name}",),
        expect_before="no guest on",
        check_after="restarted",
        limit_seconds=LIMIT_SECONDS[Action.RESTART_HOST],
        resend_seconds=240.0,  # a second restart while the first one still goes down would be one too many
        # Out of maintenance mode ESXi starts nothing by itself; without entering it, autostart runs.
        settings={"maintenance_mode": "no"} if vmware else {},
    )


def _start(site: SiteMap, name: str, needed: Mapping[str, frozenset[str]], host: str) -> PlannedStep:
    """Return the step that starts a guest, once what it needs answers; done when its services answer."""
    before = tuple(f"up-{one}" for one in needed if one in needed[name])
    return PlannedStep(
        id=f"up-{name}",
        action=Action.START,
        component=name,
        words=UP.fill(name=name),
        after=before or (f"restart-{host}",),
        expect_before="off",
        check_after="on",
        ready=readiness_of(site, name),
        limit_seconds=LIMIT_SECONDS[Action.START],
        undo=f"shut down {name}",
    )


def _prove(machines: Sequence[str], component: str, *, after: str) -> PlannedStep:
    return PlannedStep(
        id="prove",
        action=Action.PROVE,
        component=component,
        words=PROVE,
        after=tuple(f"up-{name}" for name in machines) or (after,),
        limit_seconds=LIMIT_SECONDS[Action.PROVE],
    )


def _warnings(
    site: SiteMap, host: Entry, stopped: Sequence[str], here: str, *, restarts: bool
) -> tuple[Words, ...]:
    """Return what a person must know: who suffers besides, where we are ourselves, the hypervisor's traps."""
    warnings = []
    if here in stopped or (restarts and here == host.name):
        warnings.append(ON_ITSELF.fill(name=here))
    if restarts and host.api is not None and host.api.product is Product.VMWARE:
        warnings.append(MAINTENANCE_TRAP.fill(name=host.name))
    also = _who_else(site, stopped)
    if also:
        more = MORE.fill(count=len(also) - _MOST_NAMED) if len(also) > _MOST_NAMED else Words("", "")
        warnings.append(ALSO_HURT.fill(names=", ".join(also[:_MOST_NAMED])) + more)
    return tuple(warnings)


def _who_else(site: SiteMap, stopped: Sequence[str]) -> list[str]:
    """Return the machines that need one of these and are not stopped themselves."""
    return [
        entry.name
        for entry in site.entries.values()
        if entry.kind is EntryKind.GUEST
        and entry.name not in stopped
        and {site.machine_of(need.what).name for need in site.needs_of(entry.name)} & set(stopped)
    ]


CHECK = Words("see whether {name} would let us act", "{name} で操作が許されるか確かめる")
COLLECT = Words(
    "keep the logs and figures that {name} loses when it restarts", "再起動で失われる {name} の記録を保存"
)
DOWN = Words("shut {name} down", "{name} を停止")
DOWN_FORCED = Words(
    "shut {name} down; if it does not within its limit, switch it off",
    "{name} を停止。上限までに止まらなければ強制停止",
)
RESTART = Words("restart the host {name}", "ホスト {name} を再起動")
UP = Words("start {name} and wait until its services answer", "{name} を起動し、サービスの応答を待つ")
PROVE = Words("prove that it is over", "収まったことを確かめる")
NO_HOST = Words("the site has no host '{name}'", "サイトにホスト「{name}」はありません")
NO_GUEST = Words("the site has no guest '{name}'", "サイトにゲスト「{name}」はありません")
NO_HYPERVISOR = Words(
    "host '{name}' names no hypervisor, so nobody could stop or start its guests",
    "ホスト「{name}」に hypervisor がなく、ゲストの停止・起動ができません",
)
MAINTENANCE_TRAP = Words(
    "{name} is restarted without maintenance mode: out of it ESXi would start no guest by itself, and all"
    " would stay off if this run ended",
    "{name} はメンテナンスモードにせず再起動します。入れると、解除しても ESXi は自動起動を行わず、"
    "この実行が途切れた場合に全ゲストが停止したままになります",
)
ALSO_HURT = Words(
    "These need what is away meanwhile: {names}", "その間に停止するものを必要とする機械: {names}"
)
MORE = Words(" and {count} more", " ほか {count} 台")
ON_ITSELF = Words(
    "{name} is the machine that this runs on: what does the plan from here ends in the middle of it",
    "{name} はこのプログラムが動いている機械です。ここから実行すると途中で止まります",
)
IS_HOST = Words("'{name}' is a host: --remedy restart-host", "「{name}」はホストです: --remedy restart-host")
NO_PLACE = Words(
    "the site does not say on which host '{name}' runs: write on = \"HOST\", or discover its hypervisor",
    '「{name}」がどのホストで動くか書かれていません。on = "ホスト名" を書くか、ハイパーバイザーを'
    "tenmatsu site discover に指定してください",
)
