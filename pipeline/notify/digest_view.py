"""What the digest says, in words ready for its templates: every text cleaned, every link safe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.notify.charts import trend_alt
from pipeline.notify.text import clean, safe_url, trim
from pipeline.notify.words import (
    counted,
    joined,
    significance_word,
    stage_word,
    state_name,
)
from schemas.config import DigestConfig
from schemas.digest import Digest, DigestStory, StageMove, WatchState
from schemas.feed import FeedHealth
from schemas.feedback import Feedback, Precision

TREND_CID: Final = "trend@mineralwatch"
TITLE: Final = 220
QUOTE: Final = 280
SUBJECT: Final = 140
OUTLETS: Final = 5
PROBLEMS: Final = 12
RULES: Final = 12

_RANK: Final = (
    "ratified", "signed", "terminated", "implementing", "stalled", "agreed", "negotiating",
    "proposed",
)  # fmt: skip
_PILLS: Final = {"stalled": "warn", "terminated": "warn", "signed": "good", "ratified": "good"}


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
class View:
    """The whole edition."""

    title: str
    preheader: str
    day: str
    window: str
    warning: str
    quiet: str
    figures: tuple[tuple[str, str], ...]
    moves: tuple[MoveView, ...]
    no_moves: str
    no_stories: str
    top: tuple[StoryView, ...]
    top_more: int
    themes: tuple[ThemeView, ...]
    trend_cid: str | None
    trend_alt: str
    trend_rows: tuple[tuple[str, str], ...]
    feedback: tuple[str, ...]
    """Sentences; none where no reader said anything."""
    watch: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    problems_more: int


def build_view(
    digest: Digest,
    config: DigestConfig,
    titles: Mapping[str, str],
    *,
    top: int,
    per_theme: int,
) -> View:
    """Return the edition in words, with at most ``top`` stories and ``per_theme`` in a theme."""
    zone = ZoneInfo(digest.time_zone)
    shown = digest.top[:top]
    watch = digest.watch
    themes = tuple(
        _theme(titles.get(theme, title), stories, per_theme)
        for theme, title, stories in digest.by_theme
        if stories
    )
    return View(
        title=clean(config.title),
        preheader=_preheader(digest),
        day=f"{digest.day:%A, %-d %B %Y}",
        window=_window(digest, zone),
        warning=warning(watch),
        quiet=_quiet(digest),
        figures=_figures(digest),
        moves=tuple(_move(move, zone) for move in ordered_moves(digest.moves)),
        no_moves="No move was seen." if warning(watch) else "No agreement moved.",
        no_stories="No developments were seen." if warning(watch) else "No developments.",
        top=tuple(_story(story) for story in shown),
        top_more=len(digest.top) - len(shown),
        themes=themes,
        trend_cid=TREND_CID if digest.trend else None,
        trend_alt=trend_alt(digest.trend, titles, digest.day) if digest.trend else "",
        trend_rows=_trend_rows(digest, titles),
        feedback=feedback_lines(digest.feedback) if digest.feedback else (),
        watch=watch_lines(watch),
        problems=tuple(_problem(feed, zone) for feed in watch.problems[:PROBLEMS]),
        problems_more=max(0, len(watch.problems) - PROBLEMS),
    )


def _trend_rows(digest: Digest, titles: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (clean(titles.get(theme, theme)), " ".join(f"{count:>2}" for count in counts))
        for theme, counts in digest.trend
    )


def subject(digest: Digest, config: DigestConfig) -> str:
    """Return a subject that says the news: a move, else the first story, else that it was quiet.

    A day on which the watch did not work says so first, whatever else it brought.
    """
    stories = len(story_ids(digest))
    moves = ordered_moves(digest.moves)
    if moves:
        told = f"{clean(moves[0].stage).capitalize()}: {trim(clean(moves[0].agreement_name), 70)}"
        rest = [counted(len(moves) - 1, "more move")] if len(moves) > 1 else []
        rest += [counted(stories, "story", "stories")] if stories else []
    elif digest.top:
        told = trim(clean(digest.top[0].story.title), 90)
        rest = [counted(stories - 1, "more story", "more stories")] if stories > 1 else []
    elif warning(digest.watch):
        told, rest = "no developments seen", []
    else:
        read = counted(digest.watch.articles_assessed, "article")
        told, rest = f"Quiet day: 0 developments in {read} read", []
    news = "; ".join([told, *rest])
    if warning(digest.watch):
        news = f"{_fault(digest.watch)}; {news}"
    return f"{trim(news, SUBJECT)} — {clean(config.title)}, {digest.day:%-d %b}"


def warning(watch: WatchState) -> str:
    """Return why this edition proves nothing of what it does not say, or nothing where it does."""
    if watch.polls == 0:
        return (
            "The watch was broken: not one feed was polled. What is missing below may have "
            "happened all the same."
        )
    if watch.broken:
        return (
            f"The watch was broken: only {watch.feeds_healthy:,} of {watch.feeds:,} feeds are "
            "healthy. What is missing below may have happened all the same."
        )
    if watch.articles_waiting > watch.articles_assessed:
        waiting = counted(watch.articles_waiting, "article is", "articles are")
        return f"The watch is behind: {waiting} not read yet. News may be among them."
    return ""


def watch_lines(watch: WatchState) -> tuple[str, ...]:
    """Return the state of the watch, a sentence each."""
    feeds = f"{watch.feeds_healthy:,} of {watch.feeds:,} feeds healthy"
    polls = f"{counted(watch.polls, 'poll')}, {watch.polls_failed:,} failed"
    new = counted(watch.articles_new, "new article")
    read = f"{watch.articles_assessed:,} read, {watch.articles_relevant:,} relevant"
    waiting, parked = watch.outbox_waiting, watch.outbox_parked
    sent = "Every message was sent."
    if waiting or parked:
        sent = f"{counted(waiting, 'message')} waiting to be sent, {parked:,} parked."
    return (
        f"{feeds}; {polls}.",
        f"{new}; {read}, {watch.articles_waiting:,} waiting to be read.",
        sent,
    )


def feedback_lines(feedback: Feedback) -> tuple[str, ...]:
    """Return what readers said of the alerts, a sentence each."""
    told, days = feedback.all, counted(feedback.days, "day")
    alerts = f"{told.right:,} of {counted(told.judged, 'alert')}"
    percent = round(100 * (told.share or 0))
    lines = [f"Readers called {alerts} right ({percent} %) in the last {days}."]
    for by, parts in (("rule", feedback.by_route), ("theme", feedback.by_theme)):
        judged = [(title, part) for _id, title, part in parts if part.judged]
        if judged:
            shown = "; ".join(_precise(title, part) for title, part in judged[:RULES])
            more = f"; and {len(judged) - RULES} more" if len(judged) > RULES else ""
            lines.append(f"By {by}: {shown}{more}.")
    return tuple(lines)


def _precise(title: str, part: Precision) -> str:
    return f"{trim(clean(title), 60)} {part.right:,} of {part.judged:,}"


def ordered_moves(moves: Sequence[StageMove]) -> list[StageMove]:
    """Return the moves, those that bind first and the newest first among equals."""
    rank = {stage: place for place, stage in enumerate(_RANK)}
    return sorted(moves, key=lambda move: (rank.get(move.stage, len(rank)), -move.at.timestamp()))


def story_ids(digest: Digest) -> set[int]:
    """Return the ids of the stories that the edition tells of."""
    told = {item.story.id for item in digest.top}
    return told | {item.story.id for _id, _title, stories in digest.by_theme for item in stories}


def _fault(watch: WatchState) -> str:
    if watch.polls == 0:
        return "Watch broken: no feed was polled"
    if watch.broken:
        return f"Watch broken: {watch.feeds_healthy:,} of {watch.feeds:,} feeds healthy"
    return f"Watch behind: {counted(watch.articles_waiting, 'article')} unread"


def _figures(digest: Digest) -> tuple[tuple[str, str], ...]:
    """The head's four figures with their labels."""
    watch = digest.watch
    moves, stories = len(digest.moves), len(story_ids(digest))
    return (
        (f"{moves:,}", "stage move" if moves == 1 else "stage moves"),
        (f"{stories:,}", "story" if stories == 1 else "stories"),
        (f"{watch.articles_assessed:,}", "articles read"),
        (f"{watch.feeds_healthy:,}/{watch.feeds:,}", "feeds healthy"),
    )


def _quiet(digest: Digest) -> str:
    """Said only where the watch worked: then nothing seen is nothing happened."""
    if digest.moves or story_ids(digest) or warning(digest.watch):
        return ""
    watch = digest.watch
    read = counted(watch.articles_assessed, "article was", "articles were")
    return (
        f"A quiet day: {watch.feeds_healthy:,} of {watch.feeds:,} feeds are healthy, {read} read, "
        "and no development was found in them."
    )


def _preheader(digest: Digest) -> str:
    """The line that mail programs show after the subject."""
    said = warning(digest.watch) or _quiet(digest)
    return said or "; ".join(trim(clean(item.story.title), 80) for item in digest.top[:3])


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
    places = joined(tuple(clean(state_name(code)) for code in story.parties))
    minerals = ", ".join(clean(name) for name in story.minerals)
    return StoryView(
        title=trim(clean(story.title), TITLE) or "(no title)",
        url=next((url for _outlet, url in links if url), None),
        quote=trim(clean(item.quote), QUOTE),
        agreement=trim(clean(item.agreement_name or ""), TITLE),
        stage=clean(stage_word(story.stage)),
        pill=_PILLS.get(story.stage, "step"),
        significance=significance_word(story.significance),
        places=trim(" · ".join(part for part in (places, minerals) if part), TITLE),
        corroboration=counted(outlets, "outlet"),
        links=links[:OUTLETS],
        links_more=max(0, outlets - len(links[:OUTLETS])),
    )


def _move(move: StageMove, zone: ZoneInfo) -> MoveView:
    return MoveView(
        agreement=trim(clean(move.agreement_name), TITLE),
        previous=clean(stage_word(move.previous)),
        stage=clean(move.stage),
        pill=_PILLS.get(move.stage, "step"),
        at=f"{move.at.astimezone(zone):%-d %b, %H:%M}",
        quote=trim(clean(move.quote), QUOTE),
        url=safe_url(move.url),
    )


def _problem(feed: FeedHealth, zone: ZoneInfo) -> tuple[str, str]:
    told = f"{feed.state.replace('_', ' ')}: {trim(clean(feed.reason), 160)}"
    return trim(clean(feed.name), 80), f"{told}; {_last_answer(feed.last_success_at, zone)}"


def _last_answer(at: datetime | None, zone: ZoneInfo) -> str:
    return f"last answered {at.astimezone(zone):%-d %b, %H:%M}" if at else "never answered"
