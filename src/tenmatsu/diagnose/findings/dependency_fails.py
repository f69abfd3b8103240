"""Something that this machine needs fails itself: the name server, the directory, the database."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Written down by the engine for each machine that was looked at beside this one (diagnose/besides.py).
BESIDE = "beside.verdict"


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Take the machine beside that is most surely failing; what could not be judged is no good news."""
    verdicts = evidence.find_events(BESIDE)
    if not verdicts:
        return kind.unknown(evidence, None if evidence.gaps_of("beside") else NONE_SEEN)
    failing = [one for one in verdicts if one.attributes.get("failing")]
    if not failing:
        undecided = [one for one in verdicts if one.text("status") == "inconclusive"]
        if len(undecided) == len(verdicts):
            return kind.unknown(evidence, UNDECIDED)
        return kind.absent(evidence, QUIET.fill(count=len(verdicts)), machines=len(verdicts))
    worst = max(failing, key=lambda one: one.number("probability") or 0.0)
    return kind.present(
        evidence,
        SEEN.fill(
            name=worst.text("name"),
            what=Words(worst.text("cause_en"), worst.text("cause_ja")),
        ),
        strength=worst.number("probability") or 0.5,
        machines=len(verdicts),
        failing=len(failing),
        machine=worst.text("name"),
        cause=worst.text("cause"),
    )


SEEN = Words("{name}, which it needs, fails itself: {what}", "必要としている {name} 自体に障害: {what}")
QUIET = Words(
    "{count:machine|machines} that it needs or stands on, none failing",
    "必要とする・土台となる機械 {count} 台に障害なし",
)
NONE_SEEN = Words(
    "no machine that it needs was looked at: investigate --site",
    "必要とする機械を調べていません。investigate --site で実行",
)
UNDECIDED = Words(
    "too little was seen of the machines that it needs", "必要とする機械について判断できる証拠が足りません"
)

KIND = FindingKind(
    id="dependency-fails",
    layer=Layer.DEPENDENCY,
    title=Words("What it needs fails itself", "依存先の障害"),
    sights=("beside",),
    source="the verdict on the machines beside, by the same rules as on this one",
    judge=judge,
)
