"""One process burns CPU through children that live too shortly to be seen."""

from collections import defaultdict

from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# A tenth of a core spent by children that nobody saw, and a fifth of all CPU used: no housekeeping
# does that for a whole window.
CORE_SHARE = 0.10
USED_SHARE = 0.20
# Half of all CPU used leaves no doubt who.
SURE_SHARE = 0.5
# A web server's unseen children are its requests.
SERVERS = ("apache2", "httpd", "nginx", "php-fpm", "lighttpd", "fcgiwrap", "uwsgi", "gunicorn")


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Find the program whose processes' unseen children used most: a storm may have many starters."""
    usages = evidence.find_events("process.usage")
    if not evidence.looked("processes") or evidence.window.seconds <= 0:
        return kind.unknown(evidence)
    programs: dict[str, list[Event]] = defaultdict(list)
    for usage in usages:
        if not usage.text("process.command").startswith(SERVERS):
            programs[usage.text("process.command")].append(usage)
    name, starters = max(programs.items(), key=lambda item: _unseen(item[1]), default=("-", []))
    spent = _unseen(starters)
    used = sum(one.number("cpu_seconds") or 0.0 for one in usages) + _unseen(usages)
    if spent < CORE_SHARE * evidence.window.seconds or spent < USED_SHARE * used:
        return kind.absent(evidence, QUIET.fill(seconds=f"{spent:.1f}"), unseen_cpu_seconds=round(spent, 2))
    pids = [one.text("process.pid") for one in starters if _unseen([one])]
    return kind.present(
        evidence,
        SEEN.fill(name=name, pids=", ".join(pids[:3]), seconds=f"{spent:.1f}", share=f"{spent / used:.0%}"),
        strength=spent / used / SURE_SHARE,
        see=(f"pstree -p -s {pids[0]}", f"ls -l /proc/{pids[0]}/exe"),
        unseen_cpu_seconds=round(spent, 2),
        starter=name,
        processes=len(pids),
    )


def _unseen(usages: list[Event]) -> float:
    return sum(one.number("unseen_children_cpu_seconds") or 0.0 for one in usages)


SEEN = Words(
    "{name} (pid {pids}) starts them: {seconds} s of CPU, {share} of all, in children too brief to be seen",
    "{name} (pid {pids}) が起動元。見えないほど短命な子プロセスで CPU {seconds} 秒 (全体の {share}) を消費",
)
QUIET = Words(
    "no process burns CPU in unseen children (most: {seconds} s)",
    "見えない子プロセスで CPU を浪費するものはない (最大 {seconds} 秒)",
)

KIND = FindingKind(
    id="storm-starter",
    layer=Layer.GUEST_USERLAND,
    title=Words("A process burns CPU in unseen children", "短命な子プロセスによる CPU 消費"),
    sights=("processes",),
    source="cutime and cstime of the parent, proc(5)",
    judge=judge,
    see=("ps -eo pid,ppid,etimes,cputimes,comm --sort=-cputimes | head",),
)
