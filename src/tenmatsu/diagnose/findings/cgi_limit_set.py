"""The web server sets its scripts a limit that they can come to."""

from tenmatsu.diagnose.cgi_ends import find_cgi_ends
from tenmatsu.diagnose.web_requests import runs_no_server
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, listing

# Hosting panels set 60 s of CPU and more, against runaways; a limit in this range meets honest
# work.
SMALL_CPU_SECONDS = 30
# Perl with an object-relational mapper and a picture library takes 100 to 300 MB of address space.
SMALL_MEMORY_BYTES = 256 << 20
# A limit that is a small multiple of what was really used is small, too.
NEAR_FACTOR = 2.0


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look at the limits in the configuration and at those of the scripts that ran."""
    if runs_no_server(evidence):
        return kind.absent(evidence, NO_SERVER)
    servers = [one for one in evidence.find_events("web.server") if "timeout_seconds" in one.attributes]
    scripts = [one.event for one in find_cgi_ends(evidence).seen]
    if not servers and not any("limit_processes" in one.attributes for one in scripts):
        return kind.unknown(evidence)
    cpu = _least(servers, "rlimit_cpu_seconds", scripts, "limit_cpu_seconds")
    memory = _least(servers, "rlimit_mem_bytes", scripts, "limit_memory_bytes")
    used_cpu, used_memory = _most(scripts, "cpu_seconds"), _most(scripts, "rss_bytes")
    small = []
    if cpu is not None and (cpu <= SMALL_CPU_SECONDS or cpu < NEAR_FACTOR * used_cpu):
        small.append(CPU.fill(limit=f"{cpu:g}", used=f"{used_cpu:.1f}"))
    if memory is not None and (memory <= SMALL_MEMORY_BYTES or memory < NEAR_FACTOR * used_memory):
        small.append(MEMORY.fill(limit=f"{memory / 1e6:.0f}", used=f"{used_memory / 1e6:.0f}"))
    if not small:
        return kind.absent(evidence, UNLIMITED if cpu is None and memory is None else LARGE)
    words = SEEN.fill(limits=listing(tuple(small)))
    return kind.present(evidence, words, limit_cpu_seconds=cpu or 0, limit_memory_bytes=memory or 0)


def _least(servers: list[Event], configured: str, scripts: list[Event], in_force: str) -> float | None:
    """Return the smallest limit, of those configured and those met; None where there is none."""
    limits = [one.number(configured) for one in servers] + [one.number(in_force) for one in scripts]
    return min((limit for limit in limits if limit is not None), default=None)


def _most(scripts: list[Event], name: str) -> float:
    return max((one.number(name) or 0.0 for one in scripts), default=0.0)


SEEN = Words(
    "scripts have a limit that they can come to: {limits}", "スクリプトに届きうる制限がある: {limits}"
)
CPU = Words("{limit} s of CPU (most used: {used} s)", "CPU {limit} 秒 (最大使用 {used} 秒)")
MEMORY = Words("{limit} MB of memory (most used: {used} MB)", "メモリー {limit} MB (最大使用 {used} MB)")
LARGE = Words(
    "the limits of scripts are far above what they use", "スクリプトの制限は使用量よりはるかに大きい"
)
UNLIMITED = Words("the web server sets its scripts no limit", "ウェブサーバーはスクリプトを制限していない")
NO_SERVER = Words("no web server runs here", "ここではウェブサーバーが動いていません")

KIND = FindingKind(
    id="cgi-limit-set",
    layer=Layer.WEB_SERVER,
    title=Words("Scripts have a small limit", "スクリプトへの小さな制限"),
    sights=("web_servers", "cgi"),
    source="Apache core RLimitCPU, RLimitMEM; setrlimit(2)",
    judge=judge,
    see=("grep -riE 'rlimit(cpu|mem|nproc)' /etc/apache2 /etc/httpd",),
)
