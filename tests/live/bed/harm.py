"""What shall go wrong in a blog's writes: told by a file that the blog reads, never by a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .fault import MOST_SECONDS

STAGES = ("before", "between", "after")
HARMS = tuple(f"{harm}_{stage}" for stage in STAGES for harm in ("kill", "sleep"))


@dataclass(frozen=True, kw_only=True)
class Harm:
    """A folder with harm.conf, which the blog reads, and done.log, which it writes."""

    folder: Path

    def inject(
        self,
        chances: Mapping[str, float] | None,
        *,
        plan: Sequence[str],
        methods: Sequence[str],
        seed: int,
        sleep_seconds: int = MOST_SECONDS,
    ) -> None:
        """Write harm.conf anew and begin a new log; without chances and plan there is no harm."""
        unknown = {*(chances or {}), *plan} - {*HARMS, "none"}
        assert not unknown, unknown
        for name in ("harm.conf", "done.log"):
            (self.folder / name).unlink(missing_ok=True)
        if not chances and not plan:
            return
        words = {"plan": " ".join(plan), "methods": " ".join(methods), "seed": seed}
        lines = {**words, "sleep_seconds": sleep_seconds, **(chances or {})}
        new = self.folder / "harm.new"
        new.write_text("".join(f"{key} = {value}\n" for key, value in lines.items()))
        new.replace(self.folder / "harm.conf")

    def done(self) -> tuple[str, ...]:
        """Return what was done to each writing call since `inject`: a word of HARMS or "none"."""
        log = self.folder / "done.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return tuple(line.split()[1] for line in lines)
