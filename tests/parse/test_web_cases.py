"""Web servers' configurations and logs: real and faithfully made input, compared whole.

The cases have the form that `test_machine_cases.py` describes. A configuration of several files
stands in one input as `tail -n +1 FILE...` shows them: before each file a line `==> PATH <==`.
"""

import json
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from tests.parse.test_machine_cases import CASES, read_input

from tenmatsu.errors import ParseError
from tenmatsu.parse.access_format import compile_access_format
from tenmatsu.parse.access_log import AccessReader
from tenmatsu.parse.apache_config import ApacheConfig, Directive, follow_config
from tenmatsu.parse.apache_settings import read_apache_settings
from tenmatsu.parse.apache_words import parse_envvars
from tenmatsu.parse.error_log import ErrorReader
from tenmatsu.parse.error_messages import classify_error, template_of
from tenmatsu.parse.includes import ConfigFile, IncludeRequest
from tenmatsu.parse.nginx_config import follow_nginx_config
from tenmatsu.parse.nginx_settings import read_nginx_settings
from tenmatsu.parse.proc_limits import parse_limits
from tenmatsu.parse.web_settings import choose_logs

Config = TypeVar("Config")
LATER = datetime.fromisoformat("2026-12-24T18:00:00+00:00")


def split_files(text: bytes) -> dict[str, bytes]:
    """Return the files of a bundle, the main one first."""
    parts = re.split(rb"^==> (\S+) <==\n", text, flags=re.MULTILINE)
    pairs = zip(parts[1::2], parts[2::2], strict=False)
    return {path.decode("utf-8", "replace"): content for path, content in pairs}


def follow(
    following: Generator[IncludeRequest, Sequence[ConfigFile], Config], files: Mapping[str, bytes]
) -> Config:
    """Answer what a configuration includes from a bundle."""
    answer: list[ConfigFile] | None = None
    while True:
        try:
            request = next(following) if answer is None else following.send(answer)
        except StopIteration as done:
            found: Config = done.value
            return found
        answer = [
            ConfigFile(path=p, content=files[p]) for p in sorted(files) if fnmatchcase(p, request.pattern)
        ]


def read_apache(
    text: bytes,
    *,
    root: str = "/etc/apache2",
    defines: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    modules: Sequence[str] = (),
) -> ApacheConfig:
    files = split_files(text) or {"/etc/apache2/apache2.conf": text}
    main = next(iter(files))
    return follow(
        follow_config(
            ConfigFile(path=main, content=files[main]),
            server_root=root,
            defines=defines,
            environment=environment,
            modules=modules,
        ),
        files,
    )


def read_directives(text: bytes, **arguments: Any) -> object:
    config = read_apache(text, **arguments)
    return {"directives": [show(one) for one in config.directives], "problems": config.problems}


def show(one: Directive) -> str:
    around = "".join(f"<{section.name} {section.argument}> " for section in one.sections)
    return f"{one.file}:{one.line}: {around}{one.name} {list(one.arguments)}"


def read_settings(text: bytes, *, mpm: str = "", **arguments: Any) -> object:
    settings = read_apache_settings(read_apache(text, **arguments), mpm=mpm)
    return {"settings": settings, "read": [one.target for one in choose_logs(settings.logs)]}


def read_nginx(text: bytes) -> object:
    files = split_files(text) or {"/etc/nginx/nginx.conf": text}
    main = next(iter(files))
    following = follow_nginx_config(ConfigFile(path=main, content=files[main]), prefix="/usr/share/nginx")
    settings = read_nginx_settings(
        follow(following, files),
        error_log="/var/log/nginx/error.log",
        access_log="/var/log/nginx/access.log",
    )
    return {"settings": settings, "read": [one.target for one in choose_logs(settings.logs)]}


def read_access(text: bytes, *, format: str = '%h %l %u %t "%r" %>s %b', zone: str = "UTC") -> object:
    reader = AccessReader(compile_access_format(format), ZoneInfo(zone))
    found = reader.read(text)
    return {"requests": found, "lines": reader.lines, "bad": reader.bad}


def read_errors(text: bytes, *, zone: str = "UTC") -> object:
    reader = ErrorReader(ZoneInfo(zone))
    return [
        {
            **line._asdict(),
            "class": classify_error(line.code, line.message),
            "template": template_of(line.message),
        }
        for line in [*reader.read(text), *reader.flush(LATER)]
    ]


PARSERS: dict[str, Callable[..., object]] = {
    "access_log": read_access,
    "apache_directives": read_directives,
    "apache_settings": read_settings,
    "envvars": parse_envvars,
    "error_log": read_errors,
    "nginx_settings": read_nginx,
    "proc_limits": parse_limits,
}
NAMES = sorted(path.name for path in CASES.iterdir() if path.name.partition("-")[0] in PARSERS)


def as_json(value: object) -> Any:
    """Return a parsed value as JSON holds it; of what is empty or has its default, nothing."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return as_json(asdict(value))
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return as_json(value._asdict())
    if isinstance(value, Mapping):
        return {
            key: as_json(inner) for key, inner in value.items() if inner or isinstance(inner, int | float)
        }
    return [as_json(inner) for inner in value] if isinstance(value, list | tuple) else value


def expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CASES / name / "expected.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_input_is_read_as_expected(name: str) -> None:
    wanted = expected(name)
    parse = PARSERS[name.partition("-")[0]]
    if "error" in wanted:
        with pytest.raises(ParseError) as caught:
            parse(read_input(name), **wanted.get("arguments", {}))
        assert str(caught.value) == wanted["error"]
    else:
        assert as_json(parse(read_input(name), **wanted.get("arguments", {}))) == wanted["value"]


def test_each_parser_has_real_input() -> None:
    recorded = {name.partition("-")[0] for name in NAMES if "recorded" in expected(name)["source"]}
    assert recorded == set(PARSERS) - {"apache_directives"}


if __name__ == "__main__":  # python -m tests.parse.test_web_cases: write the values anew, to be read through
    for case in NAMES:
        wanted = expected(case)
        try:
            value = as_json(PARSERS[case.partition("-")[0]](read_input(case), **wanted.get("arguments", {})))
            wanted = {**{k: v for k, v in wanted.items() if k != "error"}, "value": value}
        except ParseError as refused:
            wanted = {**{k: v for k, v in wanted.items() if k != "value"}, "error": str(refused)}
        text = json.dumps(wanted, indent=2, ensure_ascii=False) + "\n"
        (CASES / case / "expected.json").write_text(text, "utf-8")
