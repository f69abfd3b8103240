"""The format of a log by the configuration of the server that writes it: running, stopped or unreadable."""

import pytest
from tests.sight.made_reach import MadeReach
from tests.sight.test_web_logs import apache
from tests.sight.test_web_servers import stat

from tenmatsu.sight.log_formats import ServerFormat, find_server_formats

CONFIG = "/etc/apache2/apache2.conf"
OWN = b"""LogFormat "%t %>s %{ms}T" own
CustomLog /var/log/apache2/access.log own
CustomLog "|/usr/bin/rotatelogs /srv/log/visits.%Y%m%d 86400" common
LogFormat "%h %t %>s" common
"""
FORMAT = ServerFormat(server="apache", format="%t %>s %{ms}T", place=f"{CONFIG}:2")


def running() -> MadeReach:
    reach = apache()
    reach.files[CONFIG] = OWN
    return reach


def stopped() -> MadeReach:
    return MadeReach(files={"/proc/1/stat": stat(1, "init", 0), CONFIG: OWN})


@pytest.mark.parametrize("reach", [running(), stopped()], ids=["running", "stopped"])
@pytest.mark.parametrize("suffix", ["", ".1", ".12.gz", "-20251122", "-2025-11-22.xz"])
def test_a_rotated_log_is_of_the_format_of_the_log_that_it_was(reach: MadeReach, suffix: str) -> None:
    file = f"/var/log/apache2/access.log{suffix}"
    assert find_server_formats(reach, [file]).by_file == {file: (FORMAT,)}


def test_a_log_behind_a_rotating_pipe_is_found_by_its_pattern() -> None:
    file = "/srv/log/visits.20251122"
    (found,) = find_server_formats(running(), [file]).by_file[file]
    assert (found.format, found.place) == ("%h %t %>s", f"{CONFIG}:3")


def test_a_log_that_no_server_names_has_none() -> None:
    file = "/home/admin/access.log"
    found = find_server_formats(running(), [file])
    assert (found.by_file, found.gaps) == ({file: ()}, ())


def test_servers_that_share_a_file_are_all_told() -> None:
    reach = running()
    reach.files[CONFIG] += b'CustomLog /var/log/apache2/access.log "%h %t %>s"\n'
    file = "/var/log/apache2/access.log"
    assert len(find_server_formats(reach, [file]).by_file[file]) == 2


def test_nginx_has_its_formats_too() -> None:
    config = b"http { log_format own '$time_iso8601 $status'; access_log /var/log/nginx/a.log own; }\n"
    reach = MadeReach(files={"/proc/1/stat": stat(1, "init", 0), "/etc/nginx/nginx.conf": config})
    (found,) = find_server_formats(reach, ["/var/log/nginx/a.log"]).by_file["/var/log/nginx/a.log"]
    assert found == ServerFormat(
        server="nginx", format="$time_iso8601 $status", place="/etc/nginx/nginx.conf:1"
    )


def test_a_configuration_that_may_not_be_read_is_a_gap() -> None:
    reach = running()
    reach.refused = frozenset({CONFIG})
    ((server, why),) = find_server_formats(reach, ["/a"]).gaps
    assert (server, why.en) == ("apache", f"no permission for {CONFIG}")


def test_a_server_whose_command_line_is_empty_is_no_accident() -> None:
    files = {"/proc/7/stat": stat(7, "nginx", 1), "/proc/7/cmdline": b"", "/proc/7/cgroup": b""}
    found = find_server_formats(MadeReach(files=files), ["/a"])
    assert found.by_file == {"/a": ()}
