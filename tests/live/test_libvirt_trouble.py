"""libvirt over SSH, and what can go wrong on the way: no right, no virsh, a clock that is off."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tenmatsu.drill.box import Box
from tenmatsu.drill.guests import GUESTS, WEB1
from tenmatsu.errors import NoConnection, NotThere, TookTooLong
from tenmatsu.model.below import Change, Power, Product
from tenmatsu.model.site_map import Api
from tenmatsu.parse.libvirt_uri import parse_libvirt_uri
from tenmatsu.reach.host_shell import HostShell, open_shell_here
from tenmatsu.reach.libvirt import Libvirt, open_libvirt
from tenmatsu.reach.ssh import SshOptions

from .bed.box_sshd import HOST, start_sshd, why_no_sshd
from .bed.drill_box import until

pytestmark = pytest.mark.live

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
LIMIT_SECONDS = 40.0


@pytest.fixture(scope="module")
def ssh(box: Box) -> SshOptions:
    if reason := why_no_sshd():
        pytest.skip(reason)
    return start_sshd(box)


def ask(box: Box, *around: str, limit_seconds: float = LIMIT_SECONDS, path: str = "system") -> Libvirt:
    """Ask on the box's host, with these words before the shell."""
    shell = open_shell_here("box", (*box.inside, *around))
    return Libvirt(parse_libvirt_uri(f"qemu:///{path}"), shell, "box", limit_seconds=limit_seconds)


def over_ssh(host: str, ssh: SshOptions) -> Libvirt:
    api = Api(product=Product.LIBVIRT, address=f"qemu+ssh://root@{host}/system")
    return open_libvirt(api, "", "far", limit_seconds=LIMIT_SECONDS, ssh=ssh)


def test_over_ssh_all_is_as_on_the_host_itself(box: Box, ssh: SshOptions) -> None:
    far = over_ssh(HOST, ssh)
    who = far.identify()
    assert who.may_act is True
    assert who.clock_offset_seconds is not None
    assert who.clock_uncertainty_seconds is not None
    assert abs(who.clock_offset_seconds) <= who.clock_uncertainty_seconds
    guests = far.take_inventory().guests
    assert {one.name for one in guests} == {guest.name for guest in GUESTS}

    def has_all() -> bool:
        told = {one.name for one in far.measure({box.uuid(WEB1)}, None).measures}
        return {"vm.cpu.usage", "vm.cpu.held", "vm.memory.granted"} <= told

    assert until(has_all)
    changes, lacks = far.recall(datetime.now(UTC) - timedelta(hours=1))
    assert next(one.change for one in changes if one.key == box.uuid(WEB1)) is Change.STARTED
    assert lacks == ()
    far.close()


def test_a_host_that_nobody_listens_on_is_told(ssh: SshOptions) -> None:
    with pytest.raises(NoConnection) as failed:
        over_ssh("nobody-listens", ssh).take_inventory()
    assert "nobody-listens" in failed.value.words.en


def test_an_unknown_host_key_is_not_trusted(ssh: SshOptions) -> None:
    with pytest.raises(NoConnection) as failed:
        over_ssh("stranger", ssh).identify()
    assert failed.value.words.en


def test_a_user_without_rights_may_look_but_not_act(box: Box) -> None:
    nobody = ask(box, *NOBODY)
    who = nobody.identify()
    assert who.may_act is False
    assert "usermod -aG" in who.may_act_why.en
    assert len(nobody.take_inventory().guests) == len(GUESTS)
    _, lacks = nobody.recall(datetime.now(UTC) - timedelta(hours=1))
    assert lacks
    assert all(lack.why.en.startswith("no permission to read /var/log/libvirt") for lack in lacks)


def test_without_virsh_it_says_what_to_install(box: Box) -> None:
    bare = box.folder / "bare"
    bare.mkdir()
    for name in "cat date sed ls id grep getconf tr tail timeout sh".split():
        found = shutil.which(name)
        assert found
        (bare / name).symlink_to(found)
    shell = HostShell((*box.inside, "env", f"PATH={bare}", str(bare / "sh"), "-c", HIDE), "box")
    asked = Libvirt(parse_libvirt_uri("qemu:///system"), shell, "box", limit_seconds=LIMIT_SECONDS)
    with pytest.raises(NotThere) as failed:
        asked.identify()
    assert "libvirt-clients" in failed.value.words.en


# A shell that leaves its search path as it is, whatever a script would add.
HIDE = "sed 's/^PATH=.*//' | sh"


def test_what_libvirt_refuses_is_told_in_its_words(box: Box) -> None:
    with pytest.raises(NoConnection) as failed:
        ask(box, path="nonsense").measure(None, None)
    assert "nonsense" in failed.value.words.en


@contextmanager
def hanging(box: Box) -> Iterator[None]:
    """Stop libvirtd for a while."""
    first = int(box.inside[1].partition("=")[2])
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    (daemon,) = [int(pid) for pid in children if Path(f"/proc/{pid}/comm").read_text() == "libvirtd\n"]
    os.kill(daemon, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(daemon, signal.SIGCONT)


def test_a_libvirt_that_hangs_costs_its_limit_and_no_more(box: Box) -> None:
    asked = ask(box, limit_seconds=1.0)
    with hanging(box), pytest.raises(TookTooLong):
        asked.measure(None, None)
    patient = ask(box)
    assert {one.power for one in patient.take_inventory().guests} == {Power.ON}


def test_a_clock_that_is_an_hour_ahead_is_taken_off(box: Box) -> None:
    (box.folder / "date").write_text("#!/bin/sh\nexec /bin/date -d '+1 hour' \"$@\"\n")
    (box.folder / "date").chmod(0o755)
    path = f"PATH={box.folder}:/usr/sbin:/usr/bin:/sbin:/bin"
    shell = HostShell((*box.inside, "env", path, "sh"), "far", "far")
    far = Libvirt(parse_libvirt_uri("qemu:///system"), shell, "far", limit_seconds=LIMIT_SECONDS)
    who = far.identify()
    assert who.clock_offset_seconds is not None
    assert who.clock_uncertainty_seconds is not None
    assert abs(who.clock_offset_seconds - 3600) <= who.clock_uncertainty_seconds


def test_a_guest_that_goes_and_one_that_comes_are_told(box: Box) -> None:
    begun = datetime.now(UTC)
    asked = ask(box)
    asked.take_inventory()
    box.virsh("destroy", "web1")
    box.virsh("undefine", "web1")
    try:
        assert box.uuid(WEB1) not in {one.key for one in asked.measure(None, None).measures}
    finally:
        box.virsh("define", str(box.folder / "web1.xml"))
        box.start(WEB1)
    assert until(lambda: box.uuid(WEB1) in {one.key for one in asked.measure(None, None).measures})
    noticed = [one.change for one in asked.recall(begun)[0] if one.key == box.uuid(WEB1)]
    assert {Change.STOPPED, Change.STARTED, Change.REMOVED, Change.CREATED} == set(noticed)
