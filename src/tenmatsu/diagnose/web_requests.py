"""What findings share that rest on requests in access logs: how many, how they ended, since when."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log

from tenmatsu.model.evidence import Event, Evidence, Outcome, Transaction

# Of requests of which a share p failed, ln(0.01) / ln(1 - p) clean ones in a row say with 99 % that it is
# over. Stricter than the usual 95 %: failures come in bursts, and a pause is not the end.
_OVER_AT = 0.01
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Requests:
    """The users' requests of one kind: whole ones, oldest first, and those that were only counted."""

    whole: tuple[Transaction, ...]
    counted: int
    counted_failed: int

    @property
    def total(self) -> int:
        """Return how many ended, one way or the other."""
        return len(self.whole) + self.counted

    @property
    def failed(self) -> int:
        """Return how many failed by the server's fault."""
        return self.counted_failed + sum(one.outcome is Outcome.FAILED for one in self.whole)

    @property
    def failures(self) -> list[Transaction]:
        """Return the failed ones that are whole."""
        return [one for one in self.whole if one.outcome is Outcome.FAILED]


def find_requests(evidence: Evidence, since: datetime | None = None) -> Requests:
    """Return the users' requests from `since` (the symptom's, if not given) to the end."""
    begin = evidence.since if since is None else since
    whole = [
        one for one in evidence.made_by("user") if one.time >= begin and one.outcome is not Outcome.UNKNOWN
    ]
    counted = failed = 0
    for series in evidence.find_series("web.request.count"):
        count = int(sum(value for time, value in series.points if time >= begin))
        counted += count
        failed += count if series.attributes.get("status") == "5xx" else 0
    return Requests(whole=tuple(whole), counted=counted, counted_failed=failed)


def pattern_of(path: str) -> str:
    """Return a path with its numbers masked."""
    return _DIGITS.sub("#", path)


def group_by_path(requests: Iterable[Transaction]) -> dict[str, list[Transaction]]:
    """Return the requests by path pattern."""
    groups: dict[str, list[Transaction]] = {}
    for one in requests:
        groups.setdefault(pattern_of(one.path), []).append(one)
    return groups


def alike(requests: Sequence[Transaction]) -> list[Transaction]:
    """Return the requests of what fails: the same method and path pattern as some failure.

    What never fails says nothing about when the rest does, and would only thin it out.
    """
    failing = {_kind_of(one) for one in requests if one.outcome is Outcome.FAILED}
    return [one for one in requests if _kind_of(one) in failing]


def _kind_of(request: Transaction) -> tuple[str, str]:
    return request.method or "", pattern_of(request.path)


def is_over(failed: int, total: int, clean_since: int) -> bool:
    """Tell whether so many clean requests in a row end a series of failures, with 99 % confidence."""
    if not failed or total <= 0 or clean_since <= 0:
        return False
    share = min(failed / total, 0.99)
    return clean_since >= log(_OVER_AT) / log(1 - share)


def clean_after(requests: Sequence[Transaction]) -> int:
    """Return how many succeeded after the last failure."""
    count = 0
    for one in reversed(requests):
        if one.outcome is Outcome.FAILED:
            return count
        count += 1
    return count


def access_logs_read(evidence: Evidence) -> list[Event]:
    """Return the access logs of which lines were read."""
    logs = evidence.find_events("web.log")
    return [one for one in logs if one.text("kind") == "access" and (one.number("lines") or 0) > 0]


def runs_no_server(evidence: Evidence) -> bool:
    """Tell that somebody looked for web servers and there is none."""
    return evidence.looked("web_servers") and not evidence.find_events("web.server")
