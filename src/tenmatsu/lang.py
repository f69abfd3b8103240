"""Which language to speak: `--lang`, else the locale's."""

from collections.abc import Mapping

from tenmatsu.model.words import Language


def choose_language(wanted: str | None, environment: Mapping[str, str]) -> Language:
    """Return the language asked for, else that of LC_ALL, LC_MESSAGES or LANG (POSIX order), else English."""
    if wanted in ("en", "ja"):
        return "ja" if wanted == "ja" else "en"
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "ja" if value.lower().startswith("ja") else "en"
    return "en"
