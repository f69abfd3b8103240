"""What a kernel message means, and which messages are the same but for their figures."""

import re
from dataclasses import dataclass

from tenmatsu.parse.kernel_message_table import ROWS

_MOST_CHARACTERS = 1000  # looked at; nothing that the table knows stands later in a line
_MOST_TEMPLATE = 160

# What differs between two messages of one kind. The order matters: whole addresses before their numbers.
_VARIABLE = re.compile(
    r"\b[0-9a-f]{2}(?::[0-9a-f]{2}){5,}\b"  # MAC addresses
    r"|\b[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\b"  # PCI addresses
    r"|\b(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}\b"  # IPv6
    r"|\b0x[0-9a-f]+\b|\b(?=[a-f]*\d)[0-9a-f]{8,}\b"
    r"|\b(?:sd|vd|hd|xvd)[a-z]{1,2}\d*\b|\bnvme\d+(?:n\d+)?(?:p\d+)?\b|\bdm-\d+\b"
    r"|\b(?:veth[0-9a-f]+|(?:en|wl)[opsx]\w+|eth\d+)\b"
    r"|\d+"
)
# The lines of a report whose headline says it all: stacks, registers, tables of memory and processes.
_REPORT = re.compile(
    r"^\s(?!connection)|^(?:Call Trace:|Modules linked in|Code: |CPU: \d|Hardware name|RIP: |R[A-Z0-9]{2}: "
    r"|[CDEFG]S: |CR\d: |DR\d: |FS: |EFLAGS|---\[ end|-+\[ cut here|Workqueue: |Tainted: |task:|Tasks state"
    r"|\[ *\d+\] |\[  pid  \]|Mem(?:ory cgroup stats|-Info)|memory(?:\+swap)?: usage|swap: usage"
    r"|kmem: usage|Node \d|active_anon|lowmem_reserve|\d+ (?:total pagecache|pages|kB|in swap)|Free swap"
    r"|Total swap|Swap cache|Unreclaimable|Sending NMI|NMI backtrace|\"echo 0 >|rcu:?\s+\d+-|rcu:\s+\("
    r"|[a-z_]+ \d+$)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class KernelMessage:
    """A message of a known class. `bystander`: harmless, or only tells more about another message.

    `cgroup` is the group whose limit was met; `victim` and `pid` the process; empty where not told.
    """

    name: str
    bystander: bool
    device: str = ""
    victim: str = ""
    pid: int | None = None
    cgroup: str = ""


def classify(text: str) -> KernelMessage | None:
    """Return what a message means, or None where the table does not know it."""
    text = text[:_MOST_CHARACTERS]
    for row in ROWS:
        if row.word in text and (found := re.search(row.pattern, text)):
            parts = found.groupdict(default="")
            pid = parts.get("pid", "")
            return KernelMessage(
                name=row.name,
                bystander=row.bystander,
                device=parts.get("device", ""),
                victim=parts.get("victim", ""),
                pid=int(pid) if pid else None,
                cgroup=parts.get("limit") or parts.get("cgroup", ""),
            )
    return None


def is_report_detail(text: str) -> bool:
    """Tell whether a line only belongs to a report whose headline another line is."""
    return _REPORT.match(text) is not None


def find_template(text: str) -> str:
    """Return the message with all that is particular to one occurrence replaced by `#`."""
    masked = _VARIABLE.sub("#", text[:_MOST_CHARACTERS])
    return " ".join(masked.split())[:_MOST_TEMPLATE]
