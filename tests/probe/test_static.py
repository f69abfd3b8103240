"""What goes into a guest runs on Python 3.6, with the standard library alone, and changes nothing."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenmatsu.probe import bundle
from tenmatsu.probe.bundle import PYTHON_OPTIONS, for_each_reader_source, for_each_source, make_bundle
from tenmatsu.probe.ladder import RUNGS
from tenmatsu.probe.rung import Options

OLDEST = (3, 6)
PROBE = {name: source for name, source in for_each_source() if source}
READER = dict(for_each_reader_source())
SOURCES = {**PROBE, **READER}
# The standard library that the probe may use: what is there since 3.6, small, and needs no compiled extra.
MODULES = frozenset(
    "_thread array binascii contextlib ctypes errno fcntl functools importlib itertools json mmap os re "
    "resource select signal socket struct sys time traceback typing".split()
)
# ... and the reader, beyond these. What unpacks is only imported where something is to be unpacked.
READERS_MODULES = frozenset(
    "base64 bz2 collections glob gzip lzma queue stat subprocess threading zlib".split()
)
# Came later: what Python 3.7 to 3.14 added to these modules and to the built-in types, as far as it tempts.
LATER = frozenset(
    "monotonic_ns time_ns perf_counter_ns process_time_ns thread_time_ns thread_time clock_gettime_ns "
    "CLOCK_BOOTTIME preadv pwritev posix_spawn memfd_create eventfd pidfd_open splice register_at_fork "
    "waitstatus_to_exitcode unshare setns removeprefix removesuffix bit_count isascii cached_property cache "
    "nullcontext aclosing pairwise batched fromisoformat Final Literal Protocol TypedDict Annotated "
    "ForwardRef ParamSpec TypeGuard override Self Never Required NotRequired get_origin get_args "
    "raise_signal strsignal valid_signals pidfd_send_signal breakpoint orig_argv recv_fds send_fds "
    "create_server".split()
)
GENERIC_LATER = frozenset("dict frozenset list set tuple type deque defaultdict".split())


@pytest.mark.parametrize("name", SOURCES)
def test_the_syntax_is_that_of_the_oldest_python(name: str) -> None:
    ast.parse(SOURCES[name], feature_version=OLDEST)
    # `f"{x=}"` and annotations kept as text look alike to the parser.
    assert not re.search(r"\bf\"[^\"\n]*\{[\w.()\[\]]+=[}!:]", SOURCES[name])
    assert "from __future__" not in SOURCES[name]


@pytest.mark.parametrize("name", SOURCES)
def test_only_modules_that_every_python_has_are_imported(name: str) -> None:
    imported = {module.split(".")[0] for module in for_each_import(SOURCES[name])}
    assert imported - {"tenmatsu"} <= (MODULES | READERS_MODULES if name in READER else MODULES)
    assert {one for one in for_each_import(SOURCES[name]) if one.startswith("tenmatsu")} <= SOURCES.keys()


@pytest.mark.parametrize("name", SOURCES)
def test_nothing_is_used_that_came_later(name: str) -> None:
    tree = ast.parse(SOURCES[name])
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert used & LATER == set()
    subscripted = [node.value for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
    assert {one.id for one in subscripted if isinstance(one, ast.Name)} & GENERIC_LATER == set()
    assert not any(isinstance(node, ast.BinOp) for one in for_each_annotation(tree) for node in ast.walk(one))


def for_each_import(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            whole = f"{node.module}.{node.names[0].name}"
            yield whole if whole in SOURCES else str(node.module)


def for_each_annotation(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            found = getattr(node, name, None)
            if isinstance(found, ast.expr):
                yield found


def pythons() -> Iterator[str]:
    """Every Python 3 that can be found: on the path, and beside the one that runs this."""
    names = [f"python3.{minor}" for minor in range(6, 20)]
    found = [path for path in map(shutil.which, ["python3", *names]) if path]
    found += [str(path) for path in sorted(Path(sys.base_prefix).parent.glob("*/bin/python3"))]
    seen = set()
    for path in found:
        asked = subprocess.run(
            [path, "-c", "import sys; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.returncode == 0 and asked.stdout not in seen:
            seen.add(asked.stdout)
            if tuple(map(int, asked.stdout.split())) >= OLDEST:
                yield path


@pytest.mark.parametrize("python", list(pythons()))
def test_it_runs_on_every_python_that_is_here(python: str, tmp_path: Path) -> None:
    program = make_bundle(Options(interval_seconds=0.1, limit_seconds=0.25, rungs=("none",)))
    done = subprocess.run(
        [python, *PYTHON_OPTIONS], input=program, capture_output=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.strip().splitlines()[-1].endswith(b'"kind":"end"}')
    assert list(tmp_path.iterdir()) == []


def test_the_sources_can_be_read_in_the_bundle() -> None:
    text = make_bundle(Options()).decode()
    for source in PROBE.values():
        assert source in text
    assert not any(source in text for source in READER.values())
    assert "tenmatsu.probe.bundle" not in SOURCES
    assert {module for _, module, _ in RUNGS} <= SOURCES.keys()


@pytest.mark.parametrize("source", ["x = '''", "x = 'a'\n'", "# \\"])
def test_a_source_that_would_break_the_bundle_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        bundle._check("x.py", source)


def test_options_cannot_break_out_of_the_bundle() -> None:
    hostile = Options(rungs=("'''\n__import__('os').abort()\n'''", '"""', "\\", "\n"), limit_seconds=0.1)
    done = subprocess.run(
        [sys.executable, *PYTHON_OPTIONS], input=make_bundle(hostile), capture_output=True, check=False
    )
    assert done.returncode == 0
    assert b'"kind":"end"' in done.stdout


def test_an_older_python_is_told_so() -> None:
    head = make_bundle(Options()).decode().split("sys.dont_write_bytecode")[0]
    older = head.replace("import sys", "import sys; sys.version_info = (3, 4); sys.version = '3.4.2 (x)'")
    done = subprocess.run([sys.executable, "-"], input=older, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "the probe needs Python 3.6 or newer; this is 3.4.2\n"
