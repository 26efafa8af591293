"""scorecard: what the news has shown for and against each claim. Reads only."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from pipeline.ledger.sides import counted, story_side, trend_of
from pipeline.stages.context import Context
from pipeline.stages.storytelling import quoted
from pipeline.store import stories, theme_sides
from pipeline.store.assessments import ReadArticle
from pipeline.store.theme_sides import CountedStory
from schemas.assessment import Side, ThemeLabel
from schemas.rules import ThemeConfig
from schemas.scorecard import Scorecard, StorySide, ThemeQuote, ThemeScore, WeekCounts

MAJOR = 3
TREND = timedelta(days=30)
_SHOWN = {StorySide.FOR: 2, StorySide.AGAINST: 2, StorySide.MIXED: 1, StorySide.NEUTRAL: 1}
"""Quotes of each side: so that the newest of one side does not hide that there is another."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A story with the side that it takes on one claim."""

    story: CountedStory
    side: StorySide


@dataclass(frozen=True, slots=True)
class _Span:
    since: datetime
    until: datetime
    names: Mapping[str, str]
    """Agreements by id."""


class _Reader:
    """Reads the articles of the few stories that are quoted, most of them at once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._reads: dict[int, list[ReadArticle]] = {}

    def expect(self, ids: Iterable[int]) -> None:
        """Read the articles of these stories in one go."""
        wanted = sorted(set(ids) - self._reads.keys())
        found = stories.read_articles(wanted, session=self._session) if wanted else {}
        self._reads |= {story: found.get(story, []) for story in wanted}

    def of(self, story_id: int) -> list[ReadArticle]:
        """The articles of a story."""
        self.expect([story_id])
        return self._reads[story_id]


def scorecard(context: Context, *, since: datetime) -> Scorecard:
    """Count stories per theme and side from ``since`` to now, with trend and newest evidence."""
    until = context.now
    earliest = min(since - (until - since), until - 2 * TREND)
    span = _Span(since, until, {a.id: a.name for a in context.catalog.agreements})
    with context.database.read() as session:
        found = theme_sides.standing(since=earliest, until=until, session=session)
        sides = theme_sides.theme_sides(since=earliest, until=until, session=session)
        themes = context.catalog.rules.themes
        told = {theme.id: _told(theme.id, found, sides) for theme in themes}
        reader = _Reader(session)
        reader.expect(one.story.id for some in told.values() for one in _foremost(some, since))
        scored = tuple(_score(theme, told[theme.id], span, reader) for theme in themes)
    return Scorecard(since, until, scored)


def _told(
    theme: str,
    found: Sequence[CountedStory],
    sides: Mapping[tuple[int, str], Sequence[tuple[Side, int]]],
) -> list[_Told]:
    """The stories of a theme, the newest first."""
    return [
        _Told(story, story_side(sides.get((story.id, theme), ())))
        for story in found
        if theme in story.themes
    ]


def _foremost(told: Sequence[_Told], since: datetime) -> Iterator[_Told]:
    """Those that are quoted as a rule: the newest of each side."""
    left = dict(_SHOWN)
    for one in told:
        if one.story.last_at >= since and left[one.side]:
            left[one.side] -= 1
            yield one


def _side(label: ThemeLabel) -> Side:
    return label.polarity.side if label.polarity else Side.NEUTRAL


def _score(
    theme: ThemeConfig,
    told: Sequence[_Told],
    span: _Span,
    reader: _Reader,
) -> ThemeScore:
    since, until, names = span.since, span.until, span.names
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
        newest=_quotes(within, theme.id, reader),
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
    week, last = _monday(since.date()), _monday(until.date())
    sides: dict[date, list[StorySide]] = {}
    while week <= last:
        sides[week] = []
        week += timedelta(days=7)
    for one in told:
        sides[min(_monday(one.story.last_at.date()), last)].append(one.side)
    return tuple(WeekCounts(week, counted(taken)) for week, taken in sides.items())


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _quotes(told: Sequence[_Told], theme: str, reader: _Reader) -> tuple[ThemeQuote, ...]:
    """One quote a story, the newest of each side."""
    left = dict(_SHOWN)
    quotes: list[ThemeQuote] = []
    for one in told:
        if left[one.side]:
            quote = _quote(one, theme, reader.of(one.story.id))
            if quote is not None:
                left[one.side] -= 1
                quotes.append(quote)
    return tuple(sorted(quotes, key=lambda quote: quote.at, reverse=True))


def _quote(told: _Told, theme: str, reads: Sequence[ReadArticle]) -> ThemeQuote | None:
    """The sentence that takes the story's side, in the most credible of the newest articles."""
    speaking = [
        (read, label) for read in reads for label in read.assessment.themes if label.id == theme
    ]
    ordered = sorted(
        speaking,
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
