"""scorecard: what the news has shown for and against each claim. Reads only."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipeline.ledger.sides import counted, story_side, trend_of
from pipeline.stages.context import Context
from pipeline.stages.storytelling import quoted
from pipeline.store import stories
from pipeline.store.assessments import ReadArticle
from schemas.assessment import Side, ThemeLabel
from schemas.rules import ThemeConfig
from schemas.scorecard import Scorecard, StorySide, ThemeQuote, ThemeScore, WeekCounts
from schemas.story import Story

MAJOR = 3
TREND = timedelta(days=30)
_SHOWN = {StorySide.FOR: 2, StorySide.AGAINST: 2, StorySide.MIXED: 1, StorySide.NEUTRAL: 1}
"""Quotes of each side: so that the newest of one side does not hide that there is another."""
_EVERY = 1_000_000
_LOT = 500
"""Stories whose articles are read at once."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A story with the side that it takes on one claim, and the articles that speak of it."""

    story: Story
    side: StorySide
    reads: tuple[tuple[ReadArticle, ThemeLabel], ...]


def scorecard(context: Context, *, since: datetime) -> Scorecard:
    """Count stories per theme and side from ``since`` to now, with trend and newest evidence."""
    until = context.now
    earliest = min(since - (until - since), until - 2 * TREND)
    with context.database.read() as session:
        found = stories.list_stories(since=earliest, until=until, limit=_EVERY, session=session)
        reads: dict[int, list[ReadArticle]] = {}
        ids = [story.id for story in found]
        for start in range(0, len(ids), _LOT):
            reads.update(stories.read_articles(ids[start : start + _LOT], session=session))
    names = {a.id: a.name for a in context.catalog.agreements}
    themes = tuple(
        _score(theme, _told(theme.id, found, reads), names, since, until)
        for theme in context.catalog.rules.themes
    )
    return Scorecard(since, until, themes)


def _told(
    theme: str, found: Sequence[Story], reads: Mapping[int, Sequence[ReadArticle]]
) -> list[_Told]:
    """The stories of a theme, the newest first."""
    told = []
    for story in sorted(found, key=lambda story: story.last_at, reverse=True):
        if theme not in story.themes:
            continue
        speaking = tuple(
            (read, label)
            for read in reads.get(story.id, ())
            for label in read.assessment.themes
            if label.id == theme
        )
        side = story_side((_side(label), read.article.tier) for read, label in speaking)
        told.append(_Told(story, side, speaking))
    return told


def _side(label: ThemeLabel) -> Side:
    return label.polarity.side if label.polarity else Side.NEUTRAL


def _score(
    theme: ThemeConfig,
    told: Sequence[_Told],
    names: Mapping[str, str],
    since: datetime,
    until: datetime,
) -> ThemeScore:
    within = [one for one in told if one.story.last_at >= since]
    start = since - (until - since)
    recent = counted(_sides(told, until - TREND, None))
    earlier = counted(_sides(told, until - 2 * TREND, until - TREND))
    carried = Counter(names[known] for t in within if (known := t.story.agreement or "") in names)
    return ThemeScore(
        id=theme.id,
        title=theme.title,
        claim=theme.claim,
        stories=len(within),
        before=sum(start <= one.story.last_at < since for one in told),
        major=sum(one.story.significance >= MAJOR for one in within),
        agreements=tuple(name for name, _ in carried.most_common(5)),
        newest=_quotes(within),
        sides=counted(one.side for one in within),
        recent=recent,
        earlier=earlier,
        trend=trend_of(recent, earlier),
        weeks=_weeks(within, since, until),
        silent=not within,
    )


def _sides(told: Iterable[_Told], since: datetime, until: datetime | None) -> Iterable[StorySide]:
    return (
        one.side
        for one in told
        if since <= one.story.last_at and (until is None or one.story.last_at < until)
    )


def _weeks(told: Sequence[_Told], since: datetime, until: datetime) -> tuple[WeekCounts, ...]:
    """All weeks of the span; what a feed dates later than now counts in the last one."""
    weeks: list[WeekCounts] = []
    week, last = _monday(since.date()), _monday(until.date())
    while week <= last:
        sides = (t.side for t in told if min(_monday(t.story.last_at.date()), last) == week)
        weeks.append(WeekCounts(week, counted(sides)))
        week += timedelta(days=7)
    return tuple(weeks)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _quotes(told: Sequence[_Told]) -> tuple[ThemeQuote, ...]:
    """One quote a story, the newest of each side."""
    left = dict(_SHOWN)
    quotes: list[ThemeQuote] = []
    for one in told:
        if left[one.side]:
            quote = _quote(one)
            if quote is not None:
                left[one.side] -= 1
                quotes.append(quote)
    return tuple(sorted(quotes, key=lambda quote: quote.at, reverse=True))


def _quote(told: _Told) -> ThemeQuote | None:
    """The sentence that takes the story's side, in the most credible of the newest articles."""
    ordered = sorted(
        told.reads,
        key=lambda pair: (
            _side(pair[1]).value != told.side.value,
            pair[0].article.tier,
            -pair[0].article.published_at.timestamp(),
        ),
    )
    for read, label in ordered:
        taken = label.polarity.evidence if label.polarity else ()
        for piece in (*taken, *label.evidence):
            article = read.article
            return ThemeQuote(
                article.published_at,
                quoted(read, piece),
                article.outlet,
                article.url,
                side=told.side,
                reason=label.polarity.reason if label.polarity else "",
                story=told.story.id,
                title=told.story.title,
            )
    return None
