"""Make a case fit to be given away: a bug report, a test. Names, addresses and homes become stand-ins.

Command lines are left out: they may hold anything.

The same thing always gets the same stand-in within one case, so that what belongs together still does.
What is judged by is kept: replaying a redacted case gives the same verdict.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from tenmatsu.model.evidence import Evidence, Value
from tenmatsu.model.site import Component, Site
from tenmatsu.model.words import Words

_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})(?![\w:])"
)
_HOME = re.compile(r"/home/[^/\s:'\"]+")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# Addresses set aside for benchmarks and documentation (RFC 2544, RFC 3849) stand for real ones: enough
# of them that two clients never become one.
_STAND_IN_4 = int(ipaddress.ip_address("198.18.0.0"))
_STAND_IN_6 = int(ipaddress.ip_address("2001:db8::"))
# A command line may hold anything; what is judged by is the program's name.
_DROPPED = ("process.command_line",)
# Of a path only what any machine of the kind has may stay.
_PATHS = ("process.executable.path",)
_USUAL_FOLDERS = ("/bin/", "/sbin/", "/usr/", "/lib/", "/lib64/", "/opt/")
# Where else a case names machines: the URL, the names that were looked up, the servers' own names.
_NAMED_BELOW = ("vm.facts", "host.facts", "store.facts", "hypervisor.identity", "vm.snapshot")
_NAMING = ("dns.question.name", "server.name", "server_name", "server_names")


class _Redactor:
    """Knows the stand-ins given so far."""

    def __init__(self, site: Site, evidence: Evidence) -> None:
        self._addresses: dict[str, str] = {}
        ids = dict.fromkeys((*(component.id for component in site.components), *_find_ids(evidence)))
        self._ids = {id: f"host-{number}" for number, id in enumerate(ids, 1)}
        names = sorted({c.name for c in site.components} | _find_names(evidence), key=len, reverse=True)
        pattern = "|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in names if len(name) > 1)
        self._names = re.compile(pattern or r"(?!)")

    def id(self, component: str) -> str:
        return self._ids.get(component, "host-0")

    def text(self, text: str) -> str:
        text = _MAIL.sub("user@example.org", _HOME.sub("/home/user", text))
        return self._names.sub("host", _ADDRESS.sub(lambda found: self._address(found[0]), text))

    def words(self, words: Words) -> Words:
        return Words(self.text(words.en), self.text(words.ja))

    def attributes(self, attributes: Mapping[str, Value]) -> dict[str, Value]:
        return {
            key: self._attribute(key, value) if isinstance(value, str) else value
            for key, value in attributes.items()
            if key not in _DROPPED
        }

    def _attribute(self, key: str, value: str) -> str:
        if value in self._ids:
            return self._ids[value]
        if key in _PATHS and not value.startswith(_USUAL_FOLDERS):
            return value.rpartition("/")[2]
        return self.text(value)

    def _address(self, text: str) -> str:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return text  # a version number, a time
        if address.is_loopback or address.is_unspecified:
            return text
        first = _STAND_IN_4 if address.version == 4 else _STAND_IN_6
        stand_in = str(ipaddress.ip_address(first + len(self._addresses) % 0x1FFFF + 1))
        return self._addresses.setdefault(text, stand_in)


def _find_ids(evidence: Evidence) -> list[str]:
    """Return the components that the evidence speaks of, those below and beside included."""
    of = [one.component for one in evidence.series] + [one.component for one in evidence.events]
    return [*of, *(id for other in evidence.beside for id in (other.component, *_find_ids(other)))]


def _find_names(evidence: Evidence) -> set[str]:
    """Return the names of hosts and guests: in the URL, in what was looked up, and as seen from below."""
    named = [
        str(event.attributes[key]) for event in evidence.events for key in _NAMING if key in event.attributes
    ]
    named += [event.text("name") for event in evidence.events if event.name in _NAMED_BELOW]
    for other in evidence.beside:
        named += _find_names(other)
    host = urlsplit(evidence.asked_url or "").hostname or ""
    words = {word for text in (*named, host) for word in re.split(r"[,\s]+", text)}
    return {word for word in words if len(word) > 2 and word != "localhost" and not _ADDRESS.fullmatch(word)}


def redact(site: Site, evidence: Evidence) -> tuple[Site, Evidence]:
    """Return the map and the evidence with stand-ins for what identifies people and machines."""
    redactor = _Redactor(site, evidence)
    components = tuple(
        Component(
            id=redactor.id(one.id),
            name=redactor.id(one.id),
            kind=one.kind,
            runs_on=one.runs_on and redactor.id(one.runs_on),
        )
        for one in site.components
    )
    return Site(components=components), _redact_evidence(redactor, evidence)


def _redact_evidence(redactor: _Redactor, evidence: Evidence) -> Evidence:
    return Evidence(
        beside=tuple(_redact_evidence(redactor, other) for other in evidence.beside),
        window=evidence.window,
        since=evidence.since,
        component=redactor.id(evidence.component),
        asked_url=evidence.asked_url and redactor.text(evidence.asked_url),
        series=tuple(
            replace(one, component=redactor.id(one.component), attributes=redactor.attributes(one.attributes))
            for one in evidence.series
        ),
        events=tuple(
            replace(
                one,
                component=redactor.id(one.component),
                attributes=redactor.attributes(one.attributes),
                body=redactor.text(one.body),
            )
            for one in evidence.events
        ),
        transactions=tuple(
            replace(
                one,
                component=redactor.id(one.component),
                path=redactor.text(one.path),
                client=redactor.text(one.client),
                reason=redactor.text(one.reason),
            )
            for one in evidence.transactions
        ),
        looks=tuple(
            replace(one, component=redactor.id(one.component), read=redactor.words(one.read))
            for one in evidence.looks
        ),
        gaps=tuple(
            replace(
                one,
                component=redactor.id(one.component),
                what=redactor.words(one.what),
                why=redactor.words(one.why),
                close_by=redactor.words(one.close_by),
            )
            for one in evidence.gaps
        ),
    )
