"""The line to a VMware host, as far as it needs none: addresses, and what errors become."""

from __future__ import annotations

import socket
from http.client import RemoteDisconnected

import pytest
from pyVmomi import vim, vmodl

from tenmatsu.errors import NoConnection, NotPermitted, NotThere, ReachError, TookTooLong, WrongUse
from tenmatsu.model.below import Product
from tenmatsu.model.site_map import Api
from tenmatsu.reach.vsphere import open_vsphere
from tenmatsu.reach.vsphere_faults import Garbled, Lost, translate
from tenmatsu.reach.vsphere_line import find_addresses, split_address
from tenmatsu.reach.vsphere_stub import Unintelligible


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("esx1", "esx1", 443),
        ("esx1.example:8443", "esx1.example", 8443),
        ("https://192.0.2.1/", "192.0.2.1", 443),
        ("[2001:db8::1]:8443", "2001:db8::1", 8443),
        ("[2001:db8::1]", "2001:db8::1", 443),
        ("2001:db8::1", "2001:db8::1", 443),
    ],
)
def test_addresses(address: str, host: str, port: int) -> None:
    assert split_address(address) == (host, port)


@pytest.mark.parametrize("address", ["", ":443", "a:b", "a:0", "a:65536", "a/b", "u@a", "a b:1", "a:٤٤٣"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(WrongUse):
        split_address(address)


def test_a_name_that_cannot_be_one() -> None:
    with pytest.raises(socket.gaierror):
        find_addresses("a..b", 443, 10.0)


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (vim.fault.InvalidLogin(), NoConnection, "refuses 'ada'"),
        (vim.fault.NotAuthenticated(), Lost, "run out"),
        (vim.fault.NoPermission(privilegeId="Global.Licenses"), NotPermitted, "Global.Licenses"),
        (vim.fault.RestrictedVersion(), NotPermitted, "RestrictedVersion"),
        (vmodl.fault.SystemError(msg="gone \x1b[2J bad"), ReachError, "SystemError: gone  [2J bad"),
        (TimeoutError(), TookTooLong, "3 s"),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), NoConnection, "unknown"),
        (Unintelligible("no XML"), Garbled, "no XML"),
        (RemoteDisconnected("closed"), Lost, "closed"),
        (ConnectionRefusedError(111, "Connection refused"), Lost, "refused"),
    ],
)
def test_what_errors_become(error: Exception, expected: type[Exception], words: str) -> None:
    found = translate(error, "esx1", "ada", 3.0)
    assert type(found) is expected
    assert words in str(found)


def test_a_name_service_that_is_away_may_come_back() -> None:
    away = translate(socket.gaierror(socket.EAI_AGAIN, "later"), "esx1", "ada", 3.0)
    assert isinstance(away, NoConnection)
    assert not away.permanent


def test_a_file_of_authorities_that_is_none(tmp_path: object) -> None:
    def api(file: str) -> Api:
        return Api(product=Product.VMWARE, address="127.0.0.1:1", ca_file=file)

    with pytest.raises(NotThere):
        open_vsphere(api(f"{tmp_path}/none.pem"), "", "esx1")
    with pytest.raises(WrongUse, match="no certificates"):
        open_vsphere(api(__file__), "", "esx1")
