"""Overview: what came in, what went out, what waits, what fails."""

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Response

from pipeline.notify.watch_news import advice
from pipeline.stages import pages_overview
from pipeline.web.desk import AtDesk
from schemas.coverage import Gate
from schemas.feed_watch import FeedVerdict

router = APIRouter()

DAGS: Final = (
    ("poll_feeds", "polls what is due"),
    ("assess_articles", "reads new articles, works them into stories"),
    ("send_alerts", "sends what waits"),
    ("watch", "tells operators what fails"),
    ("daily_digest", "makes the editions of the digest"),
    ("read_feedback", "reads reactions in Slack"),
    ("upkeep", "forgets what is old, looks after feeds"),
    ("reassess", "by hand: reads articles anew"),
    ("import_archive", "by hand: brings in an archive"),
    ("test_alert", "by hand: sends a test, not news"),
)
NOT_ASKED: Final = (FeedVerdict.DISABLED, FeedVerdict.PAUSED)
TONES: Final = {
    FeedVerdict.DEAD: "bad",
    FeedVerdict.FAILING: "bad",
    FeedVerdict.SILENT: "warn",
    FeedVerdict.HEALTHY: "good",
}


@router.get("/", name="overview")
def overview(desk: AtDesk) -> Response:
    """The watch as it stands."""
    found = pages_overview.overview(desk.context, desk.app.ruleset, desk.app.fault)
    return desk.render(
        "overview.html.j2",
        title="Overview",
        found=found,
        advice=advice,
        dags=DAGS,
        Gate=Gate,
        tones=TONES,
        unwell=unwell(found.feeds),
    )


def unwell(feeds: Mapping[FeedVerdict, int]) -> tuple[int, int] | None:
    """How many feeds do not answer, of how many that are asked; None where most do.

    A notice waits until it is sure, an hour: meanwhile "nothing fails" would be half of the truth.
    """
    silent = feeds.get(FeedVerdict.FAILING, 0) + feeds.get(FeedVerdict.DEAD, 0)
    asked = sum(feeds.values()) - sum(feeds.get(verdict, 0) for verdict in NOT_ASKED)
    return (silent, asked) if silent and silent * 2 >= asked else None
