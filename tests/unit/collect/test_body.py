"""Reading a body: every encoding that servers send, and what is refused early."""

import gzip
import zlib
from collections.abc import AsyncIterator

import pytest

from pipeline.collect.body import CutOffError, EncodingError, TooLargeError, read_body

TEXT = b"<rss>" + b"minerals " * 5000 + b"</rss>"


async def pieces(data: bytes, size: int = 100) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


@pytest.mark.parametrize("size", [1, 7, 100, 1_000_000])
@pytest.mark.parametrize(
    ("encoding", "sent"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT)),
        ("", gzip.compress(TEXT)),
        ("gzip", TEXT),
        ("gzip", gzip.compress(TEXT[:99]) + gzip.compress(TEXT[99:])),
        ("gzip", gzip.compress(TEXT) + b"\0" * 50),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("deflate", TEXT),
    ],
    ids=["plain", "identity", "gzip", "x-gzip", "unlabelled", "mislabelled", "two members",
         "padded", "zlib", "raw", "mislabelled deflate"],
)  # fmt: skip
async def test_body_is_read_whole(encoding: str, sent: bytes, size: int) -> None:
    headers = {"content-encoding": encoding}
    assert await read_body(pieces(sent, size), headers, max_bytes=100_000) == TEXT


async def test_tiny_and_empty_bodies() -> None:
    assert await read_body(pieces(b""), {}, max_bytes=10) == b""
    assert await read_body(pieces(b"<"), {}, max_bytes=10) == b"<"


async def test_unknown_encoding_is_named() -> None:
    with pytest.raises(EncodingError, match="'br'"):
        await read_body(pieces(b"x"), {"content-encoding": "br"}, max_bytes=10)


async def test_announced_size_is_refused_before_reading() -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    with pytest.raises(TooLargeError, match="1,000 bytes announced"):
        await read_body(never(), {"content-length": "1000"}, max_bytes=999)


async def test_plain_body_is_refused_at_the_first_byte_too_many() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 100

    with pytest.raises(TooLargeError):
        await read_body(endless(), {}, max_bytes=1000)
    assert read == 11


async def test_gzip_bomb_is_refused_while_small() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    read = 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal read
        async for piece in pieces(bomb, 100):
            read += 1
            yield piece

    with pytest.raises(TooLargeError, match="after decompression"):
        await read_body(counted(), {"content-encoding": "gzip"}, max_bytes=1_000_000)
    assert read * 100 < len(bomb) / 10


async def test_limit_holds_exactly() -> None:
    sent = gzip.compress(TEXT)
    headers = {"content-encoding": "gzip"}
    assert await read_body(pieces(sent), headers, max_bytes=len(TEXT)) == TEXT
    with pytest.raises(TooLargeError):
        await read_body(pieces(sent), headers, max_bytes=len(TEXT) - 1)


async def test_cut_off_and_damaged_bodies_are_told_apart() -> None:
    sent = gzip.compress(TEXT)
    with pytest.raises(CutOffError):
        await read_body(pieces(sent[:-20]), {"content-encoding": "gzip"}, max_bytes=100_000)
    damaged = sent[:30] + b"\xff" * 30 + sent[60:]
    with pytest.raises(EncodingError, match="damaged"):
        await read_body(pieces(damaged), {"content-encoding": "gzip"}, max_bytes=100_000)


async def test_many_members_are_refused() -> None:
    sent = gzip.compress(b"x") * 200
    with pytest.raises(EncodingError, match="members"):
        await read_body(pieces(sent, 10_000), {"content-encoding": "gzip"}, max_bytes=100_000)


async def test_bomb_within_the_limit_is_known_by_its_ratio() -> None:
    headers = {"content-encoding": "gzip"}
    bomb = gzip.compress(b"\0" * 8_000_000)
    with pytest.raises(TooLargeError, match="200 times"):
        await read_body(pieces(bomb, 1000), headers, max_bytes=10_000_000)
    feed = b"".join(b"<item><title>%d</title></item>" % n for n in range(100_000))
    assert await read_body(pieces(gzip.compress(feed)), headers, max_bytes=10_000_000) == feed
    short = b"x" * 1_000_000
    assert await read_body(pieces(gzip.compress(short)), headers, max_bytes=10_000_000) == short
