"""What the name of a kernel worker tells: its processor or pool, its priority, the queue it worked for.

Source: Linux kernel/workqueue.c, format_worker_id() and wq_worker_comm(); the queue is there since 4.18,
`R-` (rescuers) since 6.8.
"""

import re

from tenmatsu.model.words import Words, plain

_KWORKER = re.compile(
    r"kworker/(?:(?P<cpu>\d+)|u(?P<pool>\d+)|(?P<rescuer>R))"
    r"(?::(?P<id>\d+))?(?P<high>H)?(?:(?P<now>[-+])(?P<queue>.+))?"
)


def explain_kworker(name: str) -> Words | None:
    """Return what such a name says, or None where it is no kernel worker's."""
    found = _KWORKER.fullmatch(name)
    if found is None:
        return None
    parts = [_place(found)]
    if found["high"]:
        parts.append(HIGH)
    if found["queue"] and not found["rescuer"]:
        parts.append((WORKS if found["now"] == "+" else WORKED).fill(queue=found["queue"]))
    return Words("; ".join(part.en for part in parts), "、".join(part.ja for part in parts))


def _place(found: re.Match[str]) -> Words:
    if found["rescuer"]:
        return RESCUER.fill(queue=found["queue"] or "?")
    if found["pool"]:
        return UNBOUND.fill(pool=found["pool"])
    return BOUND.fill(cpu=plain(found["cpu"]))


BOUND = Words("bound to processor {cpu}", "CPU {cpu} 専属")
UNBOUND = Words("free to run on any processor (pool {pool})", "どの CPU でも動く (組 {pool})")
RESCUER = Words(
    "stands by for the queue {queue} when memory is short; normally asleep",
    "メモリー不足のときキュー {queue} を助ける控え (普段は眠る)",
)
HIGH = Words("high priority", "高優先度")
WORKS = Words("works for the queue {queue}", "キュー {queue} を処理中")
WORKED = Words("worked last for the queue {queue}", "最後に処理したのはキュー {queue}")
