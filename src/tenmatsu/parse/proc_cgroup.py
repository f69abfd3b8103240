"""`/proc/PID/cgroup`: the groups a process is in, by controller. Source: cgroups(7)."""


def parse_proc_cgroup(text: bytes) -> dict[str, str]:
    """Return the path by controller; the unified hierarchy (version 2) stands under the empty name."""
    found: dict[str, str] = {}
    for line in text.decode("utf-8", "backslashreplace").splitlines():
        _, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        if colon:
            found.update(dict.fromkeys(controllers.split(","), path))
    return found
