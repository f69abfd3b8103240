"""Figures of a Proxmox VE cluster, round by round: one question for all, one or two for each wanted guest."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from tenmatsu.model.below import Change, Happening, Lack, Measure, Measured, Power
from tenmatsu.model.words import Words
from tenmatsu.parse.proxmox_config import GuestConfig, read_guest_config
from tenmatsu.parse.proxmox_figures import (
    Drives,
    has_pressures,
    measure_drives,
    measure_guest,
    measure_history,
    measure_moved,
    measure_node,
    measure_status,
    read_drives,
)
from tenmatsu.parse.proxmox_resources import GuestRow, NodeRow
from tenmatsu.reach.proxmox_inventory import ask_configs, ask_resources, tell_missing
from tenmatsu.reach.proxmox_questions import Line, Question

# pvestatd writes a row a minute; `hour` keeps 70 of them, `day` what is older.
_ROW = timedelta(minutes=1)
_HOUR = timedelta(minutes=70)
# A row is written some seconds after the minute that it is of.
_LATE = timedelta(seconds=15)
_PRESSURES = frozenset({"host.cpu.pressure", "host.memory.pressure", "host.io.pressure"})
# So few that each one's configuration is read again in every round: a limit that changes is seen.
_FEW = 20


class Measuring:
    """What is kept from one round to the next."""

    def __init__(self) -> None:
        self.configs: dict[str, GuestConfig] = {}
        self.changes: list[Happening] = []
        self._moved: dict[str, tuple[datetime, Mapping[str, float]]] = {}
        self._drives: dict[str, tuple[datetime, Drives]] = {}
        self._rows: dict[str, datetime] = {}

    def measure(
        self, line: Line, keys: Collection[str] | None, since: datetime | None, ahead_seconds: float
    ) -> Measured:
        """Return the figures of now, and what was kept since then where that reaches back over a minute."""
        resources, now = ask_resources(line), datetime.now(UTC)
        nodes = [one for one in resources.nodes if one.online and (keys is None or one.key in keys)]
        online = {one.name for one in resources.nodes if one.online}
        wanted = [one for one in resources.guests if one.node in online and (keys is None or one.key in keys)]
        measures, lacks = self._measure_guests(line, wanted, now)
        if since is not None and now - since > _ROW:
            kept, more_lacks = _ask_history(line, nodes, wanted, (since, now), ahead_seconds)
        else:
            kept, more_lacks = self._follow_nodes(line, nodes, now, ahead_seconds)
        self._note_rows(nodes, kept, now)
        measures += [*kept, *(measure for node in nodes for measure in measure_node(node, now))]
        in_order = sorted(measures, key=lambda one: one.time)
        return Measured(measures=tuple(in_order), lacks=(*lacks, *more_lacks))

    def _measure_guests(
        self, line: Line, wanted: Sequence[GuestRow], now: datetime
    ) -> tuple[list[Measure], list[Lack]]:
        """Return the figures of now of those that run, after their limits were read."""
        running = [one for one in wanted if one.power is not Power.OFF]
        measures, lacks = self._ask_status(line, running, now)
        self._note_limits(line, wanted, now)
        for guest in running:
            measures += measure_guest(guest, now)
            measures += self._measure_moved(guest, now)
        return [*measures, *self._measure_limits(running, now)], lacks

    def _follow_nodes(
        self, line: Line, nodes: Sequence[NodeRow], now: datetime, ahead_seconds: float
    ) -> tuple[list[Measure], list[Lack]]:
        """Return the pressures of nodes that have a new row: only their RRD files tell them."""
        due = [node for node in nodes if now - self._rows.get(node.key, now) > _ROW + _LATE]
        if not due:
            return [], []
        since = min(self._rows[node.key] for node in due)
        measures, lacks = _ask_rows(line, due, (), "hour", (since, now), ahead_seconds)
        new = [
            one for one in measures if one.name in _PRESSURES and one.time > self._rows[one.key] + _ROW / 2
        ]
        return new, lacks

    def _note_rows(self, nodes: Sequence[NodeRow], measures: Sequence[Measure], now: datetime) -> None:
        for node in nodes:
            self._rows.setdefault(node.key, now)
            times = [one.time for one in measures if one.key == node.key and one.name in _PRESSURES]
            self._rows[node.key] = max(times, default=self._rows[node.key])

    def _measure_moved(self, guest: GuestRow, now: datetime) -> Iterator[Measure]:
        before = self._moved.get(guest.key)
        # pvestatd renews the list every ten seconds or so: the same counters again are the same reading.
        if before is None or before[1] != guest.counters:
            self._moved[guest.key] = (now, guest.counters)
            if before is not None:
                yield from measure_moved(guest.key, now, before, guest.counters)

    def _ask_status(
        self, line: Line, guests: Sequence[GuestRow], now: datetime
    ) -> tuple[list[Measure], list[Lack]]:
        answers = line.ask([Question(path=f"{one.path}/status/current", node=one.node) for one in guests])
        measures: list[Measure] = []
        answered = list(zip(guests, answers, strict=True))
        for guest, answer in answered:
            if answer.trouble is None:
                measures += measure_status(guest.key, answer.value, now)
                measures += self._measure_drives(guest.key, answer.value, now)
        lacks = tell_missing(WHAT_STATUS, answered)
        told = [
            answer.value for guest, answer in answered if answer.trouble is None and guest.power is Power.ON
        ]
        if told and not any(has_pressures(one) for one in told):
            lacks.append(Lack(what=WHAT_PRESSURE, why=SINCE_9, close_by=UPGRADE))
        return measures, lacks

    def _measure_drives(self, key: str, status: object, now: datetime) -> Iterator[Measure]:
        drives = read_drives(status)
        before = self._drives.get(key)
        self._drives[key] = (now, drives)
        if before is not None:
            yield from measure_drives(key, now, before, drives)

    def _note_limits(self, line: Line, guests: Sequence[GuestRow], now: datetime) -> None:
        """Read the configuration of new guests, and of few again; keep that a limit changed."""
        again = len(guests) <= _FEW
        asked = [guest for guest in guests if again or guest.key not in self.configs]
        for guest, answer in zip(asked, ask_configs(line, asked).values(), strict=True):
            if answer.trouble is None:
                new = read_guest_config(answer.value, container=guest.container)
                old = self.configs.get(guest.key)
                self.configs[guest.key] = new
                if old is not None and old.cpu_limit_cores != new.cpu_limit_cores:
                    self.changes.append(_tell_change(guest, old, new, now))

    def _measure_limits(self, guests: Sequence[GuestRow], now: datetime) -> Iterator[Measure]:
        for guest in guests:
            config = self.configs.get(guest.key)
            if config is not None and config.cpu_limit_cores is not None:
                yield Measure(guest.key, "vm.cpu.limit", now, config.cpu_limit_cores)


def _tell_change(guest: GuestRow, old: GuestConfig, new: GuestConfig, now: datetime) -> Happening:
    message = f"cpulimit {old.cpu_limit_cores or 0:g} → {new.cpu_limit_cores or 0:g}"
    return Happening(key=guest.key, change=Change.LIMIT_CHANGED, time=now, message=message)


def _ask_history(
    line: Line,
    nodes: Sequence[NodeRow],
    guests: Sequence[GuestRow],
    span: tuple[datetime, datetime],
    ahead_seconds: float,
) -> tuple[list[Measure], list[Lack]]:
    """Return what the RRD files kept: of the last hour a row a minute, of the day before what there is."""
    since, now = span
    measures, lacks = _ask_rows(line, nodes, guests, "hour", (max(since, now - _HOUR), now), ahead_seconds)
    if since < now - _HOUR:
        older, more = _ask_rows(line, nodes, guests, "day", (since, now - _HOUR), ahead_seconds)
        measures, lacks = older + measures, lacks + more
    return measures, lacks


def _ask_rows(
    line: Line,
    nodes: Sequence[NodeRow],
    guests: Sequence[GuestRow],
    frame: str,
    span: tuple[datetime, datetime],
    ahead_seconds: float,
) -> tuple[list[Measure], list[Lack]]:
    words = {"timeframe": frame, "cf": "AVERAGE"}
    asked: list[NodeRow | GuestRow] = [*nodes, *guests]
    questions = [_ask_rrd(one, words) for one in asked]
    answered = list(zip(asked, line.ask(questions), strict=True))
    measures = [
        measure
        for one, answer in answered
        if answer.trouble is None
        for measure in measure_history(one.key, answer.value, *span, ahead_seconds=ahead_seconds)
    ]
    return measures, tell_missing(WHAT_HISTORY, answered)


def _ask_rrd(one: NodeRow | GuestRow, words: Mapping[str, str]) -> Question:
    node, path = (one.name, f"/nodes/{one.name}") if isinstance(one, NodeRow) else (one.node, one.path)
    return Question(path=f"{path}/rrddata", node=node, words=words)


WHAT_STATUS = Words("balloon, pressure and disks of {name}", "{name} のバルーン・プレッシャー・ディスク")
WHAT_HISTORY = Words("what was measured of {name} before", "{name} の過去の測定値")
WHAT_PRESSURE = Words(
    "time that the guests stood still, seen from below (PSI)", "ゲストの停滞時間 (PSI、下からの視点)"
)
SINCE_9 = Words(
    "this Proxmox VE does not tell it: that came with version 9",
    "この Proxmox VE では得られません (9 以降の機能)",
)
UPGRADE = Words(
    "on the node: cat /sys/fs/cgroup/qemu.slice/VMID.scope/cpu.pressure",
    "ノード上で確認: cat /sys/fs/cgroup/qemu.slice/VMID.scope/cpu.pressure",
)
