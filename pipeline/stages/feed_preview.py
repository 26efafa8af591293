"""A look at a feed before it is added: how often news comes, and what of it would be relevant."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from pipeline.assess.assessor import Assessor
from pipeline.assess.normalise import LANGUAGES
from pipeline.feed_health import SAMPLE, rhythm
from schemas.assessment import Assessment, Document
from schemas.feed import ParsedFeed
from schemas.kept_feed import FeedPreview, PreviewItem

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def preview(url: str, parsed: ParsedFeed, assessor: Assessor, *, now: datetime) -> FeedPreview:
    """Read every item as the watch would and tell what came of it; nothing is stored.

    Dates in the future say nothing of how often news comes and are left out of that.
    """
    documents = [
        Document(str(n), entry.title, entry.summary, entry.language or parsed.language)
        for n, entry in enumerate(parsed.entries)
    ]
    readings = list(assessor.assess(documents))
    dates = [entry.published for entry in parsed.entries if entry.published is not None]
    told = rhythm(sorted((date for date in dates if date <= now), reverse=True)[:SAMPLE])
    items = [
        PreviewItem(
            title=entry.title or entry.summary[:120],
            link=entry.link,
            published=entry.published,
            relevant=reading.relevant,
            themes=tuple(theme.id for theme in reading.themes),
            stage=reading.stage.value,
            parties=reading.parties,
        )
        for entry, reading in zip(parsed.entries, readings, strict=True)
    ]
    items.sort(key=lambda item: item.published or _LONG_AGO, reverse=True)
    return FeedPreview(
        url=url,
        title=parsed.title,
        language=_language(parsed, readings),
        entries=len(items),
        relevant=sum(item.relevant for item in items),
        usual_gap_s=int(told.usual.total_seconds()) if told.usual else None,
        items=tuple(items),
        problems=parsed.problems,
    )


def _language(parsed: ParsedFeed, readings: Sequence[Assessment]) -> str:
    """What most items are in; feeds often leave their software's default tag, ``en-US``."""
    if parsed.language and parsed.language not in LANGUAGES:
        return parsed.language
    counted = Counter(reading.language for reading in readings).most_common(1)
    return counted[0][0] if counted else parsed.language or "en"
