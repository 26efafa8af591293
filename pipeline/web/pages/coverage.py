"""Coverage: what came to each gate, by day and by feed."""

from fastapi import APIRouter, Response

from pipeline.stages import pages_archive
from pipeline.web.desk import AtDesk
from pipeline.web.funnel_chart import GROUPS, count, funnel_bars
from pipeline.web.pages.stories import number
from pipeline.web.paging import read_key
from pipeline.web.texts import plain

router = APIRouter()

SPANS = (7, 14, 30)
"""Days that can be chosen."""


@router.get("/coverage", name="coverage")
def coverage(desk: AtDesk, days: str = "14", feed: str = "", after: str = "") -> Response:
    """The funnel of all feeds, or of one."""
    span = int(days) if days in map(str, SPANS) else 14
    found = pages_archive.show_coverage(
        desk.context,
        days=span,
        feed_id=number(feed, "feed") if feed else None,
        after=read_key(after, int, int, int),
    )
    return desk.render(
        "coverage.html.j2",
        title="Coverage" if found.feed_name is None else f"Coverage: {plain(found.feed_name)}",
        found=found,
        bars=funnel_bars(found.all),
        groups=GROUPS,
        count=count,
        span=span,
        spans=SPANS,
        feed=feed,
        after=after,
        plain=plain,
    )
