"""Interfaces, the way out, connections turned away, name resolution."""

import pytest
from tests.evidence_builder import EvidenceBuilder

from tenmatsu.diagnose.findings import (
    interface_errors,
    listen_overflow,
    name_resolution_failing,
    name_resolution_slow,
    no_default_route,
    resolvers_disagree,
)
from tenmatsu.model.finding import State


def traffic(
    packets: float,
    errors: float = 0,
    dropped: float = 0,
    *,
    name: str = "eth0",
    direction: str = "receive",
    made: EvidenceBuilder | None = None,
) -> EvidenceBuilder:
    made = made or EvidenceBuilder().looked("interfaces")
    where = {"network__interface__name": name, "network__io__direction": direction}
    made.counter("system.network.packet.count", 7, 7 + packets, **where)
    made.counter("system.network.errors", 70, 70 + errors, **where)
    return made.counter("system.network.packet.dropped", 700, 700 + dropped, **where)


def listening(overflows: float, *waiting: float, port: int = 80) -> EvidenceBuilder:
    made = EvidenceBuilder().looked("sockets")
    made.counter("linux.tcp.listen", 12, 12 + overflows, counter="ListenOverflows")
    return made.gauge("linux.tcp.waiting", *waiting, server__port=port) if waiting else made


def resolvers(*servers: str) -> EvidenceBuilder:
    made = EvidenceBuilder().looked("name_resolution")
    return made.event("dns.config", servers=", ".join(servers), count=len(servers))


def asked(
    made: EvidenceBuilder, server: str, *codes: str, seconds: float = 0.01, name: str = "."
) -> EvidenceBuilder:
    for code in codes:
        made.event(
            "dns.lookup",
            server__address=server,
            dns__question__name=name,
            code=code,
            records="",
            duration_seconds=seconds,
        )
    return made


def routes(*states: str) -> EvidenceBuilder:
    made = EvidenceBuilder().looked("interfaces").event("network.routes", default_routes=len(states))
    for number, state in enumerate(states):
        made.event("network.route", network__interface__name=f"eth{number}", gateway="", carrier=state)
    return made


OK = "NOERROR"
A, B = "192.0.2.1", "192.0.2.2"
CASES = {
    "interface-errors": (lambda: traffic(1000, errors=90), lambda: traffic(100_000, dropped=3)),
    "listen-overflow": (lambda: listening(7, 0, 128), lambda: listening(0, 0, 1)),
    "name-resolution-failing": (
        lambda: asked(resolvers(A), A, "timeout", "timeout", OK),
        lambda: asked(resolvers(A), A, OK, "NXDOMAIN"),
    ),
    "name-resolution-slow": (
        lambda: asked(resolvers(A), A, OK, seconds=4.9),
        lambda: asked(resolvers(A), A, OK, seconds=0.01),
    ),
    "resolvers-disagree": (
        lambda: asked(asked(resolvers(A, B), A, OK, name="web1"), B, "NXDOMAIN", name="web1"),
        lambda: asked(asked(resolvers(A, B), A, OK), B, OK),
    ),
    "no-default-route": (lambda: routes("down"), lambda: routes("up")),
}


@pytest.mark.parametrize(
    ("packets", "lost", "state"),
    [
        (81, 19, State.ABSENT),  # a fifth, but only 19 packets
        (80, 20, State.PRESENT),
        (4001, 20, State.ABSENT),  # 20 packets, but under half a percent
        (3980, 20, State.PRESENT),
    ],
)
def test_loss_is_half_a_percent_and_twenty_packets(packets: float, lost: float, state: State) -> None:
    for errors, dropped in ((lost, 0.0), (0.0, lost), (lost - 5, 5.0)):
        assert interface_errors.KIND(traffic(packets, errors, dropped).build()).state is state


def test_loss_harms_over_two_percent() -> None:
    assert not interface_errors.KIND(traffic(980, 20).build()).harm
    assert interface_errors.KIND(traffic(979, 21).build()).harm


def test_the_interface_that_loses_most_is_named() -> None:
    made = traffic(900, 100, name="eth1", direction="transmit", made=traffic(970, 30))
    found = interface_errors.KIND(made.build())
    assert dict(found.values) == {"lost_ratio": 0.1, "lost_packets": 100, "interface": "eth1"}
    assert found.sentence.en == "eth1 lost 10.0% of its packets (100)"


def test_no_interface_at_all_loses_nothing() -> None:
    assert interface_errors.KIND(EvidenceBuilder().looked("interfaces").build()).state is State.ABSENT


@pytest.mark.parametrize(
    ("overflows", "waiting", "state", "strength", "harm"),
    [
        (0, 99, State.ABSENT, 1.0, False),
        (0, 100, State.PRESENT, 0.5, False),
        (1, 0, State.PRESENT, 1.0, True),
    ],
)
def test_one_overflow_harms_and_a_hundred_waiting_are_many(
    overflows: float, waiting: float, state: State, strength: float, harm: bool
) -> None:
    found = listen_overflow.KIND(listening(overflows, 0, waiting, 0).build())
    assert (found.state, found.strength, found.harm) == (state, strength, harm)


def test_the_port_with_the_longest_queue_is_named() -> None:
    made = listening(3, 0, 50, port=443).gauge("linux.tcp.waiting", 2, 511, server__port=80)
    found = listen_overflow.KIND(made.build())
    assert found.sentence.en == "3 connections were turned away; up to 511 waited on port 80"


def test_overflows_without_a_socket_are_said_all_the_same() -> None:
    assert listen_overflow.KIND(listening(3).build()).state is State.PRESENT


@pytest.mark.parametrize(("bad", "state"), [(2, State.ABSENT), (3, State.PRESENT)])
@pytest.mark.parametrize("code", ["timeout", "refused", "unreachable", "EOFError", "SERVFAIL"])
def test_a_resolver_fails_from_three_in_ten_on(code: str, bad: int, state: State) -> None:
    made = asked(resolvers(A), A, *[code] * bad, *[OK] * (10 - bad))
    found = name_resolution_failing.KIND(made.build())
    assert found.state is state
    if state is State.PRESENT:
        assert f"30% of the queries unanswered ({code})" in found.sentence.en


def test_no_such_name_is_an_answer() -> None:
    assert name_resolution_failing.KIND(asked(resolvers(A), A, "NXDOMAIN").build()).state is State.ABSENT


@pytest.mark.parametrize(
    ("dead", "strength", "harm"), [((A,), 1.0, True), ((B,), 0.3, False), ((A, B), 1.0, True)]
)
def test_a_dead_first_resolver_harms_and_a_dead_later_one_does_not(
    dead: tuple[str, ...], strength: float, harm: bool
) -> None:
    made = resolvers(A, B)
    for server in (A, B):
        asked(made, server, "timeout" if server in dead else OK)
    found = name_resolution_failing.KIND(made.build())
    assert (found.strength, found.harm) == (strength, harm)
    assert found.see == tuple(f"dig @{server} . NS +tries=1" for server in dead)
    assert found.sentence.en.endswith("; 2 resolvers configured")


def test_no_resolver_is_absent_and_no_query_is_unknown() -> None:
    assert name_resolution_failing.KIND(resolvers().build()).state is State.ABSENT
    assert name_resolution_failing.KIND(resolvers(A).build()).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("seconds", "state", "harm"),
    [
        (0.49, State.ABSENT, False),
        (0.5, State.PRESENT, False),
        (0.99, State.PRESENT, False),
        (1.0, State.PRESENT, True),
    ],
)
def test_half_a_second_is_slow_and_a_second_harms(seconds: float, state: State, harm: bool) -> None:
    found = name_resolution_slow.KIND(asked(resolvers(A), A, OK, seconds=seconds).build())
    assert (found.state, found.harm) == (state, harm)


def test_the_median_forgives_one_late_answer_and_the_slowest_resolver_is_named() -> None:
    made = asked(asked(resolvers(A, B), A, OK, OK, seconds=0.01), A, OK, seconds=6)
    assert name_resolution_slow.KIND(made.build()).state is State.ABSENT
    found = name_resolution_slow.KIND(asked(made, B, "SERVFAIL", seconds=2).build())
    assert dict(found.values) == {"median_seconds": 2.0, "resolver": B}
    assert found.strength == 1.0


@pytest.mark.parametrize("code", ["timeout", "refused", "unreachable", "EOFError"])
def test_no_answer_has_no_time(code: str) -> None:
    made = asked(resolvers(A), A, code, seconds=7)
    assert name_resolution_slow.KIND(made.build()).state is State.UNKNOWN


def test_one_name_is_enough_to_disagree_on() -> None:
    made = resolvers(A, B)
    for server, code in ((A, OK), (B, "NXDOMAIN")):
        asked(asked(made, server, OK), server, code, name="web1")
    found = resolvers_disagree.KIND(made.build())
    assert (found.state, found.sentence.en, found.values["names"]) == (
        State.PRESENT,
        "the resolvers disagree on web1",
        1,
    )


def test_a_resolver_that_changes_its_mind_does_not_agree_with_one_that_does_not() -> None:
    made = asked(asked(resolvers(A, B), A, OK, "NXDOMAIN"), B, OK, OK)
    assert resolvers_disagree.KIND(made.build()).state is State.PRESENT


def test_failures_are_no_answers_to_compare() -> None:
    made = asked(asked(resolvers(A, B), A, OK), B, "SERVFAIL", "timeout")
    assert resolvers_disagree.KIND(made.build()).state is State.ABSENT
    assert resolvers_disagree.KIND(asked(resolvers(A), A, "timeout").build()).state is State.UNKNOWN


@pytest.mark.parametrize("state", ["up", "unknown"])
def test_one_way_out_is_enough(state: str) -> None:
    found = no_default_route.KIND(routes("down", state).build())
    assert (found.state, found.sentence.en) == (State.ABSENT, "a default route is there, and eth1 is up")


@pytest.mark.parametrize("state", ["down", "lowerlayerdown", "dormant", "notpresent"])
def test_a_way_out_that_is_down_harms(state: str) -> None:
    found = no_default_route.KIND(routes(state).build())
    assert (found.state, found.strength, found.harm) == (State.PRESENT, 1.0, True)


def test_no_way_out_may_be_meant() -> None:
    found = no_default_route.KIND(routes().build())
    assert (found.state, found.strength, found.harm) == (State.PRESENT, 0.3, False)
