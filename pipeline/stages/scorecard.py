"""scorecard: what the news has shown of each theme. Reads only."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from pipeline.stages.context import Context
from pipeline.stages.storytelling import quoted
from pipeline.store import stories
from pipeline.store.assessments import ReadArticle
from schemas.scorecard import Scorecard, ThemeQuote, ThemeScore
from schemas.story import Story

QUOTES = 3
MAJOR = 3


def scorecard(context: Context, *, since: datetime) -> Scorecard:
    """Count stories per theme from ``since`` to now, beside as long a span before it."""
    until = context.now
    with context.database.read() as session:
        now_told = stories.list_stories(since=since, until=until, session=session)
        before = stories.list_stories(since=since - (until - since), until=since, session=session)
        newest = sorted(now_told, key=lambda story: story.last_at, reverse=True)
        shown = _shown(newest, tuple(context.catalog.theme_titles))
        reads = stories.read_articles(
            {s.id for told in shown.values() for s in told}, session=session
        )
    names = {a.id: a.name for a in context.catalog.agreements}
    themes = []
    for theme in context.catalog.rules.themes:
        told = [story for story in now_told if theme.id in story.themes]
        carried = Counter(names[s.agreement] for s in told if s.agreement in names)
        themes.append(
            ThemeScore(
                id=theme.id,
                title=theme.title,
                claim=theme.claim,
                stories=len(told),
                before=sum(theme.id in story.themes for story in before),
                major=sum(story.significance >= MAJOR for story in told),
                agreements=tuple(name for name, _ in carried.most_common(5)),
                newest=_quotes(theme.id, [reads[s.id] for s in shown[theme.id]]),
            )
        )
    return Scorecard(since, until, tuple(themes))


def _shown(newest: Sequence[Story], themes: Sequence[str]) -> dict[str, list[Story]]:
    """The newest stories of each theme, as many as are quoted."""
    return {theme: [s for s in newest if theme in s.themes][:QUOTES] for theme in themes}


def _quotes(theme: str, stories_read: Sequence[Sequence[ReadArticle]]) -> tuple[ThemeQuote, ...]:
    """One quote a story: the sentence in which the theme was found."""
    quotes = []
    for reads in stories_read:
        for read in reads:
            label = next((t for t in read.assessment.themes if t.id == theme), None)
            if label is None or not label.evidence:
                continue
            found = label.evidence[0]
            quotes.append(
                ThemeQuote(
                    read.article.published_at,
                    quoted(read, found),
                    read.article.outlet,
                    read.article.url,
                )
            )
            break
    return tuple(quotes)
