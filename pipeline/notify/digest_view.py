"""What the digest says, in words ready for its templates: every text cleaned, every link safe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.notify.charts import steps_alt, trend_alt
from pipeline.notify.digest_tables import (
    PILLS,
    AgreementView,
    ScoreView,
    agreement_rows,
    score_rows,
)
from pipeline.notify.digest_words import (
    faults,
    feedback_lines,
    figures,
    ordered_moves,
    preheader,
    quiet,
    watch_lines,
)
from pipeline.notify.text import clean, safe_url, trim
from pipeline.notify.words import (
    counted,
    joined,
    significance_word,
    stage_word,
    state_name,
)
from schemas.config import DigestConfig
from schemas.digest import Digest, DigestStory, StageMove, Week
from schemas.feed import FeedHealth

TREND_CID: Final = "trend@mineralwatch"
STEPS_CID: Final = "steps@mineralwatch"
TITLE: Final = 220
QUOTE: Final = 280
OUTLETS: Final = 5
PROBLEMS: Final = 12
MOVES: Final = 30
"""Moves in the HTML."""
AGREEMENTS: Final = 40
"""Rows of the agreements' table in the HTML; the text has all."""


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story as it is shown."""

    title: str
    url: str | None
    quote: str
    agreement: str
    stage: str
    pill: str
    significance: str
    places: str
    corroboration: str
    links: tuple[tuple[str, str | None], ...]
    links_more: int
    """Outlets that reported it and are not among ``links``."""


@dataclass(frozen=True, slots=True)
class MoveView:
    """An agreement's move as it is shown."""

    agreement: str
    previous: str
    stage: str
    pill: str
    at: str
    quote: str
    url: str | None


@dataclass(frozen=True, slots=True)
class ThemeView:
    """A theme with its stories; ``more`` are those not shown."""

    title: str
    stories: tuple[StoryView, ...]
    count: str
    more: int


@dataclass(frozen=True, slots=True)
class WeekView:
    """What a weekly edition adds."""

    span: str
    lines: tuple[str, ...]
    moves: tuple[MoveView, ...]
    moves_more: int
    top: tuple[StoryView, ...]


@dataclass(frozen=True, slots=True)
class TablesView:
    """The agreements with the picture of their moves, and the scorecard."""

    agreements: tuple[AgreementView, ...]
    agreements_more: int
    score: tuple[ScoreView, ...]
    polarity: bool
    """Whether the scorecard knows for and against."""
    steps_cid: str | None
    steps_alt: str


@dataclass(frozen=True, slots=True)
class View:
    """The whole edition."""

    title: str
    preheader: str
    day: str
    window: str
    list_name: str
    only: str
    """The themes that the list is about; empty where it is about all."""
    warnings: tuple[str, ...]
    quiet: str
    figures: tuple[tuple[str, str], ...]
    moves: tuple[MoveView, ...]
    moves_more: int
    no_moves: str
    no_stories: str
    top: tuple[StoryView, ...]
    top_more: int
    in_text: bool
    """Whether what is left out stands in the text part."""
    week: WeekView | None
    tables: TablesView
    themes: tuple[ThemeView, ...]
    trend_cid: str | None
    trend_alt: str
    trend_rows: tuple[tuple[str, str], ...]
    feedback: tuple[str, ...]
    """Sentences; none where no reader said anything."""
    watch: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    problems_more: int


@dataclass(frozen=True, slots=True)
class Shown:
    """How much of an edition is shown: whole items of each kind."""

    top: int
    per_theme: int
    agreements: int | None = AGREEMENTS
    """None: all."""
    moves: int | None = MOVES
    in_text: bool = False


def build_view(
    digest: Digest, config: DigestConfig, titles: Mapping[str, str], shown: Shown
) -> View:
    """Return the edition in words, with no more of each kind than ``shown`` allows."""
    zone = ZoneInfo(digest.time_zone)
    wrong = tuple(fault.long for fault in faults(digest))
    top = digest.top[: shown.top]
    moves = tuple(_move(move, zone) for move in ordered_moves(digest.moves))
    themes = tuple(
        _theme(titles.get(theme, title), stories, shown.per_theme)
        for theme, title, stories in digest.by_theme
        if stories
    )
    return View(
        title=clean(config.title),
        preheader=preheader(digest),
        day=f"{digest.day:%A, %-d %B %Y}",
        window=_window(digest, zone),
        list_name=digest.list_name,
        only=", ".join(clean(title) for title in digest.only),
        warnings=wrong,
        quiet=quiet(digest),
        figures=figures(digest),
        moves=moves[: shown.moves],
        moves_more=len(moves) - len(moves[: shown.moves]),
        no_moves="No move was seen." if wrong else "No agreement moved.",
        no_stories="No developments were seen." if wrong else "No developments.",
        top=tuple(_story(story) for story in top),
        top_more=len(digest.top) - len(top),
        in_text=shown.in_text,
        week=_week(digest.week, zone, shown) if digest.week else None,
        tables=_tables(digest, zone, titles, shown),
        themes=themes,
        trend_cid=TREND_CID if digest.trend else None,
        trend_alt=trend_alt(digest.trend, titles, digest.day) if digest.trend else "",
        trend_rows=_trend_rows(digest, titles),
        feedback=feedback_lines(digest.feedback) if digest.feedback else (),
        watch=watch_lines(digest.watch),
        problems=tuple(_problem(feed, zone) for feed in digest.watch.problems[:PROBLEMS]),
        problems_more=max(0, len(digest.watch.problems) - PROBLEMS),
    )


def _tables(digest: Digest, zone: ZoneInfo, titles: Mapping[str, str], shown: Shown) -> TablesView:
    rows = agreement_rows(digest.agreements, zone)
    score = score_rows(digest.score, titles)
    return TablesView(
        agreements=rows[: shown.agreements],
        agreements_more=len(rows) - len(rows[: shown.agreements]),
        score=score,
        polarity=any(row.support for row in score),
        steps_cid=STEPS_CID if digest.steps else None,
        steps_alt=steps_alt(digest.steps, digest.day, zone) if digest.steps else "",
    )


def _week(week: Week, zone: ZoneInfo, shown: Shown) -> WeekView:
    """The week in two sentences, its earlier moves, and what else it brought."""
    moves = tuple(_move(move, zone) for move in ordered_moves(week.moves))
    before = counted(week.stories_before, "story", "stories")
    stories = counted(week.stories, "story", "stories")
    return WeekView(
        span=f"Since {week.since.astimezone(zone):%A, %-d %B}",
        lines=(
            f"{stories} in seven days; {before} in the seven before.",
            f"{counted(week.read, 'article')} read, {week.relevant:,} relevant.",
        ),
        moves=moves[: shown.moves],
        moves_more=len(moves) - len(moves[: shown.moves]),
        top=tuple(_story(story) for story in week.top[: max(1, shown.per_theme * 2)]),
    )


def _trend_rows(digest: Digest, titles: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (clean(titles.get(theme, theme)), " ".join(f"{count:>2}" for count in counts))
        for theme, counts in digest.trend
    )


def _window(digest: Digest, zone: ZoneInfo) -> str:
    since, until = digest.since.astimezone(zone), digest.until.astimezone(zone)
    return f"{since:%-d %b %H:%M} to {until:%-d %b %H:%M}, {digest.time_zone}"


def _theme(title: str, stories: Sequence[DigestStory], per_theme: int) -> ThemeView:
    shown = stories[:per_theme]
    return ThemeView(
        title=clean(title),
        stories=tuple(_story(story) for story in shown),
        count=counted(len(stories), "story", "stories"),
        more=len(stories) - len(shown),
    )


def _story(item: DigestStory) -> StoryView:
    story = item.story
    links = tuple((trim(clean(outlet), 60), safe_url(url)) for outlet, url in item.links)
    outlets = len(set(story.outlets) | {outlet for outlet, _url in item.links})
    corroboration = counted(outlets, "outlet")
    if 1 <= item.independent < outlets:
        corroboration += f", {item.independent:,} independent"
    places = joined(tuple(clean(state_name(code)) for code in story.parties))
    minerals = ", ".join(clean(name) for name in story.minerals)
    return StoryView(
        title=trim(clean(story.title), TITLE) or "(no title)",
        url=next((url for _outlet, url in links if url), None),
        quote=trim(clean(item.quote), QUOTE),
        agreement=trim(clean(item.agreement_name or ""), TITLE),
        stage=clean(stage_word(story.stage)),
        pill=PILLS.get(story.stage, "step"),
        significance=significance_word(story.significance),
        places=trim(" · ".join(part for part in (places, minerals) if part), TITLE),
        corroboration=corroboration,
        links=links[:OUTLETS],
        links_more=max(0, outlets - len(links[:OUTLETS])),
    )


def _move(move: StageMove, zone: ZoneInfo) -> MoveView:
    return MoveView(
        agreement=trim(clean(move.agreement_name), TITLE),
        previous=clean(stage_word(move.previous)),
        stage=clean(move.stage),
        pill=PILLS.get(move.stage, "step"),
        at=f"{move.at.astimezone(zone):%-d %b, %H:%M}",
        quote=trim(clean(move.quote), QUOTE),
        url=safe_url(move.url),
    )


def _problem(feed: FeedHealth, zone: ZoneInfo) -> tuple[str, str]:
    told = f"{feed.state.replace('_', ' ')}: {trim(clean(feed.reason), 160)}"
    return trim(clean(feed.name), 80), f"{told}; {_last_answer(feed.last_success_at, zone)}"


def _last_answer(at: datetime | None, zone: ZoneInfo) -> str:
    return f"last answered {at.astimezone(zone):%-d %b, %H:%M}" if at else "never answered"
