"""Whether what stands in a section of Apache's configuration is in force.

Source: Apache 2.4, core directives `<IfModule>`, `<IfDefine>`, mod_version's `<IfVersion>`.
"""

from collections.abc import Container, Sequence

# What comparing our version with the one asked for (-1, 0, 1) may give, by operator.
_ORDERS = {"=": (0,), "==": (0,), ">": (1,), ">=": (0, 1), "<": (-1,), "<=": (-1, 0)}


def condition_holds(
    section: str,
    words: Sequence[str],
    modules: Container[str],
    defines: Container[str],
    version: tuple[int, ...],
) -> bool:
    """Tell whether a section's content counts.

    What is asked of each request (`<If>`) or of the disk (`<IfFile>`) is taken to hold. A `<Macro>`
    does not count by itself.
    """
    if section == "macro":
        return False
    if section not in {"ifmodule", "ifdefine", "ifversion"} or not words:
        return True
    negated, wanted = words[0].startswith("!"), words[0].removeprefix("!")
    if section == "ifversion":
        return _version_holds(version, wanted, words[1] if len(words) > 1 else "") != negated
    return (wanted in (modules if section == "ifmodule" else defines)) != negated


def _version_holds(version: tuple[int, ...], operator: str, wanted: str) -> bool:
    if not wanted:
        operator, wanted = "=", operator
    parts = wanted.split(".")
    if not all(part.isascii() and part.isdecimal() and len(part) < 6 for part in parts):
        return True  # a pattern (~) or a mistake
    asked = tuple(map(int, parts))
    ours = version[: len(asked)] + (0,) * (len(asked) - len(version))
    order = (ours > asked) - (ours < asked)
    return order in _ORDERS.get(operator, (-1, 0, 1))
