"""What the machine is, its services and its clock, told by signs that contradict each other."""

from datetime import timedelta

import pytest
from tests.sight.made_reach import NOW, UPTIME, MadeReach, answer, look_at

from tenmatsu.model.evidence import Event
from tenmatsu.sight import clock, machine, services
from tenmatsu.sight.scene import Page

CLOCKS = "/sys/devices/system/clocksource/clocksource0"
GUEST_CPU = b"vendor_id\t: GenuineIntel\nmodel name\t: X\nflags\t\t: fpu hypervisor\n"
METAL_CPU = b"vendor_id\t: AuthenticAMD\nmodel name\t: X\nflags\t\t: fpu\n"
OUTSIDE = {"/proc/self/ns/pid": "pid:[4026531836]", "/proc/self/ns/cgroup": "cgroup:[4026531835]"}
INSIDE = {"/proc/self/ns/pid": "pid:[4026532200]", "/proc/self/ns/cgroup": "cgroup:[4026532199]"}


def one(page: Page, name: str) -> Event:
    (event,) = [event for event in page.events if event.name == name]
    return event


def identify(cpu: bytes, *files: dict[str, bytes], links: dict[str, str] = OUTSIDE) -> Event:
    known = {path: text for some in files for path, text in some.items()}
    reach = MadeReach(files={"/proc/cpuinfo": cpu, **known}, links=links)
    return one(look_at(machine.SIGHT, reach), "machine.identity")


def dmi(vendor: str, product: str) -> dict[str, bytes]:
    folder = "/sys/class/dmi/id"
    return {f"{folder}/sys_vendor": vendor.encode(), f"{folder}/product_name": product.encode()}


@pytest.mark.parametrize(
    ("vendor", "product", "cpu", "expected", "trusted"),
    [
        ("VMware, Inc.", "VMware Virtual Platform", GUEST_CPU, "vmware", False),
        ("Microsoft Corporation", "Virtual Machine", GUEST_CPU, "microsoft", False),
        ("Microsoft Corporation", "Surface Pro", METAL_CPU, "none", True),
        ("Xen", "HVM domU", GUEST_CPU, "xen", True),
        ("QEMU", "Standard PC (Q35 + ICH9, 2009)", GUEST_CPU, "qemu", False),
        ("Dell Inc.", "PowerEdge T105", METAL_CPU, "none", True),
        ("Amazon EC2", "m5.metal", METAL_CPU, "none", True),
        ("Amazon EC2", "m5.large", GUEST_CPU, "kvm", True),
        ("Somebody", "Something", GUEST_CPU, "unknown", False),
    ],
)
def test_firmware_tells_the_hypervisor(
    vendor: str, product: str, cpu: bytes, expected: str, trusted: bool
) -> None:
    found = identify(cpu, dmi(vendor, product))
    assert (found.text("virtualisation"), found.attributes["steal_trusted"]) == (expected, trusted)


def test_the_clock_that_only_kvm_gives_tells_it_from_plain_qemu() -> None:
    found = identify(
        GUEST_CPU, dmi("QEMU", "Standard PC"), {f"{CLOCKS}/available_clocksource": b"kvm-clock tsc\n"}
    )
    assert (found.text("virtualisation"), found.attributes["steal_trusted"]) == ("kvm", True)


def test_a_kernel_that_was_told_not_to_count_steal_is_not_believed() -> None:
    clock = {f"{CLOCKS}/available_clocksource": b"kvm-clock tsc\n"}
    found = identify(GUEST_CPU, dmi("QEMU", "X"), clock, {"/proc/cmdline": b"quiet no-steal-acc\n"})
    assert (found.text("virtualisation"), found.attributes["steal_trusted"]) == ("kvm", False)


def test_steal_that_was_once_counted_is_to_be_trusted_under_any_hypervisor() -> None:
    stat = (
        b"cpu  1 2 3 4 5 6 7 81 0 0\ncpu0 1 2 3 4 5 6 7 81 0 0\n"
        b"processes 1\nprocs_running 1\nprocs_blocked 0\nbtime 1\n"
    )
    found = identify(GUEST_CPU, dmi("VMware, Inc.", "VMware Virtual Platform"), {"/proc/stat": stat})
    assert found.attributes["steal_trusted"] is True


def test_the_mark_of_an_image_makes_no_container_of_a_whole_machine() -> None:
    marked = {"/.dockerenv": b""}
    assert identify(GUEST_CPU, marked).text("container") == "none"
    assert identify(GUEST_CPU, marked, links=INSIDE).text("container") == "docker"


def test_a_container_without_a_mark_is_known_by_its_process_numbers() -> None:
    assert identify(GUEST_CPU, links=INSIDE).text("container") == "unknown"
    assert (
        identify(GUEST_CPU, {"/proc/1/environ": b"A=1\0container=lxc\0"}, links=INSIDE).text("container")
        == "lxc"
    )
    assert (
        identify(GUEST_CPU, {"/proc/1/cgroup": b"0::/kubepods/x\n"}, links=INSIDE).text("container")
        == "kubernetes"
    )


def test_an_old_kernel_without_namespaces_to_read_is_no_container_by_itself() -> None:
    assert identify(METAL_CPU, links={}).text("container") == "none"


def test_on_metal_the_sensors_are_sampled_twice() -> None:
    hwmon = "/sys/class/hwmon/hwmon0"
    files = {
        "/proc/cpuinfo": METAL_CPU,
        f"{hwmon}/temp1_crit": b"100000\n",
        f"{hwmon}/temp1_input": b"48000\n",
        f"{hwmon}/temp1_label": b"Package id 0\n",
        f"{hwmon}/name": b"coretemp\n",
        f"{hwmon}/temp2_crit": b"65261850\n",
        f"{hwmon}/temp2_input": b"1000\n",
    }
    page = look_at(machine.SIGHT, MadeReach(files=files, links=OUTSIDE))
    (series,) = [series for series in page.series if series.name == "hw.temperature"]
    assert series.attributes == {"hw.id": "coretemp Package id 0"}
    assert [value for _, value in series.points] == [48.0, 48.0]


def test_without_systemd_there_is_nothing_and_no_gap() -> None:
    page = look_at(services.SIGHT, MadeReach())
    assert one(page, "service.summary").text("manager") == "none"
    assert page.gaps == ()


def test_units_that_failed_or_are_limited_are_told_the_usual_ones_are_not() -> None:
    units = "\n\n".join(
        f"Id={name}\nActiveState={active}\nSubState=x\nResult={result}\nTasksMax={tasks}\n"
        f"NRestarts=0\nStateChangeTimestampMonotonic={round((UPTIME - 60) * 1e6)}"
        for name, active, result, tasks in (
            ("good.service", "active", "success", 4915),
            ("fine.service", "active", "success", 4915),
            ("tight.service", "active", "success", 15),
            ("mt\\x2dqueue.service", "failed", "exit-code", 4915),
        )
    )
    reach = MadeReach(files={"/run/systemd/system/a": b""}, answers={"systemctl": answer(units)})
    page = look_at(services.SIGHT, reach)
    told = {event.text("service"): event for event in page.events if event.name == "service.state"}
    assert set(told) == {"tight.service", "mt\\x2dqueue.service"}
    assert told["mt\\x2dqueue.service"].time == NOW - timedelta(seconds=60)
    assert len(reach.asked) == 1


def test_a_systemctl_that_cannot_answer_is_a_gap() -> None:
    reach = MadeReach(
        files={"/run/systemd/system/a": b""},
        answers={"systemctl": answer("", 1, "Failed to connect to bus: No such file or directory")},
    )
    (gap,) = look_at(services.SIGHT, reach).gaps
    assert "Failed to connect" in gap.why.en


def test_a_jump_of_the_clock_is_seen_against_the_clock_that_cannot_jump() -> None:
    page = look_at(clock.SIGHT, MadeReach(jumps=[0.0, 0.0, -2.5]))
    (series,) = [series for series in page.series if series.name == "machine.clock.step"]
    assert min(value for _, value in series.points) == pytest.approx(-2.5, abs=1e-3)


def test_the_daemons_word_counts_where_the_kernel_gives_none() -> None:
    tracking = "C0A80001,192.0.2.1,3,1.0,-0.5,0,0,0,0,0,0,0,64.3,Normal\n"
    page = look_at(clock.SIGHT, MadeReach(answers={"chronyc": answer(tracking)}))
    found = one(page, "machine.clock")
    assert (found.attributes["synchronised"], found.number("offset_seconds")) == (True, 0.5)


def test_a_clock_of_which_nobody_tells_is_left_open() -> None:
    assert "synchronised" not in one(look_at(clock.SIGHT, MadeReach()), "machine.clock").attributes
