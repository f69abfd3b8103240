"""A series of own transactions in sentences: how many failed, with what, where, and what is left behind."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tenmatsu.attempt.alarms import Alarm, What
from tenmatsu.attempt.series import MOST_HOPELESS, Stop
from tenmatsu.attempt.shape import Kind, Shape, find_shape
from tenmatsu.chance.rate import Rate, estimate_rate
from tenmatsu.model.attempt import Attempt, LeftBehind
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.reason import read_reason
from tenmatsu.model.words import Words

_MOST_REASONS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A series as it is told: attempts in their order, and what they come to.

    `tells_slow` is None where nobody said what is usual.
    """

    name: str
    attempts: Sequence[Attempt]
    stopped: Stop | None
    left_behind: Sequence[LeftBehind]
    alarms: Sequence[Alarm] = ()
    tells_slow: bool | None = None

    @property
    def rate(self) -> Rate:
        """Return the failure rate of those of which it is known."""
        known = [one for one in self.attempts if one.outcome is not Outcome.UNKNOWN]
        return estimate_rate(sum(one.outcome is Outcome.FAILED for one in known), len(known))

    @property
    def shape(self) -> Shape:
        """Return how long failures took, beside the others."""
        return find_shape(self.attempts)


def make_headline(told: Told) -> Words:
    """Return the conclusion."""
    rate = told.rate
    if not rate.total:
        return NOTHING_KNOWN.fill(name=told.name, total=len(told.attempts))
    interval = f"{rate.low:.1%}–{rate.high:.1%}"
    if not rate.failures and rate.total == 1:
        return ONE_WELL.fill(name=told.name, high=f"{rate.high:.1%}")
    if not rate.failures:
        return ALL_WELL.fill(name=told.name, total=rate.total, high=f"{rate.high:.1%}")
    return FAILS.fill(
        name=told.name,
        failures=rate.failures,
        total=rate.total,
        share=f"{rate.estimate:.1%}",
        interval=interval,
    )


def make_rows(told: Told) -> list[tuple[Words, Words]]:
    """Return the lines below it, each with its title."""
    rows = [(WHY, _say_reason(reason, count)) for reason, count in _count_reasons(told.attempts)]
    rows += [(MORE, say_alarm(one)) for one in told.alarms]
    rows += [(MORE, NONE_MORE)] if told.tells_slow is not None and not told.alarms else []
    rows += [(MORE, FEW_DURATIONS)] if told.tells_slow is False else []
    rows += [(WHERE, _say_stages(told.attempts))] if told.rate.failures else []
    rows += [(LASTED, _say_shape(told.shape))] if told.attempts else []
    if saved := sum(one.outcome is Outcome.FAILED and one.mark_found is True for one in told.attempts):
        rows.append((SAVED, SAVED_THOUGH.fill(count=saved)))
    if any(one.outcome is Outcome.OK and one.mark_found and not one.page_checked for one in told.attempts):
        rows.append((PAGES, NO_PAGE))
    if unknown := sum(one.outcome is Outcome.UNKNOWN for one in told.attempts):
        rows.append((UNKNOWN, NOT_KNOWN.fill(count=unknown)))
    if told.stopped is Stop.DOWN:
        rows.append((STOPPED, _say_down(told.attempts)))
    rows += [(LEFT, LEFT_ONE.fill(what=one.what, why=read_reason(one.reason))) for one in told.left_behind]
    return rows


def say_attempt(one: Attempt) -> Words:
    """Return one attempt in one line."""
    status = one.status if one.status is not None else "–"
    line = Words(
        "{time}  {outcome}  {status}  {seconds} s", "{time}  {outcome}  {status}  {seconds} 秒"
    ).fill(
        time=f"{one.time.astimezone():%H:%M:%S}",
        outcome=OUTCOMES[one.outcome],
        status=status,
        seconds=f"{one.duration_seconds:.2f}",
    )
    if not one.reason:
        return line
    step = Words("{step}: ", "{step}: ").fill(step=one.step) if one.step else Words("", "")
    return line + Words("  ", "  ") + step + read_reason(one.reason)


def say_alarm(one: Alarm) -> Words:
    """Return one alarm in a sentence."""
    return ALARMS[one.what].fill(time=f"{one.time.astimezone():%Y-%m-%d %H:%M:%S}", share=f"{one.share:.0%}")


def _count_reasons(attempts: Sequence[Attempt]) -> list[tuple[str, int]]:
    counts = Counter(one.reason for one in attempts if one.outcome is Outcome.FAILED)
    return counts.most_common(_MOST_REASONS)


def _say_reason(reason: str, count: int) -> Words:
    return TIMES.fill(count=count, reason=read_reason(reason))


def _say_stages(attempts: Sequence[Attempt]) -> Words:
    stages = Counter(one.stage for one in attempts if one.outcome is Outcome.FAILED)
    stage, count = stages.most_common(1)[0]
    return STAGE_OF.fill(stage=STAGE_WORDS[stage], count=count, total=stages.total())


def _say_shape(shape: Shape) -> Words:
    said = (
        SHAPES[shape.kind].fill(seconds=_seconds(shape.failed_seconds))
        if shape.failed_seconds
        else Words("", "")
    )
    usual = USUAL.fill(seconds=_seconds(shape.ok_seconds)) if shape.ok_seconds is not None else NO_GOOD
    return said + usual


def _say_down(attempts: Sequence[Attempt]) -> Words:
    refused = attempts[-1].status is not None
    return REFUSES if refused else DOWN.fill(count=MOST_HOPELESS)


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}" if value < 1 else f"{value:.1f}"


OUTCOMES = {
    Outcome.OK: Words("ok     ", "成功"),
    Outcome.FAILED: Words("FAILED ", "失敗"),
    Outcome.UNKNOWN: Words("unknown", "不明"),
}
STAGE_WORDS = {
    "name": Words("while resolving the name", "名前解決"),
    "connect": Words("while connecting", "接続"),
    "tls": Words("in the TLS handshake", "TLS ハンドシェイク"),
    "first_byte": Words("while waiting for the answer to begin", "応答の待機"),
    "body": Words("while reading the answer", "応答の受信"),
    "done": Words("by what a whole answer says", "応答の内容"),
}
SHAPES = {
    Kind.AT_ONCE: Words("failures at once, {seconds} s; ", "失敗は即座 ({seconds} 秒)、"),
    Kind.FIXED: Words(
        "failures after {seconds} s each time, as by a time limit; ",
        "失敗は毎回 {seconds} 秒 (時間制限の形)、",
    ),
    Kind.VARIED: Words(
        "failures {seconds} s (median), each differently; ", "失敗は中央値 {seconds} 秒でばらつく、"
    ),
    Kind.FEW: Words("failures {seconds} s; ", "失敗は {seconds} 秒、"),
}
USUAL = Words("good ones {seconds} s (median)", "成功は中央値 {seconds} 秒")
NO_GOOD = Words("no good one to compare with", "比べる成功例なし")
FAILS = Words(
    "{name}: {failures} of {total} failed: {share} (true rate {interval}, 95 %)",
    "{name}: {total} 回中 {failures} 回失敗、{share} (真の率は {interval}、95 %)",
)
ALL_WELL = Words(
    "{name}: all {total} succeeded (true failure rate under {high}, 95 %)",
    "{name}: {total} 回すべて成功 (真の失敗率は {high} 未満、95 %)",
)
ONE_WELL = Words(
    "{name}: it succeeded once, which proves little (true failure rate under {high}, 95 %)",
    "{name}: 1 回成功。これだけではほとんど何も言えない (真の失敗率は {high} 未満、95 %)",
)
NOTHING_KNOWN = Words(
    "{name}: of {total} attempts nobody could tell how they ended", "{name}: {total} 回の結果はどれも不明"
)
MORE = Words("usual", "平常比")
ALARMS = {
    What.FAILURES: Words(
        "more fail than usual: told at {time}, about {share} since",
        "平常より失敗が多い: {time} に検知、それ以降およそ {share}",
    ),
    What.SLOW: Words(
        "slower than usual: told at {time}, about {share} beyond what 19 of 20 took",
        "平常より遅い: {time} に検知、平常の 20 回中 19 回の時間を超えるものがおよそ {share}",
    ),
}
NONE_MORE = Words(
    "no more failures than usual (one false alarm a year)", "平常と変わらない (誤報は年 1 回の水準)"
)
FEW_DURATIONS = Words(
    "whether it is slower nobody can tell: the normal holds fewer than 200 good ones",
    "遅くなったかは判別不能: 平常時の記録に成功が 200 回未満",
)
WHY = Words("why", "理由")
WHERE = Words("where", "段階")
LASTED = Words("how long", "所要時間")
SAVED = Words("saved", "保存")
UNKNOWN = Words("unknown", "不明")
STOPPED = Words("stopped", "中止")
LEFT = Words("left behind", "残存")
TIMES = Words("{count} × {reason}", "{count} 回 {reason}")
STAGE_OF = Words("{count} of {total} {stage}", "{total} 回中 {count} 回が{stage}の段階")
SAVED_THOUGH = Words(
    "{count} had saved their entry all the same: what failed came after it",
    "失敗のうち {count} 回は記事を保存済み。失敗したのはその後",
)
PAGES = Words("pages", "ページ")
NO_PAGE = Words(
    'not looked at: nobody says where entries are published; give the probe page = "https://…/{id}.html"',
    '確認せず。記事の公開先が不明なため、プローブに page = "https://…/{id}.html" を指定',
)
NOT_KNOWN = Words("{count} are not counted: nobody could tell", "{count} 回は判別できず、率に含めていない")
REFUSES = Words("it refuses us; another attempt is of no use", "拒否されたため、繰り返しても無意味")
DOWN = Words(
    "nobody was there {count} times in a row: it is down", "{count} 回続けて相手が不在: 停止している"
)
LEFT_ONE = Words("{what}: {why}", "{what}: {why}")
