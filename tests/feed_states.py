"""Feed states of every sort, for hypothesis."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from schemas.feed import FeedState

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
CONFIGURED = "https://example.com/feed"

_TIMES = st.none() | st.integers(-400 * 86_400, 0).map(lambda s: NOW + timedelta(seconds=s))
_SECONDS = st.none() | st.integers(1, 10**8)
_URLS = st.sampled_from([CONFIGURED, "https://a.example/", "https://b.example/"])

STATES = st.builds(
    FeedState,
    feed_id=st.just(1),
    url=_URLS,
    configured_url=st.just(CONFIGURED),
    name=st.just("x"),
    tier=st.integers(1, 3),
    etag=st.none() | st.just('"1"'),
    last_modified=st.none() | st.just("Mon, 23 Nov 2026 10:00:00 GMT"),
    body_hash=st.none() | st.just("0" * 64),
    interval_s=st.integers(0, 10**7),
    failures=st.integers(0, 10**6),
    last_success_at=_TIMES,
    last_new_at=_TIMES,
    gap_s=st.none() | st.integers(300, 30 * 86_400),
    window_s=st.none() | st.floats(1, 365 * 86_400),
    shown=st.none() | st.integers(0, 2000),
    ttl_s=_SECONDS,
    period_s=_SECONDS,
    skip_hours=st.just(()) | st.sets(st.integers(0, 23)).map(lambda found: tuple(sorted(found))),
    skip_days=st.just(()) | st.sets(st.integers(0, 6)).map(lambda found: tuple(sorted(found))),
    failing_since=_TIMES,
    dead_since=_TIMES,
    moving_to=st.none() | _URLS,
    moving_since=_TIMES,
    moving_seen=st.integers(0, 5),
    moved_at=_TIMES,
)
