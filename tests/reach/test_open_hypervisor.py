"""From a host of the site file to what answers for it."""

from pathlib import Path

import pytest
from tests.reach.test_esxtop_file import NAME, text

from tenmatsu.errors import WrongUse
from tenmatsu.model.below import Product
from tenmatsu.model.site_map import Api
from tenmatsu.reach.open_hypervisor import open_hypervisor


def test_a_recording_stands_in_place_of_a_connection_and_needs_no_password(tmp_path: Path) -> None:
    file = tmp_path / "perf.csv"
    file.write_bytes(text())
    recorded = open_hypervisor(Api(product=Product.VMWARE, address=f"file:{file}"), "esx1")
    assert recorded.identify().recorded
    assert [guest.name for guest in recorded.take_inventory().guests] == [NAME]
    with pytest.raises(WrongUse, match="write the path of a recording"):
        open_hypervisor(Api(product=Product.VMWARE, address="file:/nowhere/perf.csv"), "esx1")


@pytest.mark.parametrize("product", [Product.VMWARE, Product.PROXMOX])
def test_where_nobody_gets_in_without_a_password_one_is_asked_for(product: Product) -> None:
    with pytest.raises(WrongUse, match="no password is named"):
        open_hypervisor(Api(product=product, address="192.0.2.10"), "esx1")
