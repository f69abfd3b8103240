"""What daemons that keep the time say: chrony, ntpd, and systemd's timedated."""

import re
from dataclasses import dataclass

from tenmatsu.errors import ParseError

_CHRONY_FIELDS = 14
_CHRONY_OFFSET, _CHRONY_LEAP = 4, 13
_NTPQ_OFFSET = re.compile(rb"\boffset=([+-]?\d+(?:\.\d+)?)")
_SHOWN = re.compile(rb"^(NTP|NTPSynchronized)=(yes|no)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeDaemon:
    """A daemon's own view. `offset_seconds` is how far it thinks the clock is off; None where not told."""

    name: str
    synchronised: bool
    offset_seconds: float | None


def parse_chrony_tracking(text: bytes) -> TimeDaemon:
    """Return what `chronyc -c -n tracking` says (chronyc(1): comma-separated, system time in seconds)."""
    fields = text.decode("ascii", "replace").strip().split(",")
    try:
        if len(fields) < _CHRONY_FIELDS:
            raise ValueError
        offset = float(fields[_CHRONY_OFFSET])
    except ValueError as bad:
        raise ParseError("chronyc tracking", repr(text[:60])) from bad
    return TimeDaemon(
        name="chrony",
        synchronised=fields[_CHRONY_LEAP] != "Not synchronised",
        offset_seconds=abs(offset),
    )


def parse_ntpq_variables(text: bytes) -> TimeDaemon:
    """Return what `ntpq -c rv` says (ntpq(8); `offset` is in milliseconds)."""
    if b"leap_" not in text:
        raise ParseError("ntpq -c rv", repr(text[:60]))
    found = _NTPQ_OFFSET.search(text)
    return TimeDaemon(
        name="ntpd",
        synchronised=b"leap_alarm" not in text and b"sync_unspec" not in text,
        offset_seconds=abs(float(found[1])) / 1e3 if found else None,
    )


def parse_timedatectl_show(text: bytes) -> TimeDaemon:
    """Return what `timedatectl show` says. It passes on the kernel's own flag."""
    found = dict(_SHOWN.findall(text))
    if b"NTPSynchronized" not in found:
        raise ParseError("timedatectl show", repr(text[:60]))
    return TimeDaemon(
        name="systemd-timesyncd" if found.get(b"NTP") == b"yes" else "",
        synchronised=found[b"NTPSynchronized"] == b"yes",
        offset_seconds=None,
    )
