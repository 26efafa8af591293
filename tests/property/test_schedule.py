"""Whatever a feed was and whatever came: it is asked again, in time, and not too soon."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.rhythm import MAX_INTERVAL_S, MIN_INTERVAL_S
from pipeline.collect.schedule import EARLIEST, MAX_SUCCESS_WAIT_S, MAX_WAIT_S, after_poll
from schemas.feed import Failed, FailureKind, FeedState, Heard, PollOutcome
from tests.feed_states import NOW, STATES

JITTERS = st.floats(0, 1)
DATES = st.lists(
    st.integers(-90 * 86_400, 0).map(lambda s: NOW + timedelta(seconds=s)), max_size=30
)
TARGETS = st.none() | st.sampled_from(["https://a.example/", "https://b.example/"])
SUCCESSES = st.builds(
    Heard,
    outcome=st.sampled_from([PollOutcome.NOT_MODIFIED, PollOutcome.UNCHANGED, PollOutcome.FETCHED]),
    new=st.integers(0, 2000),
    shown=st.integers(0, 2000),
    dates=DATES.map(tuple),
    fresh_s=st.integers(0, 2**40),
    moved_to=TARGETS,
)
FAILURES = st.builds(
    Failed,
    url=st.just("u"),
    kind=st.sampled_from(FailureKind),
    message=st.just("x"),
    status=st.none() | st.sampled_from([403, 404, 410, 429, 500, 503]),
    retry_after_s=st.none() | st.integers(0, 30 * 86_400),
).map(lambda failure: Heard(outcome=PollOutcome.FAILED, failure=failure))


def wait(state: FeedState, now: datetime = NOW) -> float:
    assert state.next_poll_at is not None
    return (state.next_poll_at - now).total_seconds()


@given(STATES, SUCCESSES | FAILURES, JITTERS)
def test_next_poll_is_after_now_and_within_the_ceiling(
    state: FeedState, heard: Heard, jitter: float
) -> None:
    after = after_poll(state, heard, now=NOW, jitter=jitter)
    most = MAX_WAIT_S if heard.failure else MAX_SUCCESS_WAIT_S
    assert EARLIEST * MIN_INTERVAL_S <= wait(after) <= most
    assert after.interval_s >= 0
    if heard.failure:
        assert after.failures == state.failures + 1
        assert after.last_success_at == state.last_success_at


@given(STATES, SUCCESSES, JITTERS)
def test_success_resets(state: FeedState, heard: Heard, jitter: float) -> None:
    after = after_poll(state, heard, now=NOW, jitter=jitter)
    assert (after.failures, after.failing_since, after.dead_since) == (0, None, None)
    assert after.last_success_at == NOW
    assert MIN_INTERVAL_S <= after.interval_s <= MAX_INTERVAL_S


@given(STATES, FAILURES, JITTERS)
def test_retry_after_is_never_undercut(state: FeedState, heard: Heard, jitter: float) -> None:
    assert heard.failure is not None
    asked = heard.failure.retry_after_s or 0
    after = after_poll(state, heard, now=NOW, jitter=jitter)
    assert wait(after) >= min(asked, MAX_WAIT_S)


@given(STATES, st.sampled_from(FailureKind), st.integers(1, 60))
def test_back_off_never_shrinks_up_to_its_ceiling(
    state: FeedState, kind: FailureKind, polls: int
) -> None:
    state = replace(state, url=state.configured_url)
    now, last = NOW, 0.0
    for _ in range(polls):
        heard = Heard(outcome=PollOutcome.FAILED, failure=Failed(url="u", kind=kind, message="x"))
        state = after_poll(state, heard, now=now, jitter=0.5)
        assert wait(state, now) >= last
        assert wait(state, now) <= MAX_WAIT_S
        assert state.next_poll_at is not None
        last, now = wait(state, now), state.next_poll_at


@given(STATES, st.lists(FAILURES, min_size=20, max_size=60), JITTERS)
def test_feed_that_always_fails_is_always_asked_again(
    state: FeedState, course: list[Heard], jitter: float
) -> None:
    now = NOW
    for heard in course:
        state = after_poll(state, heard, now=now, jitter=jitter)
        assert state.next_poll_at is not None
        assert now < state.next_poll_at <= now + timedelta(seconds=MAX_WAIT_S)
        now = state.next_poll_at


@given(STATES, SUCCESSES | FAILURES, JITTERS, JITTERS)
def test_jitter_moves_a_poll_a_little_and_always_the_same_way(
    state: FeedState, heard: Heard, one: float, other: float
) -> None:
    first, second = (
        wait(after_poll(state, heard, now=NOW, jitter=jitter)) for jitter in sorted((one, other))
    )
    if not state.skip_hours and not state.skip_days:  # hours begin and end sharply
        assert first <= second
        assert second - first <= 0.12 * first + 1


@given(STATES, SUCCESSES, JITTERS)
def test_short_feed_is_asked_before_half_its_window_has_gone_by(
    state: FeedState, heard: Heard, jitter: float
) -> None:
    after = after_poll(state, heard, now=NOW, jitter=jitter)
    # A wish is spread by a twentieth, the end of a skip by five minutes.
    slack, spread = 1.05, MIN_INTERVAL_S
    if after.window_s is not None:
        assert wait(after) <= max(MIN_INTERVAL_S, after.window_s / 2) * slack + spread
    if after.gap_s is not None and after.shown:
        assert wait(after) <= max(MIN_INTERVAL_S, after.gap_s * after.shown / 2) * slack + spread


@given(STATES, st.lists(SUCCESSES, max_size=8))
def test_address_moves_only_where_a_redirect_led(state: FeedState, course: list[Heard]) -> None:
    now, led = NOW, {state.url}
    for heard in course:
        state = after_poll(state, heard, now=now, jitter=0.5)
        led.add(heard.moved_to or state.url)
        assert state.url in led
        assert state.next_poll_at is not None
        now = state.next_poll_at
