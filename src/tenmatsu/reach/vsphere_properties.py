"""Properties of many objects of a vSphere inventory, in pages: only what is needed, and what was withheld."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from pyVmomi import vim, vmodl

from tenmatsu.parse.vsphere_row import Row, reference
from tenmatsu.reach.vsphere_faults import type_name
from tenmatsu.reach.vsphere_line import Line

# One page is what is held at a time: 250 guests are about 8 MB of answer.
PAGE_OBJECTS = 250
_COLLECTOR = vmodl.query.PropertyCollector


def make_view(line: Line, kinds: Sequence[str]) -> Any:  # noqa: ANN401 - pyVmomi's types are made while it runs
    """Return a view of all objects of these kinds that the user may see. It lasts as long as the session."""
    wanted = [getattr(vim, kind) for kind in kinds]
    return line.content.viewManager.CreateContainerView(line.content.rootFolder, wanted, recursive=True)


@contextmanager
def view_of(line: Line, kinds: Sequence[str]) -> Iterator[Any]:
    """Give a view of all objects of these kinds that the user may see; it is gone afterwards."""
    view = make_view(line, kinds)
    try:
        yield view
    finally:
        _end(view)


def read_view(line: Line, view: Any, paths: Mapping[str, Sequence[str]]) -> Iterator[Row]:  # noqa: ANN401 - pyVmomi's
    """Yield the objects of a view, each with the properties of its kind, a page at a time."""
    walk = _COLLECTOR.TraversalSpec(name="view", path="view", skip=False, type=type(view))
    start = _COLLECTOR.ObjectSpec(obj=view, skip=True, selectSet=[walk])
    yield from _read(line, [start], paths)


def read_objects(line: Line, objects: Iterable[Any], paths: Mapping[str, Sequence[str]]) -> Iterator[Row]:
    """Yield these objects; one that was deleted meanwhile is left out."""
    starts = [_COLLECTOR.ObjectSpec(obj=one, skip=False) for one in objects]
    if starts:
        yield from _read(line, starts, paths)


def make_filter(
    view: Any,  # noqa: ANN401 - pyVmomi's
    paths: Mapping[str, Sequence[str]],
) -> Any:  # noqa: ANN401 - as above
    """Return what to watch for changes: the objects of a view."""
    walk = _COLLECTOR.TraversalSpec(name="view", path="view", skip=False, type=type(view))
    start = _COLLECTOR.ObjectSpec(obj=view, skip=True, selectSet=[walk])
    return _COLLECTOR.FilterSpec(objectSet=[start], propSet=_property_set(paths))


def _read(line: Line, starts: Sequence[Any], paths: Mapping[str, Sequence[str]]) -> Iterator[Row]:
    collector, unknown = line.content.propertyCollector, list[str]()
    page = _first_page(collector, starts, paths, unknown)
    while page is not None:
        token = page.token
        for found in page.objects:
            row = _row_of(found, unknown, paths)
            if not row.is_gone:
                yield row
        page = collector.ContinueRetrievePropertiesEx(token) if token else None


def _first_page(
    collector: Any,  # noqa: ANN401 - pyVmomi's
    starts: Sequence[Any],
    paths: Mapping[str, Sequence[str]],
    unknown: list[str],
) -> Any:  # noqa: ANN401 - as above
    """Return the first page. A property that this version does not know is noted, and the rest asked for."""
    while True:
        known = {kind: [path for path in wanted if path not in unknown] for kind, wanted in paths.items()}
        spec = _COLLECTOR.FilterSpec(
            objectSet=list(starts), propSet=_property_set(known), reportMissingObjectsInResults=True
        )
        try:
            return collector.RetrievePropertiesEx([spec], _COLLECTOR.RetrieveOptions(maxObjects=PAGE_OBJECTS))
        except vmodl.query.InvalidProperty as fault:
            if not any(fault.name in wanted for wanted in known.values()):
                raise
            unknown.append(fault.name)


def _property_set(paths: Mapping[str, Sequence[str]]) -> list[Any]:
    return [
        _COLLECTOR.PropertySpec(type=getattr(vim, kind), all=False, pathSet=list(wanted))
        for kind, wanted in paths.items()
    ]


def _row_of(found: Any, unknown: Sequence[str], paths: Mapping[str, Sequence[str]]) -> Row:  # noqa: ANN401 - as above
    kind = type_name(found.obj)
    lacking = {path: "InvalidProperty" for path in unknown if path in paths.get(kind, ())}
    return Row(
        kind=kind,
        key=reference(found.obj),
        values={one.name: one.val for one in found.propSet},
        withheld=lacking | {one.path: type_name(one.fault) for one in found.missingSet},
    )


def _end(view: Any) -> None:  # noqa: ANN401 - as above
    with suppress(Exception):  # it ends with the session; what went before counts
        view.Destroy()
