"""Reading an answer's body: inflated piece by piece, so that a bomb is refused while small."""

import zlib
from collections.abc import AsyncIterator, Mapping

_GZIP_MAGIC = b"\x1f\x8b"
_PIECE = 1 << 16
_GZIP = 31
_ZLIB = 15
_RAW_DEFLATE = -15
_ZLIB_METHOD = 8
_MAX_MEMBERS = 100  # each costs a copy of what follows it
# Feeds deflate to a tenth, the most repetitive to a fiftieth; a bomb to a thousandth (the most that
# deflate can do). Small bodies are let be: they are no danger, and a short repetition is no bomb.
_MAX_RATIO = 200
_RATIO_FROM = 1 << 20


class TooLargeError(Exception):
    """The body, as sent or inflated, is larger than allowed."""


class EncodingError(Exception):
    """The body's Content-Encoding is unknown, or its data are damaged."""


class CutOffError(Exception):
    """The body ended before its compressed data did."""


async def read_body(
    chunks: AsyncIterator[bytes], headers: Mapping[str, str], *, max_bytes: int
) -> bytes:
    """Return the whole body, decompressed, of at most ``max_bytes`` bytes.

    Gzip is known by its first bytes, because servers both mislabel plain text as gzip and send
    ``.xml.gz`` files unlabelled.

    Args:
        chunks: the body as it comes over the wire.
        headers: of the response, names in lower case.
        max_bytes: the limit for the bytes sent and for the bytes after decompression.

    Raises:
        TooLargeError: refused as soon as a byte too many was read or inflated, or a megabyte was
            inflated from less than a two-hundredth of it.
        EncodingError: see there.
        CutOffError: see there.
    """
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise EncodingError(f"the body is encoded as {encoding[:40]!r}, which was not asked for")
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > max_bytes:
        raise TooLargeError(f"{int(length):,} bytes announced, {max_bytes:,} allowed")
    out = bytearray()
    head = b""
    sent = 0
    reader: _Inflater | None = None
    async for chunk in chunks:
        sent += len(chunk)
        if sent > max_bytes:
            raise TooLargeError(f"more than {max_bytes:,} bytes")
        if reader is None:
            head += chunk
            if len(head) < len(_GZIP_MAGIC):
                continue
            chunk, reader = head, _Inflater(encoding, head, max_bytes)  # noqa: PLW2901
        reader.feed(chunk, out)
    if reader is None:
        return head
    reader.finish()
    return bytes(out)


class _Inflater:
    """Undoes gzip (of several members too) or deflate; passes plain bytes through."""

    def __init__(self, encoding: str, head: bytes, max_bytes: int) -> None:
        self._max = max_bytes
        self._members = 1
        self._taken = 0
        self._rest = b""  # what came after a member and is too short to tell another by
        wbits: int | None = None
        if head.startswith(_GZIP_MAGIC):
            wbits = _GZIP
        elif encoding == "deflate" and not head.lstrip().startswith(b"<"):
            is_zlib = head[0] & 0x0F == _ZLIB_METHOD and int.from_bytes(head[:2], "big") % 31 == 0
            wbits = _ZLIB if is_zlib else _RAW_DEFLATE
        self._stream = None if wbits is None else zlib.decompressobj(wbits)

    def feed(self, data: bytes, out: bytearray) -> None:
        if self._stream is None:
            out += data
            return
        try:
            self._inflate(data, out)
        except zlib.error as error:
            raise EncodingError(f"the compressed body is damaged: {error}") from error

    def _inflate(self, data: bytes, out: bytearray) -> None:
        assert self._stream is not None  # noqa: S101 - feed() has seen to it
        self._taken += len(data)
        while True:
            if self._stream.eof:
                data, self._rest = self._rest + data, b""
                if len(data) < len(_GZIP_MAGIC):
                    self._rest = data
                    return
                if not data.startswith(_GZIP_MAGIC):
                    return  # padding after the last member
                self._next_member()
            piece = self._stream.decompress(data, _PIECE)
            out += piece
            self._check(len(out))
            if self._stream.eof:
                data = self._stream.unused_data
                continue
            data = self._stream.unconsumed_tail
            if not data and len(piece) < _PIECE:
                return

    def _check(self, inflated: int) -> None:
        if inflated > self._max:
            raise TooLargeError(f"more than {self._max:,} bytes after decompression")
        if inflated > _RATIO_FROM and inflated > _MAX_RATIO * self._taken:
            words = f"more than {_MAX_RATIO} times its size after decompression: a bomb, not a feed"
            raise TooLargeError(words)

    def _next_member(self) -> None:
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise EncodingError(f"more than {_MAX_MEMBERS} gzip members in one body")
        self._stream = zlib.decompressobj(_GZIP)

    def finish(self) -> None:
        if self._stream is not None and not self._stream.eof:
            raise CutOffError("the compressed body was cut off")
