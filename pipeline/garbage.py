"""How often Python's garbage collector looks for cycles, and through what."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (20_000, 20, 20)
"""Thresholds of the three generations; Python's own are 700, 10, 10."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the collector look less often within the block. Memory stays bounded: it still looks.

    Polling leaves some hundred objects a feed, hardly any of them in cycles; at its usual pace the
    collector takes a sixth of the time (docs/performance.md).
    """
    usual = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def set_aside() -> None:
    """Let the collector pass over all that is there now: it is going to stay.

    For a server that answers in a tenth of a second: each look through what an open app has loaded
    takes longer than that, and comes with every second page. What was set aside before is looked
    through once more, so that an app that was closed goes.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def set_aside_no_more() -> None:
    """Let the collector look through all that is there again."""
    gc.unfreeze()
