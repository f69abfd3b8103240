"""The tables `[probe.NAME]` of a site file: what own transactions do.

A URL alone, a ready-made write probe (`kind`), or `[[probe.NAME.step]]` one after the other with
`[[probe.NAME.look]]` and `[[probe.NAME.clean_up]]`. Raises BadSite.
"""

import re
from collections.abc import Mapping

from tenmatsu.model.probe_plan import LEAST_SECONDS, Expect, Pace, ProbePlan, Source, Step, Take
from tenmatsu.model.words import Words
from tenmatsu.parse.toml_table import Table

_METHODS = ("get", "post", "put", "patch", "delete", "head")
_NAME = re.compile(r"[\w-]{1,60}")
_SECRET = re.compile(r"(?:env:\w+|file:.+|keyring:[^/]+/.+)")
_SECRET_KEYS = ("password", "token", "secret")
_BODIES = ("form", "json", "xmlrpc", "body")
_PATTERNS_AT_MOST = 500


def read_probes(group: Table, kinds: Mapping[str, tuple[str, ...]]) -> dict[str, ProbePlan]:
    """Return the probes by name. `kinds` are the ready-made ones, with the settings that each may have."""
    return {name: _read_probe(name, group.table(name), kinds) for name in group.names()}


def _read_probe(name: str, table: Table, kinds: Mapping[str, tuple[str, ...]]) -> ProbePlan:
    if not _NAME.fullmatch(name):
        raise table.wrong(BAD_NAME.fill(name=name))
    kind = table.text("kind", "")
    if kind and kind not in kinds:
        raise table.wrong(NO_KIND.fill(kind=kind, kinds=", ".join(kinds)), "kind")
    secrets = read_secrets(table)
    ca_file = table.text("ca_file", "")
    pace = Pace(
        every_seconds=table.number("every_seconds", Pace().every_seconds, least=LEAST_SECONDS),
        jitter=table.number("jitter", Pace().jitter, least=0, most=1),
    )
    settings: dict[str, str] = {}
    steps: tuple[Step, ...] = ()
    if kind:
        settings = _read_settings(table, kinds[kind])
        if "password" not in secrets:
            raise table.wrong(NO_PASSWORD)
    elif table.has("url"):
        steps = (_read_step(table, "get", single=True),)
    else:
        steps = tuple(_read_step(one, "get") for one in table.tables("step"))
    look = tuple(_read_step(one, "get") for one in table.tables("look"))
    clean_up = tuple(_read_step(one, "get") for one in table.tables("clean_up"))
    if not kind and not steps:
        raise table.wrong(NO_STEPS)
    table.done()
    return ProbePlan(
        name=name,
        kind=kind,
        settings=settings,
        steps=steps,
        look=look,
        clean_up=clean_up,
        pace=pace,
        secrets=secrets,
        ca_file=ca_file,
        line=table.line(),
    )


def _read_settings(table: Table, names: tuple[str, ...]) -> dict[str, str]:
    """Return the settings of a ready-made probe; each has an address and a user."""
    for name in ("url", "user"):
        table.text(name)
    table.number("limit_seconds", 1.0, least=0.1, most=600)
    table.flag("allow_any_blog")
    return {key: table.any_text(key) for key in names if table.has(key)}


def read_secrets(table: Table) -> dict[str, str]:
    """Return where secrets are kept. One that stands in the file itself is refused."""
    given = {key: table.text(key, "") for key in _SECRET_KEYS if table.has(key)}
    more = table.texts_by_name("secrets")
    for key, value in {**more, **given}.items():
        if not _SECRET.fullmatch(value):
            raise table.wrong(SECRET_IN_FILE.fill(key=key), key if key in given else "secrets")
    return {**more, **given}


def _read_step(table: Table, method: str, *, single: bool = False) -> Step:
    url = table.text("url", "")
    for one in _METHODS:
        if table.has(one):
            method, url = one, table.text(one)
    if not url:
        raise table.wrong(NO_URL.fill(methods=", ".join(_METHODS)))
    if not re.match(r"https?://|\{", url):
        raise table.wrong(BAD_URL.fill(url=url))
    if sum(table.has(one) for one in _BODIES) > 1:
        raise table.wrong(ONE_BODY.fill(bodies=", ".join(_BODIES)))
    sends = any(table.has(one) for one in _BODIES)
    step = Step(
        name="" if single else table.text("name", f"{method.upper()} {url}"),
        method=("post" if sends and method == "get" else method).upper(),
        url=url,
        headers=table.texts_by_name("headers"),
        form=table.texts_by_name("form") if table.has("form") else None,
        json=table.anything("json"),
        xmlrpc=table.text("xmlrpc", ""),
        values=tuple(table.items("values")),
        body=table.text("body", ""),
        expect=_read_expect(table.table("expect")),
        takes=_read_takes(table.table("take")),
        limit_seconds=table.number("limit_seconds", 30.0, least=0.1, most=600),
        line=table.line(),
    )
    if not single:
        table.done()
    return step


def _read_expect(table: Table) -> Expect:
    expect = Expect(
        status=tuple(table.whole(one, "status") for one in table.one_or_list("status")),
        headers=_check_patterns(table, table.texts_by_name("headers"), "headers"),
        holds=tuple(str(one) for one in table.one_or_list("holds")),
        lacks=tuple(str(one) for one in table.one_or_list("lacks")),
        least_bytes=table.maybe_whole("least_bytes"),
        most_bytes=table.maybe_whole("most_bytes"),
        most_seconds=table.number("most_seconds", 0.0, least=0) or None,
        whole_page=table.flag("whole_page"),
        may_say_error=table.flag("may_say_error"),
    )
    table.done()
    return expect


def _read_takes(table: Table) -> tuple[Take, ...]:
    takes = []
    for name in table.names():
        one = table.table(name)
        given = [source for source in Source if one.has(source.value)]
        if len(given) != 1:
            raise one.wrong(ONE_SOURCE.fill(name=name, sources=", ".join(s.value for s in Source)))
        what = one.text(given[0].value)
        if given[0] is Source.PATTERN:
            _check_patterns(one, {name: what}, given[0].value)
        one.done()
        takes.append(Take(name=name, source=given[0], what=what))
    return tuple(takes)


def _check_patterns(table: Table, patterns: Mapping[str, str], key: str) -> Mapping[str, str]:
    for pattern in patterns.values():
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise table.wrong(BAD_PATTERN.fill(pattern=pattern, why=error), key) from error
        if len(pattern) > _PATTERNS_AT_MOST:
            raise table.wrong(BAD_PATTERN.fill(pattern=pattern[:40], why="long"), key)
    return patterns


def plan_for_url(url: str) -> ProbePlan:
    """Return the probe that asks for one URL."""
    return ProbePlan(name=url, steps=(Step(name="", method="GET", url=url),))


NO_PASSWORD = Words(
    "'password' is missing: write env:NAME, file:PATH or keyring:SERVICE/USER",
    "password がありません。env:変数名、file:パス、keyring:サービス/ユーザー で指定してください",
)
BAD_NAME = Words(
    "'{name}' cannot be a probe's name: letters, digits, - and _, at most 60",
    "「{name}」はプローブ名に使えません。英数字、-、_ で 60 字まで",
)
NO_KIND = Words("there is no kind '{kind}': {kinds}", "kind「{kind}」はありません: {kinds}")
NO_STEPS = Words(
    "the probe does nothing: it needs url, kind, or [[probe.NAME.step]]",
    "プローブの内容がありません。url、kind、[[probe.名前.step]] のどれかが必要です",
)
SECRET_IN_FILE = Words(
    "{key} is not to stand in the site file: write env:NAME, file:PATH or keyring:SERVICE/USER",
    "{key} をサイトファイルに直接書かないでください。"
    "env:変数名、file:パス、keyring:サービス/ユーザー で指定します",
)
NO_URL = Words("the step has no url (or one of {methods})", "手順に url ({methods} でも可) がありません")
BAD_URL = Words(
    "'{url}' is not an http or https address", "「{url}」は http / https のアドレスではありません"
)
ONE_BODY = Words("at most one of {bodies} can be given", "{bodies} は一つだけ指定できます")
ONE_SOURCE = Words(
    "'{name}' is taken from exactly one of {sources}", "「{name}」の取得元は {sources} のうち一つです"
)
BAD_PATTERN = Words(
    "'{pattern}' is not a regular expression: {why}", "「{pattern}」は正規表現ではありません: {why}"
)
