"""When an address has moved."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipeline.collect.moves import confirmed
from schemas.feed import FeedState

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
OLD, NEW, OTHER = (f"https://example.com/{name}" for name in ("old", "new", "other"))
STATE = FeedState(feed_id=1, url=OLD, name="x", configured_url=OLD)


def after(*polls: tuple[float, str | None], state: FeedState = STATE) -> FeedState:
    """The state after successes at these hours, redirected to these addresses."""
    for hours, target in polls:
        state = confirmed(state, target, NOW + timedelta(hours=hours))
    return state


def test_third_redirect_after_a_day_moves() -> None:
    state = after((0, NEW), (12, NEW), (24, NEW))
    assert (state.url, state.moved_at) == (NEW, NOW + timedelta(hours=24))
    assert (state.moving_to, state.moving_since, state.moving_seen) == (None, None, 0)
    assert state.configured_url == OLD


def test_many_redirects_within_a_day_do_not() -> None:
    state = after(*((n / 12, NEW) for n in range(200)))
    assert (state.url, state.moving_to, state.moving_seen) == (OLD, NEW, 200)


def test_two_redirects_over_a_week_do_not() -> None:
    assert after((0, NEW), (24 * 7, NEW)).url == OLD


def test_another_target_begins_anew() -> None:
    state = after((0, NEW), (12, NEW), (24, OTHER))
    assert (state.url, state.moving_to, state.moving_seen) == (OLD, OTHER, 1)
    assert after((0, NEW), (12, OTHER), (24, NEW), (47, NEW), (47.5, NEW)).url == OLD
    changing = after(*((n, f"{NEW}?session={n}") for n in range(100)))
    assert changing.url == OLD


def test_answer_without_permanent_redirect_begins_anew() -> None:
    state = after((0, NEW), (12, NEW), (24, None))
    assert (state.url, state.moving_to, state.moving_since) == (OLD, None, None)
    assert after((24, None), (25, NEW), (26, NEW), state=state).url == OLD


def test_feed_that_moves_home_is_not_called_moved() -> None:
    away = replace(STATE, url=NEW, moved_at=NOW)
    home = after((0, OLD), (12, OLD), (24, OLD), state=away)
    assert (home.url, home.moved_at) == (OLD, None)
