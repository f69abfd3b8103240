"""Entries as lines of a site file. Everything that a machine told is made plain and quoted."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from textwrap import wrap

from tenmatsu.model.line_breaks import count_cells, find_breaks
from tenmatsu.model.site_map import Api, Entry, EntryKind
from tenmatsu.model.words import Language, Words
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.site.once import keep_addresses_once
from tenmatsu.site.proposal import Proposal, ProposedEntry, ProposedNeed

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDEST = 106
_LONGEST = 300
EMPTY = '""'


def render_site(proposal: Proposal, made_by: Words, language: Language) -> str:
    """Return a whole new file."""
    lines = [*comment(HEAD, language), *comment(made_by, language)]
    for words in proposal.comments:
        lines += ["#", *comment(words, language)]
    entries = keep_addresses_once(proposal.entries)
    for kind in (EntryKind.HOST, EntryKind.GUEST, EntryKind.SERVICE, EntryKind.OUTSIDE):
        found = [one for one in entries.values() if one.entry.kind is kind]
        if found:
            lines += ["", "", f"# --- {TITLES[kind].into(language)} ---"]
        for one in found:
            lines += ["", *render_entry(one, language)]
    return "\n".join(lines) + "\n"


def comment(words: Words, language: Language) -> list[str]:
    """Return a sentence as comment lines."""
    text = make_plain(words.into(language), _LONGEST * 4)
    return [f"# {line}" for line in _wrap(text)]


def _wrap(text: str) -> list[str]:
    if count_cells(text) == len(text):
        return wrap(text, _WIDEST, break_long_words=False, break_on_hyphens=False)
    ends = [0, *find_breaks(text, _WIDEST), len(text)]
    return [text[start:end].rstrip() for start, end in pairwise(ends)]


def render_entry(one: ProposedEntry, language: Language) -> list[str]:
    """Return the table of an entry, with what should be read beside it."""
    lines = [line for words in one.comments for line in comment(words, language)]
    lines.append(f"[{one.entry.kind.value}.{quote_key(one.entry.name)}]")
    lines += [f"{key} = {value}" for key, value in list_keys(one.entry)]
    if one.needs:
        lines += ["needs = [", *(f"    {render_need(need, language)}," for need in one.needs), "]"]
    return lines + render_left_out(one, language)


def render_left_out(one: ProposedEntry, language: Language) -> list[str]:
    """Return what is said of needs that would close a circle."""
    return [
        line
        for need, circle in one.left_out
        for line in comment(
            LEFT_OUT.fill(what=need.what, because=need.because, circle=" → ".join(circle)), language
        )
    ]


def render_need(need: ProposedNeed, language: Language) -> str:
    """Return a need with its reason as an inline table."""
    return f"{{ what = {quote(need.what)}, because = {quote(need.because.into(language))} }}"


def list_keys(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield the keys of an entry and their values as TOML, all but needs and note."""
    texts: Iterable[tuple[str, str | tuple[str, ...]]] = (
        ("on", entry.on),
        ("address", entry.addresses),
        ("uuid", entry.uuid),
        ("mac", entry.macs),
        ("system", entry.system),
        ("ssh", entry.ssh),
        *(_api_keys(entry.api, entry.addresses) if entry.api else ()),
        ("role", entry.role),
        ("url", entry.url),
    )
    yield from ((key, shown) for key, value in texts if value and (shown := _render(value)) != EMPTY)
    if entry.port:
        yield "port", str(entry.port)


def _api_keys(api: Api, addresses: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield "hypervisor", api.product.value
    yield "api", "" if api.address in addresses[:1] else api.address
    yield "user", api.user
    yield from api.secrets.items()
    yield "certificate", api.certificate
    yield "ca_file", api.ca_file


def _render(value: str | tuple[str, ...]) -> str:
    if isinstance(value, str):
        return quote(value)
    return quote(value[0]) if len(value) == 1 else f"[{', '.join(map(quote, value))}]"


def quote(text: str) -> str:
    """Return a text as a TOML string on one line."""
    from tomlkit import string

    return string(make_plain(text, _LONGEST)).as_string()


def quote_key(name: str) -> str:
    """Return a name as a TOML key."""
    return name if _BARE.fullmatch(name) else quote(name)


HEAD = Words(
    "The site: what is there, what runs on what, what needs what. Every key is described in"
    " docs/site-file.md. This file is yours: change it as you like. Run tenmatsu site discover again, and it"
    " proposes what is new and keeps what you wrote. Each `because` says how a need is known.",
    "サイトの地図: 何があり、何が何の上で動き、何が何を必要とするか。各項目の説明は docs/site-file.md。"
    "このファイルは自由に書き換えてください。tenmatsu site discover を再実行すると、"
    "書いた内容を保ったまま変更点だけを提案します。because は、その依存関係の根拠です。",
)
LEFT_OUT = Words(
    "not written as a need: {what} ({because}). It would close a circle, in which none could start first:"
    " {circle}",
    "needs に書かなかったもの: {what} ({because})。依存関係が循環し、"
    "どれも最初に起動できなくなるため: {circle}",
)
TITLES = {
    EntryKind.HOST: Words("Hosts", "ホスト"),
    EntryKind.GUEST: Words("Guests", "ゲスト"),
    EntryKind.SERVICE: Words("Services", "サービス"),
    EntryKind.OUTSIDE: Words(
        "Outside: what is needed and not run here", "外部: 必要だが自前で動かしていないもの"
    ),
}
