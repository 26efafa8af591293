"""Feeds: health, silence, next poll, errors; pause, resume, retry, poll now."""

from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Response

from pipeline.errors import ConfigError
from pipeline.stages import pages_feeds
from pipeline.web.desk import Acting, AtDesk
from pipeline.web.pages.overview import TONES
from pipeline.web.paging import read_key
from schemas.feed_watch import FeedVerdict

router = APIRouter()

SPANS: Final = {"1": "for a day", "7": "for a week", "30": "for 30 days", "": "until resumed"}
"""Days of a pause, as the form sends them, in words."""
_POLL = "poll_feeds"


@router.get("/feeds", name="feeds")
def feeds(desk: AtDesk, q: str = "", state: str = "", after: str = "") -> Response:
    """The feeds by name."""
    wanted = FeedVerdict(state) if state in set(FeedVerdict) else None
    text = q.strip()[:200]
    page = pages_feeds.list_feeds(
        desk.context, text=text, state=wanted, after=read_key(after, str, int)
    )
    return desk.render(
        "feeds.html.j2",
        title="Feeds",
        page=page,
        counts=pages_feeds.count_feeds(desk.context),
        q=text,
        state=wanted.value if wanted else "",
        after=after,
        tones=TONES,
    )


@router.get("/feeds/{feed_id}", name="feed")
def feed(desk: AtDesk, feed_id: int) -> Response:
    """One feed, its last polls, and what can be done about it."""
    found = pages_feeds.show_feed(desk.context, feed_id)
    return desk.render(
        "feed.html.j2", title=found.line.health.name, found=found, spans=SPANS, tones=TONES
    )


@router.post("/feeds/{feed_id}/pause", name="pause_feed")
def pause(desk: Acting, feed_id: int) -> Response:
    """Stop polling a feed for a time."""
    days = desk.form.get("days", "")
    if days not in SPANS:
        raise ConfigError(f"{days!r} is no span", mend=f"one of {', '.join(SPANS.values())}")
    entry = pages_feeds.pause(
        desk.context,
        feed_id,
        who=desk.visitor.name,
        until=desk.now + timedelta(days=int(days)) if days else None,
        reason=desk.form.get("reason", ""),
    )
    return desk.back("feed", entry, feed_id=feed_id)


@router.post("/feeds/{feed_id}/resume", name="resume_feed")
def resume(desk: Acting, feed_id: int) -> Response:
    """End a feed's pause."""
    entry = pages_feeds.resume(desk.context, feed_id, who=desk.visitor.name)
    return desk.back("feed", entry, feed_id=feed_id)


@router.post("/feeds/{feed_id}/retry", name="retry_feed")
def retry(desk: Acting, feed_id: int) -> Response:
    """Make a feed due, its back-off forgotten, and have what is due polled."""
    entry = pages_feeds.retry(desk.context, feed_id, who=desk.visitor.name)
    return desk.back("feed", entry, run=_POLL, feed_id=feed_id)


@router.post("/feeds/{feed_id}/poll", name="poll_feed")
def poll(desk: Acting, feed_id: int) -> Response:
    """Make a feed due and have what is due polled."""
    entry = pages_feeds.poll_now(desk.context, feed_id, who=desk.visitor.name)
    return desk.back("feed", entry, run=_POLL, feed_id=feed_id)
