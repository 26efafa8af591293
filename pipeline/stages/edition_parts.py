"""What an edition is made of, gathered from rows: stories, moves, tables, the trend, the week."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from pipeline.notify.charts import STEP_DAYS
from pipeline.stages.context import Context
from pipeline.stages.scorecard import scorecard
from pipeline.stages.storytelling import leading
from pipeline.stages.telling import independent
from pipeline.store import agreements, assessments, stories
from schemas.agreement import Agreement, StageTransition
from schemas.config import AgreementConfig, DigestList
from schemas.digest import AgreementLine, DigestStory, StageMove, ThemeMove, Week
from schemas.scorecard import ThemeScore
from schemas.story import Story

TREND_DAYS = 14
OLD_NEWS = timedelta(hours=72)
"""An article that was published longer than this before the edition's span is archive, not news."""
WEEK = timedelta(days=7)
WEEK_TOP = 6


@dataclass(frozen=True, slots=True)
class Parts:
    """Gathers what a list's edition tells, within the caller's transaction."""

    context: Context
    reader: DigestList
    ruleset: str
    session: Session

    @property
    def zone(self) -> ZoneInfo:
        """The readers' time zone."""
        return ZoneInfo(self.reader.time_zone)

    @property
    def titles(self) -> dict[str, str]:
        """Theme id → title, of the themes that the list is about."""
        every = self.context.catalog.theme_titles
        wanted = self.reader.themes
        return {theme: title for theme, title in every.items() if not wanted or theme in wanted}

    def moves(self, since: datetime, until: datetime) -> tuple[StageMove, ...]:
        """Moves recorded in the span, those of long ago left out, the newest first."""
        found = [
            (name, moved)
            for name, moved in agreements.transitions_between(since, until, session=self.session)
            if moved.at >= since - OLD_NEWS and self._wanted(moved)
        ]
        return tuple(_move(name, moved) for name, moved in found)

    def steps(self, until: datetime) -> tuple[StageMove, ...]:
        """Moves that happened in the reader's fourteen days up to ``until``, the oldest first."""
        first = until.astimezone(self.zone).date() - timedelta(days=STEP_DAYS - 1)
        since = until - timedelta(days=STEP_DAYS + 1)
        moves = self.moves(since, until)
        return tuple(m for m in moves[::-1] if m.at.astimezone(self.zone).date() >= first)

    def told(self, since: datetime, until: datetime) -> list[DigestStory]:
        """Stories that gained a recent article in the span, the most significant first.

        How many outlets tell a story in words of their own is counted of those at the top.
        """
        found = stories.list_told(
            since=since, until=until, published_after=since - OLD_NEWS, session=self.session
        )
        return self.as_told(self._about(found))

    def as_told(self, found: Sequence[Story]) -> list[DigestStory]:
        """The stories with quote, links and corroboration."""
        reads = stories.read_articles([story.id for story in found], session=self.session)
        names = {a.id: a.name for a in self.context.catalog.agreements}
        told = []
        for place, story in enumerate(found):
            lead = leading(reads[story.id])
            links = {r.article.outlet: r.article.url for r in reversed(reads[story.id])}
            counted = place < self.context.catalog.digest.top
            told.append(
                DigestStory(
                    story=story,
                    agreement_name=names.get(story.agreement or ""),
                    quote=lead.quote if lead else "",
                    links=tuple(links.items())[::-1],
                    independent=independent(reads[story.id]) if counted else 0,
                )
            )
        return told

    def by_theme(
        self, told: Sequence[DigestStory]
    ) -> tuple[tuple[str, str, tuple[DigestStory, ...]], ...]:
        """(theme, title, its stories), in the order of the thesis."""
        return tuple(
            (theme, title, tuple(s for s in told if theme in s.story.themes))
            for theme, title in self.titles.items()
        )

    def trend(self, until: datetime) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Stories opened per theme and reader's day, over the fourteen days up to ``until``."""
        last = until.astimezone(self.zone).date()
        days = [last - timedelta(days=back) for back in range(TREND_DAYS - 1, -1, -1)]
        counted: Counter[tuple[str, date]] = Counter()
        for story in self._stories(until - timedelta(days=TREND_DAYS + 1), until):
            for theme in story.themes:
                counted[theme, story.opened_at.astimezone(self.zone).date()] += 1
        return tuple((theme, tuple(counted[theme, day] for day in days)) for theme in self.titles)

    def agreements(self, moves: Iterable[StageMove]) -> tuple[AgreementLine, ...]:
        """Every agreement as it stands now, and where it stood before it moved in the span."""
        before: dict[str, str] = {}
        for move in moves:  # the newest first: the oldest one's is where it stood
            before[move.agreement_name] = move.previous
        bare = {one.id: one for one in self.context.catalog.agreements if not one.checked}
        return tuple(
            AgreementLine(
                name=one.name,
                stage=one.stage.value,
                since=one.stage_at,
                previous=before.get(one.name, ""),
                checked=one.id not in bare or not _stands_as_written(one, bare[one.id]),
            )
            for one in agreements.list_agreements(session=self.session)
        )

    def week(self, until: datetime, told: Sequence[DigestStory], since: datetime) -> Week:
        """The seven days up to ``until``, beside what the edition (from ``since``) tells anyway."""
        begin = until - WEEK
        shown = {item.story.id for item in told}
        found = self._about(self._stories(begin, until))
        before = self._about(self._stories(begin - WEEK, begin))
        rest = [story for story in found if story.id not in shown][:WEEK_TOP]
        read, relevant = assessments.count_readings(
            ruleset=self.ruleset, since=begin, until=until, session=self.session
        )
        return Week(
            since=begin,
            moves=self.moves(begin, min(since, until)),
            stories=len(found),
            stories_before=len(before),
            top=tuple(self.as_told(rest)),
            read=read,
            relevant=relevant,
        )

    def _stories(self, since: datetime, until: datetime) -> list[Story]:
        return stories.list_stories(since=since, until=until, session=self.session)

    def _about(self, found: Iterable[Story]) -> list[Story]:
        wanted = set(self.reader.themes)
        return [story for story in found if not wanted or wanted & set(story.themes)]

    def _wanted(self, moved: StageTransition) -> bool:
        """A move is about the themes of the story that reports it."""
        if not self.reader.themes:
            return True
        story = stories.get_story(moved.story_id, session=self.session) if moved.story_id else None
        return story is not None and bool(self._about([story]))


def score(context: Context, reader: DigestList, until: datetime) -> tuple[ThemeMove, ...]:
    """Each theme's stories of the week up to ``until`` beside those of the week before."""
    card = scorecard(replace(context, now=until), since=until - WEEK)
    wanted = set(reader.themes)
    return tuple(_theme(one) for one in card.themes if not wanted or one.id in wanted)


def _stands_as_written(one: Agreement, known: AgreementConfig) -> bool:
    """Whether it stands where agreements.yaml has it, so that no news is behind the stage."""
    since = f"{one.stage_at:%Y-%m-%d}" if one.stage_at else None
    return (one.stage, since) == (known.stage, known.stage_date)


def _theme(one: ThemeScore) -> ThemeMove:
    """Stories of the theme, and those for and against its claim."""
    sides = one.sides
    return ThemeMove(one.id, one.title, one.stories, one.before, sides.supports, sides.contradicts)


def _move(name: str, moved: StageTransition) -> StageMove:
    return StageMove(
        name,
        moved.previous.value,
        moved.stage.value,
        moved.at,
        moved.quote,
        moved.article_url,
        moved.story_id,
    )
