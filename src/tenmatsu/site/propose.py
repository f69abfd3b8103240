"""The whole way from what was seen to a proposal."""

from collections.abc import Iterable

from tenmatsu.model.below import Lack
from tenmatsu.model.site_map import EntryKind
from tenmatsu.model.words import Words
from tenmatsu.site.break_circles import break_circles
from tenmatsu.site.draft import Draft
from tenmatsu.site.infer import NOT_SEEN, draft_entries
from tenmatsu.site.infer_needs import infer_needs
from tenmatsu.site.proposal import Proposal, Seen

_ORDER = (EntryKind.HOST, EntryKind.GUEST, EntryKind.SERVICE, EntryKind.OUTSIDE)
_MOST_NAMED = 12


def propose(seen: Seen) -> Proposal:
    """Return the entries that what was seen asks for, free of circles, and what was not seen."""
    draft = draft_entries(seen)
    infer_needs(draft)
    entries = sorted(break_circles(draft.entries).items(), key=lambda item: _ORDER.index(item[1].entry.kind))
    return Proposal(entries=dict(entries), comments=tuple(_find_comments(seen, draft)))


def _find_comments(seen: Seen, draft: Draft) -> Iterable[Words]:
    for target, lack in seen.lacks:
        yield describe_failed(target, lack)
    told = set()
    for below in seen.belows:
        for lack in below.inventory.lacks:
            words = NOT_SEEN.fill(what=lack.what, why=lack.why, close_by=lack.close_by)
            if words.en not in told:
                told.add(words.en)
                yield words
    closed = [one.name for one in draft.machines if one.inside is None and one.kind is EntryKind.GUEST]
    if closed:
        names = ", ".join(closed[:_MOST_NAMED]) + (", …" if len(closed) > _MOST_NAMED else "")
        yield NOT_INSIDE.fill(count=len(closed), names=names)


def describe_failed(target: str, lack: Lack) -> Words:
    """Return the sentence on a target that could not be looked at, and what to do."""
    why = Words(f"{_end(lack.why.en, '.')} ", _end(lack.why.ja, "。"))
    return TARGET_NOT_SEEN.fill(target=target, why=why, close_by=lack.close_by)


def _end(sentence: str, end: str) -> str:
    """Return a sentence with its end: some words are a question, or whole sentences, already."""
    return sentence if sentence.endswith((".", "?", "!", "。", "\uff1f")) else f"{sentence}{end}"


TARGET_NOT_SEEN = Words(
    "{target} could not be looked at: {why}{close_by}", "{target} は調べられませんでした: {why}{close_by}"
)
NOT_INSIDE = Words(
    "Not looked into, so what is inside and what it needs is not known: {count:guest|guests} ({names})."
    " To look: tenmatsu site discover HOST, for each that SSH may enter, or --inside for all.",
    "内部を調べていないため、サービスと依存関係が不明なゲスト {count} 台 ({names})。"
    "SSH で入れるものは tenmatsu site discover ホスト名 で、すべてなら --inside で調べます。",
)
