"""Proxmox VE by `pvesh` over a real sshd. Its `pvesh` is a mock with the same small cluster."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.live.far_host import FarHosts, far_hosts, soon, system_python, why_impossible
from tests.mocks import proxmox_site as site

from tenmatsu.errors import NoConnection
from tenmatsu.model.below import Change, Product
from tenmatsu.model.site_map import Api
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.proxmox import open_proxmox

pytestmark = pytest.mark.live

# As pvesh(1): `pvesh get PATH --KEY VALUE … --output-format json`, errors in words on standard error.
PVESH = """\
#!{python}
import json, os, sys, time
folder = os.path.dirname(os.path.abspath(__file__))
words = sys.argv[1:]
assert words[0] == "get" and words[-2:] == ["--output-format", "json"], words
with open(folder + "/asked", "a") as asked:
    asked.write(" ".join(words[1:-2]) + "\\n")
for start, (what, said) in json.load(open(folder + "/faults.json")).items():
    if words[1].startswith(start):
        if what == "hang":
            time.sleep(60)
        if what == "nothing":
            sys.exit(0)
        sys.stderr.write(said + "\\n")
        sys.exit(2)
answers = json.load(open(folder + "/answers.json"))
if words[1] not in answers:
    sys.stderr.write("No 'get' handler defined for '%s'\\n" % words[1])
    sys.exit(2)
print(json.dumps(answers[words[1]]))
"""


@pytest.fixture(scope="module")
def hosts() -> Iterator[FarHosts]:
    if reason := why_impossible():
        pytest.skip(reason)
    if system_python() is None:
        pytest.skip("no Python here that every user can run")
    # Not pytest's own folder: the far side's users must get there.
    with tempfile.TemporaryDirectory(prefix="tenmatsu-far-") as folder, far_hosts(Path(folder)) as running:
        yield running
        assert soon(lambda: running.sessions() == []), running.sessions()


@pytest.fixture
def node(hosts: FarHosts) -> Path:
    """The folder of the stand-in, which answers for the cluster with nothing wrong."""
    folder = hosts.folder / "bare"
    pvesh = folder / "pvesh"
    pvesh.write_text(PVESH.format(python=system_python() or sys.executable))
    pvesh.chmod(0o755)
    (folder / "answers.json").write_text(json.dumps(site.make_answers()))
    (folder / "faults.json").write_text("{}")
    (folder / "asked").write_text("")
    return folder


def connect(hosts: FarHosts, host: str = "bare", limit_seconds: float = 30.0) -> Hypervisor:
    api = Api(product=Product.PROXMOX, address=f"ssh://{host}")
    return open_proxmox(api, "", "home", limit_seconds=limit_seconds, ssh=hosts.options())


def test_the_same_inventory_figures_and_tasks(hosts: FarHosts, node: Path) -> None:
    proxmox = connect(hosts)
    identity = proxmox.identify()
    assert identity.version == "9.0.11"
    assert abs(identity.clock_offset_seconds or 9) <= (identity.clock_uncertainty_seconds or 0)
    guests = {guest.name: guest for guest in proxmox.take_inventory().guests}
    assert (guests["web1"].uuid, guests["web1"].cpu_limit_cores) == (site.WEB_UUID, 0.5)
    assert guests["proxy"].addresses == ("192.0.2.200", "2001:db8::200")
    measured = proxmox.measure({"qemu/100"}, datetime.now(UTC) - timedelta(minutes=5))
    assert "vm.memory.balloon" in {one.name for one in measured.measures}
    happened, _ = proxmox.recall(datetime.now(UTC) - timedelta(hours=1))
    assert Change.SNAPSHOT_TAKEN in {one.change for one in happened}
    assert "/nodes/pve1/qemu/100/rrddata --timeframe hour --cf AVERAGE" in (node / "asked").read_text()


def test_a_node_that_hangs_costs_its_limit_once(hosts: FarHosts, node: Path) -> None:
    (node / "faults.json").write_text(json.dumps({"/nodes/pve2": ["hang", ""]}))
    inventory = connect(hosts, limit_seconds=2.0).take_inventory()
    guests = {guest.name: guest for guest in inventory.guests}
    assert (guests["web1"].cpu_limit_cores, guests["proxy"].cpu_limit_told) == (0.5, False)
    assert {lack.key for lack in inventory.lacks} == {"node/pve2"}


def test_a_guest_that_is_gone_and_a_right_that_is_missing(hosts: FarHosts, node: Path) -> None:
    gone = "Configuration file 'nodes/pve1/qemu-server/101.conf' does not exist"
    denied = "Permission check failed (/vms/100, VM.Audit)"
    faults = {"/nodes/pve1/qemu/101/": ["say", gone], "/nodes/pve1/qemu/100/config": ["say", denied]}
    (node / "faults.json").write_text(json.dumps(faults))
    inventory = connect(hosts).take_inventory()
    assert {guest.name for guest in inventory.guests} == {"web1", "proxy", "old"}
    assert [lack.key for lack in inventory.lacks] == ["qemu/100"]
    assert "Permission check failed" in inventory.lacks[0].why.en


def test_a_pvesh_that_says_nothing_is_no_empty_cluster(hosts: FarHosts, node: Path) -> None:
    (node / "faults.json").write_text(json.dumps({"/cluster/resources": ["nothing", ""]}))
    with pytest.raises(NoConnection, match="does not list its nodes"):
        connect(hosts).take_inventory()
    (node / "faults.json").write_text(json.dumps({"/nodes/pve1/qemu/100/config": ["nothing", ""]}))
    inventory = connect(hosts).take_inventory()
    assert [lack.key for lack in inventory.lacks] == ["qemu/100"]


def test_a_user_who_may_run_it_by_sudo_and_one_who_may_not(hosts: FarHosts, node: Path) -> None:
    proxmox = connect(hosts, "guest-dash@bare")
    with pytest.raises(NoConnection, match="NOPASSWD") as refused:
        proxmox.identify()
    assert refused.value.permanent
    hosts.allow_sudo(f"guest-dash ALL=(root) NOPASSWD: {node}/pvesh get *")
    assert proxmox.identify().version == "9.0.11"


def test_a_host_without_pvesh(hosts: FarHosts, node: Path) -> None:
    (node / "pvesh").unlink()
    with pytest.raises(NoConnection, match="pvesh cannot be run"):
        connect(hosts).identify()


def test_a_host_whose_key_changed_and_one_that_does_not_listen(hosts: FarHosts) -> None:
    with pytest.raises(NoConnection, match="not the one that is known") as changed:
        connect(hosts, "changed").identify()
    assert changed.value.permanent
    with pytest.raises(NoConnection, match="refuses the connection"):
        connect(hosts, "nobody-listens").identify()
