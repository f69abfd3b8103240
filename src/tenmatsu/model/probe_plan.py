"""What an own transaction is to do, step by step, and how often: read from the site file or from a URL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

# No own transaction begins sooner after the one before, whatever was asked: a sick server is not helped by
# our load.
LEAST_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Expect:
    """What an answer must be like to be in order. Empty: not asked for.

    `status` are single codes; none given means any below 400. `holds` and `lacks` are texts in the body,
    `headers` regular expressions by name. Unless `may_say_error`, an answer that carries an error (an error
    page or an XML-RPC fault with status 200) is not in order.
    """

    status: tuple[int, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    holds: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    least_bytes: int | None = None
    most_bytes: int | None = None
    most_seconds: float | None = None
    whole_page: bool = False
    may_say_error: bool = False


class Source(Enum):
    """Where in an answer a variable's value stands."""

    PATTERN = "pattern"  # a regular expression on the body; its first group, or all of it
    JSON = "json"  # a path such as `entries.0.id`
    HEADER = "header"
    FIELD = "field"  # of an HTML form, by name
    XMLRPC = "xmlrpc"  # a path such as `0.blogid` in the answer's values


@dataclass(frozen=True, kw_only=True, slots=True)
class Take:
    """A variable taken from an answer, for later steps."""

    name: str
    source: Source
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One request. Texts may hold `{variables}`; at most one of `form`, `json`, `xmlrpc` and `body` is given.

    `xmlrpc` is the method's name, `values` its parameters. `line` is where it stands in the site file.
    """

    name: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    json: object = None
    xmlrpc: str = ""
    values: tuple[object, ...] = ()
    body: str = ""
    expect: Expect = field(default_factory=Expect)
    takes: tuple[Take, ...] = ()
    limit_seconds: float = 30.0
    line: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How often: seconds from one beginning to the next, and the share by which that is varied at random."""

    every_seconds: float = 2.0
    jitter: float = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbePlan:
    """One probe. A `kind` is a ready-made write probe with its `settings`; without one, `steps` are done.

    `look` is done once something was sent that may have changed something: whether all of it is in order says
    whether what was written is there, also after a failure. `clean_up` is done last, whatever became of them.
    `secrets` are variables whose values come from elsewhere (`env:NAME`, `file:PATH`,
    `keyring:SERVICE/USER`): here stands only where.
    """

    name: str
    kind: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    look: tuple[Step, ...] = ()
    clean_up: tuple[Step, ...] = ()
    pace: Pace = field(default_factory=Pace)
    secrets: Mapping[str, str] = field(default_factory=dict)
    ca_file: str = ""
    line: int = 0
