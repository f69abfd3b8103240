"""The ladder: the best way to see processes end that works here, and why each better one does not."""

from importlib import import_module
from typing import List, NamedTuple, Optional, Sequence, Tuple

from tenmatsu.probe.rung import Options, Rung, Unavailable

# Best first: the rung's name, its module and its class. The module is loaded only when its turn comes, so
# that what is not needed costs neither time nor memory in the guest. The `/proc` rung is not among them: it
# always runs.
RUNGS: Tuple[Tuple[str, str, str], ...] = (
    ("ebpf", "tenmatsu.probe.rung_ebpf", "EbpfRung"),
    ("taskstats", "tenmatsu.probe.rung_taskstats", "TaskstatsRung"),
    ("perf", "tenmatsu.probe.rung_perf", "PerfRung"),
    ("trace", "tenmatsu.probe.rung_trace", "TraceRung"),
    ("accounting", "tenmatsu.probe.rung_accounting", "AccountingRung"),
    ("connector", "tenmatsu.probe.rung_connector", "ConnectorRung"),
)


class Refusal(NamedTuple):
    """Why a rung is not the one that is used."""

    rung: str
    why: str
    reason: str


def choose_rung(
    options: Options, rungs: Sequence[Tuple[str, str, str]] = RUNGS
) -> Tuple[Optional[Rung], List[Refusal]]:
    """Return the first rung that opens, open, or None; and why each better one did not."""
    refusals: List[Refusal] = []
    for name, module, class_name in rungs:
        if options.rungs and name not in options.rungs:
            refusals.append(Refusal(name, "not_asked", "it was not asked for"))
            continue
        try:
            rung: Rung = getattr(import_module(module), class_name)()
        except ImportError as missing:  # a Python of few parts may come without ctypes
            refusals.append(Refusal(name, "not_in_python", str(missing)))
            continue
        refusal = _try_to_open(rung, options)
        if refusal is None:
            return rung, refusals
        refusals.append(refusal)
    return None, refusals


def _try_to_open(rung: Rung, options: Options) -> Optional[Refusal]:
    try:
        rung.open(options)
    except Unavailable as no:
        rung.close()
        return Refusal(rung.name, no.why, no.reason)
    except Exception as bug:  # noqa: BLE001 - one rung's fault must not take the others away; it is told
        rung.close()
        return Refusal(rung.name, "refused", f"{type(bug).__name__}: {bug}")
    except BaseException:  # a signal, or the line was cut meanwhile
        rung.close()
        raise
    return None
