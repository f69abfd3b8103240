"""Files that a configuration includes: asked for by its parser, read by somebody else."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

# Apache itself stops at a nesting of 128 (AP_MAX_INCLUDE_DEPTH); real ones come nowhere near these.
_DEEPEST = 16
_MOST_FILES = 2_000
_MOST_BYTES = 8 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigFile:
    """A file's name and content, as an include is answered."""

    path: str
    content: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class IncludeRequest:
    """The files that match `pattern` are wanted, by name; of a directory, all that are in it."""

    pattern: str


Following = Generator[IncludeRequest, Sequence[ConfigFile], None]


@dataclass
class Included:
    """The files read so far, in order. Hostile ones would go on for ever."""

    files: list[str] = field(default_factory=list)
    read_bytes: int = 0

    def takes(self, file: ConfigFile, chain: tuple[str, ...]) -> bool:
        """Tell whether a file may be read, and note it; `chain` are the files that lead to it."""
        if file.path in chain or len(chain) > _DEEPEST or len(self.files) >= _MOST_FILES:
            return False
        self.files.append(file.path)
        self.read_bytes += len(file.content)
        return self.read_bytes <= _MOST_BYTES
