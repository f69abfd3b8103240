"""The report of a case, in one language: conclusion first, then why, ruled out, not seen, next.

Renderers only lay it out; every sentence is chosen here.
"""

from dataclasses import dataclass
from datetime import datetime

from tenmatsu.diagnose.causes import load_causes
from tenmatsu.diagnose.engine import is_ruled_out
from tenmatsu.model.case import Case
from tenmatsu.model.cause import Cause
from tenmatsu.model.evidence import Event
from tenmatsu.model.finding import Finding, State
from tenmatsu.model.layer import Layer
from tenmatsu.model.verdict import JudgedLayer, LayerState, RankedCause, Status, Verdict
from tenmatsu.model.words import Language, Words, listing

# A second explanation is named when it has at least this probability.
ALSO_PROBABILITY = 0.05
_MOST_ASIDE = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a section: a label, the sentence, and what it weighed (empty where it weighed nothing)."""

    label: str
    text: str
    weight: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A titled part of the report. `numbered`: the lines are steps."""

    title: str
    lines: tuple[Line, ...]
    numbered: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """The whole report, in the language asked for."""

    headline: str
    confidence: str
    status: Status
    opening: tuple[str, ...]
    sections: tuple[Section, ...]


def make_report(case: Case, language: Language) -> Report:
    """Choose what to say of a case, and in which order."""
    author = _Author(case, language)
    sections = (
        author.why(),
        author.candidates(),
        author.aside(),
        author.beside(),
        author.ruled_out(),
        author.unseen(),
        author.next(),
    )
    return Report(
        headline=author.headline(),
        confidence=author.confidence(),
        status=case.verdict.status,
        opening=author.opening(),
        sections=tuple(section for section in sections if section.lines),
    )


class _Author:
    """Holds the case and the language, so that each part of the report is a short method."""

    def __init__(self, case: Case, language: Language) -> None:
        self.case = case
        self.verdict = case.verdict
        self.language = language
        self.causes: dict[str, Cause] = {cause.id: cause for cause in load_causes()}
        self.findings = {finding.id: finding for finding in case.verdict.findings}

    def say(self, words: Words, **values: object) -> str:
        return words.fill(**values).into(self.language) if values else words.into(self.language)

    @property
    def best(self) -> RankedCause | None:
        return self.verdict.causes[0] if self.verdict.status is Status.LIKELY else None

    def headline(self) -> str:
        name = self.case.site.here.name
        if self.best:
            return self.say(self.causes[self.best.id].sentence)
        if self.verdict.status is Status.HEALTHY:
            return self.say(HEALTHY, name=name)
        return self.say(FAILING if self.verdict.failing else TOO_LITTLE, name=name)

    def confidence(self) -> str:
        if self.verdict.status is Status.INCONCLUSIVE:
            return self.say(STATUS[self.verdict.status])
        return f"{self.say(STATUS[self.verdict.status])}, {min(self.verdict.probability, 0.99):.0%}"

    def opening(self) -> tuple[str, ...]:
        lines = []
        if self.best:
            cause = self.causes[self.best.id]
            lines.append(
                self.say(CAUSE, name=cause.name, layer=cause.layer.title, host=self.case.site.here.name)
            )
        if self.best and self.verdict.since:
            last = self.say(LAST, time=self._clock(self.verdict.last)) if self.verdict.last else ""
            lines.append(self.say(SINCE, time=self._clock(self.verdict.since), last=last))
        if self.best:
            lines.append(self.say(self.causes[self.best.id].why))
        lines.append(self._watched())
        recording = self._recording()
        return (*lines, recording) if recording else tuple(lines)

    def _recording(self) -> str:
        """Say that the view from below is of another time, where a recording stands in its place."""
        told = self.case.evidence.latest("hypervisor.identity")
        if told is None or not told.attributes.get("recorded"):
            return ""
        times = [
            time
            for series in self.case.evidence.series
            if series.sight == told.sight
            for time, _ in series.points
        ]
        if not times:
            return self.say(RECORDED, name=told.text("name"), times="–")
        return self.say(
            RECORDED, name=told.text("name"), times=f"{self._clock(min(times))} – {self._clock(max(times))}"
        )

    def why(self) -> Section:
        """What speaks for it; without a cause, the symptoms that are there or were looked for."""
        if self.best:
            weights = self.best.speaks_for
            lines = tuple(self._line(self.findings[w.finding], w.decibans) for w in weights)
            return Section(title=self.say(WHY), lines=lines)
        shown = self._present(harm=True)
        if self.verdict.status is Status.HEALTHY:
            shown = [f for f in self.verdict.findings if f.id in SYMPTOMS and f.state is State.ABSENT]
        return Section(title=self.say(SEEN), lines=tuple(map(self._line, shown)))

    def candidates(self) -> Section:
        """The other explanations that are still standing."""
        others = self.verdict.causes[1:] if self.best else self.verdict.causes
        least = ALSO_PROBABILITY if self.verdict.status is not Status.HEALTHY else 1.0
        lines = tuple(
            Line(
                label=self.say(self.causes[one.id].layer.title),
                text=self.say(self.causes[one.id].name),
                weight=f"{one.probability:.0%}",
            )
            for one in others
            if one.probability >= least and one.weight_decibans > 0
        )
        return Section(title=self.say(ALSO), lines=lines[:3])

    def aside(self) -> Section:
        """What was found but speaks for nothing here: a bystander, or a fault in the making."""
        told = {w.finding for w in self.best.speaks_for} if self.best else set()
        harm = self._present(harm=True) if self.best else []
        rest = [f for f in (*harm, *self._present(harm=False)) if f.id not in told]
        return Section(title=self.say(ASIDE), lines=tuple(map(self._line, rest[:_MOST_ASIDE])))

    def beside(self) -> Section:
        """The other machines that were looked at, why, and what was found of each by itself."""
        names = {one.id: one.name for one in self.case.site.components}
        told = {one.component: one for one in self.case.evidence.find_events("site.entry")}
        gaps = {one.component: len(one.gaps) for one in self.case.evidence.beside}
        lines = [
            Line(
                label=names.get(verdict.component, verdict.component),
                text=self.say(
                    BESIDE_SAYS,
                    why=_why(told.get(verdict.component)),
                    what=self._in_short(verdict),
                    gaps=self._count_gaps(gaps.get(verdict.component, 0)),
                ),
                weight=f"{min(verdict.probability, 0.99):.0%}" if verdict.cause else "",
            )
            for verdict in self.verdict.beside
        ]
        return Section(title=self.say(BESIDE), lines=tuple(lines))

    def _in_short(self, verdict: Verdict) -> Words:
        if verdict.cause:
            return self.causes[verdict.cause].name
        harm = next((f for f in verdict.findings if f.harm and f.state is State.PRESENT), None)
        return harm.sentence if harm else STATUS[verdict.status]

    def ruled_out(self) -> Section:
        lines: list[Line] = []
        for judged in self.verdict.layers:
            if judged.state is not LayerState.RULED_OUT:
                continue
            strongest = self.findings[judged.by[0]] if judged.by else None
            text = self.say(strongest.sentence) if strongest else ""
            lines.append(
                Line(
                    label=self.say(judged.layer.title),
                    text=text,
                    weight=self._against(judged.layer),
                )
            )
        title = IN_ORDER if self.verdict.status is Status.HEALTHY else RULED_OUT
        return Section(title=self.say(title), lines=tuple(lines))

    def unseen(self) -> Section:
        gaps = tuple(
            Line(
                label=self.say(gap.what),
                text=self.say(UNSEEN, why=gap.why, close_by=gap.close_by),
            )
            for gap in self.case.evidence.gaps
        )
        return Section(title=self.say(COULD_NOT), lines=gaps + self._undecided())

    def next(self) -> Section:
        lines = tuple(
            Line(
                label=one.command,
                text=self.say(one.tells),
                weight=f"{one.seconds:.0f} s" if one.seconds else "",
            )
            for one in self.verdict.suggestions
        )
        return Section(title=self.say(NEXT), lines=lines, numbered=True)

    def _undecided(self) -> tuple[Line, ...]:
        """The layers that stay open although no look at them failed, with what is still possible there."""
        gaps = {gap.sight for gap in self.case.evidence.gaps}
        return tuple(
            Line(label=self.say(judged.layer.title), text=self._open(judged))
            for judged in self.verdict.layers
            if judged.state is LayerState.UNKNOWN and not gaps.intersection(judged.by)
        )

    def _open(self, judged: JudgedLayer) -> str:
        why = [self.findings[id].sentence for id in judged.by if id in self.findings][:1]
        mine = [one for one in self.verdict.causes if one.layer is judged.layer]
        possible = [
            self.causes[one.id].name for one in mine if not is_ruled_out(one.weight_decibans, one.probability)
        ]
        text = self.say(OPEN, names=listing(tuple(possible[:3])))
        return f"{text} ({self.say(why[0])})" if why else text

    def _present(self, *, harm: bool) -> list[Finding]:
        found = [f for f in self.verdict.findings if f.state is State.PRESENT and f.harm is harm]
        return sorted(found, key=lambda f: -f.strength)

    def _line(self, finding: Finding, decibans: float | None = None) -> Line:
        weight = "" if decibans is None else f"{decibans:+.0f} dB"
        return Line(label=self.say(finding.layer.title), text=self.say(finding.sentence), weight=weight)

    def _against(self, layer: Layer) -> str:
        mine = [one.weight_decibans for one in self.verdict.causes if one.layer is layer]
        return f"{max(mine):+.0f} dB" if mine else ""

    def _watched(self) -> str:
        evidence = self.case.evidence
        return self.say(
            WATCHED,
            host=self.case.site.here.name,
            seconds=f"{evidence.window.seconds:.0f}",
            start=self._clock(evidence.window.start),
            zone=evidence.window.start.astimezone().tzname() or "UTC",
            looks=sum(look.complete for look in evidence.looks),
            gaps=self._count_gaps(len(evidence.gaps)),
            since=self._clock(evidence.since),
        )

    def _count_gaps(self, count: int) -> Words:
        return ONE_GAP if count == 1 else GAPS.fill(count=count)

    def _clock(self, time: datetime | None) -> str:
        return time.astimezone().strftime("%Y-%m-%d %H:%M:%S") if time else "?"


def _why(told: Event | None) -> Words:
    return Words(told.text("why_en"), told.text("why_ja")) if told else Words("", "")


SYMPTOMS = (
    "requests-fail",
    "requests-slow",
    "user-requests-fail",
    "oom-kill",
    "service-failed",
    "file-system-full",
)
STATUS = {
    Status.HEALTHY: Words("healthy", "正常"),
    Status.LIKELY: Words("likely", "有力"),
    Status.INCONCLUSIVE: Words("inconclusive", "判断できず"),
    Status.CONFIRMED: Words("confirmed", "確定"),
}
HEALTHY = Words(
    "Nothing is failing on {name}, as far as was looked.",
    "{name} で障害は見つかりません (調べた範囲)。",
)
FAILING = Words(
    "Something fails on {name}, but what was seen does not decide why.",
    "{name} で障害が起きていますが、得られた証拠では原因を決められません。",
)
TOO_LITTLE = Words(
    "Not enough could be seen on {name} to judge.",
    "{name} について判断できるだけの証拠がありません。",
)
CAUSE = Words("Cause: {name}. Layer: {layer}, on {host}.", "原因: {name}。層: {layer} ({host})。")
SINCE = Words("Seen since {time}{last}.", "{time} から確認{last}。")
LAST = Words(", last at {time}", "、最後は {time}")
WATCHED = Words(
    "Watched {host} for {seconds} s from {start} {zone}; logs since {since}; {looks} looks, {gaps}.",
    "{host} を {start} ({zone}) から {seconds} 秒観察。ログは {since} 以降。調査 {looks} 項目、{gaps}。",
)
ONE_GAP = Words("1 gap", "欠落 1 件")
GAPS = Words("{count} gaps", "欠落 {count} 件")
RECORDED = Words(
    "What is told of {name} from below is a recording, of {times}: not of now.",
    "下の層 ({name}) の情報は記録です ({times})。現在のものではありません。",
)
WHY = Words("Why", "根拠")
SEEN = Words("What was seen", "確認できたこと")
ALSO = Words("Also possible", "他の可能性")
ASIDE = Words("Seen as well (not what is blamed)", "その他の観察 (原因とはしないもの)")
BESIDE = Words("The machines beside", "隣の機械")
BESIDE_SAYS = Words("{why}: {what} ({gaps})", "{why}: {what} ({gaps})")
RULED_OUT = Words("Ruled out", "除外した層")
IN_ORDER = Words("In order", "異常のない層")
COULD_NOT = Words("Could not be seen or decided", "見えなかった・決められなかったもの")
NEXT = Words("Next", "次の一手")
UNSEEN = Words("{why}. To see it: {close_by}", "{why}。対策: {close_by}")
OPEN = Words("not ruled out: {names}", "除外できず: {names}")
