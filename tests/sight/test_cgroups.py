"""Groups with limits: versions 1, 2 and both at once; groups that go away."""

from pathlib import Path

import pytest
from tests.sight.folder_reach import FolderReach
from tests.sight.looking import find_series, look_at, look_at_recorded, values

from tenmatsu.errors import NotThere
from tenmatsu.sight import cgroups

SERVICE = "/system.slice/apache2.service"
VERSION_2 = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"


def put(folder: Path, path: str, text: str) -> None:
    target = folder / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def test_version_2_samples_what_has_a_limit_and_nothing_else() -> None:
    pulse = f"/sys/fs/cgroup{SERVICE}/cpu.stat"
    page = look_at_recorded(cgroups.SIGHT, "machine-cgroup-2", pulse=pulse)
    assert values(page) == {
        ("linux.cgroup.cpu.periods", SERVICE): [100, 110],
        ("linux.cgroup.cpu.throttled_periods", SERVICE): [40, 49],
        ("linux.cgroup.cpu.throttled_time", SERVICE): [2.0, 2.45],
        ("container.cpu.time", SERVICE): [10.0, 10.5],
        ("linux.cgroup.cpu.limit", SERVICE): [0.5, 0.5],
        ("container.memory.usage", SERVICE): [300e6, 530e6],
        ("linux.cgroup.memory.limit", SERVICE): [536870912, 536870912],
        ("linux.cgroup.memory.oom_kill", SERVICE): [4, 6],
        ("linux.cgroup.pids.count", SERVICE): [17, 99],
        ("linux.cgroup.pids.limit", SERVICE): [100, 100],
        ("linux.cgroup.pids.max_events", SERVICE): [2, 5],
    }
    assert page.look.read.en == "3 groups with limits"


def test_version_1_with_an_empty_version_2_beside_it() -> None:
    page = look_at_recorded(cgroups.SIGHT, "machine-cgroup-1", pulse="/sys/fs/cgroup/cpu/web/cpu.stat")
    assert values(page) == {
        ("linux.cgroup.cpu.periods", "/web"): [5, 31],
        ("linux.cgroup.cpu.throttled_periods", "/web"): [4, 30],
        ("linux.cgroup.cpu.throttled_time", "/web"): [0.159780695, 1.330719908],
        ("container.cpu.time", "/web"): [0.118098066, 0.639175322],
        ("linux.cgroup.cpu.limit", "/web"): [0.2, 0.2],
        ("container.memory.usage", "/web"): [0, 0],
        ("linux.cgroup.memory.limit", "/web"): [64 << 20] * 2,
        ("linux.cgroup.memory.oom_kill", "/web"): [0, 0],
        ("linux.cgroup.pids.count", "/web"): [3, 3],
        ("linux.cgroup.pids.limit", "/web"): [3, 3],
        ("linux.cgroup.pids.max_events", "/web"): [0, 1],
    }


def test_inside_a_limited_container_the_root_is_the_limited_group(tmp_path: Path) -> None:
    put(tmp_path, "0/proc/self/mountinfo", VERSION_2)
    put(tmp_path, "0/sys/fs/cgroup/memory.max", "1000\n")
    put(tmp_path, "0/sys/fs/cgroup/memory.current", "900\n")
    put(tmp_path, "0/sys/fs/cgroup/memory.events", "oom_kill 1\n")
    page = look_at(cgroups.SIGHT, FolderReach(tmp_path))
    assert find_series(page, "container.memory.usage", cgroup="/").last == 900


def test_a_group_that_ends_is_left_out_and_the_others_go_on(tmp_path: Path) -> None:
    for moment in (0, 1):
        put(tmp_path, f"{moment}/proc/self/mountinfo", VERSION_2)
        for group in ("a", "b") if moment == 0 else ("b",):
            put(tmp_path, f"{moment}/sys/fs/cgroup/{group}/cgroup.procs", "")
            put(tmp_path, f"{moment}/sys/fs/cgroup/{group}/pids.max", "10\n")
            put(tmp_path, f"{moment}/sys/fs/cgroup/{group}/pids.current", f"{moment}\n")
            put(tmp_path, f"{moment}/sys/fs/cgroup/{group}/pids.events", "max 0\n")
    page = look_at(cgroups.SIGHT, FolderReach(tmp_path, pulse="/sys/fs/cgroup/a/pids.current"))
    counts = {name[1]: found for name, found in values(page).items() if name[0] == "linux.cgroup.pids.count"}
    assert counts == {"/a": [0], "/b": [0, 1]}


def test_a_groups_name_may_look_like_a_pattern(tmp_path: Path) -> None:
    put(tmp_path, "0/proc/self/mountinfo", VERSION_2)
    for group in ("[ab]*", "[ab]*/inner", "abc", "abc/other"):
        put(tmp_path, f"0/sys/fs/cgroup/{group}/cgroup.procs", "")
        put(tmp_path, f"0/sys/fs/cgroup/{group}/pids.max", "max\n")
    for name, text in (("max", "9"), ("current", "1"), ("events", "max 0")):
        put(tmp_path, f"0/sys/fs/cgroup/[ab]*/inner/pids.{name}", f"{text}\n")
    page = look_at(cgroups.SIGHT, FolderReach(tmp_path))
    assert {one.attributes["cgroup"] for one in page.series} == {"/[ab]*/inner"}


@pytest.mark.parametrize("text", ["", "max", "0 0", "x y"])
def test_a_limit_that_says_nothing_is_none(tmp_path: Path, text: str) -> None:
    put(tmp_path, "0/proc/self/mountinfo", VERSION_2)
    put(tmp_path, "0/sys/fs/cgroup/cpu.max", text)
    put(tmp_path, "0/sys/fs/cgroup/cpu.stat", "nr_periods 1\n")
    assert look_at(cgroups.SIGHT, FolderReach(tmp_path)).series == ()


def test_without_groups_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    put(tmp_path, "0/proc/self/mountinfo", "22 27 0:21 / /proc rw - proc proc rw\n")
    with pytest.raises(NotThere, match="/sys/fs/cgroup is not there"):
        look_at(cgroups.SIGHT, FolderReach(tmp_path))
