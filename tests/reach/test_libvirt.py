"""libvirt's answers become hosts, guests and figures. Recorded on the box: a storm under a cap of 20 %.

The recordings are what the scripts printed, with MARK for the mark; paths and CPU features are cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.reach.closed_folders import words_without_override

from tenmatsu.errors import NoConnection, NotThere, ReachError, TookTooLong, WrongUse
from tenmatsu.model.below import METRICS, Change, Measure, Power, Product
from tenmatsu.model.site_map import Api
from tenmatsu.parse.libvirt_uri import parse_libvirt_uri
from tenmatsu.parse.marked_sections import parse_sections
from tenmatsu.reach.host_shell import HostShell, Told, open_shell_here
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.libvirt import Libvirt, open_libvirt
from tenmatsu.reach.libvirt_messages import explain_virsh, find_group
from tenmatsu.reach.libvirt_scripts import make_recall_script

TAPES = Path(__file__).parent.parent / "cases" / "reach" / "libvirt-storm-capped"
DNS, WEB = (f"7e57da7a-0000-4000-8000-00000000000{number}" for number in (1, 2))
Change_ = Callable[[str], str]


class RecordedShell(HostShell):
    """Answers each script with a recording, changed as the test wants it."""

    def __init__(self, names: list[str], changes: Mapping[str, Change_], ahead_seconds: float = 0.0) -> None:
        super().__init__(("sh",), "host1", "host1" if ahead_seconds else "")
        self._names = iter(names)
        self._changes = changes
        self._ahead = timedelta(seconds=ahead_seconds)

    def run(self, script: str, limit_seconds: float) -> Told:
        name = next(self._names)
        text = (TAPES / f"{name}.txt").read_text()
        text = self._changes[name](text) if name in self._changes else text
        clock = re.search(r"MARK clock\n(\d+\.\d{1,6})", text)
        assert clock
        sent = datetime.fromtimestamp(float(clock[1]), UTC) - self._ahead - timedelta(seconds=0.05)
        return Told(tuple(parse_sections(text.encode(), "MARK")), sent, sent + timedelta(seconds=0.2))


class CutShell(HostShell):
    """Answers with this text, which may have no end."""

    def __init__(self, text: str) -> None:
        super().__init__(("sh",), "host1")
        self._text = text

    def run(self, script: str, limit_seconds: float) -> Told:
        now = datetime.now(UTC)
        return Told(tuple(parse_sections(self._text.encode(), "MARK")), now, now)


def recorded(*names: str, ahead_seconds: float = 0.0, **changes: Change_) -> Libvirt:
    by_name = {name.replace("_", "-"): change for name, change in changes.items()}
    shell = RecordedShell(list(names), by_name, ahead_seconds)
    return Libvirt(parse_libvirt_uri("qemu:///system"), shell, "host1", limit_seconds=5.0)


def replace(old: str, new: str) -> Change_:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


def cut(section: str) -> Change_:
    """Leave a section's content out."""
    return lambda text: re.sub(rf"(MARK {re.escape(section)}\n).*?(?=MARK )", r"\1", text, flags=re.DOTALL)


def of(measures: tuple[Measure, ...], key: str) -> dict[str, float]:
    return {one.name: round(one.value, 2) for one in measures if one.key == key and not one.attributes}


def test_a_guest_at_its_cap_is_told_from_its_neighbour() -> None:
    libvirt = recorded("inventory", "measure-1", "measure-2")
    libvirt.take_inventory()
    libvirt.measure(None, None)
    found = libvirt.measure(None, None)
    assert found.lacks == ()
    web, dns = of(found.measures, WEB), of(found.measures, DNS)
    assert web["vm.cpu.limit"] == 0.2
    assert web["vm.cpu.held_periods"] > 0.9
    assert 0.3 < web["vm.cpu.held"] < 0.9
    assert web["vm.cpu.ready"] >= web["vm.cpu.held"] - 0.05
    assert web["vm.cpu.usage"] - web["vm.cpu.emulator"] == pytest.approx(0.2, abs=0.03)
    assert dns["vm.cpu.held_periods"] == dns["vm.cpu.held"] == 0
    assert {one.name for one in found.measures} <= set(METRICS)


def test_only_what_is_wanted_comes() -> None:
    libvirt = recorded("inventory", "measure-1")
    libvirt.take_inventory()
    assert {one.key for one in libvirt.measure({DNS}, None).measures} == {DNS}


def test_without_an_inventory_one_is_taken_first() -> None:
    assert of(recorded("inventory", "measure-1").measure(None, None).measures, WEB)["vm.cpu.limit"] == 0.2


def test_figures_that_this_version_lacks_are_left_out() -> None:
    def old(text: str) -> str:
        return re.sub(
            r"^ *(vcpu\.\d+\.(delay|wait)|cpu\.haltpoll|balloon\.rss).*\n", "", text, flags=re.MULTILINE
        )

    libvirt = recorded("inventory", "measure-1", inventory=old, measure_1=old)
    libvirt.take_inventory()
    web = of(libvirt.measure(None, None).measures, WEB)
    assert not {"vm.cpu.ready", "vm.cpu.halt_poll", "vm.memory.granted"} & set(web)
    assert web["vm.cpu.usage"] > 0.1


def test_a_guest_that_was_started_anew_has_no_rates_yet() -> None:
    def anew(text: str) -> str:
        return re.sub(r"cpu\.time=\d+", "cpu.time=5", text)

    libvirt = recorded("inventory", "measure-1", measure_1=anew)
    libvirt.take_inventory()
    web = of(libvirt.measure(None, None).measures, WEB)
    assert "vm.cpu.usage" not in web
    assert web["vm.memory.granted"] > 0


def test_processes_that_cannot_be_seen_are_a_lack_not_a_zero() -> None:
    def hide(text: str) -> str:
        return text[: text.index("MARK process\n")]

    libvirt = recorded("inventory", "measure-1", inventory=hide, measure_1=hide)
    libvirt.take_inventory()
    found = libvirt.measure(None, None)
    assert "vm.cpu.held" not in of(found.measures, WEB)
    assert sorted(lack.key for lack in found.lacks) == [DNS, WEB]


def test_a_guest_that_vanishes_between_two_questions_is_no_more_there() -> None:
    def vanish(text: str) -> str:
        gone = cut(f"dumpxml {WEB}")(text)
        return gone.replace("MARK xml.said 0\n", f"MARK xml.said 1\nerror: failed to get domain '{WEB}'\n")

    inventory = recorded("inventory", inventory=vanish).take_inventory()
    assert [guest.key for guest in inventory.guests] == [DNS]
    assert inventory.lacks == ()


def killed(after: str, section: str) -> Change_:
    """End a section's virsh by its limit after these words: 137, and nothing more of it."""

    def change(text: str) -> str:
        begin, end = text.index(after) + len(after), text.index(f"MARK {section}.said 0\n")
        rest = text[end:].removeprefix(f"MARK {section}.said 0\n")
        return f"{text[:begin]}\nMARK {section}.said 137\nKilled\n{rest}"

    return change


def test_guests_that_were_not_described_are_lacks() -> None:
    late = recorded("inventory", inventory=killed("</domain>\n", "xml")).take_inventory()
    (lack,) = late.lacks
    assert [guest.key for guest in late.guests] == [DNS]
    assert (lack.key, lack.what.en) == (WEB, "what guest web1 is")
    assert "gave no answer in 5 s" in lack.why.en

    def none(text: str) -> str:
        return text[: text.index("MARK xml\n")] + text[text.index("MARK stats\n") :]

    unlisted = recorded("inventory", inventory=none).take_inventory()
    assert [(lack.key, lack.why.en) for lack in unlisted.lacks] == [
        (key, "the answer of host1 was cut off") for key in (DNS, WEB)
    ]


def test_a_connection_that_is_lost_removes_no_guest() -> None:
    def lose(text: str) -> str:
        said = f"MARK xml.said 1\nerror: failed to get domain '{WEB}'\nerror: client socket is closed\n"
        return cut(f"dumpxml {WEB}")(text).replace("MARK xml.said 0\n", said)

    assert [lack.key for lack in recorded("inventory", inventory=lose).take_inventory().lacks] == [WEB]


def test_a_host_that_is_not_told_is_a_lack() -> None:
    late = recorded("inventory", inventory=killed("MARK host\n", "host")).take_inventory()
    assert late.hosts[0].autostart is None
    assert len(late.guests) == 2
    assert [lack.what.en.split(",")[0] for lack in late.lacks] == ["the host itself", "the storage pools"]
    assert all("gave no answer" in lack.why.en for lack in late.lacks)


def test_no_guest_that_starts_with_its_host_is_an_answer_too() -> None:
    inventory = recorded("inventory", inventory=cut("list.autostart")).take_inventory()
    assert (inventory.hosts[0].autostart, inventory.lacks) == (False, ())


def test_pools_that_are_not_told_are_a_lack_and_those_that_cannot_be_are_none() -> None:
    row = " images   running   yes   yes   2.00 GiB   1.00 GiB   1.00 GiB\n"
    rule = "-" * 76 + "\n"
    inventory = recorded("inventory", inventory=replace(rule, rule + row)).take_inventory()
    (lack,) = inventory.lacks
    assert "storage pools" in lack.what.en
    assert [store.name for store in inventory.stores] == ["images"]

    def unsupported(text: str) -> str:
        complaint = "this function is not supported by the connection driver: virConnectListAllStoragePools"
        bare = cut("list.pools")(text)
        return replace("MARK host.said 0\n", f"MARK host.said 0\nerror: {complaint}\n")(bare)

    assert recorded("inventory", inventory=unsupported).take_inventory().lacks == ()


def test_a_guest_whose_description_cannot_be_read_is_a_lack() -> None:
    spoilt = replace("<name>web1</name>", "<name>web1</nam")
    inventory = recorded("inventory", inventory=spoilt).take_inventory()
    assert [guest.key for guest in inventory.guests] == [DNS]
    (lack,) = inventory.lacks
    assert (lack.key, lack.what.en) == (WEB, "what guest web1 is")


def test_a_name_that_would_move_the_cursor_is_made_plain() -> None:
    hostile = replace("<name>web1</name>", "<name>web1&#27;[2J&lt;b&gt;</name>")
    (lack,) = recorded("inventory", inventory=hostile).take_inventory().lacks
    assert "invalid" in lack.why.en, "XML holds no escape character"
    reversed_ = replace("<name>web1</name>", "<name>web1\u202e&lt;b&gt;</name>")
    guests = recorded("inventory", inventory=reversed_).take_inventory().guests
    assert {guest.name for guest in guests} == {"dns1", "web1 <b>"}


def test_a_paused_guest_says_why() -> None:
    paused = replace("state.state=1\n  state.reason=1", "state.state=3\n  state.reason=5")
    guests = recorded("inventory", inventory=paused).take_inventory().guests
    assert {(guest.power, guest.note) for guest in guests} == {(Power.SUSPENDED, "paused: I/O error")}


def test_a_clock_that_is_ahead_is_taken_off_the_times() -> None:
    here, ahead = recorded("inventory", "recall"), recorded("inventory", "recall", ahead_seconds=3600)
    begun = datetime(2020, 1, 1, tzinfo=UTC)
    times = [[one.time for one in libvirt.recall(begun)[0]] for libvirt in (here, ahead)]
    assert len(times[0]) == len(times[1]) > 2
    for plain, moved in zip(*times, strict=True):
        assert abs(plain - moved - timedelta(hours=1)) < timedelta(seconds=0.2)


def test_what_happened_comes_oldest_first_and_not_more_than_wanted() -> None:
    begun = datetime(2020, 1, 1, tzinfo=UTC)
    every, lacks = recorded("inventory", "recall").recall(begun)
    assert [one.change for one in every] == [Change.HOST_STARTED, Change.STARTED, Change.STARTED]
    assert lacks == ()
    last, _ = recorded("inventory", "recall").recall(begun, most=1)
    assert last == every[-1:]


def test_closed_logs_are_a_lack() -> None:
    closed = replace("MARK cpu\n", "MARK closed\n/var/log/libvirt/qemu\n\nMARK cpu\n")
    _, lacks = recorded("inventory", "recall", recall=closed).recall(datetime(2020, 1, 1, tzinfo=UTC))
    assert [lack.why.en for lack in lacks] == ["no permission to read /var/log/libvirt/qemu"]


@pytest.mark.parametrize(
    ("closed", "mode", "told"),
    [(".", 0o600, "."), ("qemu", 0o300, "qemu"), ("qemu", 0o600, "qemu"), ("lxc", 0o700, None)],
    ids=["the folder above", "not to be listed", "not to be entered", "open"],
)
def test_a_folder_that_cannot_be_entered_is_closed_not_empty(
    tmp_path: Path, closed: str, mode: int, told: str | None
) -> None:
    logs = tmp_path / "libvirt"
    for kind in ("qemu", "lxc"):
        (logs / kind).mkdir(parents=True)
    (logs / "qemu" / "web1.log").write_text("2026-11-25 17:00:00.000+0000: starting up libvirt version\n")
    shell = open_shell_here("host1", words_without_override())
    (logs / closed).chmod(mode)
    answer = shell.run(make_recall_script(str(logs)), 5.0)
    (logs / closed).chmod(0o700)
    expected = None if told is None else f"{logs / told}"
    found = answer.find("closed")
    assert (None if found is None else found.decode().strip()) == expected
    assert (answer.find("log web1") is None) == (expected is not None)
    assert answer.find("clock")


@pytest.mark.parametrize("where", ["MARK log web1", "MARK cpu", "MARK clock"])
def test_a_recall_that_was_cut_off_is_no_answer(where: str) -> None:
    whole = recorded("inventory", "recall")
    assert whole.recall(datetime(2020, 1, 1, tzinfo=UTC))
    libvirt = recorded("inventory")
    libvirt.take_inventory()
    text = (TAPES / "recall.txt").read_text()
    libvirt._shell = CutShell(text[: text.index(where)])
    with pytest.raises(ReachError, match="cut off"):
        libvirt.recall(datetime(2020, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("said", "may_act"),
    [
        ("MARK acting.said 137\nKilled\n", None),
        ("", None),
        ("MARK acting.said 1\nerror: Cannot recv data: Connection reset by peer\n", None),
        ("MARK acting.said 1\nerror: authentication unavailable: no polkit agent\n", False),
        ("MARK acting.said 0\n", True),
    ],
)
def test_only_a_refusal_says_that_we_may_not_act(said: str, may_act: bool | None) -> None:
    identity = recorded("identify", identify=replace("MARK acting.said 0\n", said)).identify()
    assert identity.may_act is may_act


def test_an_answer_that_was_cut_off_is_no_answer() -> None:
    with pytest.raises(ReachError):
        recorded("inventory", inventory=lambda text: text[: text.index("MARK guests.said")]).take_inventory()


@pytest.mark.parametrize(
    ("code", "said", "kind", "words"),
    [
        (137, "", TookTooLong, "gave no answer in 5 s"),
        (127, "sh: 1: virsh: not found", NotThere, "libvirt-clients"),
        (
            1,
            "error: Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied",
            NoConnection,
            "usermod -aG libvirt ann",
        ),
        (
            1,
            "error: authentication unavailable: no polkit agent available to authenticate",
            NoConnection,
            "a rule of polkit's",
        ),
        (
            1,
            "error: Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory",
            NoConnection,
            "does not run",
        ),
        (
            1,
            "error: Cannot read CA certificate '/x': No such file or directory",
            NoConnection,
            "says: Cannot read CA",
        ),
        (1, "error: \x1b[2Jodd", NoConnection, "odd"),
    ],
)
def test_complaints_say_what_to_do(code: int, said: str, kind: type, words: str) -> None:
    error = explain_virsh("vm1", code, said, user="ann", group="libvirt", seconds=5)
    assert isinstance(error, kind)
    assert words in error.words.en
    assert error.words.en.isprintable()


def test_the_socket_tells_its_group() -> None:
    line = b"srwxrwx--- 1 root kvmusers 0 Nov 25 16:49 /run/libvirt/libvirt-sock\n"
    assert find_group(line) == "kvmusers"
    assert find_group(b"") == "libvirt"


@pytest.mark.parametrize("address", ["esx://vm1/", "-oProxyCommand=x", "qemu+ssh://vm1:2222/system", "a b"])
def test_an_address_that_cannot_be_used_is_refused(address: str) -> None:
    with pytest.raises(WrongUse):
        open_libvirt(Api(product=Product.LIBVIRT, address=address), "", "vm1")


def test_figures_that_libvirt_refuses_are_a_lack_of_the_inventory() -> None:
    refused = replace("MARK stats.said 0\n", "MARK stats.said 1\nerror: out of memory\n")
    hypervisor: Hypervisor = recorded("inventory", "measure-1", inventory=refused, measure_1=refused)
    (lack,) = hypervisor.take_inventory().lacks
    assert "out of memory" in lack.why.en
    with pytest.raises(NoConnection):
        hypervisor.measure(None, None)


def test_guests_whose_figures_were_refused_once_are_not_new_afterwards() -> None:
    refused = replace("MARK stats.said 0\n", "MARK stats.said 1\nerror: out of memory\n")
    silent: Change_ = lambda text: refused(cut("stats")(text))  # noqa: E731
    libvirt = recorded("inventory", "measure-1", "recall", inventory=silent)
    assert [lack.what.en for lack in libvirt.take_inventory().lacks] == [
        "whether the guests run, and their figures"
    ]
    assert {WEB, DNS} <= {one.key for one in libvirt.measure(None, None).measures}
    changes, _ = libvirt.recall(datetime(2020, 1, 1, tzinfo=UTC))
    assert Change.CREATED not in {one.change for one in changes}


def test_a_guest_that_libvirt_has_no_figures_of_for_a_while_is_not_removed() -> None:
    def skip(text: str) -> str:
        return text.replace("Domain: 'web1'", "Domain: 'other'")

    libvirt = recorded("inventory", "measure-1", "measure-2", "recall", measure_1=skip)
    for _ in range(2):
        libvirt.measure(None, None)
    changes, _ = libvirt.recall(datetime(2020, 1, 1, tzinfo=UTC))
    assert not {Change.CREATED, Change.REMOVED} & {one.change for one in changes}


def test_a_guest_that_is_listed_no_more_is_removed() -> None:
    def undefine(text: str) -> str:
        return text.replace(f"{WEB} web1\n", "").replace("Domain: 'web1'", "Domain: 'other'")

    libvirt = recorded("inventory", "measure-1", "measure-2", measure_1=undefine)
    for _ in range(2):
        libvirt.measure(None, None)
    noticed = [(one.key, one.change) for one in libvirt._noticed]
    assert noticed == [(WEB, Change.REMOVED), (WEB, Change.CREATED)]


def test_a_change_is_told_once_however_close_the_rounds_are() -> None:
    libvirt = recorded(
        "inventory", "measure-1", "measure-1", measure_1=replace("quota_us 20000", "quota_us 30000")
    )
    for _ in range(2):
        libvirt.measure(None, None)
    (change,) = libvirt._noticed
    assert change.message == "quota 20000/100000 µs a vCPU → quota 30000/100000 µs a vCPU"


def test_the_hosts_disks_are_told_by_request() -> None:
    def with_disk(reads: int, milliseconds: int) -> Change_:
        stats = f" 254 0 vda {reads} 0 800 {milliseconds} 5 0 40 10 0 20 {milliseconds}\n"
        stats += " 254 1 vda1 9 0 8 900 0 0 0 0 0 0 0\n"
        return replace("MARK memory\n", f"MARK devices\nloop0\nvda\n\nMARK disks\n{stats}\nMARK memory\n")

    libvirt = recorded("inventory", "measure-1", inventory=with_disk(100, 500), measure_1=with_disk(110, 600))
    libvirt.take_inventory()
    measures = libvirt.measure(None, None).measures
    found = [(one.attributes, one.value) for one in measures if one.name == "host.disk.latency"]
    assert found == [({"disk": "vda", "direction": "read"}, 0.01)]
