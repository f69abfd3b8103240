"""What `tenmatsu requests` says of counts: sentences for its page and its JSON, in both languages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import NamedTuple

from tenmatsu.chance.grouping import TOGETHER_SECONDS
from tenmatsu.chance.rate import estimate_rate
from tenmatsu.cli.log_files import UnreadFile
from tenmatsu.cli.log_formats import UsedFormat
from tenmatsu.model.words import Words, plain
from tenmatsu.traffic.patterns import Contrast
from tenmatsu.traffic.study import Study
from tenmatsu.traffic.tally import Asked, Count

_LONGEST_SHOWN = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """What was read, and what was not."""

    files: int
    unread_files: tuple[UnreadFile, ...]
    lines: int
    unread: int
    example: str
    has_duration: bool
    zone: tzinfo
    formats: tuple[UsedFormat, ...] = ()
    format_gaps: tuple[Words, ...] = ()


def describe_rate(found: Study) -> Words:
    """Return the conclusion."""
    rate = found.rate
    if not rate.total:
        return NOTHING_READ
    words = SOME_FAIL if rate.failures else NONE_FAILS
    low, high = (percent(one) for one in (rate.low, rate.high))
    numbers = {"failed": f"{rate.failures:,}", "total": f"{rate.total:,}"}
    return words.fill(share=percent(rate.estimate), low=low, high=high, **numbers)


def describe_onset(found: Study, zone: tzinfo) -> Words | None:
    """Return since when more fail and until when, or that no time stands out; None where none fails."""
    if not found.rate.failures:
        return None
    if found.rise is None:
        return NO_ONSET
    rise, end = found.rise, found.end
    after = end.before if end else rise.after
    said = ONSET.fill(
        time=clock(rise.time, zone),
        low=clock(rise.low, zone),
        high=clock(rise.high, zone),
        before=share_of(rise.before),
        after=share_of(after),
    )
    if end is None:
        return said
    times = {name: clock(getattr(end, name), zone) for name in ("time", "low", "high")}
    return said + SPACE + ENDED.fill(after=share_of(end.after), **times)


class Pattern(NamedTuple):
    """What failing requests have in common; `decibans` is how strongly, None where it is no contrast."""

    id: str
    words: Words
    decibans: float | None


def describe_patterns(found: Study, zone: tzinfo) -> Iterator[Pattern]:
    """Yield what failing requests have in common."""
    if found.writes:
        words = WRITES_ONLY if found.writes.only else WRITES_MOSTLY
        yield Pattern("writes", _contrast(words, found.writes), found.writes.decibans)
    for slow in found.slow:
        words = SLOW_ONLY if slow.contrast.only else SLOW_MOSTLY
        more = {"asked": name_of(slow.asked), "seconds": seconds(slow.seconds)}
        yield Pattern("slow", _contrast(words, slow.contrast, **more), slow.contrast.decibans)
    for same in found.same_time:
        asked, took = name_of(same.asked), seconds(same.seconds)
        said = SAME_TIME.fill(asked=asked, seconds=took, failures=f"{same.failures:,}")
        yield Pattern("same-time", said, None)
    yield from _describe_sizes(found, zone)


def _describe_sizes(found: Study, zone: tzinfo) -> Iterator[Pattern]:
    for same in found.same_size:
        alike, failures = f"{same.alike:,}", f"{same.failures:,}"
        numbers = {"status": same.status, "size": f"{same.size_bytes:,}", "alike": alike}
        yield Pattern(
            "same-size", SAME_SIZE.fill(asked=name_of(same.asked), failures=failures, **numbers), None
        )
    for cut in found.cut_pages:
        said = CUT_PAGES.fill(
            pages=cut.pages,
            asked=name_of(cut.asked),
            since=clock(cut.since, zone),
            example=plain(cut.example[:_LONGEST_SHOWN]),
            size=f"{cut.size_bytes:,}",
            decibans=f"{cut.decibans:.0f}",
        )
        yield Pattern("cut-pages", said, cut.decibans)
    for change in found.size_changes:
        sizes = {"before": f"{change.before_bytes:,}", "after": f"{change.after_bytes:,}"}
        yield Pattern("size-change", SIZE_CHANGE.fill(asked=name_of(change.asked), **sizes), None)


def describe_trials(found: Study) -> Words | None:
    """Return the rate with tries again counted once; None where none fails, or none was tried again."""
    trials, count = found.tally.trials, found.tally.count
    if not count.failed or trials == count:
        return None
    numbers = {"failed": f"{trials.failed:,}", "total": f"{trials.total:,}"}
    return TRIALS.fill(**numbers, share=share_of(trials), seconds=f"{TOGETHER_SECONDS:.0f}")


def describe_gaps(found: Study, looked: Looked) -> Iterator[Words]:
    """Yield what the counts do not hold, and why."""
    tally, joined = found.tally, found.joined
    for file in looked.unread_files:
        yield BROKEN_OFF.fill(name=file.name, why=file.why)
    yield from looked.format_gaps
    if looked.unread:
        yield UNREAD.fill(
            unread=f"{looked.unread:,}", lines=f"{looked.lines:,}", example=plain(repr(looked.example))
        )
    if looked.lines and not looked.has_duration:
        yield NO_DURATION
    numbers = (
        (UNKNOWN_END, tally.unknown),
        (OUTSIDE, tally.outside),
        (OWN, tally.own),
        (FOLDED_PATHS, tally.folded_paths),
        (FOLDED_CLIENTS, tally.folded_clients),
        (DROPPED, tally.failures_dropped),
        (UNDECIDED, joined.undecided if joined else 0),
    )
    yield from (words.fill(count=f"{count:,}") for words, count in numbers if count)
    if tally.period_seconds > 60:
        yield COARSE.fill(seconds=f"{tally.period_seconds:,}")


def _contrast(words: Words, one: Contrast, **more: str) -> Words:
    return words.fill(
        inside=share_of(one.inside),
        outside=share_of(one.outside),
        failed=f"{one.inside.failed:,}",
        all=f"{one.inside.failed + one.outside.failed:,}",
        decibans=f"{one.decibans:.0f}",
        **more,
    )


def name_of(asked: Asked) -> str:
    """Return what is asked for, cut to what a line has room for."""
    return f"{asked.method} {asked.path}"[:_LONGEST_SHOWN]


def share_of(count: Count) -> str:
    """Return a rate with its interval: `1.5 % (1.2–1.9)`."""
    rate = estimate_rate(count.failed, count.total)
    return f"{percent(rate.estimate)} % ({percent(rate.low)}–{percent(rate.high)})"


def percent(share: float) -> str:
    """Return a share in percent, with as many digits as it is worth."""
    return f"{100 * share:.3g}"


def seconds(time: float) -> str:
    """Return a duration in seconds, short."""
    return f"{time:.2g}" if time < 1 else f"{time:.1f}"


def clock(second: int, zone: tzinfo) -> str:
    """Return a time in a zone, to the minute."""
    return f"{datetime.fromtimestamp(second, zone):%Y-%m-%d %H:%M}"


SPACE = Words(" ", "")
SOME_FAIL = Words(
    "{share} % of the requests fail by the server's fault: {failed} of {total} (95 %: {low} to {high} %).",
    "リクエストの {share} % がサーバー側の原因で失敗: {total} 件中 {failed} 件 (95 % 区間 {low}〜{high} %)。",
)
NONE_FAILS = Words(
    "None of {total} requests failed by the server's fault (95 %: less than {high} % do).",
    "{total} 件のうちサーバー側の原因で失敗したものはありません (95 % で {high} % 未満)。",
)
NOTHING_READ = Words(
    "No request could be read: nothing can be said.", "リクエストを 1 件も読めず、何も言えません。"
)
ONSET = Words(
    "More fail since {time} (between {low} and {high}): before {before}, from then on {after}.",
    "{time} から増加 ({low} から {high} の間): それ以前 {before}、以後 {after}。",
)
ENDED = Words(
    "Less again since {time} (between {low} and {high}): {after}.",
    "{time} から減少 ({low} から {high} の間): {after}。",
)
NO_ONSET = Words(
    "No time stands out since which more fail: it was so from the first line on, or they are too few.",
    "増え始めた時刻は見当たりません (最初からこの割合か、件数不足)。",
)
WRITES_ONLY = Words(
    "Only writes fail: {failed} of {all} failures; writes {inside}, all others {outside};"
    " {decibans} decibans.",
    "失敗は書き込みだけ: {all} 件中 {failed} 件。書き込み {inside}、他 {outside}。{decibans} デシバン。",
)
WRITES_MOSTLY = Words(
    "Writes fail far more often: writes {inside}, all others {outside}; {decibans} decibans.",
    "書き込みの失敗が突出: 書き込み {inside}、他 {outside}。{decibans} デシバン。",
)
SLOW_ONLY = Words(
    "{asked} fails only when slow: from {seconds} s on {inside}, faster ones {outside}; {decibans} decibans.",
    "{asked} は遅いときだけ失敗: {seconds} 秒以上 {inside}、それ未満 {outside}。{decibans} デシバン。",
)
SLOW_MOSTLY = Words(
    "{asked} fails more often when slow: from {seconds} s on {inside}, faster ones {outside};"
    " {decibans} decibans.",
    "{asked} は遅いときに失敗が突出: {seconds} 秒以上 {inside}、それ未満 {outside}。{decibans} デシバン。",
)
SAME_TIME = Words(
    "Half of the {failures} failures of {asked} end at the same duration, {seconds} s: a limit ends them.",
    "{asked} の失敗 {failures} 件の半数が同じ所要時間 {seconds} 秒で終了: 制限による打ち切りです。",
)
SAME_SIZE = Words(
    "{asked} fails with one and the same page: of {failures} with status {status} {alike} are {size} bytes,"
    " so one maker made them.",
    "{asked} の失敗 (状態 {status}) {failures} 件中 {alike} 件が同じ大きさ {size} バイト: 出所は 1 つです。",
)
CUT_PAGES = Words(
    "{pages:page|pages} of {asked} end at a whole block since {since}, with status 200: cut off, as a full"
    " disk does. The newest: {example}, {size} bytes; {decibans} decibans.",
    "{since} から {asked} の {pages} ページが状態 200 のままブロック境界で途切れています"
    " (ディスク満杯の特徴)。最新: {example}、{size} バイト。{decibans} デシバン。",
)
SIZE_CHANGE = Words(
    "Answers of {asked} that succeed changed size with that: median {before} bytes before, {after} since. An"
    " error can carry status 200.",
    "その時から {asked} の成功した応答の大きさが変化: 中央値 {before} バイトが {after} バイトに。"
    "エラーが状態 200 で返ることもあります。",
)
TRIALS = Words(
    "Tries again counted once (same client and path within {seconds} s): {failed} of {total} failed,"
    " {share}.",
    "再試行を 1 回と数えると ({seconds} 秒以内の同じ相手・パス): {total} 件中 {failed} 件失敗、{share}。",
)
BROKEN_OFF = Words(
    "{name} could be read only in part, or not at all: {why}", "{name} は一部または全部を読めません: {why}"
)
UNREAD = Words(
    "{unread} of {lines} lines are of no known form, the first: {example}. If it is the server's own, name it"
    " with --format.",
    "{lines} 行中 {unread} 行は未知の書式です。最初の例: {example}。"
    "サーバー独自の書式なら --format で指定してください。",
)
NO_DURATION = Words(
    'The log does not say how long requests took: "only when slow" cannot be told. Apache\'s %D,'
    " nginx's $request_time as the last field would.",
    "ログに所要時間がなく「遅いときだけ」かは不明です。末尾に Apache なら %D、nginx なら $request_time を"
    "足すとわかります。",
)
UNKNOWN_END = Words(
    "{count:request|requests} ended in no known way (the client went away), and count nowhere.",
    "結末不明 (クライアント切断など) の {count} 件は数えていません。",
)
OUTSIDE = Words(
    "{count:request lies|requests lie} outside the time asked for.", "指定した時間外: {count} 件。"
)
OWN = Words(
    "{count:request is|requests are} Tenmatsu's own, and count nowhere.", "自身の {count} 件は除外しました。"
)
FOLDED_PATHS = Words(
    "Too many different paths: {count:request|requests}, of those asked for least, only in the totals.",
    "パスの種類が多すぎるため、まれなもの {count} 件は合計にだけ入っています。",
)
FOLDED_CLIENTS = Words(
    "Too many clients: {count:request|requests} of the rarest only in the totals.",
    "クライアントが多すぎるため、まれなもの {count} 件は合計にだけ入っています。",
)
DROPPED = Words(
    "{count} failed requests, the oldest, were counted but not compared with the error logs.",
    "失敗のうち古い {count} 件は、数えましたがエラーログと突き合わせていません。",
)
UNDECIDED = Words(
    "{count} error lines name no client and fit too many requests: nothing is made of them.",
    "クライアントの記載がなく候補が多すぎるエラー {count} 行は使っていません。",
)
COARSE = Words(
    "The log spans so much time that it is counted in steps of {seconds} s.",
    "期間が長いため {seconds} 秒単位で数えました。",
)
