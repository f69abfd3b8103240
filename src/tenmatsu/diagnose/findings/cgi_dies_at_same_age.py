"""Scripts die at the same age whatever CPU they got: something outside ends what takes too long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from tenmatsu.diagnose.cgi_ends import CgiEnd, CgiEnds, find_cgi_ends
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

LEAST_DEATHS = 3
# Of failures whose scripts mostly were over before anybody could look, the rest says nothing.
SEEN_SHARE = 0.7
# A watchdog looks every tenth of a second or so, and so do we: of 2.5 s that is a spread of 8 %.
AGE_SPREAD = 0.15
# Work that is cut off at a fixed time has used as much CPU as it happened to get: either it
# differs, or it is clearly less than what those used that came to their end.
CPU_SPREAD = 0.25
STARVED_RATIO = 0.8
# Below a second the spread of scheduling is as large as the age itself.
LEAST_AGE_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Deaths:
    """How the scripts died: seconds of life and of CPU, and how far each is apart, against its median."""

    ages: tuple[float, ...]
    cpus: tuple[float, ...]
    first: datetime
    last: datetime

    @property
    def age_spread(self) -> float:
        return _spread(self.ages)

    @property
    def cpu_spread(self) -> float:
        return _spread(self.cpus)

    def words(self) -> dict[str, object]:
        return {
            "count": len(self.ages),
            "age": f"{median(self.ages):.1f}",
            "least": f"{min(self.cpus):.1f}",
            "most": f"{max(self.cpus):.1f}",
            "spread": f"{self.age_spread:.0%}",
        }


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare the ages and the CPU of the scripts that died."""
    ends = find_cgi_ends(evidence)
    if not ends.seen or not ends.told:
        return kind.unknown(evidence, FEW.fill(count=0) if evidence.looked("cgi") else None)
    if ends.failures and len(ends.died) < SEEN_SHARE * ends.failures:
        return kind.unknown(evidence, UNSEEN.fill(count=ends.failures, seen=len(ends.died)))
    dead = _oldest(ends.died)
    if len(dead) >= LEAST_DEATHS:
        return _compare(kind, evidence, ends, _deaths(dead))
    if ends.failures:
        return kind.unknown(evidence, FEW.fill(count=len(ends.died)))
    return kind.absent(evidence, NONE.fill(count=len(ends.ended)), scripts=len(ends.ended))


def _compare(kind: FindingKind, evidence: Evidence, ends: CgiEnds, deaths: _Deaths) -> Finding:
    figures: Figures = {
        "deaths": len(deaths.ages),
        "age_seconds": round(median(deaths.ages), 2),
        "age_spread_ratio": round(deaths.age_spread, 3),
        "cpu_spread_ratio": round(deaths.cpu_spread, 3),
        "server_timeout_seconds": _timeout(evidence),
    }
    if not _are_of_one_age(ends, deaths):
        return kind.absent(evidence, QUIET.fill(**deaths.words()), **figures)
    if deaths.cpu_spread < CPU_SPREAD and not _are_starved(ends, deaths):
        return kind.absent(evidence, SAME_WORK.fill(**deaths.words()), **figures)
    strength = min(1.0, 0.4 + 0.15 * len(deaths.ages))
    words = SEEN.fill(**deaths.words())
    return kind.present(evidence, words, strength=strength, since=deaths.first, last=deaths.last, **figures)


def _are_of_one_age(ends: CgiEnds, deaths: _Deaths) -> bool:
    """Tell whether all died at about one age, and no other lived longer."""
    longest = max(deaths.ages) * (1 + AGE_SPREAD)
    survived = any(one.lived_seconds > longest for one in ends.seen)
    return deaths.age_spread <= AGE_SPREAD and median(deaths.ages) >= LEAST_AGE_SECONDS and not survived


def _are_starved(ends: CgiEnds, deaths: _Deaths) -> bool:
    """Tell whether the dead had got less CPU than those that came to their end."""
    finished = [one.cpu_seconds for one in ends.ended if one not in ends.died]
    return bool(finished) and median(deaths.cpus) <= STARVED_RATIO * median(finished)


def _deaths(dead: Sequence[CgiEnd]) -> _Deaths:
    return _Deaths(
        ages=tuple(one.lived_seconds for one in dead),
        cpus=tuple(one.cpu_seconds for one in dead),
        first=dead[0].event.time,
        last=dead[-1].event.time,
    )


def _oldest(dead: Sequence[CgiEnd]) -> list[CgiEnd]:
    """Return the dead without those that died young: an error of their own ends some early."""
    if not dead:
        return []
    oldest = max(one.lived_seconds for one in dead)
    return [one for one in dead if one.lived_seconds >= oldest / 2]


def _spread(values: Sequence[float]) -> float:
    middle = median(values)
    return (max(values) - min(values)) / middle if middle > 0 else 0.0


def _timeout(evidence: Evidence) -> float:
    known = (one.number("script_timeout_seconds") for one in evidence.find_events("web.server"))
    return min((seconds for seconds in known if seconds), default=0.0)


SEEN = Words(
    "{count:script|scripts} died {age} s after their start, having used {least} to {most} s of CPU",
    "スクリプト {count} 個が開始 {age} 秒後に終了 (CPU 使用は {least}〜{most} 秒)",
)
QUIET = Words(
    "{count:script|scripts} died, at no fixed age (about {age} s, {spread} apart; CPU {least} to {most} s)",
    "終了した {count} 個の経過時間は一定でない (約 {age} 秒、ばらつき {spread}、CPU {least}〜{most} 秒)",
)
SAME_WORK = Words(
    "{count:script|scripts} died after the same work ({least} to {most} s of CPU):"
    " by themselves or at a limit",
    "終了した {count} 個は同じ処理量 (CPU {least}〜{most} 秒) の後。自身の終了か CPU 制限",
)
NONE = Words(
    "{count:script|scripts} ended, none of them badly", "終了したスクリプト {count} 個に異常終了なし"
)
UNSEEN = Words(
    "of {count:script|scripts} that ended early only {seen} were seen to end",
    "早期終了 {count} 個のうち終了を観察できたのは {seen} 個だけ",
)
FEW = Words(
    "{count:script seen to die is|scripts seen to die are} too few to compare",
    "終了を観察した {count} 個では比較できません",
)

KIND = FindingKind(
    id="cgi-dies-at-same-age",
    layer=Layer.GUEST_USERLAND,
    title=Words("Scripts die at the same age", "一定時間でのスクリプト終了"),
    sights=("cgi", "web_logs"),
    source="measured on Apache 2.4 with a Perl CGI and a watchdog; thresholds: see the comments",
    judge=judge,
    see=("ps -eo pid,etimes,times,args | grep -i cgi",),
)
