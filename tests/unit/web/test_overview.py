"""The overview does not call well what does not answer."""

from pathlib import Path

import pytest

from pipeline.web.pages.overview import DAGS, unwell
from schemas.feed_watch import FeedVerdict

DEAD, FAILING, HEALTHY, PAUSED = (
    FeedVerdict.DEAD,
    FeedVerdict.FAILING,
    FeedVerdict.HEALTHY,
    FeedVerdict.PAUSED,
)


@pytest.mark.parametrize(
    ("feeds", "told"),
    [
        ({FAILING: 49}, (49, 49)),
        ({FAILING: 1, DEAD: 1, HEALTHY: 2, PAUSED: 9}, (2, 4)),
        ({FAILING: 1, HEALTHY: 2}, None),
        ({PAUSED: 3}, None),
        ({}, None),
    ],
)
def test_feeds_that_do_not_answer_are_told_at_once(feeds, told):
    assert unwell(feeds) == told


def test_every_dag_is_linked():
    folder = Path(__file__).parents[3] / "dags"
    assert {dag for dag, _ in DAGS} == {path.stem for path in folder.glob("[!_]*.py")}
