"""When a feed is asked next: a pure decision from what is remembered, what came, and the time.

after_poll ─┬─ success ─> moves.confirmed ─> rhythm.learnt ─> rhythm.interval_s ─┐
            │                    wishes.asked_wait_s, wishes.after_skips ────────┴─> next_poll_at
            └─ failure ─> moves.is_lost? ─> failures.failed ─> back_off_s ─> Retry-After ─┘

docs/scheduling.md has the reasons, the bounds and what was measured.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.collect import moves
from pipeline.collect.failures import MAX_WAIT_S, back_off_s, failed, not_before_s, revived
from pipeline.collect.rhythm import MAX_INTERVAL_S, MIN_INTERVAL_S, interval_s, learnt
from pipeline.collect.wishes import MAX_SKIP_S, after_skips, asked_wait_s
from schemas.feed import FeedState, Heard, PollOutcome

__all__ = [
    "MAX_INTERVAL_S",
    "MAX_SUCCESS_WAIT_S",
    "MAX_WAIT_S",
    "MIN_INTERVAL_S",
    "after_poll",
    "on_the_clock",
    "turns",
]

MAX_SUCCESS_WAIT_S = MAX_INTERVAL_S + MAX_SKIP_S + MIN_INTERVAL_S
"""The longest wait of a feed that is well: the interval, put off by a day that it asks to skip."""
# Polls come a little early, so that a feed due "in five minutes" is not missed by a clock that
# ticks every five minutes; and not all at once.
EARLIEST, LATEST = 0.85, 0.95


def after_poll(state: FeedState, heard: Heard, *, now: datetime, jitter: float) -> FeedState:
    """Return what is to be remembered of a feed after a poll.

    Args:
        state: what was remembered, with the validators and wishes of this poll's answer.
        heard: what the poll found.
        now: the time of the poll, UTC.
        jitter: 0 to 1, spreads feeds that were asked together.

    ``next_poll_at`` is always after ``now``: at most `MAX_SUCCESS_WAIT_S` after it, or `MAX_WAIT_S`
    where the poll failed, and never before a Retry-After that is no longer than that.
    """
    jitter = min(max(jitter, 0.0), 1.0)
    if heard.outcome is PollOutcome.FAILED:
        return _after_failure(state, heard, now, jitter)
    state = learnt(moves.confirmed(state, heard.moved_to, now), heard, now)
    interval = interval_s(state, now)
    wait = max(interval * _early(jitter), asked_wait_s(state, heard.fresh_s, jitter))
    return replace(
        revived(state),
        interval_s=interval,
        last_success_at=now,
        next_poll_at=after_skips(state, now + timedelta(seconds=wait), now=now, jitter=jitter),
    )


def on_the_clock(state: FeedState, *, polled_at: datetime, planned_at: datetime) -> FeedState:
    """Return the state with a wait for the very next tick counted from the plan, not the batch.

    A batch may begin a minute after the plan that it belongs to. A feed that is to be asked at each
    tick would then come due just after the next plan, and be asked at every second one. Never less
    than half of `MIN_INTERVAL_S` after ``polled_at``; longer waits, what a publisher asked for and
    failures are left alone: they can miss a tick, and be right.
    """
    if state.next_poll_at is None or state.failures:
        return state
    wait = (state.next_poll_at - polled_at).total_seconds()
    late = (polled_at - planned_at).total_seconds()
    if wait >= MIN_INTERVAL_S or not 0 < late < MIN_INTERVAL_S:
        return state
    sooner = max(wait - late, MIN_INTERVAL_S / 2)
    return replace(state, next_poll_at=polled_at + timedelta(seconds=sooner))


def _after_failure(state: FeedState, heard: Heard, now: datetime, jitter: float) -> FeedState:
    counted = failed(state, heard.failure, now)
    wait = float(back_off_s(counted, heard.failure, now))
    dies = counted.dead_since is not None and state.dead_since is None
    moved = state.configured_url not in {"", state.url}
    if moves.is_lost(state, heard.failure) or (moved and dies):
        # The configured address has not been asked yet: it is, before anything is given up.
        counted = replace(moves.fallen_back(counted), dead_since=state.dead_since)
        wait = MIN_INTERVAL_S
    wait = max(wait * _early(jitter), not_before_s(heard.failure, jitter))
    return replace(counted, next_poll_at=now + timedelta(seconds=wait))


def turns(before: FeedState, after: FeedState) -> list[tuple[str, dict[str, str]]]:
    """What an operator should be told once: each turn in a feed's life, with its particulars."""
    found: list[tuple[str, dict[str, str]]] = []
    if after.url != before.url:
        back = after.url == after.configured_url
        event = "feed_back_at_its_configured_address" if back else "feed_moved"
        found.append((event, {"was": before.url, "now": after.url}))
    if after.dead_since and not before.dead_since:
        failing = after.failing_since or after.dead_since
        found.append(("feed_dead", {"failing_since": failing.isoformat(timespec="minutes")}))
    if before.dead_since and not after.dead_since:
        dead = before.dead_since.isoformat(timespec="minutes")
        found.append(("feed_revived", {"dead_since": dead}))
    return found


def _early(jitter: float) -> float:
    return EARLIEST + (LATEST - EARLIEST) * jitter
