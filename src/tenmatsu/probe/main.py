"""The probe's loop: look, collect, tell; until the line is cut."""

import os
import sys
import time
import traceback
from contextlib import suppress
from typing import Any, Dict, List, Optional

from tenmatsu.probe import ladder
from tenmatsu.probe.cpu_limit import read_limit_cores
from tenmatsu.probe.frames import FrameWriter
from tenmatsu.probe.line import Cut, Line
from tenmatsu.probe.own_cost import measure_cost
from tenmatsu.probe.proc_files import count_kernel, read_file
from tenmatsu.probe.rows import as_object, charge, prepare_sample, sum_up
from tenmatsu.probe.rung import Harvest, Options, Rung, Unavailable
from tenmatsu.probe.rung_proc import Look, ProcRung

_EX_SOFTWARE = 70  # sysexits.h: our own fault
_EX_OSERR = 71
_MOST_CHAINS = 50
# /proc/self/ns/pid of whoever is in the machine's own pid namespace (include/linux/proc_ns.h,
# PROC_PID_INIT_INO).
_FIRST_PID_NAMESPACE = "pid:[4026531836]"


def main(options: Dict[str, Any]) -> int:
    """Run until the line is cut, a signal comes or the time is over. Returns the exit code."""
    line = Line()
    writer = FrameWriter(line.send)
    watch = Watch(_make_options(options), line, writer)
    code, reason = 0, "the time is over"
    try:
        watch.run()
    except Cut as cut:
        reason = str(cut)
        code = 0 if cut.line_holds else 1
    except Unavailable as no:
        code, reason = _EX_OSERR, no.reason
    except Exception:  # noqa: BLE001 - the edge of the loop: told, then everything is undone
        code, reason = _EX_SOFTWARE, traceback.format_exc(limit=8)
    finally:
        watch.close()
    if code != 1:
        _say_goodbye(writer, reason, code)
    return code


def _say_goodbye(writer: FrameWriter, reason: str, code: int) -> None:
    with suppress(Cut):
        writer.write("end", reason=reason, code=code, cost=measure_cost()._asdict())


def _make_options(given: Dict[str, Any]) -> Options:
    return Options()._replace(**dict(given, rungs=tuple(given.get("rungs", ()))))


class Watch:
    """One run of the probe."""

    def __init__(self, options: Options, line: Line, writer: FrameWriter) -> None:
        self._options = options
        self._line = line
        self._writer = writer
        self._proc = ProcRung()
        self._rung: Optional[Rung] = None
        self._told = (0.0, 0.0)  # up to when was told: Unix time, and a clock that nobody sets

    def run(self) -> None:
        """Open the best rung, then tell once an interval. Raises Cut at the end of the line."""
        self._rung, refusals = ladder.choose_rung(self._options)
        if self._rung:
            self._rung.before_look()
        self._proc.open(self._options)
        if self._rung:
            self._rung.after_look(self._proc.living.pids)
        self._say_hello(refusals)
        began = time.monotonic()
        beat = 0
        while not self._is_over(began):
            beat = max(beat + 1, int((time.monotonic() - began) / self._options.interval_seconds))
            self._wait(self._end_of(began, beat))
            self._tell()

    def close(self) -> None:
        """Undo everything."""
        if self._rung:
            self._rung.close()
        self._proc.close()

    def _is_over(self, began: float) -> bool:
        limit = self._options.limit_seconds
        return limit > 0 and time.monotonic() - began >= limit - 0.001

    def _end_of(self, began: float, beat: int) -> float:
        due = began + beat * self._options.interval_seconds
        return min(due, began + self._options.limit_seconds) if self._options.limit_seconds else due

    def _wait(self, until: float) -> None:
        every = self._rung.drain_seconds if self._rung else None
        while self._rung and every and time.monotonic() + every < until:
            self._line.wait(time.monotonic() + every)
            self._rung.drain()
        self._line.wait(until)

    def _say_hello(self, refusals: List[ladder.Refusal]) -> None:
        self._told = (time.time(), time.monotonic())
        system = os.uname()
        self._writer.write(
            "hello",
            time=self._told[0],
            rung=self._rung.name if self._rung else self._proc.name,
            cpu=self._rung.cpu if self._rung else self._proc.cpu,
            refused=[one._asdict() for one in refusals],
            remarks=self._rung.remarks if self._rung else self._proc.remarks,
            interval_seconds=self._options.interval_seconds,
            pid=os.getpid(),
            uid=os.geteuid(),
            first_pid_namespace=_is_in_first_pid_namespace(),
            node=system.nodename,
            kernel=system.release,
            machine=system.machine,
            boot_id=_read_boot_id(),
            cpus=os.cpu_count(),
            python=sys.version.split()[0],
            count=self._count(),
            cost=measure_cost()._asdict(),
            living=_describe_first(self._proc.first_look),
            limit_cores=read_limit_cores(),
        )

    def _count(self) -> Dict[str, Any]:
        """Return the kernel's counters, and ours around them: its forks lie between if none was lost."""
        rung: Rung = self._rung or self._proc
        before, kernel, after = rung.count(), count_kernel(), rung.count()
        return dict(after._asdict(), forks=(before.forks, after.forks), kernel=kernel._asdict())

    def _tell(self) -> None:
        look = self._look()
        harvest = self._collect()
        summed = sum_up(charge(harvest.ended, self._proc.living), self._options.most_rows)
        samples = harvest.samples + self._proc.details.take_samples(self._options.most_samples)
        begun, self._told = self._told, (time.time(), time.monotonic())
        self._writer.write(
            "look",
            begun=begun[0],
            ended_at=self._told[0],
            seconds=self._told[1] - begun[1],
            rung=self._rung.name if self._rung else self._proc.name,
            ended=[as_object(one) for one in summed.rows],
            kinds_together=summed.kinds_together,
            samples=[as_object(prepare_sample(one)) for one in samples[: self._options.most_samples]],
            living=_describe_living(look) if look else None,
            chains=self._chains(harvest, look),
            cpu=_describe_cpu(summed.cpu_ns, look),
            lost=harvest.losses,
            count=self._count(),
            cost=measure_cost()._asdict(),
        )

    def _look(self) -> Optional[Look]:
        if not self._rung:
            return self._proc.look(alone=True)
        if not self._proc.is_due:
            return None
        self._rung.before_look()
        look = self._proc.look(alone=self._rung.cpu == "none")
        self._rung.after_look(self._proc.living.pids)
        return look

    def _collect(self) -> Harvest:
        seen_to_end = self._proc.collect()
        if not self._rung:
            return seen_to_end
        try:
            return self._rung.collect()
        except OSError as error:
            self._writer.write("trouble", rung=self._rung.name, text=str(error))
            self._rung.close()
            self._rung = None
            return seen_to_end

    def _chains(self, harvest: Harvest, look: Optional[Look]) -> Dict[str, Any]:
        """Return who started the starters, as far as they live: pid to its ancestors, itself first."""
        pids = [pid for one in harvest.ended for pid in one.parent_pids[-1:]]
        pids += [one.pid for one in look.starters] if look else []
        chains = (
            (pid, self._proc.living.find_chain(pid)) for pid in list(dict.fromkeys(pids))[:_MOST_CHAINS]
        )
        return {str(pid): chain for pid, chain in chains if chain}


def _describe_living(look: Look) -> Dict[str, Any]:
    return {
        "seconds": look.seconds,
        "visible_tasks": look.visible_tasks,
        "programs": [as_object(one) for one in look.programs],
        "starters": [as_object(one) for one in look.starters],
    }


def _describe_first(look: Optional[Look]) -> Optional[Dict[str, Any]]:
    """Return who was there already. Their CPU time until now is none of ours."""
    if look is None:
        return None
    programs = [one._replace(new=0, cpu_ns=0) for one in look.programs]
    return _describe_living(look._replace(seconds=0.0, programs=programs, starters=[]))


def _describe_cpu(ended_ns: int, look: Optional[Look]) -> Dict[str, int]:
    return {
        "ended_ns": ended_ns,
        "living_ns": look.cpu_ns if look else 0,
        "parents_ns": look.dead_cpu_ns if look else 0,
    }


def _is_in_first_pid_namespace() -> bool:
    try:
        return os.readlink("/proc/self/ns/pid") == _FIRST_PID_NAMESPACE
    except OSError:
        return True  # a kernel without pid namespaces


def _read_boot_id() -> str:
    try:
        return read_file("/proc/sys/kernel/random/boot_id").decode("ascii", "replace").strip()
    except OSError:
        return ""
