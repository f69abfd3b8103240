"""What a test of one entry of the site said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from tenmatsu.model.evidence import Value
from tenmatsu.model.words import Words


class Tested(Enum):
    """What is tested of an entry. The value is the word in JSON."""

    NAME = "name"
    ADDRESS = "address"
    ANSWER = "answer"
    SSH = "ssh"
    PROBE = "probe"
    CERTIFICATE = "certificate"
    HYPERVISOR = "hypervisor"
    READ = "read"
    ACT = "act"
    CLOCK = "clock"


class Standing(Enum):
    """How it stands. `NOTE`: it works, and there is something to know. `UNKNOWN`: it could not be told."""

    OK = "ok"
    NOTE = "note"
    LACKS = "lacks"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One test: what it said, and what to do where it lacks. `values` have their units in the names."""

    tested: Tested
    standing: Standing
    said: Words
    close_by: Words | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
