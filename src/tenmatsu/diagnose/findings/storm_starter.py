"""One program starts a storm, or burns CPU through children that live too shortly to be seen."""

from collections import defaultdict

from tenmatsu.diagnose.programs_seen import find_programs
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.web_servers import is_server
from tenmatsu.model.words import Words

# A tenth of a core spent by children that nobody saw, and a fifth of all CPU used: no housekeeping
# does that for a whole window.
CORE_SHARE = 0.10
USED_SHARE = 0.20
# So many ancestors of the starter are told.
MOST_ANCESTORS = 4
# Half of all CPU used leaves no doubt who.
SURE_SHARE = 0.5
# Where every start was seen, their number tells as well: as many as make a storm (see fork_storm.py).
STARTS_PER_SECOND = 40.0
SURE_STARTS_PER_SECOND = 150.0


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Find who starts most, where all starts were seen; else whose unseen children used most CPU."""
    return _judge_starts(kind, evidence) or _judge_cpu(kind, evidence)


def _judge_starts(kind: FindingKind, evidence: Evidence) -> Finding | None:
    """Return who starts a storm by number; None where nobody does, or where the starts were not seen."""
    seen = find_programs(evidence)
    starters = [
        one
        for one in evidence.find_events("program.starter")
        if (name := one.text("process.executable.name")) and not is_server(name)
    ]
    most = max(starters, key=lambda one: one.number("ended") or 0.0, default=None)
    if seen is None or most is None:
        return None
    rate = (most.number("ended") or 0.0) / seen.seconds
    if rate < STARTS_PER_SECOND:
        return None
    name = most.text("process.executable.name")
    return kind.present(
        evidence,
        STARTS.fill(name=name, rate=f"{rate:,.0f}", chain=_chain(most)),
        strength=rate / SURE_STARTS_PER_SECOND,
        starter=name,
        per_second=round(rate, 1),
        ended_cpu_seconds=round(most.number("ended_cpu_seconds") or 0.0, 2),
    )


def _chain(starter: Event) -> Words:
    """Return who started the starter, as far as it lived; of a long chain the nearest ones."""
    ancestors = starter.text("chain").split(" < ")[1:MOST_ANCESTORS]
    return ANCESTORS.fill(names=" < ".join(ancestors)) if any(ancestors) else Words("", "")


def _judge_cpu(kind: FindingKind, evidence: Evidence) -> Finding:
    """Find the program whose processes' unseen children used most: a storm may have many starters."""
    usages = evidence.find_events("process.usage")
    if not evidence.looked("processes") or evidence.window.seconds <= 0:
        return kind.unknown(evidence)
    programs: dict[str, list[Event]] = defaultdict(list)
    for usage in usages:
        if not is_server(usage.text("process.command")):
            programs[usage.text("process.command")].append(usage)
    name, starters = max(programs.items(), key=lambda item: _unseen(item[1]), default=("-", []))
    spent = _unseen(starters)
    used = sum(one.number("cpu_seconds") or 0.0 for one in usages) + _unseen(usages)
    if spent < CORE_SHARE * evidence.window.seconds or spent < USED_SHARE * used:
        return kind.absent(evidence, QUIET.fill(seconds=f"{spent:.1f}"), unseen_cpu_seconds=round(spent, 2))
    # They become words of a command: a case is from anybody.
    pids = [pid for one in starters if _unseen([one]) and (pid := one.text("process.pid")).isdecimal()]
    return kind.present(
        evidence,
        SEEN.fill(name=name, pids=", ".join(pids[:3]), seconds=f"{spent:.1f}", share=f"{spent / used:.0%}"),
        strength=spent / used / SURE_SHARE,
        see=(f"pstree -p -s {pids[0]}", f"ls -l /proc/{pids[0]}/exe") if pids else kind.see,
        unseen_cpu_seconds=round(spent, 2),
        starter=name,
        processes=len(pids),
    )


def _unseen(usages: list[Event]) -> float:
    return sum(one.number("unseen_children_cpu_seconds") or 0.0 for one in usages)


STARTS = Words(
    "{name} starts them: {rate} processes each second were its children{chain}",
    "{name} が起動元。毎秒 {rate} 個がその子プロセス{chain}",
)
ANCESTORS = Words(" (itself started by {names})", " (その起動元 {names})")
SEEN = Words(
    "{name} (pid {pids}) starts them: {seconds} s of CPU, {share} of all, in children that no look met",
    "{name} (pid {pids}) が起動元。観察に現れない子プロセスで CPU {seconds} 秒 (全体の {share}) を消費",
)
QUIET = Words(
    "no process burns CPU in unseen children (most: {seconds} s)",
    "見えない子プロセスで CPU を浪費するものはない (最大 {seconds} 秒)",
)

KIND = FindingKind(
    id="storm-starter",
    layer=Layer.GUEST_USERLAND,
    title=Words("A process burns CPU in unseen children", "短命な子プロセスによる CPU 消費"),
    sights=("programs", "processes"),
    source="starts of every process; cutime and cstime of the parent, proc(5)",
    judge=judge,
    see=("ps -eo pid,ppid,etimes,cputimes,comm --sort=-cputimes | head",),
)
