"""One look inside a machine: all that is there, and a reason for each thing that is not."""

from pathlib import Path

from tests.sight.made_reach import MadeReach, answer

from tenmatsu.model.inside import CronFile, Domain, Listening, Share, Talking
from tenmatsu.reach.local import LocalReach
from tenmatsu.sight.inside import look_inside

CASES = Path(__file__).parent.parent / "cases" / "parse"


def case(name: str) -> bytes:
    return (CASES / name / "input.txt").read_bytes()


FILES = {
    "/proc/sys/kernel/hostname": b"dns1\n",
    "/etc/os-release": b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "/etc/resolv.conf": b"nameserver 192.0.2.53\nnameserver 192.0.2.54\n",
    "/etc/krb5.conf": case("krb5-centos-6"),
    "/etc/crontab": case("crontab-debian-12"),
    "/var/spool/cron/crontabs/www-data": b"*/5 * * * * /usr/local/bin/blog\n",
    "/etc/hosts": case("hosts_file-debian-12"),
    "/proc/self/mountinfo": (
        b"36 25 0:30 / /srv/files rw,relatime shared:1 - nfs4 192.0.2.33:/export rw,vers=4.2\n"
        b"37 25 0:31 / /mnt/w rw - cifs //files.example.lan/share rw\n"
        b"25 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    ),
    "/proc/net/route": (
        b"Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        b"eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    ),
    "/proc/cpuinfo": b"processor : 0\nmodel name : x\nflags : fpu hypervisor\n",
    "/sys/class/dmi/id/sys_vendor": b"VMware, Inc.\n",
    "/proc/self/status": b"Name:\tcat\nUid:\t0\t0\t0\t0\n",
    "/proc/1/stat": b"1 (init) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0\n",
}


def test_all_that_is_there() -> None:
    reach = MadeReach(files=FILES, answers={"ss": answer(case("ss-iproute2-6").decode())})
    found = look_inside(reach, "dns1")
    assert (found.way, found.name, found.system) == ("dns1", "dns1", "Debian GNU/Linux 12 (bookworm)")
    assert found.virtualisation == "vmware"
    assert Listening("named", "tcp", 53, ("192.0.2.53",)) in found.listening
    assert Listening("apache2", "tcp", 80, ("0.0.0.0",)) in found.listening
    assert Talking("evil [2J name", "192.0.2.33", 3306, 1) in found.talking  # and no other to a database
    assert [one.port for one in found.talking] == [123, 3306]  # the one that named answers is none of its own
    assert (found.resolvers, found.resolver_file) == (("192.0.2.53", "192.0.2.54"), "/etc/resolv.conf")
    assert found.domains == (
        Domain(realm="EXAMPLE.LAN", source="/etc/krb5.conf", servers=("ad1.example.lan", "192.0.2.21")),
    )
    assert found.shares == (
        Share("nfs", "192.0.2.33", "/srv/files"),
        Share("cifs", "files.example.lan", "/mnt/w"),
    )
    assert found.gateways == ("192.0.2.1",)
    assert found.cron == (CronFile("/etc/crontab", 5), CronFile("/var/spool/cron/crontabs/www-data", 1))
    assert ("db1", "192.0.2.33") in found.hosts
    assert found.lacks == ()


def test_what_cannot_be_read_is_said_and_the_rest_is_there() -> None:
    refused = frozenset({"/etc/krb5.conf", "/etc/crontab", "/proc/self/mountinfo", "ss"})
    files = {**FILES, "/proc/net/tcp": case("socket_table-debian-12")}
    files["/proc/self/status"] = b"Uid:\t1000\t1000\t1000\t1000\n"
    found = look_inside(MadeReach(files=files, refused=refused), "dns1")
    assert {one.what.en for one in found.lacks} == {
        "the domain that it is joined to",
        "some timed jobs",
        "file systems of other machines",
        "which programs listen",
    }
    assert Listening("", "tcp", 53, ("192.0.2.53",)) in found.listening
    assert Talking("", "192.0.2.33", 3306, 1) in found.talking
    assert found.resolvers


def test_behind_the_stub_of_systemd_are_the_real_ones() -> None:
    files = {
        **FILES,
        "/etc/resolv.conf": b"nameserver 127.0.0.53\n",
        "/run/systemd/resolve/resolv.conf": b"nameserver 192.0.2.53\n",
    }
    found = look_inside(MadeReach(files=files), "x")
    assert found.resolvers == ("192.0.2.53",)
    assert found.resolver_file == "/run/systemd/resolve/resolv.conf"


def test_a_machine_that_tells_nothing() -> None:
    found = look_inside(MadeReach(), "x")
    assert found.listening == ()
    assert len(found.lacks) >= 5


def test_this_machine() -> None:
    found = look_inside(LocalReach(), "here")
    assert found.name == Path("/proc/sys/kernel/hostname").read_text().strip()
    assert found.way == "here"
