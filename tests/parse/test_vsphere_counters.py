"""Counters become units of ours by the published formulas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyVmomi import vim

from tenmatsu.model.below import METRICS
from tenmatsu.parse.vsphere_counters import (
    GUEST_COUNTERS,
    HOST_COUNTERS,
    Series,
    Subject,
    read_series,
    to_measures,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = {7: "cpu.ready.summation", 8: "virtualDisk.totalReadLatency.average"}


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def one(counter: str, told: float, of: Subject, instance: str = "") -> float:
    series = Series("vm-1", counter, instance, ((START, told),))
    counters = GUEST_COUNTERS if counter in GUEST_COUNTERS else HOST_COUNTERS
    (measure,) = to_measures([series], counters, of, timedelta(0))
    return measure.value


def in_lines(times: str, *values: tuple[int, str, str]) -> Any:
    manager = vim.PerformanceManager
    return manager.EntityMetricCSV(
        sampleInfoCSV=times,
        value=[
            manager.MetricSeriesCSV(id=manager.MetricId(counterId=number, instance=name), value=text)
            for number, name, text in values
        ],
    )


@pytest.mark.parametrize(
    ("counter", "told", "value"),
    [
        ("cpu.ready.summation", 2_000, 0.05),  # 2 s of 20 s x 2 vCPUs: VMware KB 2002181
        ("cpu.maxlimited.summation", 8_000, 0.2),
        ("cpu.usagemhz.average", 1_200, 0.5),
        ("mem.vmmemctl.average", 1_024, 1_048_576),
        ("virtualDisk.totalReadLatency.average", 12, 0.012),
        ("net.droppedRx.summation", 40, 2),
        ("sys.uptime.latest", 86_400, 86_400),
    ],
)
def test_units(counter: str, told: float, value: float) -> None:
    assert one(counter, told, Subject(vcpus=2, core_hertz=2.4e9)) == pytest.approx(value)


def test_use_in_cores_needs_the_speed_of_a_core() -> None:
    series = Series("vm-1", "cpu.usagemhz.average", "", ((START, 1200),))
    assert list(to_measures([series], GUEST_COUNTERS, Subject(), timedelta(0))) == []


def test_every_counter_has_a_metric() -> None:
    assert {one.metric for one in (*GUEST_COUNTERS.values(), *HOST_COUNTERS.values())} <= set(METRICS)


def test_both_forms_of_an_answer_in_any_order_and_with_holes() -> None:
    times = "20,2026-03-01T00:00:40Z,20,2026-03-01T00:00:20Z,20,2026-03-01T00:00:00Z"
    answer = in_lines(times, (7, "", "30,-1,0"), (9, "", "1,2,3"))
    (series,) = read_series(answer, NAMES, "vm-1")
    assert series.points == ((at(0), 0.0), (at(40), 30.0))
    manager = vim.PerformanceManager
    listed = manager.EntityMetric(
        sampleInfo=[manager.SampleInfo(timestamp=at(20), interval=20)],
        value=[manager.IntSeries(id=manager.MetricId(counterId=7, instance=""), value=[12, 99])],
    )
    (series,) = read_series(listed, NAMES, "vm-1")
    assert series.points == ((at(20), 12),)


def test_a_number_that_is_none_is_said() -> None:
    with pytest.raises(ValueError, match="abc"):
        list(read_series(in_lines("20,2026-03-01T00:00:00Z", (7, "", "abc")), NAMES, "vm-1"))
    with pytest.raises(ValueError, match="yesterday"):
        list(read_series(in_lines("20,yesterday", (7, "", "1")), NAMES, "vm-1"))


def test_the_sum_of_all_disks_stands_only_where_no_disk_has_its_own() -> None:
    name = "virtualDisk.totalReadLatency.average"
    whole = Series("vm-1", name, "", ((START, 9),))
    part = Series("vm-1", name, "scsi0:0", ((START, 5),))
    (measure,) = to_measures([whole, part], GUEST_COUNTERS, Subject(), timedelta(seconds=3600))
    assert measure.attributes == {"disk": "scsi0:0", "direction": "read"}
    assert measure.time == START - timedelta(hours=1)
    (measure,) = to_measures([whole], GUEST_COUNTERS, Subject(), timedelta(0))
    assert measure.attributes == {"disk": "all", "direction": "read"}


def test_of_counters_of_the_whole_no_part_is_told() -> None:
    part = Series("vm-1", "cpu.ready.summation", "0", ((START, 9),))
    assert list(to_measures([part], GUEST_COUNTERS, Subject(), timedelta(0))) == []
