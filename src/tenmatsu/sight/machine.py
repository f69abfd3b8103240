"""What this machine is: metal or guest, container or not; on metal, how the hardware feels."""

from datetime import datetime
from typing import Any

from tenmatsu.errors import ParseError, ReachError
from tenmatsu.model.words import Words
from tenmatsu.parse.cpuinfo import CpuInfo, parse_cpuinfo
from tenmatsu.parse.key_values import parse_key_values
from tenmatsu.parse.os_release import parse_os_release
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.parse.proc_stat import parse_proc_stat
from tenmatsu.sight.machine_kind import find_container, find_kind, read_text
from tenmatsu.sight.scene import Notebook, Scene, Sight

# Hypervisors that tell a guest of the time they took: KVM (MSR_KVM_STEAL_TIME; on ARM only with newer
# hosts), Xen (runstate), Power and z/Architecture. VMware only with stealclock.enable, Hyper-V and
# plain QEMU never.
_STEAL_TOLD = frozenset({"none", "kvm", "firecracker", "xen", "powervm", "zvm"})
_CPUINFO_BYTES = 16 << 10
_THROTTLES = {"core_throttle_count": "core", "package_throttle_count": "package"}


def look(scene: Scene, notebook: Notebook) -> None:
    """Write down what the machine is; on metal sample its sensors at the window's start and end."""
    cpu = _read_cpu(scene)
    kind = find_kind(scene.reach, hypervisor_bit=cpu.hypervisor)
    container = find_container(scene.reach)
    trusted, by = _judge_steal(scene, kind.virtualisation, cpu)
    notebook.event(
        "machine.identity",
        scene.reach.now(),
        virtualisation=make_plain(kind.virtualisation),
        virtualisation_by=kind.by,
        firmware=make_plain(kind.firmware),
        container=make_plain(container),
        steal_trusted=trusted,
        steal_by=by,
        cpu_model=make_plain(cpu.model),
        **_read_system(scene),
    )
    notebook.read = Words(
        f"virtualisation {kind.virtualisation}, container {container}",
        f"仮想化 {kind.virtualisation}、コンテナー {container}",
    )
    if kind.virtualisation == "none":
        _sample_hardware(scene, notebook, scene.reach.now())
        _sample_hardware(scene, notebook, scene.wait_for_end())


def _read_cpu(scene: Scene) -> CpuInfo:
    try:
        return parse_cpuinfo(scene.reach.read("/proc/cpuinfo", limit_bytes=_CPUINFO_BYTES))
    except (ReachError, ParseError):
        return CpuInfo(model="", vendor="", hypervisor=False)


def _judge_steal(scene: Scene, virtualisation: str, cpu: CpuInfo) -> tuple[bool, str]:
    """Tell whether zero steal means that nothing was taken, and why."""
    try:
        stolen = parse_proc_stat(scene.reach.read("/proc/stat")).ticks.get("steal", 0)
    except (ReachError, ParseError):
        stolen = 0
    if stolen:
        return True, "it was above zero before, so it is counted here"
    if "no-steal-acc" in read_text(scene.reach, "/proc/cmdline").split():
        return False, "the kernel was started with no-steal-acc"
    if virtualisation in _STEAL_TOLD and (cpu.vendor or virtualisation != "kvm"):
        return True, f"{virtualisation} tells its guests"
    return False, f"{virtualisation} may not tell its guests"


def _read_system(scene: Scene) -> dict[str, Any]:
    known: dict[str, Any] = {
        "kernel": make_plain(read_text(scene.reach, "/proc/sys/kernel/osrelease")),
        "uptime_seconds": round(scene.reach.clocks().boot, 1),
    }
    try:
        known["cpus"] = parse_proc_stat(scene.reach.read("/proc/stat")).cores
        known["memory_bytes"] = parse_key_values(scene.reach.read("/proc/meminfo"))["MemTotal"]
        release = parse_os_release(scene.reach.read("/etc/os-release"))
        known["os"] = make_plain(release.get("PRETTY_NAME", release.get("ID", "")))
    except (ReachError, ParseError, KeyError):
        pass  # before 2012 there was no os-release; what is known is said
    return known


def _sample_hardware(scene: Scene, notebook: Notebook, now: datetime) -> None:
    """Sample memory errors, temperatures and heat throttling; what a machine lacks is left out."""
    memory = _sample_memory_errors(scene, notebook, now)
    sensors = _sample_temperatures(scene, notebook, now)
    throttles = _sample_throttling(scene, notebook, now)
    notebook.event(
        "machine.hardware", now, memory_controllers=memory, sensors=sensors, throttle_counters=throttles
    )


def _sample_memory_errors(scene: Scene, notebook: Notebook, now: datetime) -> int:
    """Sample the counters of Linux Documentation/admin-guide/RAS: corrected and uncorrected errors."""
    controllers = scene.reach.glob("/sys/devices/system/edac/mc/mc[0-9]*")
    for controller in controllers:
        for name, kind in (("ce_count", "corrected"), ("ue_count", "uncorrected")):
            count = _read_number(scene, f"{controller}/{name}")
            if count is not None:
                notebook.counter(
                    now,
                    "hw.errors",
                    count,
                    "{error}",
                    hw__type="memory",
                    hw__id=controller.rpartition("/")[2],
                    error__type=kind,
                )
    return len(controllers)


def _sample_temperatures(scene: Scene, notebook: Notebook, now: datetime) -> int:
    """Sample sensors that state a critical limit (hwmon: thousandths of a degree Celsius)."""
    found = 0
    for limit_path in scene.reach.glob("/sys/class/hwmon/hwmon*/temp*_crit"):
        limit = _read_number(scene, limit_path)
        value = _read_number(scene, limit_path.replace("_crit", "_input"))
        if not limit or value is None or not 0 < limit < 200_000:  # some drivers write nonsense
            continue
        label = read_text(scene.reach, limit_path.replace("_crit", "_label"))
        chip = read_text(scene.reach, f"{limit_path.rpartition('/')[0]}/name")
        sensor = make_plain(f"{chip} {label}".strip() or limit_path, 80)
        notebook.sample(now, "hw.temperature", value / 1000, "Cel", hw__id=sensor)
        notebook.sample(now, "hw.temperature.limit", limit / 1000, "Cel", hw__id=sensor)
        found += 1
    return found


def _sample_throttling(scene: Scene, notebook: Notebook, now: datetime) -> int:
    """Sample how often the heat slowed the processors down; counted per core, summed here."""
    found = 0
    for name, kind in _THROTTLES.items():
        paths = scene.reach.glob(f"/sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/{name}")
        counts = [count for path in paths if (count := _read_number(scene, path)) is not None]
        if counts:
            total = sum(counts) if kind == "core" else max(counts)
            notebook.counter(now, "linux.cpu.thermal_throttle", total, "{event}", kind=kind)
            found += len(counts)
    return found


def _read_number(scene: Scene, path: str) -> float | None:
    try:
        return float(read_text(scene.reach, path, 64))
    except ValueError:
        return None


SIGHT = Sight(
    name="machine",
    title=Words("what this machine is, and its hardware", "この機械の種類とハードウェア"),
    look=look,
    watches=True,
)
