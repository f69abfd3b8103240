"""The bed as a fixture, and the reasons for which a machine cannot hold it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol, cast

import pytest

from tenmatsu.drill.box import Box, open_box
from tenmatsu.drill.guests import GUESTS

from .bed import Server, Settings, Unusable, serving, why_unusable
from .bed.drill_box import why_no_box_here
from .bed.fault import Fault, Scene
from .bed.leftovers import find_leftovers
from .bed.settings import Mpm
from .bed.wordpress import WordPress, why_no_wordpress, wordpress
from .far_host import FarHosts, far_hosts, why_impossible

HERE = Path(__file__).parent


class Break(Protocol):
    """Applies a fault, or skips the test with the reason why this machine cannot have it."""

    def __call__(self, fault: Fault, server: Server) -> AbstractContextManager[Scene]:
        """Return the fault's context."""


@pytest.fixture(scope="session")
def mpm() -> Mpm:
    """Which Apache: TENMATSU_BED_MPM is `prefork` (with mod_cgi) or `event` (with mod_cgid)."""
    chosen = os.environ.get("TENMATSU_BED_MPM", "prefork")
    assert chosen in ("prefork", "event"), chosen
    return cast(Mpm, chosen)


@pytest.fixture
def server(mpm: Mpm) -> Iterator[Server]:
    """Run a server with the blog; nothing of it may be left afterwards."""
    if reason := why_unusable():
        pytest.skip(reason)
    with serving(Settings(mpm=mpm)) as running:
        yield running
    assert find_leftovers(running.root) == ()


# Those that share the box, the gentlest first: the last one switches a guest off.
IN_THE_BOX = ("test_libvirt", "test_investigate_site", "test_libvirt_trouble", "test_site_below")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put those that share the box at the end: it is started once, and disturbs no other's figures."""

    def place(item: pytest.Item) -> int:
        name = item.path.stem
        return IN_THE_BOX.index(name) + 1 if name in IN_THE_BOX and item.path.parent == HERE else 0

    items.sort(key=place)


@pytest.fixture(scope="session")
def box() -> Iterator[Box]:
    """Run the drills' box, its guests up, for all that share it; nothing of it may be left afterwards."""
    if reason := why_no_box_here():
        pytest.skip(reason)
    with open_box() as running:
        for guest in GUESTS:
            running.wait_up(guest)
        yield running
    assert not running.folder.exists()


@pytest.fixture(scope="module")
def hosts() -> Iterator[FarHosts]:
    """Run machines to be reached over SSH, for a file of tests."""
    if reason := why_impossible():
        pytest.skip(reason)
    # Not pytest's own folder: the far side's users must get there.
    with tempfile.TemporaryDirectory(prefix="tenmatsu-far-") as folder, far_hosts(Path(folder)) as running:
        yield running


@pytest.fixture(scope="module")
def wordpress_of_module() -> Iterator[WordPress]:
    """Run WordPress for a file of tests; nothing of it may be left afterwards."""
    if reason := why_no_wordpress():
        pytest.skip(reason)
    with wordpress() as running:
        yield running
    assert find_leftovers(running.root) == ()


@pytest.fixture
def wordpress_blog(wordpress_of_module: WordPress) -> Iterator[WordPress]:
    """Give WordPress as it is when nothing is wrong with it."""
    wordpress_of_module.inject()
    yield wordpress_of_module
    wordpress_of_module.inject()


@pytest.fixture
def broken() -> Break:
    """Apply a fault where the machine can have it."""

    @contextmanager
    def apply(fault: Fault, server: Server) -> Iterator[Scene]:
        context = fault.applied(server)
        try:
            scene = context.__enter__()
        except Unusable as reason:
            pytest.skip(f"{fault.name}: {reason}")
        try:
            yield scene
        finally:
            context.__exit__(None, None, None)

    return apply
