"""One full view of a site, in a process of its own so that its memory is only its own; prints JSON.

`ours` asks as `tenmatsu` does: inventory and newest counters. `plain` asks pyVmomi for one object after the
other, as a simple exporter does: each guest's and host's properties, then its counters.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from pyVmomi import vim

from tenmatsu.model.below import Product
from tenmatsu.model.site_map import Api
from tenmatsu.parse.vsphere_counters import GUEST_COUNTERS, HOST_COUNTERS
from tenmatsu.reach.vsphere_connection import VSphere
from tenmatsu.reach.vsphere_line import Line

LIMIT_SECONDS = 120.0
_GUEST_PARTS = ("name", "summary", "config", "runtime", "guest", "snapshot", "datastore")
_HOST_PARTS = ("name", "summary", "runtime", "config")


def look_ours(api: Api, password: str) -> tuple[int, int]:
    """Return (guests that had counters, requests)."""
    hypervisor = VSphere.open(api, password, "bench", LIMIT_SECONDS)
    hypervisor.take_inventory()
    told = hypervisor.measure(None, None)
    hypervisor.close()
    return len({one.key for one in told.measures if one.name == "vm.cpu.usage"}), hypervisor.requests


def look_plain(api: Api, password: str) -> tuple[int, int]:
    """Return the same, asked for one object at a time over the same kind of connection."""
    line = Line(api, password, LIMIT_SECONDS)
    line.open()
    content = line.content
    names = {
        f"{one.groupInfo.key}.{one.nameInfo.key}.{one.rollupType}": one.key
        for one in content.perfManager.perfCounter
    }
    counted = 0
    for kind, parts, counters in (
        (vim.VirtualMachine, _GUEST_PARTS, GUEST_COUNTERS),
        (vim.HostSystem, _HOST_PARTS, HOST_COUNTERS),
    ):
        wanted = [names[name] for name in counters if name in names]
        view = content.viewManager.CreateContainerView(content.rootFolder, [kind], True)
        for one in view.view:
            for part in parts:
                getattr(one, part)
            counted += bool(_newest(content.perfManager, one, wanted)) and kind is vim.VirtualMachine
    line.close()
    return counted, line.requests


def _newest(manager: Any, one: Any, wanted: list[int]) -> Any:  # noqa: ANN401 - pyVmomi's
    metrics = [vim.PerformanceManager.MetricId(counterId=number, instance="*") for number in wanted]
    spec = vim.PerformanceManager.QuerySpec(
        entity=one, metricId=metrics, intervalId=20, maxSample=1, format="csv"
    )
    return manager.QueryPerf([spec])


WAYS: dict[str, Callable[[Api, str], tuple[int, int]]] = {"ours": look_ours, "plain": look_plain}


def main() -> None:
    """Look once, and print what it took."""
    way, address, user, certificate = sys.argv[1:]
    api = Api(product=Product.VMWARE, address=address, user=user, certificate=certificate)
    password = sys.stdin.readline().rstrip("\n")
    cpu, wall = time.process_time(), time.monotonic()
    guests, requests = WAYS[way](api, password)
    told = {
        "guests": guests,
        "requests": requests,
        "cpu_seconds": time.process_time() - cpu,
        "wall_seconds": time.monotonic() - wall,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
