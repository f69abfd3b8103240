"""Web servers and their scripts, found in /proc; files seen as another process sees them."""

from dataclasses import dataclass, field

import pytest
from tests.sight.made_reach import NOW, MadeReach, look_at
from tests.sight.test_web_logs import apache

from tenmatsu.errors import NotThere
from tenmatsu.parse.cgi_process import CgiKind
from tenmatsu.sight import cgi, web_servers
from tenmatsu.sight.cgi_family import Family
from tenmatsu.sight.rooted import Rooted, find_root
from tenmatsu.sight.web_servers import find_web_servers


def stat(pid: int, name: str, parent: int, *, state: str = "S", ticks: int = 0, started: int = 500) -> bytes:
    return f"{pid} ({name}) {state} {parent} {'0 ' * 9}{ticks} 0 0 0 20 0 1 0 {started} 0 100 0\n".encode()


def test_a_master_is_told_from_its_workers_and_its_settings_are_read() -> None:
    reach = apache()
    reach.files["/etc/apache2/apache2.conf"] += b"RLimitCPU 20\nListen 80\nTimeout 30\nMaxRequestWorkers 15\n"
    (server,) = find_web_servers(reach)
    assert (server.server, server.pid, server.workers, server.root) == ("apache", 100, (101, 102), "")
    page = look_at(web_servers.SIGHT, reach)
    (event,) = page.events
    assert event.time == NOW
    wanted = {
        "server": "apache",
        "process.pid": 100,
        "worker_model": "prefork",
        "cgi_module": "mod_cgi",
        "max_request_workers": 15,
        "rlimit_cpu_seconds": 20,
        "timeout_seconds": 30.0,
        "listen": "80",
        "workers": 2,
        "error_logs": "/var/log/apache2/error.log",
        "cgroup": "0::/system.slice/apache2.service",
    }
    assert {key: event.attributes[key] for key in wanted} == wanted
    assert "rlimit_mem_bytes" not in event.attributes
    assert page.gaps == ()


def test_nginx_is_read_by_its_own_rules() -> None:
    reach = MadeReach(
        files={
            "/proc/7/stat": stat(7, "nginx", 1),
            "/proc/8/stat": stat(8, "nginx", 7),
            "/proc/7/cmdline": b"nginx: master process /usr/sbin/nginx -c /srv/nginx.conf\0",
            "/proc/7/cgroup": b"0::/\n",
            "/srv/nginx.conf": b"events { worker_connections 64; }\nhttp { include conf.d/*.conf; }\n",
            "/srv/conf.d/a.conf": b"server { listen 8080; location / { proxy_pass http://127.0.0.1:9; } }\n",
        }
    )
    page = look_at(web_servers.SIGHT, reach)
    (event,) = page.events
    assert (event.text("server"), event.text("listen")) == ("nginx", "8080")
    assert (event.text("upstreams"), event.number("max_request_workers")) == ("http://127.0.0.1:9", 64)


def test_others_that_are_called_httpd_are_none() -> None:
    reach = MadeReach(files={"/proc/7/stat": stat(7, "httpd", 1), "/proc/7/cmdline": b"httpd\0"})
    reach.files["/proc/7/cgroup"] = b""
    reach.links["/proc/7/exe"] = "/bin/busybox"
    assert find_web_servers(reach) == ()


def test_no_server_is_an_answer() -> None:
    page = look_at(web_servers.SIGHT, MadeReach(files={"/proc/1/stat": stat(1, "init", 0)}))
    assert (page.look.complete, page.events, page.gaps) == (True, (), ())


def test_a_configuration_that_may_not_be_read_is_a_gap_and_the_server_is_there() -> None:
    reach = apache()
    reach.refused = frozenset({"/etc/apache2/apache2.conf"})
    page = look_at(web_servers.SIGHT, reach)
    assert [event.text("server") for event in page.events] == ["apache"]
    assert [gap.why.en for gap in page.gaps] == ["no permission for /etc/apache2/apache2.conf"]


def test_an_include_that_may_not_be_read_leaves_the_rest() -> None:
    reach = apache()
    reach.files["/etc/apache2/apache2.conf"] = b"Include secret.conf\nTimeout 7\nCustomLog ${NO}/a combined\n"
    reach.files["/etc/apache2/secret.conf"] = b"Timeout 9\n"
    reach.refused = frozenset({"/etc/apache2/secret.conf"})
    page = look_at(web_servers.SIGHT, reach)
    assert page.events[0].number("timeout_seconds") == 7.0
    whys = [gap.why.en for gap in page.gaps]
    assert "no permission for /etc/apache2/secret.conf" in whys
    assert "/etc/apache2/apache2.conf:3: ${NO} is not defined" in whys


def contained() -> Rooted:
    root = "/proc/9/root"
    reach = MadeReach(
        files={f"{root}/srv/www/index.html": b"theirs", "/srv/www/index.html": b"ours"},
        links={
            f"{root}/var/www": "/srv/www",
            f"{root}/var/log/nginx/error.log": "/dev/stderr",
            f"{root}/dev/stderr": "/proc/self/fd/2",
            f"{root}/loop": "/loop",
            f"{root}/srv/up": "../srv/www",
        },
    )
    return Rooted(reach, 9, root)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/var/www/index.html", "/proc/9/root/srv/www/index.html"),
        ("/srv/up/index.html", "/proc/9/root/srv/www/index.html"),
        ("/var/log/nginx/error.log", "/proc/9/fd/2"),
        ("/no/such", "/proc/9/root/no/such"),
        ("/loop", "/proc/9/root/loop"),
    ],
)
def test_links_of_a_container_do_not_lead_out_of_it(path: str, found: str) -> None:
    assert contained().find(path) == found


def test_what_is_not_there_is_said_so() -> None:
    assert contained().read("/var/www/index.html", 100) == b"theirs"
    with pytest.raises(NotThere):
        contained().read("/no/such", 100)


def test_another_mount_namespace_is_seen_through_its_root() -> None:
    links = {"/proc/9/root": "/", "/proc/9/ns/mnt": "mnt:[1]", "/proc/self/ns/mnt": "mnt:[2]"}
    assert find_root(MadeReach(links=links), 9) == "/proc/9/root"
    assert find_root(MadeReach(links={**links, "/proc/self/ns/mnt": "mnt:[1]"}), 9) == ""
    assert find_root(MadeReach(links={"/proc/9/root": "/srv/jail"}), 9) == "/proc/9/root"
    assert find_root(MadeReach(), 9) == ""


@dataclass
class Processes:
    """A /proc that changes between looks."""

    reach: MadeReach = field(default_factory=MadeReach)

    def are(self, *stats: bytes, **more: bytes) -> None:
        self.reach.files = {f"/proc/{one.split()[0].decode()}/stat": one for one in stats}
        self.reach.files.update({path.replace("_", "/"): content for path, content in more.items()})


SERVERS = (stat(10, "apache2", 1), stat(11, "apache2", 10), stat(12, "apache2", 10))
LIMITS = b"Limit  Soft  Hard  Units\nMax cpu time              1                    unlimited  seconds\n"


def test_a_script_is_followed_from_its_fork_to_its_end() -> None:
    processes = Processes()
    family = Family(processes.reach, (10,))
    processes.are(*SERVERS)
    assert family.look(1.0) == []
    assert family.workers() == {10: 2}
    processes.are(*SERVERS, stat(20, "apache2", 11))
    family.look(1.1)
    assert (family.running, family.alive()[0].is_begun) == (1, False)
    processes.are(*SERVERS, stat(20, "mt.cgi", 11, state="R", ticks=30))
    processes.reach.files.update(
        {
            "/proc/20/cmdline": b"/usr/bin/perl\0/srv/mt.cgi\0",
            "/proc/20/environ": b"REQUEST_METHOD=GET\0SCRIPT_FILENAME=/srv/mt.cgi\0HTTP_COOKIE=secret",
            "/proc/20/limits": LIMITS,
        }
    )
    family.look(1.2)
    processes.are(*SERVERS, stat(20, "mt.cgi", 11, ticks=42), stat(21, "sendmail", 20))
    family.look(1.3)
    processes.are(*SERVERS)
    ended = {one.stat.pid: one for one in family.look(1.4)}
    script = ended[20]
    assert (script.path, script.kind, script.stat.own_ticks) == ("/srv/mt.cgi", CgiKind.CGI, 42)
    assert script.limits is not None
    assert script.limits.cpu_seconds == 1
    assert (script.looks, script.running_looks, script.last_seen, script.ended_by) == (3, 1, 1.3, 1.4)
    assert ended[21].kind is CgiKind.HELPER
    assert family.running == 0


def test_a_log_rotator_is_no_script_and_a_fastcgi_program_no_cgi() -> None:
    processes = Processes()
    family = Family(processes.reach, (10,))
    processes.are(*SERVERS, stat(13, "rotatelogs", 10), stat(14, "blog.fcgi", 11))
    processes.reach.files.update({"/proc/14/cmdline": b"blog.fcgi\0", "/proc/14/environ": b"PATH=/bin\0"})
    family.look(1.0)
    assert [(one.stat.pid, one.kind) for one in family.alive()] == [(14, CgiKind.FASTCGI)]


def test_scripts_of_a_fastcgi_daemon_beside_the_server() -> None:
    processes = Processes()
    family = Family(processes.reach, (10,))
    fcgiwrap = (stat(30, "fcgiwrap", 1), stat(31, "fcgiwrap", 30))
    processes.are(stat(10, "nginx", 1), *fcgiwrap, stat(29, "mt.cgi", 31))
    family.look(1.0)
    assert [one.stat.pid for one in family.alive()] == [29]


def test_a_number_used_again_is_another_process() -> None:
    processes = Processes()
    family = Family(processes.reach, (10,))
    processes.are(*SERVERS, stat(20, "mt.cgi", 11))
    family.look(1.0)
    processes.are(*SERVERS, stat(20, "mt.cgi", 11, started=900))
    assert [one.stat.started for one in family.look(1.1)] == [500]


def test_scripts_that_run_at_the_end_are_told_of() -> None:
    reach = apache()
    reach.files["/proc/200/stat"] = stat(200, "mt.cgi", 101, ticks=150, started=999_000)
    page = look_at(cgi.SIGHT, reach)
    (event,) = page.events
    assert (event.text("process.command"), event.number("cpu_seconds")) == ("mt.cgi", 1.5)
    assert event.attributes["ended"] is False
    assert event.number("lived_seconds") == pytest.approx(10.0)
    assert {one.name for one in page.series} == {"web.worker.count", "web.cgi.running"}


def test_where_no_server_runs_no_script_is_watched() -> None:
    page = look_at(cgi.SIGHT, MadeReach(files={"/proc/1/stat": stat(1, "init", 0)}))
    assert (page.look.complete, page.events, page.series) == (True, (), ())
