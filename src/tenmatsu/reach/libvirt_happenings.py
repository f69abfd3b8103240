"""What happened to libvirt's guests: from their logs, their snapshots, and two rounds that differ. Pure."""

from collections.abc import Iterator
from datetime import UTC, timedelta

from tenmatsu.model.below import Change, Happening
from tenmatsu.parse.libvirt_log import Turn, parse_libvirt_log
from tenmatsu.reach.host_shell import Told
from tenmatsu.reach.libvirt_facts import Ground
from tenmatsu.reach.libvirt_limits import describe_limit, find_limit
from tenmatsu.reach.libvirt_rounds import Round

# virDomainShutoffReason: what ended a guest, in the log's words (libvirt-domain.h).
_MIGRATED, _FAILED = "migrated", ("crashed", "failed")


def read_turns(told: Told, ground: Ground, offset: timedelta) -> list[Happening]:
    """Return the starts and ends that the guests' logs tell, in our time."""
    keys = {domain.name: uuid for uuid, domain in ground.domains.items()}
    found: list[Happening] = []
    for section, content in told.sections:
        what, _, name = section.partition(" ")
        if what == "log" and name in keys:
            found += [_turn(keys[name], turn, offset) for turn in parse_libvirt_log(content)]
    return found


def find_changes(before: Round, now: Round, ground: Ground) -> list[Happening]:
    """Return what changed between two rounds: libvirt itself writes no limit down."""
    return [*_come_and_gone(before, now), *_limits_changed(before, now, ground)]


def _limits_changed(before: Round, now: Round, ground: Ground) -> Iterator[Happening]:
    for uuid, domain in ground.domains.items():
        earlier, later = before.processes.get(uuid), now.processes.get(uuid)
        if earlier and later and find_limit(domain, earlier) != find_limit(domain, later):
            was, is_now = describe_limit(domain, earlier), describe_limit(domain, later)
            message = f"{was or 'no limit'} → {is_now or 'no limit'}"
            yield Happening(key=uuid, change=Change.LIMIT_CHANGED, time=now.time, message=message)


def _turn(key: str, turn: Turn, offset: timedelta) -> Happening:
    change = Change.STARTED if turn.started else Change.STOPPED
    if turn.reason == _MIGRATED:
        change = Change.MIGRATED
    message = "starting up" if turn.started else f"shutting down, reason={turn.reason or 'not told'}"
    return Happening(
        key=key,
        change=change,
        time=turn.time.astimezone(UTC) - offset,
        message=message,
        failed=turn.reason in _FAILED,
        attributes={"reason": turn.reason} if turn.reason else {},
    )


def _come_and_gone(before: Round, now: Round) -> list[Happening]:
    """Return the guests that were defined or removed between two rounds."""
    made = [(uuid, Change.CREATED) for uuid in sorted(now.guests - before.guests)]
    gone = [(uuid, Change.REMOVED) for uuid in sorted(before.guests - now.guests)]
    return [Happening(key=uuid, change=change, time=now.time) for uuid, change in made + gone]


def find_snapshots(ground: Ground) -> list[Happening]:
    """Return when the snapshots were taken that the guests carry."""
    return [
        Happening(key=guest.key, change=Change.SNAPSHOT_TAKEN, time=snapshot.taken, message=snapshot.name)
        for guest in ground.inventory.guests
        for snapshot in guest.snapshots or ()
    ]
