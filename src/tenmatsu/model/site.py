"""What is there: components and the one they run on."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """A host, guest, service or dependency.

    `id` outlives a rename and tells reuse apart: a machine's is its machine id with its boot id.
    """

    id: str
    name: str
    kind: str
    runs_on: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """The map that a case speaks of. Today: this machine and what was found on it."""

    components: tuple[Component, ...]

    @property
    def here(self) -> Component:
        """Return the component that was asked about: the first one."""
        return self.components[0]
