"""The proof of the end in sentences."""

from dataclasses import dataclass

from tenmatsu.attempt.series import Stop
from tenmatsu.chance.rate import Rate
from tenmatsu.cli.probe_words import Told
from tenmatsu.model.words import Words
from tenmatsu.verify.proof import Answer, Goal, Proof
from tenmatsu.verify.symptoms import Now, Symptom


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """A proof with what it rests on."""

    told: Told
    goal: Goal
    proof: Proof
    symptoms: tuple[Symptom, ...]


def make_headline(one: Verified) -> Words:
    """Return the conclusion. The signs of the case count: transactions alone are not the whole of it."""
    proof = one.proof
    counts = {"name": one.told.name, "failures": proof.failures, "total": proof.total}
    if proof.answer is Answer.STILL:
        return STILL.fill(**counts, confidence=_percent(proof.confidence))
    if proof.answer is Answer.UNDECIDED:
        return UNDECIDED.fill(
            **counts, leaning=LEANINGS[proof.leaning], confidence=_percent(proof.confidence)
        )
    over = OVER.fill(**counts, confidence=_percent(proof.confidence))
    still = sum(each.now is Now.STILL for each in one.symptoms)
    return over + BUT.fill(count=still) if still else over


def make_rows(one: Verified) -> list[tuple[Words, Words]]:
    """Return what is said below it, each with its title."""
    rows = [(AGAINST, _say_rates(one.goal))]
    if one.proof.answer is Answer.UNDECIDED:
        why = DOWN if one.told.stopped is Stop.DOWN else ENDED
        rows.append((OPEN, why.fill(needed=one.proof.clean_needed)))
    rows += [(SIGNS, SIGN_ROWS[each.now].fill(before=each.before, after=each.after)) for each in one.symptoms]
    return rows


def say_goal(goal: Goal, proof: Proof, every_seconds: float) -> Words:
    """Return, before it begins, how many clean transactions are needed, and how long that takes."""
    needed = proof.clean_needed or 0
    return GOAL.fill(needed=needed, rates=_say_rates(goal), seconds=_length(needed * every_seconds))


def say_progress(proof: Proof) -> Words:
    """Return where the proof stands, in a few words."""
    if proof.clean_needed is None or proof.answer is Answer.OVER:
        return DECIDED
    return TO_GO.fill(needed=proof.clean_needed)


def _say_rates(goal: Goal) -> Words:
    usual = f"{goal.usual:.2%}"
    if goal.earlier is None:
        return ASSUMED.fill(still=f"{goal.still:.1%}", usual=usual)
    rate: Rate = goal.earlier
    return RATES.fill(failures=rate.failures, total=rate.total, still=f"{goal.still:.1%}", usual=usual)


def _percent(confidence: float) -> str:
    """Return it cut, never rounded up to 100 %."""
    return f"{min(int(confidence * 1000) / 10, 99.9):g} %"


def _length(seconds: float) -> Words:
    if seconds < 90:
        return Words("{n} s", "{n} 秒").fill(n=f"{seconds:.0f}")
    return Words("{n} min", "{n} 分").fill(n=f"{seconds / 60:.0f}")


OVER = Words(
    "{name}: proven over ({confidence}): {failures} of {total} failed",
    "{name}: 終息を証明 ({confidence})。{total} 回中 {failures} 回失敗",
)
BUT = Words(
    "; but {count:sign of the case is|signs of the case are} still there",
    "。ただし事件の兆候が {count} 件残っている",
)
STILL = Words(
    "{name}: still failing ({confidence}): {failures} of {total} failed",
    "{name}: まだ失敗する ({confidence})。{total} 回中 {failures} 回失敗",
)
UNDECIDED = Words(
    "{name}: undecided, {leaning} ({confidence} until now): {failures} of {total} failed",
    "{name}: 未決着、{leaning} (現時点で {confidence})。{total} 回中 {failures} 回失敗",
)
LEANINGS = {
    Answer.OVER: Words("rather over", "終息寄り"),
    Answer.STILL: Words("rather still failing", "継続寄り"),
}
AGAINST = Words("against", "比較")
OPEN = Words("open", "残り")
SIGNS = Words("signs", "兆候")
RATES = Words(
    "earlier {failures} of {total} failed, so {still} or more; when all is well {usual}",
    "以前は {total} 回中 {failures} 回失敗 (少なくとも {still})、平常時は {usual}",
)
ASSUMED = Words(
    "nobody said how often it failed: {still} is assumed, and what fails more rarely is not excluded;"
    " when all is well {usual}",
    "以前の失敗率が未指定のため {still} と仮定。それより稀な失敗は除外できない。平常時は {usual}",
)
GOAL = Words(
    "{needed} transactions without a failure prove it, about {seconds} ({rates})",
    "失敗なしで {needed} 回続けば証明 (約 {seconds})。{rates}",
)
TO_GO = Words("{needed} clean ones to go", "あと {needed} 回の成功で証明")
DECIDED = Words("decided", "決着")
ENDED = Words(
    "the time was over first; {needed} clean ones in a row were still needed: --for makes it longer",
    "先に時間切れ。あと {needed} 回続けて成功する必要があった。--for で延長可",
)
DOWN = Words(
    "the site is down or refuses us: nothing can be proven before that is mended",
    "相手が停止または拒否。それを直すまで証明できない",
)
SIGN_ROWS = {
    Now.GONE: Words("gone: {before}", "消失: {before}"),
    Now.STILL: Words("still: {after}", "残存: {after}"),
    Now.UNKNOWN: Words("could not look: {before} ({after})", "確認できず: {before} ({after})"),
}
