"""Puts into a site file what is new, and keeps what its owner wrote, comments, order and blank lines.

Nothing is taken away. What differs from the file, or is gone, becomes a comment beside its entry.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from tenmatsu.model.site_map import Entry, EntryKind, SiteMap
from tenmatsu.model.words import LANGUAGES, Language, Words
from tenmatsu.parse.toml_lines import Path, find_lines
from tenmatsu.site.break_circles import break_circles
from tenmatsu.site.match import match_entries
from tenmatsu.site.once import keep_addresses_once
from tenmatsu.site.proposal import Proposal, ProposedEntry, ProposedNeed
from tenmatsu.site.render import comment, list_keys, quote, render_entry, render_left_out, render_need

if TYPE_CHECKING:
    from tomlkit.items import Array


def merge_site(text: str, site: SiteMap, proposal: Proposal, language: Language) -> str:
    """Return the file's text with what is proposed; the same text where there is nothing new."""
    proposal = _leave_out_owned(match_entries(site.entries, proposal), site)
    missing = {name: _leave_out_known(one, site) for name, one in proposal.entries.items()}
    entries = break_circles(missing, site.entries)
    known = {name: one for name, one in entries.items() if name in site.entries}
    text = _add_needs(text, known, language)
    keys = find_lines(text)
    added = {
        name: _find_lines_to_add(site.entries[name], one, text, language, keys=keys)
        for name, one in known.items()
    }
    for name in _find_gone(site, proposal):
        added[name] = _new_comment(GONE.fill(name=name), text, language)
    text = _insert(text, site.entries, added)
    return _append(text, [one for name, one in entries.items() if name not in site.entries], language)


def _leave_out_owned(proposal: Proposal, site: SiteMap) -> Proposal:
    """Return the proposal without marks that the file gives to another entry."""
    owners: dict[str, str] = {}
    for name, entry in site.entries.items():
        if entry.kind is not EntryKind.SERVICE:
            owners |= dict.fromkeys((*entry.addresses, *entry.macs, *filter(None, [entry.uuid])), name)
    entries = {}
    for name, one in proposal.entries.items():
        entry = replace(
            one.entry,
            addresses=tuple(mark for mark in one.entry.addresses if owners.get(mark, name) == name),
            macs=tuple(mark for mark in one.entry.macs if owners.get(mark, name) == name),
            uuid=one.entry.uuid if owners.get(one.entry.uuid, name) == name else "",
        )
        entries[name] = replace(one, entry=entry)
    return replace(proposal, entries=keep_addresses_once(entries))


def _leave_out_known(one: ProposedEntry, site: SiteMap) -> ProposedEntry:
    """Return an entry with only those needs that the file has not: of it, or of what it runs on."""
    known = site.entries.get(one.entry.name)
    if known is None:
        return one
    held = {need.what for need in known.needs}
    held |= {site.entries[what].on for what in held} - {""}
    needs = [need for need in one.needs if need.what not in held and _on(need.what, site) not in held]
    return replace(one, needs=tuple(needs))


def _on(name: str, site: SiteMap) -> str:
    return site.entries[name].on or name if name in site.entries else name


def _add_needs(text: str, entries: Mapping[str, ProposedEntry], language: Language) -> str:
    """Return the text with needs put into the lists that are there."""
    import tomlkit
    from tomlkit.items import Array

    if not any(one.needs for one in entries.values()):
        return text
    document = tomlkit.parse(text)
    changed = False
    for name, one in entries.items():
        table = document.get(one.entry.kind.value, {}).get(name, {})
        needs = table.get("needs")
        if isinstance(needs, Array) and one.needs:
            for need in one.needs:
                _append_need(needs, need, language)
            changed = True
    return tomlkit.dumps(document) if changed else text


def _append_need(needs: "Array", need: ProposedNeed, language: Language) -> None:
    import tomlkit

    item = tomlkit.inline_table()
    item.update({"what": need.what, "because": need.because.into(language)})
    needs.add_line(item)


def _find_lines_to_add(
    known: Entry, one: ProposedEntry, text: str, language: Language, *, keys: Container[Path]
) -> list[str]:
    """Return the lines that an entry of the file lacks, and comments on what was seen otherwise."""
    lines = []
    for key, value in list_keys(one.entry):
        if known.kind is not one.entry.kind and key not in _ANY_KIND:
            continue  # the owner calls it a host, or something outside: then this is no key of it
        if (known.kind.value, known.name, key) not in keys and not (known.api and key in API_KEYS):
            lines.append(f"{key} = {value}")
        elif key in _COMPARED and (seen := _differs(key, known, one.entry)):
            lines += _new_comment(SEEN_NOW.fill(key=key, value=seen), text, language)
    if one.needs and (known.kind.value, known.name, "needs") not in keys:
        lines += ["needs = [", *(f"    {render_need(need, language)}," for need in one.needs), "]"]
    known_words = any(_holds(text, render_left_out(one, other)) for other in LANGUAGES)
    return lines + ([] if known_words else render_left_out(one, language))


def _new_comment(words: Words, text: str, language: Language) -> list[str]:
    """Return the lines of a comment, none where it stands in the file already, in whichever language."""
    is_known = any(_holds(text, comment(words, other)) for other in LANGUAGES)
    return [] if is_known else comment(words, language)


def _holds(text: str, lines: list[str]) -> bool:
    return _line_end(text).join(lines) in text


def _differs(key: str, known: Entry, seen: Entry) -> str:
    if key == "address":
        return ", ".join(quote(one) for one in seen.addresses if one not in known.addresses)
    if key == "mac":
        return ", ".join(quote(one) for one in seen.macs if one not in known.macs)
    return quote(seen.on) if seen.on != known.on else ""


def _find_gone(site: SiteMap, proposal: Proposal) -> Iterable[str]:
    """Yield the guests of hosts that were asked and told all, which none of them has any more."""
    hosts = {name: one for name, one in proposal.entries.items() if one.entry.api is not None}
    asked = {name for name, one in hosts.items() if not one.is_partial}
    for entry in site.of_kind(EntryKind.GUEST):
        if entry.on in asked and entry.name not in proposal.entries:
            yield entry.name


def _insert(text: str, owned: Mapping[str, Entry], added: Mapping[str, list[str]]) -> str:
    """Return the text with lines put behind the last line of each entry's own."""
    lines = text.splitlines(keepends=True)
    starts = find_lines(text)
    places = {
        _find_end(lines, starts[(owned[name].kind.value, name)]): more
        for name, more in added.items()
        if more and (owned[name].kind.value, name) in starts
    }
    end = _line_end(text)
    for place in sorted(places, reverse=True):
        if not lines[place - 1].endswith(_LINE_ENDS):  # the last one of the file
            lines[place - 1] += end
        lines[place:place] = [line + end for line in places[place]]
    return "".join(lines)


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _find_end(lines: list[str], start: int) -> int:
    """Return where a table ends that begins in line `start` (from 1): behind its last value."""
    end = start
    for at in range(start, len(lines)):
        stripped = lines[at].strip()
        if stripped.startswith("[") and not _within_list(lines, start, at):
            break
        if stripped and not stripped.startswith("#"):
            end = at + 1
    return end


def _within_list(lines: list[str], start: int, at: int) -> bool:
    """Tell whether a line that begins with a bracket stands within a list that is still open."""
    import tomllib

    try:
        tomllib.loads("".join(lines[start:at]))
    except tomllib.TOMLDecodeError:
        return True
    return False


def _append(text: str, new: list[ProposedEntry], language: Language) -> str:
    if not new:
        return text
    lines = ["", *comment(FOUND, language)]
    for one in new:
        lines += ["", *render_entry(one, language)]
    end = _line_end(text)
    gap = "" if not text or text.endswith(_LINE_ENDS) else end
    return text + gap + "".join(line + end for line in lines)


_LINE_ENDS = ("\n", "\r")
# A system is told in other words below than inside, and everything else is the owner's to know better.
_ANY_KIND = ("address", "system")
_COMPARED = ("address", "mac", "on")
API_KEYS = ("hypervisor", "api", "user", "password", "token", "certificate", "ca_file")
GONE = Words(
    "{name} was not found below any more when it was looked for last: is it gone?",
    "{name} は最後の確認時、ハイパーバイザーに見つかりませんでした。廃止済みですか",
)
SEEN_NOW = Words("seen now: {key} = {value}", "今回の確認では {key} = {value}")
FOUND = Words("--- Found by tenmatsu site discover ---", "--- tenmatsu site discover が見つけたもの ---")
