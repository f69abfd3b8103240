"""Programs that live shortly use much of the CPU: what no sampling tool shows."""

from tenmatsu.diagnose.programs_seen import Program, Seen, dead_cpu_seconds, find_programs
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Who lives less than a second is met by a look once a second in less than its life's share of looks.
SHORT_SECONDS = 1.0
# A tenth of a core, and a fifth of all CPU used: no housekeeping does that for a whole window.
CORE_SHARE = 0.10
USED_SHARE = 0.20
SURE_SHARE = 0.5


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Add up what the short-lived used, other than requests, and name the dearest program."""
    seen = find_programs(evidence)
    if seen is None:
        return kind.unknown(evidence)
    brief = [one for one in seen.programs if _is_brief(one) and not one.is_requests]
    spent = dead_cpu_seconds(brief)
    figures: Figures = {
        "short_lived_cpu_seconds": round(spent, 2),
        "cpu_used_seconds": round(seen.used_seconds, 2),
    }
    if not _is_much(spent, seen):
        if _is_much(spent + seen.hidden_seconds, seen):
            return kind.unknown(evidence, HIDDEN.fill(seconds=f"{seen.hidden_seconds:.1f}", rung=seen.rung))
        return kind.absent(evidence, QUIET.fill(seconds=f"{spent:.2f}"), **figures)
    dearest = max(brief, key=lambda one: one.ended_cpu_seconds)
    share = spent / max(seen.used_seconds, spent)
    return kind.present(
        evidence,
        SEEN.fill(share=f"{share:.0%}", seconds=f"{spent:.1f}", who=_describe(dearest)),
        strength=share / SURE_SHARE,
        program=dearest.name,
        **figures,
    )


def _is_much(spent_seconds: float, seen: Seen) -> bool:
    return spent_seconds >= CORE_SHARE * seen.seconds and spent_seconds >= USED_SHARE * seen.used_seconds


def _is_brief(program: Program) -> bool:
    if program.unnamed:
        return True
    return program.ended > 0 and (program.mean_life_seconds or 0.0) < SHORT_SECONDS


def _describe(program: Program) -> Words:
    if program.unnamed or not program.name:
        return UNSEEN.fill(name=program.name or "?")
    parents = ", ".join(program.parents[:2]) or "?"
    return MOSTLY.fill(name=program.name, ended=f"{program.ended:,}", parents=parents)


SEEN = Words(
    "{share} of the CPU used ({seconds} s) went into processes that lived less than 1 s: {who}",
    "使用 CPU の {share} ({seconds} 秒) が寿命 1 秒未満のプロセスに消えた: {who}",
)
MOSTLY = Words(
    "most of it into {name} ({ended} ended, started by {parents})",
    "主に {name} ({ended} 個が終了、起動元 {parents})",
)
UNSEEN = Words("most of it into children of {name}", "主に {name} の子プロセス")
QUIET = Words(
    "short-lived processes used {seconds} s of CPU: nothing unusual",
    "短命プロセスの CPU は {seconds} 秒で、異常なし",
)
HIDDEN = Words(
    "{seconds} s of the CPU used are seen in no program ({rung}): short-lived ones may have used them",
    "使用 CPU のうち {seconds} 秒はどのプログラムにも見えず ({rung})、短命プロセスが使った可能性がある",
)

KIND = FindingKind(
    id="short-lived-burn-cpu",
    layer=Layer.GUEST_USERLAND,
    title=Words("Short-lived processes use the CPU", "短命プロセスによる CPU 消費"),
    sights=("programs",),
    source="CPU time of each process at its end; thresholds: see the comments in short_lived_burn_cpu.py",
    judge=judge,
    see=("tenmatsu top --once --for 30s",),
)
