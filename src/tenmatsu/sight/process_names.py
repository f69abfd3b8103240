"""What the probe told of kinds of processes beyond their numbers: paths, command lines, who started them."""

from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

from tenmatsu.model.program import cut_name
from tenmatsu.parse.probe_frames import Look, Sample

Value = TypeVar("Value")

# A guest that makes up names must not fill our memory: the oldest are forgotten first.
_MOST_KINDS = 4096
_MOST_COMMANDS = 3
_MOST_GENERATIONS = 16


class Names:
    """Remembers some examples of each program, and the chain of parents of what starts others."""

    def __init__(self) -> None:
        self._samples: dict[str, list[Sample]] = {}
        self._chains: dict[str, tuple[str, ...]] = {}

    def learn(self, look: Look) -> None:
        """Keep what a look tells of."""
        for sample in look.samples:
            _renew(self._samples, sample.name, _with(self._samples.get(sample.name, []), sample))
        for chain in look.chains.values():
            names = tuple(str(one[1]) for one in islice(chain, _MOST_GENERATIONS) if len(one) > 1)
            if names:
                _renew(self._chains, names[0], names)

    def find_executable(self, comm: str) -> str:
        """Return the path that was last started under a name; empty where none was met."""
        paths = (one.path for one in reversed(self._samples.get(comm, [])) if one.path)
        # An upgrade takes the file away from under what runs (proc(5), /proc/PID/exe).
        return next(paths, "").removesuffix(" (deleted)")

    def find_name(self, comm: str) -> str:
        """Return the whole name of a program whose name the kernel cut, where its path tells it."""
        name = self.find_executable(comm).rpartition("/")[2]
        return name if name and cut_name(name) == comm else comm

    def find_commands(self, comm: str) -> tuple[str, ...]:
        """Return examples of command lines, as one would type them but not quoted for a shell."""
        found = (_command(one) for one in reversed(self._samples.get(comm, [])) if one.arguments)
        return tuple(dict.fromkeys(found))

    def find_chain(self, parents: Iterable[str]) -> tuple[str, ...]:
        """Return the ancestors of what these started, the nearest first; empty where none is known."""
        return next((self._chains[name] for name in parents if name in self._chains), ())


def _with(known: list[Sample], sample: Sample) -> list[Sample]:
    """Return the newest examples; of one command line one is enough."""
    others = [one for one in known if (one.path, one.arguments) != (sample.path, sample.arguments)]
    return [*others, sample][-_MOST_COMMANDS:]


def _command(sample: Sample) -> str:
    return " ".join(sample.arguments) + (" …" if sample.cut else "")


def _renew(known: dict[str, Value], name: str, value: Value) -> None:
    known.pop(name, None)
    known[name] = value
    if len(known) > _MOST_KINDS:
        del known[next(iter(known))]
