"""An answer's body, in pieces that are small whatever the server sent.

httpx unpacks what came off the line in one go: a hundred bytes that were packed twice become sixteen
megabytes before anybody can count them. So it is not asked to unpack anything.
"""

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

# What we say that we can read, in requests for pages.
ACCEPTED = "gzip"
_PIECE_BYTES = 1 << 16
_GZIP = 16 + zlib.MAX_WBITS
_NONE = {"", "identity"}


def for_each_piece(response: "httpx.Response") -> Iterator[bytes]:
    """Yield the body, unpacked where gzip packed it once. Raises httpx.DecodingError if otherwise."""
    encoding = _encoding(response)
    decoder = zlib.decompressobj(_GZIP) if encoding in {"gzip", "x-gzip"} else None
    for piece in response.iter_raw():
        if decoder is not None:
            yield from _unpack(decoder, piece)
        elif encoding in _NONE:
            yield piece
        else:
            raise _no_reading(f"it is packed as was not asked for ({encoding[:40]})")


def read_plain(response: "httpx.Response", most_bytes: int) -> bytes:
    """Return a body that is not packed. Raises httpx.DecodingError for another, or a longer one."""
    if _encoding(response) not in _NONE:
        raise _no_reading(f"it is packed as was not asked for ({_encoding(response)[:40]})")
    body = bytearray()
    for piece in response.iter_raw():
        body += piece
        if len(body) > most_bytes:
            raise _no_reading("the answer is larger than any that was asked for")
    return bytes(body)


def _encoding(response: "httpx.Response") -> str:
    told: str = response.headers.get("content-encoding", "")
    return told.strip().lower()


def _unpack(decoder: "zlib._Decompress", piece: bytes) -> Iterator[bytes]:
    while True:
        try:
            unpacked = decoder.decompress(piece, _PIECE_BYTES)
        except zlib.error as error:
            raise _no_reading(str(error)) from error
        if unpacked:
            yield unpacked
        piece = decoder.unconsumed_tail
        # A full piece may not have been all of what was taken in.
        if not piece and len(unpacked) < _PIECE_BYTES:
            return


def _no_reading(why: str) -> "httpx.DecodingError":
    import httpx

    return httpx.DecodingError(why)
