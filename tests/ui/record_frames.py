"""Records what the probe says during a small storm, redacted: `python -m tests.ui.record_frames > FILE`.

Kept are the frames as they came, less what would tell of the machine: only processes of the storm and a few
common names stay, control groups get stand-ins, and so do the ancestors of the storm.
"""

import json
import subprocess
import sys
from typing import Any

from tenmatsu.probe.bundle import PYTHON_OPTIONS, make_bundle
from tenmatsu.probe.rung import Options

SECONDS = 8
STORM = """
for i in $(seq 700); do
    /bin/true
    [ $((i % 40)) = 0 ] && /bin/false
    [ $((i % 90)) = 0 ] && sh -c 'kill -SEGV $$'
    sleep 0.005
done 2>/dev/null
"""
CRON, CONTAINER = "/system.slice/cron.service", f"/system.slice/docker-{'0123abcd' * 8}.scope"
GROUPS = {"true": CRON, "false": CRON, "sh": CRON, "bash": CRON, "sleep": CONTAINER}
KEPT = {*GROUPS, "kthreadd", "ksoftirqd/0", "kswapd0", "rcu_preempt"}
ANCESTORS = ("cron", "systemd")


def record() -> list[dict[str, Any]]:
    with subprocess.Popen(
        [sys.executable, *PYTHON_OPTIONS], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as probe:
        assert probe.stdin
        assert probe.stdout
        probe.stdin.write(make_bundle(Options(limit_seconds=SECONDS)))
        probe.stdin.close()
        lines = [probe.stdout.readline()]
        with subprocess.Popen(["bash", "-c", STORM]):
            lines += probe.stdout.readlines()
    return [json.loads(line.split(b" ", 4)[4]) for line in lines if line.startswith(b"TENMATSU1 ")]


def redact(frame: dict[str, Any]) -> dict[str, Any]:
    for name, stand_in in (("node", "web1"), ("boot_id", "0" * 8), ("kernel", "6.1.0"), ("python", "3.11.2")):
        if name in frame:
            frame[name] = stand_in
    if living := frame.get("living"):
        living["programs"] = [redact_kind(one) for one in living["programs"] if one.get("name") in KEPT]
        living["starters"] = [one for one in living["starters"] if one.get("name") in KEPT]
    if frame["kind"] == "look":
        frame["ended"] = [redact_kind(one) for one in frame["ended"] if one.get("name") in KEPT]
        frame["samples"] = [redact_sample(one) for one in frame["samples"] if is_of_storm(one)]
        frame["chains"] = {
            pid: [[0, "bash"], *([0, name] for name in ANCESTORS)]
            for pid, chain in list(frame["chains"].items())[:1]
            if chain
        }
    return frame


def is_of_storm(sample: dict[str, Any]) -> bool:
    """Tell it by what was called: other shells run on the machine too."""
    called = sample.get("arguments", [])
    return sample.get("name") in GROUPS and (sample["name"] != "bash" or ("-c" in called and STORM in called))


def redact_sample(sample: dict[str, Any]) -> dict[str, Any]:
    return {**sample, "parent": "cron" if sample["name"] == "bash" else "bash"}


def redact_kind(one: dict[str, Any]) -> dict[str, Any]:
    if one.get("parent") not in KEPT:
        one["parent"] = "cron" if one.get("name") in GROUPS else ""
    one["cgroup"] = GROUPS.get(one.get("name", ""), "")
    one.pop("parent_pids", None)
    return one


if __name__ == "__main__":
    for each in record():
        print(json.dumps(redact(each), ensure_ascii=True))
