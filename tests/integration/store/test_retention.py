"""What is forgotten by age, what never is; counting and deleting agree."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from pipeline.store import articles, assessments, feeds, retention, stories
from pipeline.store.engine import Database
from schemas.alert import OutboxState
from schemas.article import NewArticle
from schemas.assessment import Assessment, Stage
from schemas.config import FeedConfig
from schemas.feed import PollOutcome, PollRecord
from schemas.retention import RetentionFile
from schemas.story import Story
from schemas.tables import (
    ArticleRow,
    AssessmentRow,
    EditionRow,
    OutboxRow,
    PollRow,
    ReactionRow,
    WatchEpisodeRow,
)

ALL = RetentionFile(polls=90, messages=90, readings=90, episodes=90, articles=90, editions=90)


@pytest.fixture
def old(database: Database, now: datetime) -> Database:
    """Of each kind something old that goes, something old that stays, something new."""
    past, lately = now - timedelta(days=100), now - timedelta(days=10)
    with database.write() as session:
        feed = FeedConfig(name="a", url="https://a.example/feed")
        feeds.sync_feeds([feed], keep_others=False, now=past, session=session)
        polls = [PollRecord(1, at, PollOutcome.FETCHED) for at in (past, past, lately)]
        feeds.add_polls(polls, session=session)
        for number, at in ((1, past), (2, past), (3, past), (4, lately)):
            new = NewArticle(f"https://a.example/{number}", None, "t", "", "en", "o", at, True, "h")
            articles.store_articles([new], feed_id=1, now=at, session=session)
        for number, relevant in ((1, False), (2, True), (4, False)):  # 3 was never read
            for rules in ("old", "new"):
                read = Assessment(str(number), rules, relevant, 0.5, "en")
                assessments.save_assessments([(number, read)], now=past, session=session)
        story = Story(0, "s", past, past, None, Stage.NONE, 1, (), (), ())
        kept = stories.save_story(story, session=session)
        times = {"at": past, "published_at": past}
        stories.attach(kept.id, 2, (), similarity=1.0, **times, session=session)
        for number, day in ((1, past), (2, past), (3, lately)):
            edition = {"list_name": "l", "day": day.date() + timedelta(days=number),
                       "subject": "", "html": "", "text": ""}  # fmt: skip
            times = {"since": day, "until": day, "created_at": day}
            session.execute(insert(EditionRow).values(id=number, **edition, **times))
        for key, given in {
            "goes": {"sent_at": past},
            "root": {"sent_at": past},
            "reply": {"sent_at": lately, "thread_key": "root"},
            "judged": {"sent_at": past},
            "waits": {"state": OutboxState.PENDING.value},
            "letter": {"sent_at": lately, "edition_id": 1},
        }.items():
            row = {
                "key": key,
                "channel": "slack",
                "address": "x",
                "payload": {},
                "state": OutboxState.SENT.value,
                "attempts": 1,
                "created_at": past,
                "next_attempt_at": past,
                "uncertain": False,
            } | given
            session.execute(insert(OutboxRow).values(**row))
        judged = session.scalar(select(OutboxRow.id).where(OutboxRow.key == "judged"))
        reaction = {"outbox_id": judged, "user": "u", "name": "n", "right": True, "seen_at": past}
        session.execute(insert(ReactionRow).values(**reaction))
        for subject, ended, ending_told in (
            ("over", past, past),
            ("untold", past, None),
            ("on", None, None),
            ("new", lately, lately),
        ):
            times = {"began_at": past, "ended_at": ended, "end_told_at": ending_told}
            row = {"kind": "task", "subject": subject, "reason": ""}
            session.execute(insert(WatchEpisodeRow).values(**row, **times))
    return database


def forget(database: Database, policy: RetentionFile, now: datetime) -> dict[str, int]:
    gone = {}
    for rule in retention.RULES:
        days = getattr(policy, rule.name)
        if days is not None:
            with database.write() as session:
                before = now - timedelta(days=days)
                gone[rule.name] = retention.forget(
                    rule, before=before, ruleset="new", session=session
                )
    return gone


def test_what_goes_and_what_stays(old: Database, now: datetime) -> None:
    with old.read() as session:
        told = retention.count_old(ALL, ruleset="new", now=now, session=session)
    expected = {
        "polls": 2,
        "messages": 1,
        "readings": 3,
        "episodes": 1,
        "articles": 1,
        "editions": 1,
    }
    assert {one.name: one.rows for one in told} == expected
    assert forget(old, ALL, now) == expected
    with old.read() as session:
        assert set(session.scalars(select(ArticleRow.id))) == {2, 3, 4}
        assert set(session.scalars(select(AssessmentRow.ruleset))) == {"new"}
        keys = set(session.scalars(select(OutboxRow.key)))
        assert keys == {"root", "reply", "judged", "waits", "letter"}
        assert set(session.scalars(select(EditionRow.id))) == {1, 3}, "a letter of 1 is kept"
        assert set(session.scalars(select(WatchEpisodeRow.subject))) == {"untold", "on", "new"}
    assert set(forget(old, ALL, now).values()) == {0}


def test_the_defaults_keep_articles_and_editions(old: Database, now: datetime) -> None:
    with old.read() as session:
        told = retention.count_old(RetentionFile(), ruleset="new", now=now, session=session)
    kept = {one.name: (one.days, one.rows) for one in told}
    assert kept["articles"] == kept["editions"] == kept["episodes"] == (None, 0)
    assert kept["polls"] == (90, 2)
    assert kept["messages"] == (180, 0)


def test_at_most_so_many_in_one_transaction(old: Database, now: datetime) -> None:
    with old.write() as session:
        rule, before = retention.RULES[0], now - timedelta(days=90)
        given = {"before": before, "ruleset": "new", "session": session}
        assert [retention.forget(rule, limit=1, **given) for _ in range(3)] == [1, 1, 0]
        assert session.scalar(select(func.count()).select_from(PollRow)) == 1
