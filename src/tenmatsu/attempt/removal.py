"""Removing what carries a mark, and saying what of it may be left."""

from dataclasses import dataclass

from tenmatsu.attempt.blog_api import Answer, BlogApi, Entry
from tenmatsu.model.attempt import LeftBehind
from tenmatsu.model.reason import MAY_APPEAR
from tenmatsu.parse.clean_text import clean_text

# One round deletes, one sees that nothing is left, one more for a server that fails now and then.
_ROUNDS = 3
# After these the request cannot have reached the blog.
_NOT_SENT = frozenset({"name", "connect", "tls"})
# A gateway that gave up waiting: the script behind it may still be at work.
_GAVE_UP = frozenset({502, 504})


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """What is left, and the first deletion that failed, even where a later one did it.

    `entries` are all that were met, removed or not.
    """

    left: tuple[LeftBehind, ...] = ()
    entries: tuple[Entry, ...] = ()
    failure: Answer | None = None


class _Removing:
    """The state of one removal: which entries are known and not yet seen to be gone."""

    def __init__(self, api: BlogApi, mark: str) -> None:
        self._api = api
        self._mark = mark
        self.waiting: dict[str, Entry] = {}
        self.met: dict[str, Entry] = {}
        self.failure: Answer | None = None
        self.last: Answer | None = None

    def expect(self, answer: Answer) -> None:
        """Take over the entries that an answer names."""
        named = {one.id: one for one in answer.entries if one.id}
        self.waiting.update(named)
        # A list may leave the page's address out that the writing gave.
        self.met.update({id: one for id, one in named.items() if one.url or id not in self.met})

    def delete_all(self) -> None:
        for entry in tuple(self.waiting.values()):
            self.last = self._api.delete(entry)
            if self.last.reason and self.failure is None:
                self.failure = self.last
            if self.last.gone:
                self.waiting.pop(entry.id)

    def look(self) -> Answer:
        """Look again; what is found again is still there, whatever a deletion said."""
        found = self._api.find(self._mark)
        self.expect(found)
        return found


def remove(api: BlogApi, mark: str, written: Answer | None = None, found: Answer | None = None) -> Removal:
    """Remove every entry that carries the mark, given what is known of it from a writing and a search."""
    removing = _Removing(api, mark)
    for answer in (written, found):
        if answer:
            removing.expect(answer)
    if found is None:
        found = removing.look()
    for _ in range(_ROUNDS):
        if not removing.waiting and not found.reason:
            break
        removing.delete_all()
        found = removing.look()
    left = tuple(_left(mark, entry, removing.last or found) for entry in removing.waiting.values())
    if not left and not removing.met and (unsure := _may_appear(mark, written, found)):
        left = (unsure,)
    return Removal(left=left, entries=tuple(removing.met.values()), failure=removing.failure)


def _left(mark: str, entry: Entry, last: Answer) -> LeftBehind:
    what = " ".join(
        clean_text(part, 200) for part in (entry.title or mark, f"#{entry.id}", entry.url) if part
    )
    reason = last.reason or "still there after it was deleted"
    return LeftBehind(time=last.exchange.time, mark=mark, what=what, reason=reason)


def _may_appear(mark: str, written: Answer | None, found: Answer) -> LeftBehind | None:
    """Return what may be there unmet: nobody could look, or the writing has no final answer."""
    if written and written.exchange.stage in _NOT_SENT:
        return None
    open_end = written and (not written.exchange.is_whole or written.exchange.status in _GAVE_UP)
    reason = found.reason or (MAY_APPEAR.en if open_end else "")
    if not reason:
        return None
    return LeftBehind(time=found.exchange.time, mark=mark, what=mark, reason=reason)
