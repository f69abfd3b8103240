"""Web servers' logs: found, read from a time on, followed, folded."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.sight.made_reach import NOW, MadeReach, answer, look_at

from tenmatsu.model.evidence import Outcome
from tenmatsu.parse.access_log import Access
from tenmatsu.parse.error_line import ErrorLine
from tenmatsu.parse.request_kind import RequestKind
from tenmatsu.parse.web_settings import LogKind
from tenmatsu.sight import access_fold, error_fold, web_logs
from tenmatsu.sight.access_fold import AccessFold
from tenmatsu.sight.error_fold import ErrorFold
from tenmatsu.sight.scene import Notebook
from tenmatsu.sight.web_log_places import LogPlace
from tenmatsu.sight.web_log_reading import AccessLog

CONF = b"""ServerRoot /etc/apache2
LoadModule mpm_prefork_module mod_mpm_prefork.so
LoadModule cgi_module mod_cgi.so
ErrorLog ${APACHE_LOG_DIR}/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
CustomLog ${APACHE_LOG_DIR}/access.log combined
"""
ACCESS = "/var/log/apache2/access.log"
ERRORS = "/var/log/apache2/error.log"


def entry(time: datetime, path: str = "/", status: int = 200, agent: str = "Mozilla/5.0") -> bytes:
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'192.0.2.7 - - [{stamp}] "GET {path}?x=1 HTTP/1.1" {status} 7 "-" "{agent}"\n'.encode()


def apache(**more: bytes) -> MadeReach:
    """Return a machine with an Apache (pid 100, two workers) and its configuration."""
    stat = "{pid} (apache2) S {parent} " + "0 " * 17 + "500 0 100 0\n"
    reach = MadeReach(
        files={
            "/proc/1/stat": b"1 (init) S 0 " + b"0 " * 17 + b"1 0 100 0\n",
            "/proc/100/cmdline": b"/usr/sbin/apache2\0-k\0start\0",
            "/proc/100/cgroup": b"0::/system.slice/apache2.service\n",
            "/proc/100/environ": b"APACHE_LOG_DIR=/var/log/apache2\0LANG=C\0",
            "/etc/apache2/apache2.conf": CONF,
            "/etc/localtime": b"",
        }
    )
    for pid, parent in ((100, 1), (101, 100), (102, 100)):
        reach.files[f"/proc/{pid}/stat"] = stat.format(pid=pid, parent=parent).encode()
    reach.files.update(more)
    return reach


def test_requests_and_errors_of_the_time_are_brought_ours_left_out() -> None:
    access = entry(NOW - timedelta(hours=3), "/old") + entry(NOW - timedelta(minutes=30), "/mt.cgi", 500)
    access += entry(NOW - timedelta(seconds=9), "/own", agent="tenmatsu/0.1.0") + b"no line\n"
    errors = (
        b"[Wed Mar 11 01:44:01.000002 2026] [cgi:error] [pid 7:tid 7] [client 192.0.2.7:5] "
        b"End of script output before headers: mt.cgi, referer: http://x/?secret=1\n"
    )
    reach = apache(**{ACCESS: access, ERRORS: errors})
    page = look_at(web_logs.SIGHT, reach)
    (transaction,) = page.transactions
    assert (transaction.path, transaction.status, transaction.outcome) == ("/mt.cgi", 500, Outcome.FAILED)
    assert (transaction.maker, transaction.reason) == ("user", "person")
    (line,) = [event for event in page.events if event.name == "web.error"]
    assert line.body == "End of script output before headers: mt.cgi"
    assert line.attributes["error.type"] == "script-ended-early"
    assert (line.text("client.address"), line.number("process.pid")) == ("192.0.2.7", 7)
    logs = {event.text("kind"): event for event in page.events if event.name == "web.log"}
    assert (logs["access"].number("lines"), logs["access"].number("bad_lines")) == (4, 1)
    assert logs["access"].number("own_lines") == 1
    assert logs["access"].text("last") == (NOW - timedelta(seconds=9)).isoformat()
    assert page.gaps == ()
    assert page.look.read.en == "2 logs, 1 request, 1 error line"


def test_a_log_that_may_not_be_read_is_a_gap_and_the_other_is_read() -> None:
    reach = apache(**{ACCESS: b"", ERRORS: b""})
    reach.refused = frozenset({ACCESS})
    page = look_at(web_logs.SIGHT, reach)
    assert [gap.what.en for gap in page.gaps] == [f"the log {ACCESS}"]
    assert [event.text("kind") for event in page.events if event.name == "web.log"] == ["error", "access"]


def test_a_missing_log_is_a_gap() -> None:
    page = look_at(web_logs.SIGHT, apache(**{ACCESS: b""}))
    assert [gap.why.en for gap in page.gaps] == [f"{ERRORS} is not there"]


def test_no_server_is_an_answer_and_no_gap() -> None:
    page = look_at(web_logs.SIGHT, MadeReach(files={"/proc/1/stat": b"1 (init) S 0\n"}))
    assert (page.look.complete, page.events, page.gaps) == (True, (), ())


def test_a_configuration_that_may_not_be_read_is_a_gap() -> None:
    reach = apache()
    reach.refused = frozenset({"/etc/apache2/apache2.conf"})
    page = look_at(web_logs.SIGHT, reach)
    assert [gap.why.en for gap in page.gaps] == ["no permission for /etc/apache2/apache2.conf"]


def test_a_log_behind_a_pipe_is_a_gap_unless_it_is_known_where_it_goes() -> None:
    conf = CONF.replace(b"${APACHE_LOG_DIR}/access.log", b'"|/usr/bin/rotatelogs -l /var/log/a.%Y%m%d 86400"')
    conf = conf.replace(b"${APACHE_LOG_DIR}/error.log", b'"|/usr/local/bin/ship --to x"')
    files = {"/etc/apache2/apache2.conf": conf, "/var/log/a.20260310": b"", "/var/log/a.20260311": entry(NOW)}
    reach = apache(**files)
    reach.modified = {"/var/log/a.20260310": NOW - timedelta(days=1)}
    page = look_at(web_logs.SIGHT, reach)
    assert len(page.transactions) == 1
    assert [gap.why.en for gap in page.gaps] == ["it goes to |/usr/local/bin/ship --to x, not to a file"]


def test_what_goes_to_syslog_is_read_from_the_journal() -> None:
    conf = CONF.replace(b"${APACHE_LOG_DIR}/error.log", b"syslog:local1")
    reach = apache(**{"/etc/apache2/apache2.conf": conf, ACCESS: b""})
    reach.answers["journalctl"] = answer(
        '{"__REALTIME_TIMESTAMP":"1773193447000000","SYSLOG_IDENTIFIER":"apache2",'
        '"MESSAGE":"[mpm_prefork:error] [pid 100:tid 100] AH00161: server reached MaxRequestWorkers"}\n'
    )
    page = look_at(web_logs.SIGHT, reach, since=timedelta(days=1))
    (line,) = [event for event in page.events if event.name == "web.error"]
    assert (line.text("error.type"), line.text("code")) == ("out-of-workers", "AH00161")
    assert line.time == datetime(2026, 3, 11, 1, 44, 7, tzinfo=UTC)
    assert "--unit=apache2.service" in reach.asked[0]
    assert page.gaps == ()


def test_an_own_request_is_known_by_its_path_where_the_log_names_no_agent() -> None:
    line = b'127.0.0.1 - - [11/Mar/2026:02:13:59 +0000] "GET %b HTTP/1.1" 200 7\n'
    place = LogPlace(kind=LogKind.ACCESS, name=ACCESS, path=ACCESS, format='%h %l %u %t "%r" %>s %b')
    fold = AccessFold(NOW - timedelta(hours=1), NOW)
    log = AccessLog(MadeReach(files={ACCESS: b""}), place, UTC, fold, "/mt.cgi")
    log.take([line % b"/mt.cgi" + line % b"/other.cgi"])
    assert (log.lines, log.own, fold.taken) == (2, 1, 1)


def access(second: float, path: str = "/a/1", status: int = 200) -> Access:
    return Access(
        NOW + timedelta(seconds=second), "192.0.2.7", "GET", path, status, 7, None, RequestKind.PERSON
    )


def test_nothing_is_lost_nor_counted_twice_past_the_number_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_fold, "MOST_TRANSACTIONS", 10)
    fold, notebook = AccessFold(NOW - timedelta(hours=1), NOW), Notebook("web_logs", "x")
    fold.take([access(-7200), access(-60), access(-59.5)])
    fold.take([access(second / 10, f"/a/{second}", 500 if second % 5 == 0 else 200) for second in range(100)])
    fold.write(notebook)
    page = notebook.close(NOW, NOW, complete=True)
    assert len(page.transactions) == 10
    counts = {
        (str(one.attributes["status"]), time): value for one in page.series for time, value in one.points
    }
    assert sum(counts.values()) == 93
    assert counts["2xx", NOW - timedelta(hours=2)] == 1
    assert counts["2xx", NOW - timedelta(seconds=60)] == 2
    assert counts["5xx", NOW] == 2
    assert {one.attributes["path"] for one in page.series} == {"/a/#"}


def error(second: float, message: str, *, client: str = "", dated: bool = True) -> ErrorLine:
    return ErrorLine(NOW + timedelta(seconds=second), "error", message, client=client, dated=dated)


def test_lines_about_one_request_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_fold, "MOST_EVENTS", 3)
    fold, notebook = ErrorFold(NOW - timedelta(hours=1)), Notebook("web_logs", "x")
    fold.take([error(-7200, "End of script output before headers: a")], "log")
    fold.take(
        [
            error(0.0, "Can't locate A.pm", client="192.0.2.7:5"),
            error(0.1, "Compilation failed in require", client="192.0.2.7:5"),
            error(0.2, "Can't locate A.pm", client="192.0.2.7:6"),
            error(2.0, "Can't locate A.pm", dated=False),
            error(2.0, "Compilation failed in require", dated=False),
            error(3.0, "Can't locate A.pm"),
            error(3.0, "Can't locate A.pm"),
        ],
        "log",
    )
    fold.write(notebook)
    page = notebook.close(NOW, NOW, complete=True)
    assert len(page.events) == 3
    assert [(one.attributes["error.type"], one.points) for one in page.series] == [
        ("application-error", ((NOW, 2.0),))
    ]
    assert fold.taken == 7


@pytest.mark.parametrize(
    ("client", "module", "address"),
    [
        ("192.0.2.7:5", "cgi", "192.0.2.7"),
        ("192.0.2.7", "", "192.0.2.7"),
        ("2001:db8::7:52311", "cgid", "2001:db8::7"),
        ("2001:db8::7", "nginx", "2001:db8::7"),
        ("", "cgid", ""),
    ],
)
def test_the_clients_address_is_told_from_its_port(client: str, module: str, address: str) -> None:
    assert error(0.0, "x", client=client)._replace(module=module).address == address
