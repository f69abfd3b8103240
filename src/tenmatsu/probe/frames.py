"""Frames: how the probe's evidence is written, so that noise, damage and a cut line are all noticed.

A frame is one line of ASCII: `TENMATSU1 NUMBER BYTES CRC JSON`. NUMBER counts from 0 without a hole, BYTES
is the length of JSON, CRC its CRC-32 in eight hexadecimal digits. The first frame is a `hello`, the last
one an `end`: a stream without an `end` was cut. Bytes that are not UTF-8 become lone surrogates (PEP 383)
and come back whole; control characters are escaped by JSON. `tenmatsu.parse.probe_frames` reads it.
`proc.sh` writes the same with `TENMATSU1A` and an Adler-32.
"""

import binascii
import json
from typing import Any, Callable, Dict

MAGIC = "TENMATSU1"


def encode_frame(number: int, content: Dict[str, Any]) -> bytes:
    """Return one frame, with the end of its line."""
    text = json.dumps(content, separators=(",", ":"), check_circular=False, default=_bytes_as_text).encode(
        "ascii"
    )
    head = f"{MAGIC} {number} {len(text)} {binascii.crc32(text):08x} "
    return head.encode("ascii") + text + b"\n"


def _bytes_as_text(value: object) -> str:
    if not isinstance(value, bytes):
        raise TypeError("a frame cannot hold " + type(value).__name__)
    return value.decode("utf-8", "surrogateescape")


class FrameWriter:
    """Numbers the frames and hands them to the line."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._number = 0

    def write(self, kind: str, **content: object) -> None:
        """Send one frame of this kind. Raises what the line raises."""
        frame = encode_frame(self._number, dict(content, kind=kind))
        if (
            self._number == 0
        ):  # something may have written half a line before us: a greeting, a shell's start file
            frame = b"\n" + frame
        self._number += 1
        self._send(frame)
