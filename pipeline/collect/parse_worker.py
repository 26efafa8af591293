"""The other side of ParsePool: a process that reads documents from stdin and answers on stdout.

A message is its length (8 bytes, big-endian) and a pickle. Only our own parent writes to stdin and
reads stdout, so that pickle meets no stranger's bytes but as the value of ``bytes`` objects.
"""

import gc
import os
import pickle
import resource
import signal
import struct
import sys
from collections.abc import Callable
from typing import BinaryIO

from pipeline.collect.parse import parse_feed

LENGTH = struct.Struct(">Q")
_MAX_MEMORY = 2 << 30  # address space; a document that needs more is refused, not swapped


def main() -> None:
    """Answer until stdin ends."""
    serve(
        lambda body, url, content_type, known: parse_feed(
            body, url=url, content_type=content_type, known=known
        )
    )


def serve(work: Callable[..., object]) -> None:
    """Answer each message, a tuple of arguments, with what ``work`` makes of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; it closes our stdin
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
    gc.freeze()  # what is loaded stays: the collector need not look at it with every document
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library's print must not reach the pipe
    while (document := _read(sys.stdin.buffer)) is not None:
        answer = pickle.dumps(work(*pickle.loads(document)))  # noqa: S301 - from our own parent
        answers.write(LENGTH.pack(len(answer)) + answer)
        answers.flush()


def _read(stream: BinaryIO) -> bytes | None:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return stream.read(LENGTH.unpack(head)[0])


if __name__ == "__main__":
    main()
