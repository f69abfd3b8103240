"""What changed: what people did is told apart from what programs write by themselves."""

from datetime import datetime, timedelta

from tests.sight.made_reach import NOW, MadeReach, found_file, look_at

from tenmatsu.model.evidence import Event
from tenmatsu.reach import Walk
from tenmatsu.sight.changes import SIGHT
from tenmatsu.sight.changes_files import find_application_changes, find_application_roots
from tenmatsu.sight.scene import Page, Scene

DIRECTORY = 0o040755
SINCE = NOW - timedelta(days=14)


def made(name: str, page: Page) -> list[Event]:
    return [event for event in page.events if event.name == name]


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def test_a_machine_on_which_nothing_changed_says_so() -> None:
    dpkg = b"2025-01-01 00:00:00 upgrade perl:amd64 1 2\n"
    reach = MadeReach(files={"/var/log/dpkg.log": dpkg}, walks={"/etc": Walk(files=(), complete=True)})
    page = look_at(SIGHT, reach)
    (summary,) = made("change.summary", page)
    assert (summary.attributes["packages"], summary.attributes["complete"]) == (0, True)
    assert page.gaps == ()


def test_a_machine_without_a_package_log_has_a_gap_and_no_lie() -> None:
    page = look_at(SIGHT, MadeReach(walks={"/etc": Walk(files=(), complete=True)}))
    (summary,) = made("change.summary", page)
    assert summary.attributes["complete"] is False
    assert len(page.gaps) == 1


def test_files_that_programs_write_are_left_out_and_those_of_a_package_marked() -> None:
    files = (
        found_file("/etc/ld.so.cache", ago(hours=2)),
        found_file("/etc/apache2/mods-enabled/status.conf", ago(hours=1)),
        found_file("/etc/apache2/sites-enabled/blog.conf", ago(hours=3)),
        found_file("/etc/hosts", ago(days=30)),
        found_file("/etc/apache2", ago(hours=1), mode=DIRECTORY),
        found_file("/etc/passwd-", ago(hours=1)),
        found_file("/etc/hosts.swp", ago(hours=1)),
    )
    dpkg = ago(hours=1).strftime("%Y-%m-%d %H:%M:%S upgrade apache2:amd64 1 2\n").encode()
    reach = MadeReach(files={"/var/log/dpkg.log": dpkg}, walks={"/etc": Walk(files=files, complete=True)})
    page = look_at(SIGHT, reach)
    found = {event.text("path"): event.attributes["by_package"] for event in made("change.file", page)}
    assert found == {
        "/etc/apache2/mods-enabled/status.conf": True,
        "/etc/apache2/sites-enabled/blog.conf": False,
    }
    (package,) = made("change.package", page)
    assert (package.time, package.text("version_after")) == (ago(hours=1), "2")


def test_local_times_of_a_log_are_put_into_the_zone_of_the_machine() -> None:
    from pathlib import Path

    tokyo = (Path(__file__).parent.parent / "cases/parse/zone-tokyo/input.bin").read_bytes()
    dpkg = b"2026-03-11 10:14:00 upgrade perl:amd64 1 2\n"
    reach = MadeReach(
        files={"/var/log/dpkg.log": dpkg, "/etc/localtime": tokyo},
        walks={"/etc": Walk(files=(), complete=True)},
    )
    (package,) = made("change.package", look_at(SIGHT, reach))
    assert package.time == ago(hours=1)


def test_an_application_is_its_code_not_what_it_makes() -> None:
    files = (
        found_file("/srv/mt/mt.cgi", ago(days=400), mode=0o100755),
        found_file("/srv/mt/lib/MT/Template.pm", ago(days=400), changed=ago(minutes=3)),
        found_file("/srv/mt/lib/MT", ago(minutes=3), mode=DIRECTORY),
        found_file("/srv/mt/mt-config.cgi", ago(hours=1)),
        found_file("/srv/mt/lib/MT/Entry.pm", ago(days=3), changed=ago(seconds=5)),
        found_file("/srv/mt/data/blog.db", ago(minutes=1)),
        found_file("/srv/mt/html/index.html", ago(minutes=1)),
        found_file("/srv/mt/cache/page.php", ago(minutes=1)),
        found_file("/srv/mt/html", ago(minutes=1), mode=DIRECTORY),
    )
    reach = MadeReach(walks={"/srv/mt": Walk(files=files, complete=True)})
    changes, complete = find_application_changes(reach, ["/srv/mt"], SINCE)
    assert complete
    assert {(change.path, change.what) for change in changes} == {
        ("/srv/mt/lib/MT/Template.pm", "moved or permissions"),
        ("/srv/mt/lib/MT/Entry.pm", "moved or permissions"),
        ("/srv/mt/lib/MT", "names"),
        ("/srv/mt/mt-config.cgi", "content"),
    }


def test_an_application_that_lives_in_a_folder_for_passing_things_is_still_one() -> None:
    files = (found_file("/tmp/blog/cgi-bin/blog.cgi", ago(minutes=1)),)
    reach = MadeReach(walks={"/tmp/blog/cgi-bin": Walk(files=files, complete=True)})
    changes, _ = find_application_changes(reach, ["/tmp/blog/cgi-bin"], SINCE)
    assert [change.path for change in changes] == ["/tmp/blog/cgi-bin/blog.cgi"]


def test_roots_that_cannot_be_walked_make_the_search_incomplete() -> None:
    assert find_application_changes(MadeReach(), ["/srv/mt"], SINCE) == ([], False)


def test_without_a_web_server_there_are_no_roots() -> None:
    reach = MadeReach(files={"/proc/1/stat": b"1 (init) S 0 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 2 1 1"})
    scene = Scene(reach=reach, component="made", start=NOW, seconds=0.0, since=SINCE)
    assert find_application_roots(scene) == []


def test_a_newer_kernel_than_the_one_that_runs_is_told() -> None:
    files = {
        "/proc/sys/kernel/osrelease": b"6.1.0-9-amd64\n",
        "/boot/vmlinuz-6.1.0-9-amd64": b"",
        "/boot/vmlinuz-6.1.0-22-amd64": b"",
        "/boot/vmlinuz-0-rescue-abc": b"",
        "/run/reboot-required": b"",
    }
    modified = {"/boot/vmlinuz-6.1.0-9-amd64": ago(days=90), "/boot/vmlinuz-6.1.0-22-amd64": ago(days=2)}
    (kernel,) = made("change.kernel", look_at(SIGHT, MadeReach(files=files, modified=modified)))
    assert (kernel.text("newest"), kernel.attributes["newer_installed"]) == ("6.1.0-22-amd64", True)
    assert kernel.attributes["reboot_required"] is True
    assert kernel.time == ago(days=2)


def test_the_start_of_the_usual_daemons_is_told_but_not_of_their_workers() -> None:
    def stat(pid: int, name: str, parent: int, started: int) -> bytes:
        fields = f"S {parent} 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 {started} 1 1"
        return f"{pid} ({name}) {fields}".encode()

    files = {
        "/proc/700/stat": stat(700, "apache2", 1, 990_000),
        "/proc/701/stat": stat(701, "apache2", 700, 999_000),
        "/proc/800/stat": stat(800, "bash", 1, 999_000),
    }
    (restart,) = made("change.restart", look_at(SIGHT, MadeReach(files=files)))
    assert restart.text("service") == "apache2"
    assert restart.time == ago(seconds=100)
