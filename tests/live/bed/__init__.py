"""A real web server that can really be broken, and mended again."""

from __future__ import annotations

from .apache import Server, serving, why_unusable
from .processes import BedError, Unusable
from .settings import Settings

__all__ = ["BedError", "Server", "Settings", "Unusable", "serving", "why_unusable"]
