"""One text of the whole probe, to be sent to `python3 -`, or to a shell without Python; and of the reader.

Runs on our side; the rest goes into the guest.

The text holds each module's source as it stands, a few lines that let `import` find them in memory, and the
options. Nothing is written in the guest, so nothing needs to be removed there.
"""

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from importlib.resources import files

from tenmatsu.probe.ladder import RUNGS
from tenmatsu.probe.rung import Options

PACKAGE = "tenmatsu.probe"
READER = "tenmatsu.probe.reader"
# Without the user's and the machine's own modules, and without writing compiled ones.
PYTHON_OPTIONS = ("-I", "-S", "-B", "-")
_NOT_SENT = ("bundle.py",)

_HEAD = """\
# -*- coding: utf-8 -*-
# Tenmatsu's probe: tells of processes that end, through frames on standard output. It changes nothing here,
# writes no file, and ends when its output is closed.
import sys

if sys.version_info < (3, 6):
    sys.exit("the probe needs Python 3.6 or newer; this is " + sys.version.split()[0])
sys.dont_write_bytecode = True
_SOURCES = {}
"""

_FOOT = '''

class _Memory:
    """Finds the modules above. The methods' names are importlib's."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in _SOURCES:
            return None
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, _Memory, is_package=name in _PACKAGES)

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        name = module.__spec__.name
        # Documentation strings are not kept in the guest's memory.
        exec(compile(_SOURCES[name], "<" + name + ">", "exec", 0, True, 2), module.__dict__)

    @staticmethod
    def get_source(name):
        return _SOURCES[name]


sys.meta_path.insert(0, _Memory)
'''
_START_PROBE = """\
import json

from tenmatsu.probe.main import main

sys.exit(main(json.loads(_OPTIONS)))
"""
_START_READER = """\
from tenmatsu.probe.reader.main import main

main(_REQUESTS)
"""


def make_bundle(options: Options) -> bytes:
    """Return the program's text, in UTF-8."""
    text = _pack(dict(for_each_source()), (PACKAGE,))
    return "".join((text, f"_OPTIONS = {_encode(options._asdict())!r}\n", _START_PROBE)).encode()


def make_reader_line() -> bytes:
    """Return the reader as one line of Python in ASCII, which a shell can read and pass on.

    `_REQUESTS`, the path of the pipe with the requests, must be set before it.
    """
    sources = {"tenmatsu": "", PACKAGE: "", **dict(for_each_reader_source())}
    text = _pack(sources, (PACKAGE, READER)) + _START_READER
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")
    return f'import base64,zlib;exec(zlib.decompress(base64.b64decode("{packed}")))'.encode()


# Read by `read b; eval "$b"` (`reach/reader_line.py`): takes what follows up to its last line, and runs it.
_TAKE_SHELL = (
    'n=$(printf "\\nx"); n=${n%x}; p=; '
    'while IFS= read -r l; do [ "$l" = TENMATSU-END ] && break; p="$p$l$n"; done; '
    'eval "$p"\n'
)


def make_reader_shell() -> bytes:
    """Return the reader for a machine without Python 3.6: a line for the shell, and what that then takes."""
    text = files(PACKAGE).joinpath("reader.sh").read_text(encoding="utf-8")
    return f"{_TAKE_SHELL}{text}TENMATSU-END\n".encode()


def _pack(sources: Mapping[str, str], packages: tuple[str, ...]) -> str:
    parts = [_HEAD]
    parts += [f"_SOURCES[{name!r}] = r'''{source}'''\n" for name, source in sources.items()]
    parts.append(f"_PACKAGES = {('tenmatsu', *packages)!r}\n")
    parts.append(_FOOT)
    return "".join(parts)


def make_shell_program(options: Options) -> bytes:
    """Return the text of the probe for a guest without Python 3.6, to be read by a POSIX shell."""
    limits = f"interval={options.interval_seconds:f} limit={options.limit_seconds:f}"
    refused = " ".join(name for name, _, _ in RUNGS)
    head = f"{limits} most_rows={options.most_rows:d} refused='{refused}'\n"
    shell = files(PACKAGE).joinpath("proc.sh").read_text(encoding="utf-8")
    return (head + shell.replace("PROGRAM\n", _read_awk())).encode()


def _read_awk() -> str:
    """Return the parts of the awk program as one. Raises ValueError where the shell would misread it."""
    parts = sorted(files(PACKAGE).joinpath("shell").iterdir(), key=lambda part: part.name)
    program = "\n".join(part.read_text(encoding="utf-8") for part in parts if part.name.endswith(".awk"))
    if "'" in program:
        raise ValueError("an apostrophe would end the awk program for the shell")
    return program


def for_each_source() -> Iterator[tuple[str, str]]:
    """Yield (module's full name, its source) of all that is sent, the two packages first."""
    yield "tenmatsu", ""
    yield from _for_each_module(PACKAGE)


def for_each_reader_source() -> Iterator[tuple[str, str]]:
    """Yield (module's full name, its source) of the reader's own modules, the package first."""
    yield from _for_each_module(READER)


def _for_each_module(package: str) -> Iterator[tuple[str, str]]:
    for name in sorted(one.name for one in files(package).iterdir() if one.name.endswith(".py")):
        if name not in _NOT_SENT:
            module = package if name == "__init__.py" else f"{package}.{name[:-3]}"
            yield module, _check(name, files(package).joinpath(name).read_text(encoding="utf-8"))


def _check(name: str, source: str) -> str:
    """Refuse what could not stand between the quotes of the bundle as it is."""
    if "'''" in source or source.endswith(("\\", "'")):
        raise ValueError(
            f"{name} cannot be sent: it holds three single quotes, or ends in one or a backslash"
        )
    return source


def _encode(options: Mapping[str, object]) -> str:
    return json.dumps(options, sort_keys=True)
