"""Rows and shapes: what goes in comes out."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from schemas.assessment import Assessment
from schemas.codec import from_json, to_json
from schemas.tables import AgreementRow, Base, UtcDateTime

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
TIMES = st.datetimes(
    min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1), timezones=ZONES
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
READINGS = st.from_type(Assessment)
st.register_type_strategy(float, FINITE)


@given(READINGS)
def test_a_reading_survives_json(reading: Assessment) -> None:
    assert from_json(Assessment, to_json(reading)) == reading


@given(TIMES)
def test_a_time_comes_back_as_the_same_moment_in_utc(moment: datetime) -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine, tables=[Base.metadata.tables["agreement"]])
    with Session(engine) as session:
        session.add(AgreementRow(id="a", name="A", parties=["UA"], stage="signed", stage_at=moment))
        session.commit()
        session.expunge_all()
        back = session.scalars(select(AgreementRow.stage_at)).one()
    engine.dispose()
    assert back == moment
    assert back is not None
    assert back.tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    dialect = create_engine("sqlite://").dialect
    with pytest.raises(ValueError, match="without a zone"):
        UtcDateTime().process_bind_param(datetime(2026, 5, 4), dialect)
