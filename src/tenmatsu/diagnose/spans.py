"""Lengths of time in words, as coarse as a person would say them."""

from tenmatsu.model.words import Words

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


def spoken_span(seconds: float) -> Words:
    """Return `40 s`, `12 min`, `3.5 h` or `6 days` in both languages."""
    seconds = max(0.0, seconds)
    if seconds < 2 * _MINUTE:
        return Words(f"{seconds:.0f} s", f"{seconds:.0f} 秒")
    if seconds < 2 * _HOUR:
        return Words(f"{seconds / _MINUTE:.0f} min", f"{seconds / _MINUTE:.0f} 分")
    if seconds < 2 * _DAY:
        return Words(f"{seconds / _HOUR:.3g} h", f"{seconds / _HOUR:.3g} 時間")
    return Words(f"{seconds / _DAY:.0f} days", f"{seconds / _DAY:.0f} 日")
