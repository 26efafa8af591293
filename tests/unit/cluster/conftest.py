"""Documents for the tests of stories."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.assessment import Stage
from schemas.story import ClusterDocument

DAY = datetime(2025, 4, 30, 9, tzinfo=UTC)


@pytest.fixture
def told():
    """Makes a document: ``told(title, summary, days=…, **fields)``."""

    def make(title, summary="", *, days=0.0, id="d", language="en", **fields):  # noqa: A002
        base = ClusterDocument(
            id=id,
            title=title,
            summary=summary,
            published_at=DAY + timedelta(days=days),
            language=language,
        )
        if "stage" in fields:
            fields["stage"] = Stage(fields["stage"])
        return replace(base, **fields)

    return make
