"""One write to a blog, from log-in to clean-up: the same for every API.

The attempt writes once. After every answer it looks for its mark (a 500 often means: saved, but not rebuilt),
then removes every entry that carries it. What it cannot remove, and what may still appear, it reports.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from tenmatsu.attempt.blog_api import Answer, BlogApi, Entry, is_mark
from tenmatsu.attempt.blog_target import BlogTarget
from tenmatsu.attempt.published_page import address_of, look_at_page, look_for_remains
from tenmatsu.attempt.removal import Removal, remove
from tenmatsu.model.attempt import Attempt, LeftBehind
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.exchange import NOT_THERE, Asker
from tenmatsu.model.reason import COULD_NOT_FIND, NO_MARK, NOT_DELETED, NOT_SAVED, PAGE_STAYS, SAVED_TWICE
from tenmatsu.parse.clean_text import clean_text

MakeApi = Callable[[BlogTarget, Asker], BlogApi]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Decision:
    step: str
    answer: Answer
    outcome: Outcome
    mark_found: bool | None = None
    copies: int = 0
    page_checked: bool = False


class WriteCycle:
    """A write probe over one API."""

    def __init__(self, target: BlogTarget, make_api: MakeApi) -> None:
        self._target = target
        self._make_api = make_api

    def attempt(self, asker: Asker, now: Callable[[], datetime], mark: str) -> Attempt:
        """Write, look, remove. Never raises for what a server does; writes at most once."""
        if not is_mark(mark):
            return _refuse_mark(now(), mark)
        api = self._make_api(self._target, asker)
        opened = api.open()
        if opened.reason:
            return self._as_attempt(_failed("open", opened), mark)
        written = api.write(mark)
        found = api.find(mark)
        decision = self._decide(asker, mark, written, found)
        removal = remove(api, mark, written, found)
        if decision.outcome is Outcome.OK and removal.failure:
            why = NOT_DELETED.fill(why=removal.failure.reason).en
            decision = replace(
                decision,
                step="delete",
                outcome=Outcome.FAILED,
                answer=replace(removal.failure, reason=why, hopeless=False),
            )
        remains = tuple(self._find_remains(asker, mark, removal))
        if decision.outcome is Outcome.OK and (still := _still_there(remains)):
            decision = replace(decision, step="delete", outcome=Outcome.FAILED, answer=still)
        left = tuple(_page_left(mark, url, answer) for url, answer in remains)
        return self._as_attempt(decision, mark, (*removal.left, *left))

    def clean_up(
        self, asker: Asker, marks: Sequence[str], pages: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[LeftBehind, ...]:
        """Remove whatever carries one of our marks; return what could not be removed or looked for.

        `pages` are by mark the addresses of pages that were still there when their entries were deleted.
        """
        ours = [mark for mark in marks if is_mark(mark)]
        if not ours:
            return ()
        api = self._make_api(self._target, asker)
        opened = api.open()
        left: list[LeftBehind] = []
        for mark in ours:
            if opened.reason:
                left.append(LeftBehind(time=opened.exchange.time, mark=mark, what=mark, reason=opened.reason))
            else:
                removal = remove(api, mark)
                remains = self._find_remains(asker, mark, removal, (pages or {}).get(mark, ()))
                left += [*removal.left, *(_page_left(mark, url, answer) for url, answer in remains)]
        return tuple(self._without_secret(one) for one in left)

    def _decide(self, asker: Asker, mark: str, written: Answer, found: Answer) -> _Decision:
        copies = len(found.entries)
        seen = None if found.reason else bool(copies)
        if written.reason:
            return replace(_failed("write", written), mark_found=seen, copies=copies)
        page = self._look_at_page(asker, mark, (*found.entries, *written.entries))
        if found.reason and (page is None or page.reason):
            return self._unseen(found)
        if not found.reason and copies != 1:
            reason = SAVED_TWICE.fill(copies=copies).en if copies else NOT_SAVED.en
            return replace(
                _failed("find", replace(found, reason=reason)), mark_found=bool(copies), copies=copies
            )
        if page and page.reason:
            return replace(_failed("page", page), mark_found=True, copies=copies, page_checked=True)
        return _Decision(
            step="write",
            answer=written,
            outcome=Outcome.OK,
            mark_found=True,
            copies=max(copies, 1),
            page_checked=page is not None,
        )

    def _unseen(self, found: Answer) -> _Decision:
        reason = COULD_NOT_FIND.fill(why=found.reason).en
        return _Decision(step="find", answer=replace(found, reason=reason), outcome=Outcome.UNKNOWN)

    def _look_at_page(self, asker: Asker, mark: str, entries: Sequence[Entry]) -> Answer | None:
        addresses = (address_of(self._target, entry, mark) for entry in entries)
        url = next(filter(None, addresses), "")
        return look_at_page(asker, self._target, url, mark) if url else None

    def _find_remains(
        self, asker: Asker, mark: str, removal: Removal, known: Sequence[str] = ()
    ) -> Iterator[tuple[str, Answer]]:
        """Yield the pages of deleted entries that are still there, or that nobody could see."""
        if removal.left:
            return  # an entry that is there has its page by right
        addresses = (address_of(self._target, entry, mark) for entry in removal.entries)
        for url in dict.fromkeys(filter(None, (*known, *addresses))):
            answer = look_for_remains(asker, self._target, url, mark)
            if not answer.gone:
                yield url, answer

    def _as_attempt(
        self, decision: _Decision, mark: str, left_behind: tuple[LeftBehind, ...] = ()
    ) -> Attempt:
        answer, exchange = decision.answer, decision.answer.exchange
        return Attempt(
            time=exchange.time,
            outcome=decision.outcome,
            duration_seconds=exchange.duration_seconds,
            step=decision.step,
            method=exchange.method,
            path=urlsplit(exchange.url).path or "/",
            status=exchange.status,
            stage=exchange.stage,
            timings=exchange.timings,
            size_bytes=exchange.size_bytes,
            page_maker=answer.page_maker,
            reason=self._hide(answer.reason),
            mark=mark,
            mark_found=decision.mark_found,
            copies=decision.copies,
            page_checked=decision.page_checked,
            left_behind=tuple(self._without_secret(one) for one in left_behind),
            hopeless=answer.hopeless or exchange.stage in NOT_THERE,
        )

    def _without_secret(self, left: LeftBehind) -> LeftBehind:
        return replace(
            left, what=self._hide(left.what), reason=self._hide(left.reason), page=self._hide(left.page)
        )

    def _hide(self, text: str) -> str:
        """Return a text without the password, should a server have said it back to us."""
        return text.replace(self._target.password, "…") if self._target.password else text


def _failed(step: str, answer: Answer) -> _Decision:
    return _Decision(step=step, answer=answer, outcome=Outcome.FAILED)


def _still_there(remains: Sequence[tuple[str, Answer]]) -> Answer | None:
    """Return the first page that is surely there: one that nobody could see makes no failure."""
    return next((one for _, one in remains if one.reason == PAGE_STAYS.en), None)


def _page_left(mark: str, url: str, answer: Answer) -> LeftBehind:
    what = clean_text(url, 200)
    return LeftBehind(time=answer.exchange.time, mark=mark, what=what, reason=answer.reason, page=url)


def _refuse_mark(time: datetime, mark: str) -> Attempt:
    reason = NO_MARK.fill(mark=ascii(mark)[1:65]).en
    return Attempt(
        time=time, outcome=Outcome.UNKNOWN, duration_seconds=0.0, step="open", reason=reason, hopeless=True
    )
