"""One process uses a whole core for the whole window."""

from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# A program in an endless loop takes one core without a pause. On a full machine its share is smaller,
# but it is still never seen waiting.
CORE_SHARE = 0.85
RUNNING_SHARE = 0.9
LEAST_SHARE = 0.30
LEAST_SECONDS = 4.0


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Find a process that ran at every look and used CPU all the time."""
    if not evidence.looked("processes"):
        return kind.unknown(evidence)
    if evidence.window.seconds < LEAST_SECONDS:
        return kind.unknown(evidence, SHORT)
    usages = evidence.find_events("process.usage")
    shares = [((one.number("cpu_seconds") or 0.0) / evidence.window.seconds, one) for one in usages]
    lasting = [(share, one) for share, one in shares if _runs_always(one, share)]
    share, most = max(lasting or shares, key=lambda item: item[0], default=(0.0, None))
    if most is None or not lasting:
        name = most.text("process.command") if most else "-"
        return kind.absent(evidence, QUIET.fill(name=name, share=f"{share:.0%}"), core_ratio=round(share, 3))
    pid = most.text("process.pid")
    return kind.present(
        evidence,
        SEEN.fill(name=most.text("process.command"), pid=pid, share=f"{share:.0%}"),
        strength=share / CORE_SHARE,
        see=(f"ps -o pid,ppid,user,etimes,cputimes,args -p {pid}", f"top -H -b -n 1 -p {pid}"),
        core_ratio=round(share, 3),
        process=most.text("process.command"),
    )


def _runs_always(usage: Event, share: float) -> bool:
    looks = usage.number("looks") or 0
    lasting = bool(usage.attributes.get("alive")) and bool(usage.attributes.get("from_start"))
    running = (usage.number("running_looks") or 0) >= RUNNING_SHARE * looks
    return lasting and (share >= CORE_SHARE or (running and share >= LEAST_SHARE))


SEEN = Words(
    "{name} (pid {pid}) runs without a pause: {share} of a core",
    "{name} (pid {pid}) が休みなく動作: 1 コアの {share}",
)
QUIET = Words(
    "no process runs without a pause (busiest: {name}, {share} of a core)",
    "動き続けるプロセスはない (最大: {name}、1 コアの {share})",
)
SHORT = Words("the window is too short to tell", "観察時間が短すぎて判断できません")

KIND = FindingKind(
    id="runaway-process",
    layer=Layer.GUEST_USERLAND,
    title=Words("A process runs without a pause", "休みなく動くプロセス"),
    sights=("processes",),
    source="/proc/PID/stat, proc(5)",
    judge=judge,
    see=("ps -eo pid,user,etimes,cputimes,stat,comm --sort=-pcpu | head",),
)
