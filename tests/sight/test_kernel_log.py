"""The kernel's log: one answer from several sources, and why, where there is none."""

import gzip
import json
from collections.abc import Sequence
from datetime import timedelta

from tests.sight.made_reach import NOW, UPTIME, MadeReach, answer, look_at

from tenmatsu.model.evidence import Event
from tenmatsu.reach import Output
from tenmatsu.sight.kernel_log import SIGHT
from tenmatsu.sight.scene import Page

KILL = "Out of memory: Killed process 4711 (mt.cgi) total-vm:1kB, anon-rss:1kB, file-rss:0kB"


def record(number: int, seconds: float, text: str, *, severity: int = 3) -> bytes:
    return f"{severity},{number},{round(seconds * 1e6)},-;{text}\n".encode()


def line(seconds_ago: float, text: str) -> str:
    return f"{(NOW - timedelta(seconds=seconds_ago)).isoformat()} web1 kernel: [1.000001] {text}\n"


def entry(seconds_ago: float, text: str) -> str:
    when = round((NOW.timestamp() - seconds_ago) * 1e6)
    return json.dumps({"__REALTIME_TIMESTAMP": str(when), "MESSAGE": text, "PRIORITY": "3"}) + "\n"


def messages(page: Page) -> list[Event]:
    return [event for event in page.events if event.name == "kernel.message"]


def logs(page: Page) -> dict[str, Event]:
    return {event.text("source"): event for event in page.events if event.name == "kernel.log"}


def test_the_ring_alone_dates_its_messages_and_says_what_it_covers() -> None:
    ring = (record(0, 0.0, "Linux version 6.1", severity=5), record(1, UPTIME - 60, KILL))
    page = look_at(SIGHT, MadeReach(ring=[ring]))
    (kill,) = messages(page)
    assert (kill.time, kill.text("class"), kill.text("victim")) == (
        NOW - timedelta(seconds=60),
        "oom-kill",
        "mt.cgi",
    )
    log = logs(page)["/dev/kmsg"]
    assert log.number("lines") == 2
    assert log.text("begins") == (NOW - timedelta(seconds=UPTIME)).isoformat()
    assert page.gaps == ()


def test_a_kill_at_a_groups_limit_carries_the_group_and_one_on_the_machine_does_not() -> None:
    context = (
        "oom-kill:constraint=CONSTRAINT_{},nodemask=(null),{}task_memcg=/web/cgi,task=mt.cgi,pid={},uid=33"
    )
    ring = (
        record(0, 10, context.format("MEMCG", "oom_memcg=/web,", 1)),
        record(1, 10, "Memory cgroup out of memory: Killed process 1 (mt.cgi) total-vm:1kB"),
        record(2, 11, context.format("NONE", "global_oom,", 2)),
        record(3, 11, "Out of memory: Killed process 2 (mt.cgi) total-vm:1kB"),
    )
    found = messages(look_at(SIGHT, MadeReach(ring=[ring]), since=timedelta(days=1)))
    assert sorted((event.number("pid"), event.text("cgroup")) for event in found) == [(1, "/web"), (2, "")]


def test_stacks_and_registers_of_a_report_are_counted_only() -> None:
    texts = ("Call Trace:", " <TASK>", " dump_stack_lvl+0x57/0x80", "RIP: 0033:0x7f86", "RAX: 0000 RBX: 1")
    ring = tuple(record(number, 10, text, severity=4) for number, text in enumerate(texts))
    page = look_at(SIGHT, MadeReach(ring=[ring]))
    assert messages(page) == []
    assert logs(page)["/dev/kmsg"].number("lines") == 5


def test_what_is_older_than_the_ring_comes_from_the_files_and_nothing_twice() -> None:
    ring = (record(500, UPTIME - 100, "eth0: hello", severity=6), record(501, UPTIME - 50, KILL))
    old, older = (
        line(3000, "EXT4-fs error (device sda1): old"),
        line(90_000, "EXT4-fs error (device sda1): older"),
    )
    reach = MadeReach(
        ring=[ring],
        files={
            "/var/log/kern.log": (old + line(50, KILL)).encode(),
            "/var/log/kern.log.1": older.encode(),
            "/var/log/kern.log.2.gz": gzip.compress(
                line(20 * 86400, "EXT4-fs error (device sda1): oldest").encode()
            ),
        },
        modified={"/var/log/kern.log.2.gz": NOW - timedelta(days=19)},
    )
    page = look_at(SIGHT, reach)
    assert [event.body[-5:] for event in sorted(messages(page), key=lambda event: event.time)] == [
        "older",
        ": old",
        KILL[-5:],
    ]
    assert set(logs(page)) == {"/dev/kmsg", "/var/log/kern.log", "/var/log/kern.log.1"}


def test_without_the_ring_the_journal_is_read_and_that_is_no_gap() -> None:
    reach = MadeReach(
        files={"/var/log/journal/0123/system.journal": b""},
        answers={"journalctl": answer(entry(60, KILL))},
        refused=frozenset({"/dev/kmsg"}),
    )
    page = look_at(SIGHT, reach, since=timedelta(seconds=60))
    assert {event.text("source") for event in messages(page)} == {"journal"}
    assert page.gaps == ()
    assert not any("-k" in words for words in reach.asked)  # -k means this boot only


def test_an_old_journalctl_is_asked_again_without_what_it_does_not_know() -> None:
    class Old(MadeReach):
        def run(self, argv: Sequence[str], *, limit_seconds: float = 1.0, limit_bytes: int = 1) -> Output:
            new = any("output-fields" in word for word in argv)
            refusal = answer("", 1, "journalctl: unrecognized option '--output-fields=MESSAGE'")
            return refusal if new else answer(entry(60, KILL))

    page = look_at(SIGHT, Old(files={"/run/log/journal/0123/a.journal": b""}))
    assert messages(page)


def test_without_the_right_it_is_a_gap_that_names_the_group() -> None:
    reach = MadeReach(
        files={"/var/log/journal/0123/system.journal": b"", "/var/log/kern.log": b""},
        answers={"journalctl": answer("", 0, "Hint: You are currently not seeing messages from other users")},
        refused=frozenset({"/dev/kmsg", "/var/log/kern.log"}),
    )
    page = look_at(SIGHT, reach)
    (gap,) = page.gaps
    assert "/dev/kmsg" in gap.why.en
    assert "adduser" in gap.close_by.en
    assert not page.look.complete


def test_a_container_without_any_kernel_log_says_so() -> None:
    page = look_at(SIGHT, MadeReach())
    (gap,) = page.gaps
    assert "container" in gap.why.en
    assert messages(page) == []


def test_messages_overwritten_before_they_could_be_read_are_a_gap() -> None:
    early, late = (record(5, 10, "a", severity=6),), (record(9, 20, KILL),)
    page = look_at(SIGHT, MadeReach(ring=[early, late]))
    assert [gap.why.en for gap in page.gaps if "overwritten" in gap.why.en]
    assert messages(page)


def test_messages_that_only_the_first_reading_saw_are_kept() -> None:
    early = (record(5, UPTIME - 30, KILL), record(6, UPTIME - 20, "b", severity=6))
    late = (record(6, UPTIME - 20, "b", severity=6), record(7, UPTIME - 10, "c", severity=6))
    page = look_at(SIGHT, MadeReach(ring=[early, late]), since=timedelta(seconds=30))
    assert [event.text("class") for event in messages(page)] == ["oom-kill"]
    assert page.gaps == ()


def test_what_nobody_kept_of_the_time_in_question_is_a_gap() -> None:
    ring = (record(500, UPTIME - 100, "eth0: hello", severity=6),)
    (gap,) = look_at(SIGHT, MadeReach(ring=[ring])).gaps
    assert "first 1.0 h" in gap.what.en
    assert "overwritten" in gap.why.en


def test_what_was_said_before_the_machine_was_started_was_not_overwritten() -> None:
    ring = (record(0, 0.0, "Linux version 6.1", severity=6),)
    (gap,) = look_at(SIGHT, MadeReach(ring=[ring]), since=timedelta(days=14)).gaps
    assert "started" in gap.why.en
    assert "log_buf_len" not in gap.close_by.en  # a longer memory would not have kept it


def test_older_logs_that_may_not_be_read_are_not_said_to_be_missing() -> None:
    ring = (record(500, UPTIME - 100, "eth0: hello", severity=6),)
    refused = frozenset({"/var/log/kern.log"})
    (gap,) = look_at(SIGHT, MadeReach(ring=[ring], files={"/var/log/kern.log": b""}, refused=refused)).gaps
    assert "permission" in gap.why.en
    assert "adduser" in gap.close_by.en


def test_a_log_too_long_to_be_read_whole_is_not_said_to_keep_nothing() -> None:
    ring = (record(500, UPTIME - 100, "eth0: hello", severity=6),)
    long = "".join(line(3000, "x" * 200_000) for _ in range(45)).encode()
    (gap,) = look_at(SIGHT, MadeReach(ring=[ring], files={"/var/log/kern.log": long})).gaps
    assert "/var/log/kern.log is too long" in gap.why.en


def test_a_file_that_misses_what_the_ring_holds_has_stopped() -> None:
    ring = (record(0, 0.0, "boot", severity=6), record(1, UPTIME - 10, KILL))
    files = {"/var/log/syslog": line(5000, "last").encode(), "/var/log/auth.log": b"x"}
    page = look_at(SIGHT, MadeReach(ring=[ring], files=files))
    log = logs(page)["/var/log/syslog"]
    assert (log.number("missing_seconds") or 0) > 4000
    assert log.attributes["daemon"] is False


def test_a_flood_of_one_message_stays_bounded_and_is_counted() -> None:
    ring = tuple(
        record(number, UPTIME - 3000 + number, f"Buffer I/O error on dev sda1, logical block {number}, lost")
        for number in range(2000)
    )
    found = messages(look_at(SIGHT, MadeReach(ring=[ring])))
    assert len(found) < 50
    assert sum(1 + (event.number("omitted") or 0) for event in found) == 2000


def test_a_warning_that_was_seen_before_says_so() -> None:
    texts = ((100.0, "foo0: link flapped 3 times"), (UPTIME - 30, "foo0: link flapped 9 times"))
    ring = tuple(record(number, stamp, text, severity=4) for number, (stamp, text) in enumerate(texts))
    found = messages(look_at(SIGHT, MadeReach(ring=[ring])))
    assert {event.number("seen_before") for event in found} == {1}


def test_hostile_text_is_kept_on_one_line_and_short() -> None:
    text = "foo: \\x1b[2J\\x0aOut of memory: Killed process 1 (x)" + "y" * 900
    (found,) = messages(look_at(SIGHT, MadeReach(ring=[(record(0, UPTIME - 5, text, severity=2),)])))
    assert found.text("class") == "other"
    assert found.body.isprintable()
    assert len(found.body) <= 500
