"""Migrations: from nothing to the newest, harmless to repeat, and true to the tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select

import schemas
from pipeline.errors import StoreError
from pipeline.store import agreements, articles, assessments, feeds, messages, stories
from pipeline.store.engine import Database, open_database
from pipeline.store.migrate import require_current, revisions, upgrade
from schemas.agreement import StageTransition
from schemas.alert import Alert, AlertKind, Channel, Destination
from schemas.article import NewArticle
from schemas.assessment import Assessment, Polarity, Side, Stage, ThemeLabel
from schemas.config import AgreementConfig, FeedConfig
from schemas.feed import PollOutcome, PollRecord
from schemas.search_tables import is_ours
from schemas.story import Story
from schemas.tables import ArticleRow, AssessmentRow, Base


def test_the_migrations_make_the_tables_that_the_code_speaks_of(database: Database) -> None:
    with database.engine.connect() as connection:
        opts = {"compare_type": True, "include_name": is_ours}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []


def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    now, head = revisions(database)
    assert now == head
    assert upgrade(database) == (head, head)
    require_current(database)


def test_every_step_can_be_taken_back_and_again(database: Database) -> None:
    _, head = revisions(database)
    config = Config()
    config.set_main_option("script_location", str(Path(schemas.__file__).parent / "migrations"))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert revisions(database)[0] is None
    assert upgrade(database) == (None, head)


def test_feeds_and_what_hangs_on_them_outlive_the_steps(database: Database) -> None:
    """Adding a column by copying the table would take the polls along with the old one."""
    now = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    with database.write() as session:
        feed = FeedConfig(name="a", url="https://a.example/feed")
        feeds.sync_feeds([feed], keep_others=False, now=now, session=session)
        (state,) = feeds.due_feeds(now=now, session=session)
        feeds.add_polls([PollRecord(state.feed_id, now, PollOutcome.FETCHED)], session=session)
    config = Config()
    config.set_main_option("script_location", str(Path(schemas.__file__).parent / "migrations"))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
    upgrade(database)
    with database.read() as session:
        assert feeds.due_feeds(now=now, session=session) == [state]
        later = now + timedelta(days=1)
        assert feeds.poll_counts(since=now, until=later, session=session) == (1, 0)


def test_stories_alerts_and_messages_outlive_the_steps(database: Database) -> None:
    now = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    place = Destination(Channel.SLACK, "minerals")
    with database.write() as session:
        story = stories.save_story(
            Story(0, "t", now, now, None, Stage.SIGNED, 3, ("x",), ("KZ",), ()), session=session
        )
        alert = Alert("all:new:1", AlertKind.NEW, story.id, "all", (place,), "so")
        alert_id = messages.add_alert(alert, now=now, session=session)
        key = messages.root_key(story.id, place)
        message = messages.NewMessage(key, Channel.SLACK, "minerals", {"text": "t"})
        messages.add_message(message, now=now, alert_id=alert_id, session=session)
    config = Config()
    config.set_main_option("script_location", str(Path(schemas.__file__).parent / "migrations"))
    for step in ("0008", "0002"):
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, step)
        upgrade(database)
        with database.read() as session:
            assert stories.require_story(story.id, session=session).title == "t"
            [told] = messages.told_places(story.id, session=session)
            [carried] = messages.carried_alerts(key, session=session)
        assert (told.destination, told.key, told.due_at) == (place, key, now)
        assert carried.reason == "so"


def test_a_database_without_tables_is_named_with_the_mend(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    with pytest.raises(StoreError, match="mineralwatch db upgrade"):
        require_current(database)
    database.close()


def test_agreements_and_their_timelines_outlive_the_steps(database: Database) -> None:
    now = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    known = AgreementConfig(id="a", name="A", parties=("KZ", "US"), stage=Stage.AGREED)
    with database.write() as session:
        agreements.sync_agreements([known], session=session)
        told = Story(0, "t", now, now, "a", Stage.SIGNED, 3, ("x",), ("KZ",), ())
        story = stories.save_story(told, session=session)
        step = StageTransition("a", Stage.SIGNED, story.id, now, "q", None, Stage.AGREED)
        by_hand = StageTransition("a", Stage.RATIFIED, None, now, "why", None, Stage.SIGNED)
        for one in (step, by_hand):
            assert agreements.add_transition(one, now=now, session=session)
    config = Config()
    config.set_main_option("script_location", str(Path(schemas.__file__).parent / "migrations"))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0009")
    upgrade(database)
    with database.read() as session:
        assert agreements.timeline("a", session=session) == [step]


def test_sides_of_older_readings_are_filled_in(database: Database) -> None:
    """Of what a scorecard may count: relevant articles, and articles in stories."""
    now = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    taken = Polarity(Side.AGAINST, 0.8)
    themes = (ThemeLabel("supply_chains", 0.9, polarity=taken), ThemeLabel("localization", 0.7))
    read = Assessment("1", "r", relevant=True, relevance=0.9, language="en", themes=themes)
    with database.write() as session:
        found = [_article(number, now) for number in range(1, 5)]
        articles.store_articles(found, feed_id=None, now=now, session=session)
        ids = session.scalars(select(ArticleRow.id).order_by(ArticleRow.id)).all()
        story = stories.save_story(
            Story(0, "t", now, now, None, Stage.SIGNED, 3, ("x",), ("KZ",), ()), session=session
        )
        stories.attach(
            story.id, ids[1], (), similarity=1.0, at=now, published_at=now, session=session
        )
        readings = [
            (ids[0], read),
            (ids[1], replace(read, relevant=False)),
            (ids[2], replace(read, relevant=False)),
            (ids[3], replace(read, themes=())),
        ]
        assessments.save_assessments(readings, now=now, session=session)
    sides = select(AssessmentRow.sides).order_by(AssessmentRow.article_id)
    told = {"supply_chains": "against", "localization": "neutral"}
    with database.read() as session:
        assert list(session.scalars(sides)) == [told, told, told, {}]
    config = Config()
    config.set_main_option("script_location", str(Path(schemas.__file__).parent / "migrations"))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0015")
    upgrade(database)
    with database.read() as session:
        assert list(session.scalars(sides)) == [told, told, {}, {}]


def _article(number: int, now: datetime) -> NewArticle:
    url = f"https://news.example/{number}"
    return NewArticle(
        canonical_url=url, url=url, title=f"Tin {number}", summary="", language="en",
        outlet="news.example", published_at=now, dated=True, content_hash=f"{number}",
    )  # fmt: skip
