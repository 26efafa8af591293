"""The sentences of the digest: its subject, what is wrong, how quiet it was, the watch's state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.notify.text import clean, trim
from pipeline.notify.words import counted
from schemas.config import DigestConfig
from schemas.digest import Digest, StageMove, WatchState, Week
from schemas.feedback import Feedback, Precision

SUBJECT: Final = 140
RULES: Final = 12
NAMED: Final = 4
"""Sick feeds that the sentence on feeds names; the list below it has more."""
MISSING: Final = "What is missing below may have happened all the same."

_RANK: Final = (
    "ratified", "signed", "terminated", "implementing", "stalled", "agreed", "negotiating",
    "proposed",
)  # fmt: skip


def subject(digest: Digest, config: DigestConfig) -> str:
    """Return a subject that says the news: a move, else the first story, else that it was quiet.

    A day on which the watch did not work says so first, whatever else it brought.
    """
    wrong = faults(digest)
    told = [wrong[0].short] if wrong else []
    if digest.week is not None:
        told.append(_week_in_short(digest.week, digest))
    news = "; ".join([*told, *_news(digest, broken=bool(wrong))])
    return f"{trim(news, SUBJECT)} — {clean(config.title)}, {digest.day:%-d %b}"


def _news(digest: Digest, *, broken: bool) -> list[str]:
    stories = len(story_ids(digest))
    moves = ordered_moves(digest.moves)
    if moves:
        told = f"{clean(moves[0].stage).capitalize()}: {trim(clean(moves[0].agreement_name), 70)}"
        more = [counted(len(moves) - 1, "more move")] if len(moves) > 1 else []
        return [told, *more, *([counted(stories, "story", "stories")] if stories else [])]
    if digest.top:
        more = [counted(stories - 1, "more story", "more stories")] if stories > 1 else []
        return [trim(clean(digest.top[0].story.title), 90), *more]
    if broken:
        return ["no developments seen"]
    read = counted(digest.watch.articles_assessed, "article")
    on = " on its themes" if digest.only else ""
    return [f"Quiet day: 0 developments{on} in {read} read"]


def _week_in_short(week: Week, digest: Digest) -> str:
    moves = counted(len(week.moves) + len(digest.moves), "move")
    return f"The week: {moves}, {counted(week.stories, 'story', 'stories')}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What did not work: in the subject's few words, and in a sentence."""

    short: str
    long: str


def faults(digest: Digest) -> list[Fault]:
    """Return why this edition proves nothing of what it does not say; empty where it does."""
    watch, zone = digest.watch, ZoneInfo(digest.time_zone)
    found = [fault for fault in (_polling(watch), _reading(watch)) if fault]
    if watch.polls and watch.gap is not None:
        begin, end = (at.astimezone(zone) for at in watch.gap)
        hours = round((watch.gap[1] - watch.gap[0]).total_seconds() / 3600)
        found.append(
            Fault(
                f"Watch interrupted: {hours} hours without an answer",
                f"The watch was interrupted: no feed answered from {begin:%-d %b %H:%M} to "
                f"{end:%-d %b %H:%M}. {MISSING}",
            )
        )
    if watch.outbox_late:
        late = counted(watch.outbox_late, "message")
        found.append(
            Fault(
                f"Watch stuck: {late} not sent",
                f"Messages do not leave: {late} should have been sent an hour ago and more. "
                "Alerts may not have reached their readers.",
            )
        )
    return found


def _polling(watch: WatchState) -> Fault | None:
    if watch.polls == 0:
        return Fault(
            "Watch broken: no feed was polled",
            f"The watch was broken: not one feed was polled. {MISSING}",
        )
    if watch.polls <= watch.polls_failed:
        return Fault(
            "Watch broken: no feed answered",
            f"The watch was broken: of {counted(watch.polls, 'poll')} not one succeeded. {MISSING}",
        )
    if watch.broken:
        of = f"{watch.feeds_healthy:,} of {watch.feeds:,} feeds"
        return Fault(
            f"Watch broken: {of} healthy",
            f"The watch was broken: only {of} are healthy. {MISSING}",
        )
    return None


def _reading(watch: WatchState) -> Fault | None:
    if watch.articles_new and not watch.articles_assessed:
        new = counted(watch.articles_new, "new article")
        return Fault(
            f"Watch broken: none of {new} read",
            f"The watch was broken: of {new} not one was read. {MISSING}",
        )
    if watch.articles_waiting > watch.articles_assessed:
        waiting = counted(watch.articles_waiting, "article is", "articles are")
        return Fault(
            f"Watch behind: {counted(watch.articles_waiting, 'article')} unread",
            f"The watch is behind: {waiting} not read yet. News may be among them.",
        )
    if watch.articles_unlinked and watch.articles_unlinked * 2 >= watch.articles_relevant:
        left = counted(watch.articles_unlinked, "relevant article is", "relevant articles are")
        return Fault(
            f"Watch behind: {counted(watch.articles_unlinked, 'relevant article')} in no story",
            f"The watch is behind: {left} in no story yet. News is among them.",
        )
    return None


def watch_lines(watch: WatchState) -> tuple[str, ...]:
    """Return the state of the watch, a sentence each."""
    told = [f"{watch.feeds_healthy:,} of {watch.feeds:,} feeds healthy"]
    for state in dict.fromkeys(feed.state for feed in watch.problems):
        names = [trim(clean(f.name), 60) for f in watch.problems if f.state == state]
        shown = ", ".join(names[:NAMED])
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        told.append(f"{len(names):,} {state.replace('_', ' ')}: {shown}{more}")
    told.append(
        f"{counted(watch.articles_assessed, 'article')} read, {watch.articles_relevant:,} relevant"
    )
    polls = f"{counted(watch.polls, 'poll')}, {watch.polls_failed:,} failed"
    new = counted(watch.articles_new, "new article")
    waiting, parked = watch.outbox_waiting, watch.outbox_parked
    sent = "Every message was sent."
    if waiting or parked:
        sent = f"{counted(waiting, 'message')} waiting to be sent, {parked:,} parked."
    return (
        f"{'; '.join(told)}.",
        f"{polls}; {new}, {watch.articles_waiting:,} waiting to be read.",
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


def rank(stage: str) -> int:
    """Where a stage stands among moves: the one that binds most first."""
    return _RANK.index(stage) if stage in _RANK else len(_RANK)


def ordered_moves(moves: Sequence[StageMove]) -> list[StageMove]:
    """Return the moves, those that bind first and the newest first among equals."""
    return sorted(moves, key=lambda move: (rank(move.stage), -move.at.timestamp()))


def story_ids(digest: Digest) -> set[int]:
    """Return the ids of the stories that the edition tells of."""
    told = {item.story.id for item in digest.top}
    return told | {item.story.id for _id, _title, stories in digest.by_theme for item in stories}


def figures(digest: Digest) -> tuple[tuple[str, str], ...]:
    """The head's four figures with their labels."""
    watch = digest.watch
    moves, stories = len(digest.moves), len(story_ids(digest))
    return (
        (f"{moves:,}", "stage move" if moves == 1 else "stage moves"),
        (f"{stories:,}", "story" if stories == 1 else "stories"),
        (f"{watch.articles_assessed:,}", "articles read"),
        (f"{watch.feeds_healthy:,}/{watch.feeds:,}", "feeds healthy"),
    )


def quiet(digest: Digest) -> str:
    """Said only where the watch worked: then nothing seen is nothing happened."""
    if digest.moves or story_ids(digest) or faults(digest):
        return ""
    watch = digest.watch
    read = counted(watch.articles_assessed, "article was", "articles were")
    on = " on the themes of this list" if digest.only else ""
    return (
        f"A quiet day: {watch.feeds_healthy:,} of {watch.feeds:,} feeds are healthy, {read} read, "
        f"and no development{on} was found in them."
    )


def preheader(digest: Digest) -> str:
    """The line that mail programs show after the subject."""
    wrong = faults(digest)
    said = wrong[0].long if wrong else quiet(digest)
    return said or "; ".join(trim(clean(item.story.title), 80) for item in digest.top[:3])
