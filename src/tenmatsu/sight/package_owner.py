"""The package that brought a file, by dpkg's and rpm's own records. Needs no dpkg to be installed.

Source: dpkg(1), /var/lib/dpkg/info/*.list and /var/lib/dpkg/status; rpm(8), -qf.
"""

import re
from collections.abc import Iterable

from tenmatsu.errors import NotThere, ReachError
from tenmatsu.model.program import OwningPackage
from tenmatsu.model.words import Words
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.reach import Reach

_DPKG = "/var/lib/dpkg"
_RPM = ("rpm", "-qf", "--queryformat", "%{NAME}\t%{SUMMARY}\n", "--")
_LIMIT_SECONDS = 5.0
_MOST_NAME = 100
# Since the folders were merged, /bin/ls and /usr/bin/ls are one file, listed under either name.
_MERGED = re.compile(r"(?:/usr)?(/(?:bin|sbin|lib\w*)/.*)")


def find_owners(reach: Reach, paths: Iterable[str]) -> list[OwningPackage]:
    """Return who brought each of these files; none for a file that no package brought.

    Raises:
        ReachError: there are no records that we know, or they cannot be read.
    """
    wanted = list(dict.fromkeys(paths))
    found = _ask_dpkg(reach, wanted)
    missing = [path for path in wanted if path not in {one.path for one in found}]
    try:
        found += [owner for path in missing for owner in _ask_rpm(reach, path)]
    except NotThere:
        if not _has_dpkg(reach):
            raise ReachError("dpkg, rpm", NO_RECORDS) from None
    return found


def _has_dpkg(reach: Reach) -> bool:
    try:
        return bool(reach.names(f"{_DPKG}/info"))
    except NotThere:
        return False


def _ask_dpkg(reach: Reach, paths: list[str]) -> list[OwningPackage]:
    if not paths or not _has_dpkg(reach):
        return []
    spelled = {spelling.encode(): path for path in paths for spelling in _spellings(path)}
    found = []
    for name in reach.names(f"{_DPKG}/info"):
        if not name.endswith(".list"):
            continue
        listed = reach.read(f"{_DPKG}/info/{name}").split(b"\n")
        owned = dict.fromkeys(spelled[line] for line in listed if line in spelled)
        package = name.removesuffix(".list").partition(":")[0]
        found += [_owner(path, package, _summary(reach, package)) for path in owned]
    return found


def _spellings(path: str) -> list[str]:
    merged = _MERGED.fullmatch(path)
    return [path, merged[1], f"/usr{merged[1]}"] if merged else [path]


def _summary(reach: Reach, package: str) -> str:
    """Return the package's one-line description, empty where dpkg has none."""
    status = reach.read(f"{_DPKG}/status", limit_bytes=64 << 20)
    pattern = rb"^Package: %s$(?:\n.+)*?\nDescription: (.*)$" % re.escape(package.encode())
    found = re.search(pattern, status, re.MULTILINE)
    return found[1].decode("utf-8", "replace") if found else ""


def _ask_rpm(reach: Reach, path: str) -> list[OwningPackage]:
    answer = reach.run((*_RPM, path), limit_seconds=_LIMIT_SECONDS)
    if answer.code:
        return []  # "file … is not owned by any package"
    lines = answer.out.decode("utf-8", "replace").splitlines()
    return [_owner(path, *line.partition("\t")[::2]) for line in lines]


def _owner(path: str, package: str, summary: str) -> OwningPackage:
    return OwningPackage(
        path=path, package=make_plain(package, _MOST_NAME), summary=make_plain(summary, _MOST_NAME)
    )


NO_RECORDS = Words(
    "there are no records of packages that we know (dpkg, rpm)",
    "パッケージの記録 (dpkg・rpm) が見つかりません",
)
