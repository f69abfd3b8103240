"""From a name as it is met to a program."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.knowledge.ask_next import ask_next
from tenmatsu.knowledge.look_up import look_up
from tenmatsu.model.program import Distribution, Match, MatchedBy, cut_name


def names(matches: tuple[Match, ...]) -> list[str]:
    return [match.program.name for match in matches]


def test_the_incident_exactly() -> None:
    """R9, R10: the one name that was caught in 2010."""
    (match,) = look_up("hald-addon-stor")
    program = match.program
    assert match.by is MatchedBy.CUT
    assert program.name == "hald-addon-storage"
    assert {one.package for one in program.packages} == {"hal"}
    assert {one.distribution for one in program.packages} == {Distribution.DEBIAN, Distribution.RHEL}
    assert program.units == ("haldaemon",)
    assert program.often
    assert "every 2 or every 16 s" in program.often.en
    assert "2 秒または 16 秒ごと" in program.often.ja
    assert "a disk fault only if the kernel reports one" in program.points_to.en
    assert not program.short_lived
    assert any("dmesg" in check.command for check in program.checks)
    assert program.remedy
    assert "hal-disable-polling" in program.remedy.en


@pytest.mark.parametrize(
    "text",
    [
        "hald-addon-storage",
        "hald-addon-stor",
        "hald-addon-sto+",
        "hald-addon-st",
        "HALD-ADDON-STORAGE",
        "  hald-addon-stor\n",
        "/usr/libexec/hald-addon-storage",
        "/usr/lib/hal/hald-addon-storage (deleted)",
        "hald-addon-storage: polling /dev/sr0 (every 2 sec)",
        "[hald-addon-stor] <defunct>",
    ],
)
def test_however_it_was_copied(text: str) -> None:
    assert names(look_up(text)) == ["hald-addon-storage"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[kworker/0:1]", ["kworker"]),
        ("kworker/0:1H-kblockd", ["kworker (kblockd)"]),
        ("kworker/u16:2-events_freezable_pwr_ef", ["kworker (disk events)"]),
        ("[jbd2/sda1-8]", ["jbd2"]),
        ("[kvm]", ["vhost"]),
        ("[ecryptfs-kthrea]", ["khungtaskd"]),
        ("php-fpm: pool www", ["php-fpm"]),
        ("php-fpm8.2", ["php-fpm"]),
        ("nginx: master process /usr/sbin/nginx -g daemon on;", ["nginx"]),
        ("postgres: 15/main: checkpointer", ["postgres checkpointer"]),
        ("postgres: blog blog 127.0.0.1(4242) idle", ["postgres"]),
        ("sshd: root@pts/0", ["sshd"]),
        ("-bash", ["sh"]),
        ("/usr/bin/python3 -Es /usr/sbin/tuned -l -P", ["tuned"]),
        ("/usr/bin/perl -w /var/www/cgi-bin/mt/mt-comments.cgi", ["mt.cgi"]),
        ("apt.systemd.dai", ["apt.systemd.daily"]),
        ("systemd-userwor", ["systemd-userdbd"]),
        ("unattended-upgr", ["unattended-upgrade", "unattended-upgrade-shutdown"]),
        ("systemd-network", ["systemd-networkd", "systemd-networkd-wait-online"]),
        ("(sd-pam)", ["(sd-pam)"]),
        ("(journald)", ["systemd-executor", "systemd-journald"]),
        ("runc:[2:INIT]", ["runc"]),
        ("[", ["grep"]),
    ],
)
def test_the_forms_in_which_names_are_met(text: str, expected: list[str]) -> None:
    assert names(look_up(text)) == expected


@pytest.mark.parametrize("text", ["", " ", "xyzzy", "[]", "[ ]", "zz", "/", ":", "\x1b[2J", "\udcff"])
def test_nothing_known_is_an_answer(text: str) -> None:
    assert look_up(text) == ()


def test_only_a_beginning_is_said_to_be_one() -> None:
    found = look_up("hald-add")
    assert {match.by for match in found} == {MatchedBy.BEGINNING}
    assert "hald-addon-storage" in names(found)


def test_the_executable_decides_between_candidates() -> None:
    path = "/lib/systemd/systemd-networkd-wait-online"
    assert names(look_up("systemd-network", executable=path)) == ["systemd-networkd-wait-online"]


def test_the_executable_speaks_where_the_name_does_not() -> None:
    (match,) = look_up("worker", executable="/usr/bin/qemu-system-x86_64")
    assert (match.program.name, match.by) == ("qemu-system-x86_64", MatchedBy.EXECUTABLE)


def test_a_thread_of_the_kernel_has_no_executable() -> None:
    (match,) = look_up("kswapd0", executable="/tmp/.x/kswapd0")
    assert match.doubt
    assert "imitates" in match.doubt.en
    assert look_up("kswapd0")[0].doubt is None


def test_another_executable_of_the_same_name_is_doubted() -> None:
    (match,) = look_up("httpd", executable="/bin/busybox")
    assert match.doubt
    assert look_up("mt.cgi", executable="/usr/bin/perl")[0].doubt is None  # a script's interpreter


def test_the_service_ranks_and_leads() -> None:
    assert names(look_up("kvm", unit="x.service")) == names(look_up("kvm"))
    assert names(look_up("xyzzy", unit="getty@tty1.service")) == ["agetty"]
    assert look_up("xyzzy", unit="sshd.service")[0].by is MatchedBy.UNIT


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kworker/3:0H-kblockd", "bound to processor 3; high priority; worked last for the queue kblockd"),
        ("[kworker/u8:1+flush-8:0]", "free to run on any processor (pool 8); works for the queue flush-8:0"),
        ("kworker/R-mm_percpu_wq", "stands by for the queue mm_percpu_wq"),
        ("sshd: root@pts/0", "says of itself: root@pts/0"),
        ("[sh] <defunct>", "look at the parent"),
    ],
)
def test_what_the_name_itself_tells(text: str, says: str) -> None:
    note = look_up(text)[0].note
    assert note
    assert says in note.en


@pytest.mark.parametrize("name", ["$(reboot)", "`reboot`", ";reboot", "'", "\x1b[2J"])
def test_what_to_ask_next_is_quoted_for_the_shell(name: str) -> None:
    looks = ask_next(name)
    assert looks
    assert all(f"-- {shlex.quote(name)}" in look.command or "dpkg" in look.command for look in looks)
    assert all(look.tells.ja for look in looks)


@given(st.text(), st.none() | st.text(), st.none() | st.text())
def test_any_text_has_an_answer(name: str, executable: str | None, unit: str | None) -> None:
    for match in look_up(name, executable=executable, unit=unit):
        assert match.program.what.en
    assert ask_next(name)


@given(st.text(min_size=1))
def test_a_cut_name_is_a_beginning_of_15_bytes_at_most(name: str) -> None:
    cut = cut_name(name)
    assert name.startswith(cut)
    assert len(cut.encode("utf-8", "surrogatepass")) <= 15
