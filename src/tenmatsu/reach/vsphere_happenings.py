"""What happened on a vSphere server: events and tasks from its history, and changes as they come."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from pyVmomi import vim, vmodl

from tenmatsu.model.below import Happening, Lack
from tenmatsu.model.words import Words
from tenmatsu.parse.vsphere_events import join_tasks, make_happening, make_task_happening
from tenmatsu.parse.vsphere_lacks import NO_RIGHT_WHY, READ_ROLE
from tenmatsu.reach.vsphere_line import Line
from tenmatsu.reach.vsphere_properties import read_objects
from tenmatsu.reach.vsphere_stub import Unintelligible, say

_PAGE_EVENTS = 1000  # the most that a server takes for a page


def recall(line: Line, since: datetime, most: int) -> tuple[list[Happening], list[Lack]]:
    """Return what events and recent tasks tell since then (our time), oldest first, the newest `most`."""
    offset = timedelta(seconds=line.clock.seconds)
    lacks: list[Lack] = []
    events = _or_lack(lambda: _events(line, since + offset, most), EVENTS_WHAT, lacks)
    tasks = _or_lack(lambda: _tasks(line), TASKS_WHAT, lacks)
    told = (make_happening(one, offset) for one in events)
    done = (make_task_happening(one, offset) for one in tasks)
    joined = join_tasks(
        (one for one in told if one is not None),
        (one for one in done if one is not None and one.time >= since),
    )
    return [one for one in joined if one.time >= since][-most:], lacks


def _or_lack(ask: Any, what: Words, lacks: list[Lack]) -> list[Any]:  # noqa: ANN401 - a question
    """Return the answer, or nothing and why; a session that ran out is not a right that is missing."""
    try:
        return list(ask())
    except vim.fault.NotAuthenticated:
        raise
    except vmodl.fault.SecurityError as error:
        right = getattr(error, "privilegeId", None) or "System.View"
        lacks.append(Lack(what=what, why=NO_RIGHT_WHY.fill(right=right), close_by=READ_ROLE))
    except (vmodl.fault.NotSupported, vmodl.fault.NotImplemented, vmodl.fault.MethodNotFound):
        lacks.append(Lack(what=what, why=NOT_HERE, close_by=ASK_MANAGER))
    except Unintelligible as error:
        lacks.append(Lack(what=what, why=NOT_READ.fill(why=say(error)), close_by=ASK_MANAGER))
    return []


def _events(line: Line, since: datetime, most: int) -> Iterator[Any]:
    """Yield the newest events, in no order: the latest page first, then what came before it."""
    by_time = vim.event.EventFilterSpec.ByTime(beginTime=since)
    asked = vim.event.EventFilterSpec(time=by_time)
    collector = line.content.eventManager.CreateCollectorForEvents(asked)
    try:
        collector.SetCollectorPageSize(_PAGE_EVENTS)
        seen: set[int] = set()
        for page in _pages(line, collector):
            new = [event for event in page if event.key not in seen and event.createdTime >= since]
            seen.update(event.key for event in new)
            yield from new
            if not new or len(seen) >= most:
                return
    finally:
        _end(collector)


def _pages(line: Line, collector: Any) -> Iterator[Sequence[Any]]:  # noqa: ANN401 - pyVmomi's
    for row in read_objects(line, [collector], {"EventHistoryCollector": ("latestPage",)}):
        latest = row.get("latestPage") or ()
        yield latest
        if len(latest) < _PAGE_EVENTS:
            return
    collector.ResetCollector()
    while page := collector.ReadPreviousEvents(_PAGE_EVENTS):
        yield page


def _tasks(line: Line) -> Iterator[Any]:
    """Yield the tasks of the last minutes, with their ends."""
    manager = line.content.taskManager
    wanted = {"TaskManager": ("recentTask",)}
    tasks = [task for row in read_objects(line, [manager], wanted) for task in row.get("recentTask") or ()]
    for row in read_objects(line, tasks, {"Task": ("info",)}):
        if (info := row.get("info")) is not None:
            yield info


def _end(collector: Any) -> None:  # noqa: ANN401 - as above
    with suppress(Exception):  # it ends with the session; what went before counts
        collector.DestroyCollector()


EVENTS_WHAT = Words("what happened below (events)", "ハイパーバイザーの出来事 (イベント)")
TASKS_WHAT = Words("what is being done below (tasks)", "ハイパーバイザーの作業 (タスク)")
NOT_READ = Words("{why}", "応答を解釈できません ({why})")
NOT_HERE = Words("this version does not offer it", "この版にはありません")
ASK_MANAGER = Words("ask its vCenter, if there is one", "vCenter があれば、そちらに接続")
