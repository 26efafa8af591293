"""Rhythm and verdict hold whatever the dates of a feed are."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.feed_health import CEILING, FLOOR, judge, rhythm
from schemas.feed_watch import FeedFacts, FeedVerdict

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
moments = st.lists(
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3000)).map(lambda d: NOW - d),
    max_size=120,
)
spans = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=300))


@given(moments)
def test_patience_is_within_its_bounds_and_no_order_matters(dates: list[datetime]) -> None:
    told = rhythm(dates)
    assert FLOOR <= told.patience <= CEILING
    assert told.usual is None or told.usual * 3 <= told.patience or told.patience == CEILING
    assert rhythm(reversed(dates)) == told == rhythm(dates + dates)


@given(moments, spans, spans)
def test_silence_once_begun_lasts_while_nothing_new_comes(
    dates: list[datetime], quiet: timedelta, longer: timedelta
) -> None:
    def at(answered: datetime) -> str:
        facts = FeedFacts(
            feed_id=1,
            name="n",
            url="https://e.example/",
            enabled=True,
            created_at=NOW - timedelta(days=4000),
            last_success_at=answered,
            last_new_at=NOW,
            moments=tuple(dates),
        )
        return judge(facts, now=answered).state

    first, then = at(NOW + quiet), at(NOW + quiet + longer)
    assert {first, then} <= {FeedVerdict.HEALTHY, FeedVerdict.SILENT}
    assert not (first == FeedVerdict.SILENT and then == FeedVerdict.HEALTHY)
    assert quiet > FLOOR or first == FeedVerdict.HEALTHY
