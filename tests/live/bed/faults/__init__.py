"""Every fault of the bed: one file each, one line here."""

from __future__ import annotations

from . import (
    data_full,
    healthy_under_load,
    memory_cgroup,
    module_missing,
    process_limit,
    request_flood,
    rlimit_cpu,
    script_timeout,
    slow_resolver,
    storm_in_limited_group,
)

FAULTS = (
    healthy_under_load.FAULT,
    storm_in_limited_group.FAULT,
    rlimit_cpu.FAULT,
    memory_cgroup.FAULT,
    process_limit.FAULT,
    script_timeout.FAULT,
    data_full.FAULT,
    module_missing.FAULT,
    slow_resolver.FAULT,
    request_flood.FAULT,
)
