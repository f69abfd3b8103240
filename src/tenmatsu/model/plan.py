"""A recovery plan: steps with their order, what each expects, how it is checked, and whom it hurts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from tenmatsu.model.words import Words


class Action(Enum):
    """What a step does. The value is the word in an exported plan."""

    CHECK_ACCESS = "check_access"  # may we act? asked without acting
    COLLECT = "collect"  # keep what a restart would lose
    FLUSH = "flush"  # a hook that the owner gave, for a database
    SHUT_DOWN = "shut_down"
    RESTART_HOST = "restart_host"
    START = "start"
    WAIT_READY = "wait_ready"  # the service answers, without a break
    RESTART_SERVICE = "restart_service"
    RESTART_GUEST = "restart_guest"
    SET_LIMIT = "set_limit"
    STOP_STARTER = "stop_starter"
    MIGRATE = "migrate"
    HAND_OVER = "hand_over"  # the start order goes to the hypervisor's own autostart
    TAKE_BACK = "take_back"  # autostart as it was before
    PROVE = "prove"  # is it over? transactions and symptoms


# What may be done again without harm when nobody knows whether it was done: it reads, or it asks for a state
# that is looked at first. All others are looked at before they are done a second time.
READS_ONLY = frozenset({Action.CHECK_ACCESS, Action.COLLECT, Action.WAIT_READY, Action.PROVE})


class ReadyBy(Enum):
    """By what a component counts as ready."""

    POWER = "power"
    TCP = "tcp"
    HTTP = "http"
    DNS = "dns"
    LDAP = "ldap"
    SSH = "ssh"
    SQL = "sql"
    SYSTEMD = "systemd"
    COMMAND = "command"


@dataclass(frozen=True, kw_only=True, slots=True)
class Readiness:
    """One thing that must answer. `target` is an address with port, a URL or a unit; `expects` what it says.

    It must do so for `steady_seconds` without a break.
    """

    by: ReadyBy
    target: str
    expects: str = ""
    steady_seconds: float = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Harm:
    """Whom a step or plan takes away from its users, and for how long (seconds, as expected)."""

    seconds: float = 0.0
    components: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedStep:
    """One step. `after` are the ids of the steps that must be done before.

    `expect_before` and `check_after` are states of the component (`on`, `off`, `restarted`, …), empty where
    there is nothing to look at. Where no effect is seen for `resend_seconds` the act is taken again: a
    request to shut down that comes while a guest still boots is lost. `undo` is empty where nothing can be
    taken back. `settings` are what the action needs to know (a limit, a grace), all as text. `force` allows
    to switch off what does not shut down within the limit.
    """

    id: str
    action: Action
    component: str
    words: Words
    after: tuple[str, ...] = ()
    expect_before: str = ""
    check_after: str = ""
    ready: tuple[Readiness, ...] = ()
    limit_seconds: float = 60.0
    resend_seconds: float = 30.0
    delay_seconds: float = 0.0
    undo: str = ""
    harm: Harm = field(default_factory=Harm)
    force: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A remedy as a graph of steps, in an order in which they could be done one by one.

    `digest` is of the steps, `site_digest` of the site file that they were made from: a plan is good only for
    that site. `good_until` is when the evidence that it rests on is too old. `warnings` are what a person
    must know before approving.
    """

    remedy: str
    component: str
    steps: tuple[PlannedStep, ...]
    harm: Harm
    made: datetime
    good_until: datetime
    site_digest: str
    digest: str = ""
    cause: str = ""
    warnings: tuple[Words, ...] = ()

    def step(self, id: str) -> PlannedStep:
        """Return a step by its id."""
        return next(step for step in self.steps if step.id == id)
