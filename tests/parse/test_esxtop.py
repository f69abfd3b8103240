"""Recordings of esxtop: difficult names, dates of every kind, and what is no recording."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.errors import ParseError
from tenmatsu.model.below import METRICS, Measure
from tenmatsu.parse.esxtop import read_head, read_rows, to_measures
from tenmatsu.parse.vmx import make_guest, parse_vmx

COLUMNS = (
    r"Physical Cpu(0)\% Processor Time",
    r"Physical Cpu(1)\% Processor Time",
    r"Physical Cpu(_Total)\% Processor Time",
    r"Memory\Machine MBytes",
    r"Memory\Free MBytes",
    r"Group Cpu(1:system)\% Used",
    r"Group Cpu(77:web: (new) 日記)\% Used",
    r"Group Cpu(77:web: (new) 日記)\% Ready",
    r"Group Cpu(77:web: (new) 日記)\% Max Limited",
    r"Vcpu(77:web: (new) 日記:801:vmx-vcpu-0:web: (new) 日記)\% Used",
    r"Vcpu(77:web: (new) 日記:802:vmx-vcpu-1:web: (new) 日記)\% Used",
    r"Virtual Disk(web: (new) 日記:scsi0:0)\Average MilliSec/Read",
    r"Network Port(vSwitch0:134217730:77:web: (new) 日記)\MBits Received/sec",
    r"Physical Disk(naa.60)\Average Driver MilliSec/Command",
    r"Physical Disk(vmhba1:naa.60:9)\Average Driver MilliSec/Command",
)
VALUES = "30 50 40 4096 1024 9 43 96 82 20 23 12 8 3 4".split()
START = datetime(2010, 3, 11, 2, 14, 5, tzinfo=UTC)


def recording(
    time: str = "03/11/2010 02:14:05", zone: str = "(UTC)(0)", cut: str = ",", point: str = "."
) -> list[str]:
    head = [f"(PDH-CSV 4.0) {zone}", *(rf"\\esx1.example\{one}" for one in COLUMNS)]
    row = [time, *(f"{one}{point}00" for one in VALUES)]
    return [cut.join(f'"{one}"' for one in line) + "\r\n" for line in (head, row)]


def read(lines: list[str]) -> tuple[Measure, ...]:
    rows = read_rows(lines)
    return tuple(to_measures(read_head(next(rows)), rows))


def by_name(measures: tuple[Measure, ...]) -> dict[str, float]:
    return {one.name: one.value for one in measures}


def test_guests_and_host() -> None:
    rows = read_rows(recording())
    head = read_head(next(rows))
    assert (head.host, head.cores) == ("esx1.example", 2)
    assert dict(head.guests) == {"77": "web: (new) 日記"}, "what has no vCPU is the host's own"
    assert dict(head.vcpus) == {"77": 2}


def test_figures_in_our_units() -> None:
    told = by_name(read(recording()))
    assert told == pytest.approx(
        {
            "vm.cpu.usage": 0.43,
            "vm.cpu.ready": 0.48,  # of 2 vCPUs
            "vm.cpu.held": 0.41,
            "vm.disk.latency": 0.012,
            "vm.network.io": 1_000_000,
            "host.cpu.usage": 0.8,
            "host.cpu.capacity": 2,
            "host.memory.capacity": 4096 * 2**20,
            "host.memory.usage": 3072 * 2**20,
            "host.disk.latency": 0.003,
        }
    )
    assert set(told) <= set(METRICS)


@pytest.mark.parametrize(
    ("time", "zone"),
    [
        ("03/11/2010 02:14:05", "(UTC)(0)"),
        ("03/11/2010 09:14:05", "(SE Asia Standard Time)(-420)"),
        ("2010-03-11 02:14:05", "(UTC)(0)"),
        ("11.03.2010 02:14:05", "(UTC)(0)"),
    ],
)
def test_dates_of_every_kind(time: str, zone: str) -> None:
    assert {one.time for one in read(recording(time, zone))} == {START}


def test_a_day_that_is_no_month_tells_the_order() -> None:
    assert read(recording("25/03/2010 02:14:05"))[0].time == START.replace(day=25)


def test_saved_anew_by_a_spreadsheet() -> None:
    lines = recording(cut=";", point=",")
    lines[0] = "\ufeff" + lines[0]
    assert by_name(read(lines)) == by_name(read(recording()))


def test_a_line_that_was_cut_off_and_a_field_that_is_no_number() -> None:
    lines = recording()
    lines.append('"03/11/2010 02:14:10","30.00","oops"\r\n')
    lines.append("\r\n")
    assert {one.name for one in read(lines) if one.time > START} == {"host.cpu.capacity"}


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", '"(PDH-CSV 4.0) (UTC)(0)"\n"32/77/2010 00:00:00"\n'])
def test_what_is_no_recording(text: str) -> None:
    with pytest.raises(ParseError):
        read(text.splitlines(keepends=True))


@given(st.text(), st.text())
def test_any_text_gives_values_or_a_parse_error(head: str, body: str) -> None:
    lines = [f'"(PDH-CSV 4.0) (UTC)(0)","\\\\h\\{head}"\n', *body.splitlines(keepends=True)]
    try:
        rows = read_rows(lines)
        tuple(islice(to_measures(read_head(next(rows)), rows), 1000))
    except ParseError:
        pass


def test_a_guests_own_file() -> None:
    told = parse_vmx(
        'displayName = "web |22one|22"\nsched.cpu.max = "600"\nuuid.bios = "56 4d 2f 12 80 41 63 9b-50 18 '
        '05 a8 35 b7 2e af"\nnumvcpus = "2"\nethernet0.generatedAddress = "00:0C:29:AB:CD:EF"\nnonsense\n'
    )
    guest = make_guest(told, "77", "esx1")
    assert (guest.name, guest.vcpus, guest.cpu_limit_text) == ('web "one"', 2, "600 MHz")
    assert guest.cpu_limit_told is False, "in cores it is not known"
    assert guest.uuid == "564d2f12-8041-639b-5018-05a835b72eaf"
    assert guest.macs == ("00:0c:29:ab:cd:ef",)
    assert make_guest(parse_vmx('sched.cpu.max = "unlimited"'), "1", "esx1").cpu_limit_told is True


@given(st.text())
def test_any_text_may_be_a_guests_file(text: str) -> None:
    make_guest(parse_vmx(text), "1", "esx1")
