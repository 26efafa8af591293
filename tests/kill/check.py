"""What must hold when all is quiet again, whatever was killed when."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from pipeline.demo.slack_workspace import SlackMessage
from schemas.tables import (
    AlertRow,
    ArticleRow,
    AssessmentRow,
    CarriedRow,
    OutboxRow,
    StageTransitionRow,
    StoryArticleRow,
    StoryRow,
)
from tests.kill.world import ASIA, World, key_of


def violations(world: World) -> list[str]:
    """All that is wrong, in words; empty where nothing is."""
    with world.database.read() as session:
        return [
            *_articles(world, session),
            *_stories(session),
            *_messages(world, session),
            *_places(world, session),
            *_timelines(session),
            *_file(session),
        ]


def _articles(world: World, session: Session) -> Iterator[str]:
    stored = Counter(session.scalars(select(ArticleRow.url)))
    for url in world.items.keys() - stored.keys():
        yield f"lost: {url}"
    for url, count in stored.items():
        if url not in world.items:
            yield f"an article that no feed had: {url}"
        elif count > 1:
            yield f"stored {count} times: {url}"
    query = select(ArticleRow.url, ArticleRow.text_state).where(ArticleRow.text_state == "waiting")
    for url, _ in session.execute(query):
        yield f"still waits for its page: {url}"


def _stories(session: Session) -> Iterator[str]:
    query = (
        select(ArticleRow.url, AssessmentRow, StoryArticleRow.story_id)
        .outerjoin(AssessmentRow, AssessmentRow.article_id == ArticleRow.id)
        .outerjoin(StoryArticleRow, StoryArticleRow.article_id == ArticleRow.id)
    )
    seen: Counter[str | None] = Counter()
    for url, reading, story in session.execute(query):
        seen[url] += 1
        if reading is None:
            yield f"never read: {url}"
        elif reading.relevant and story is None:
            yield f"relevant, and in no story: {url}"
        elif reading.relevant and reading.linked_at is None:
            yield f"in a story, and not marked as linked: {url}"
        elif not reading.relevant and story is not None:
            yield f"not relevant, and in a story: {url}"
    for url, count in seen.items():
        if count > 1:
            yield f"{count} readings or stories: {url}"
    with_articles = select(StoryArticleRow.story_id)
    for story in session.scalars(select(StoryRow.id).where(StoryRow.id.not_in(with_articles))):
        yield f"story {story} has no article"


def _messages(world: World, session: Session) -> Iterator[str]:
    """The outbox and the workspace say the same, message by message."""
    posted: dict[str, SlackMessage] = {}
    for message in world.slack.messages:
        key = key_of(message.metadata) or "none"
        if key in posted:
            yield f"in Slack twice: {key}"
        posted[key] = message
    rows = {row.key: row for row in session.scalars(select(OutboxRow))}
    for key in posted.keys() - rows.keys():
        yield f"in Slack, and not in the outbox: {key}"
    for row in rows.values():
        if row.state != "sent" or row.uncertain:
            yield f"stuck: {row.key} is {row.state}, uncertain {row.uncertain}: {row.last_error}"
        elif row.channel == "slack" and row.action == "post":
            yield from _message(row, rows, posted)


def _message(
    row: OutboxRow, rows: dict[str, OutboxRow], posted: dict[str, SlackMessage]
) -> Iterator[str]:
    message = posted.get(row.key)
    if message is None:
        yield f"sent by the outbox, and not in Slack: {row.key}"
        return
    if message.ts != row.external_id:
        yield f"{row.key} is {message.ts} in Slack and {row.external_id} in the outbox"
    if message.channel.name != row.address.removeprefix("#"):
        yield f"{row.key} is in {message.channel.name}"
    root = rows[row.thread_key].external_id if row.thread_key else None
    if message.thread_ts != root:
        yield f"{row.key} is in the thread {message.thread_ts}, not {root}"


def _places(world: World, session: Session) -> Iterator[str]:
    """Every story that a route takes has one first message in each of its places, no other has."""
    roots: Counter[tuple[int, str]] = Counter()
    query = (
        select(AlertRow.story_id, OutboxRow.address)
        .join(CarriedRow, CarriedRow.alert_id == AlertRow.id)
        .join(OutboxRow, OutboxRow.id == CarriedRow.outbox_id)
        .where(AlertRow.kind == "new", OutboxRow.action == "post")
    )
    for story, address in session.execute(query):
        roots[story, address] += 1
    wanted: Counter[tuple[int, str]] = Counter()
    for row in session.scalars(select(StoryRow).where(StoryRow.significance >= 2)):
        wanted[row.id, "minerals"] = 1
        if ASIA & {*row.parties}:
            wanted[row.id, "asia"] = 1
    for place in wanted | roots:
        if wanted[place] != roots[place]:
            yield f"story {place[0]} has {roots[place]} first messages in {place[1]}"
    heads = sum(
        message.thread_ts is None and (key_of(message.metadata) or "").startswith("story:")
        for message in world.slack.messages
    )
    if heads != wanted.total():
        yield f"{heads} threads in Slack, {wanted.total()} are due"


def _timelines(session: Session) -> Iterator[str]:
    """Each move of an agreement begins where the one before it ended."""
    held: dict[str, str] = {}
    query = select(StageTransitionRow).order_by(StageTransitionRow.at, StageTransitionRow.id)
    for move in session.scalars(query):
        before = held.get(move.agreement_id, move.previous)
        if before != move.previous:
            yield f"{move.agreement_id}: from {move.previous} to {move.stage}, but it was {before}"
        held[move.agreement_id] = move.stage


def _file(session: Session) -> Iterator[str]:
    if session.get_bind().dialect.name == "sqlite":
        said = session.scalar(text("PRAGMA integrity_check"))
        if said != "ok":
            yield f"the SQLite file is damaged: {said}"


@dataclass(frozen=True, slots=True)
class Told:
    """What two runs of the same news must agree in; rows are named by what they are about."""

    stories: frozenset[frozenset[str]]
    """Each by the ends of its articles' addresses."""
    messages: frozenset[tuple[str, str, str, str]]
    """(channel, kind, first article of the story, article that caused it)."""
    moves: frozenset[tuple[str, str, str]]
    """(agreement, stage, first article of the story)."""


def told(world: World) -> Told:
    """What the run has told."""
    with world.database.read() as session:
        paths = {
            row.id: "/" + (row.url or "").rsplit("/", 1)[1]
            for row in session.scalars(select(ArticleRow))
        }
        stories: dict[int, list[str]] = {}
        for link in session.scalars(select(StoryArticleRow).order_by(StoryArticleRow.article_id)):
            stories.setdefault(link.story_id, []).append(paths[link.article_id])
        query = (
            select(OutboxRow.address, AlertRow)
            .join(CarriedRow, CarriedRow.outbox_id == OutboxRow.id)
            .join(AlertRow, AlertRow.id == CarriedRow.alert_id)
        )
        return Told(
            stories=frozenset(frozenset(articles) for articles in stories.values()),
            messages=frozenset(
                (address, alert.kind, stories[alert.story_id][0], paths[alert.article_id or 0])
                for address, alert in session.execute(query)
            ),
            moves=frozenset(
                (move.agreement_id, move.stage, stories[move.story_id][0])
                for move in session.scalars(select(StageTransitionRow))
            ),
        )


def differences(disturbed: Told, undisturbed: Told) -> list[str]:
    """In what a run that was killed differs from one that was left alone."""
    found = []
    for name in ("stories", "messages", "moves"):
        here, there = getattr(disturbed, name), getattr(undisturbed, name)
        found += [f"{name}: only when killed: {sorted(one)}" for one in here - there]
        found += [f"{name}: only when left alone: {sorted(one)}" for one in there - here]
    return found
