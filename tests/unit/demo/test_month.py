"""The whole month through poll, assess and link: the sample news is an end-to-end check.

Nothing is sent, so that no rate limit is waited for.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from pipeline import app
from pipeline.demo.local_servers import local_servers
from pipeline.demo.newsroom import Newsroom
from pipeline.demo.samples import load_items
from pipeline.settings import load_settings
from pipeline.store import agreements, feeds, outbox, stories
from schemas.assessment import Stage

pytestmark = pytest.mark.slow

ITEMS = {item.id: item for item in load_items()}
ARTICLES = """
    select article.id, article.url, article.guid, assessment.relevant, story_article.story_id
    from article join assessment on assessment.article_id = article.id
    left join story_article on story_article.article_id = article.id
"""


class Month:
    """What was stored of the month."""

    def __init__(self, opened: app.App) -> None:
        self.app = opened
        with opened.database.read() as session:
            found = session.execute(text(ARTICLES)).all()
            self.health = {
                health.name.split(" (")[0]: health
                for health in feeds.feed_health(now=datetime.now(UTC), session=session)
            }
            self.sent = outbox.list_outbox(session=session, limit=1000)
        self.relevant = {_item(row.url, row.guid): bool(row.relevant) for row in found}
        self.stories = {_item(r.url, r.guid): r.story_id for r in found if r.story_id is not None}

    def timeline(self, agreement: str) -> list[Stage]:
        with self.app.database.read() as session:
            since = datetime.now(UTC) - timedelta(days=40)
            moves = agreements.transitions_between(since, datetime.now(UTC), session=session)
            wanted = agreements.get_agreement(agreement, session=session)
        assert wanted is not None
        own = [move for name, move in moves if name == wanted.name]
        return [move.stage for move in sorted(own, key=lambda move: move.at)]


def _all_sent(session: Session) -> None:
    """What the first pass told has gone out."""
    now = datetime.now(UTC)
    while batch := outbox.claim(
        now=now, worker="test", limit=100, lease=timedelta(minutes=5), session=session
    ):
        for message in batch:
            outbox.record_sent(
                message.id, external_id=message.key, worker="test", now=now, session=session
            )


def _item(url: str | None, guid: str | None) -> str:
    if url is None or url.endswith("/feed.xml"):
        assert guid is not None
        return guid.split(":")[1]
    return url.split("?")[0].rsplit("/", 1)[1]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory):
    home: Path = tmp_path_factory.mktemp("demo") / "run"
    with local_servers(home, Newsroom()) as servers:
        settings = load_settings(**servers.settings)
        app.migrate(settings)
        with app.open_app(settings) as opened:
            for stage in ("poll", "assess", "link"):
                opened.run(stage)
            with opened.database.write() as session:
                _all_sent(session)
            servers.newsroom.start_live(ago=timedelta(minutes=3))
            opened.run("poll", urls=servers.newsroom.live_feeds())
            for stage in ("assess", "link"):
                opened.run(stage)
            yield Month(opened)


def test_every_item_is_stored_once(month: Month):
    assert sorted(month.relevant) == sorted(ITEMS)


def test_the_sick_feeds_are_named_as_what_they_are(month: Month):
    sick = {name: h.reason for name, h in month.health.items() if h.state != "healthy"}
    assert sorted(sick) == ["Gated Post", "Old Gazette", "Snail Press"]
    assert "404" in sick["Old Gazette"]
    assert "web page" in sick["Gated Post"]
    assert "nothing came for 2 s" in sick["Snail Press"]


def test_relevance_agrees_with_what_a_reader_says(month: Month):
    hits = sum(said and ITEMS[id_].relevant for id_, said in month.relevant.items())
    precision = hits / sum(month.relevant.values())
    recall = hits / sum(item.relevant for item in ITEMS.values())
    assert precision >= 0.95
    assert recall >= 0.9


def test_stories_are_the_events(month: Month):
    """Pairs of relevant items: in one story where they tell of one event, and only there."""
    together: defaultdict[tuple[bool, bool], int] = defaultdict(int)
    for one, other in combinations(sorted(month.stories), 2):
        event = ITEMS[one].event
        same_event = event is not None and event == ITEMS[other].event
        together[same_event, month.stories[one] == month.stories[other]] += 1
    right = together[True, True]
    assert right / (right + together[False, True]) >= 0.7
    assert right / (right + together[True, False]) >= 0.6


def test_an_agreement_goes_through_its_stages(month: Month):
    assert month.timeline("ua-us-minerals") == [
        Stage.NEGOTIATING,
        Stage.SIGNED,
        Stage.RATIFIED,
        Stage.IMPLEMENTING,
    ]


def test_live_news_is_one_message_or_a_reply_to_what_was_told(month: Month):
    def keys(id_: str) -> list[str]:
        story = f"story:{month.stories[id_]}:"
        return [line.key for line in month.sent if line.key.startswith(story)]

    signing = keys("kz-us-tungsten-signing-1")
    assert sum(":new:" in key for key in signing) == 1
    with month.app.database.read() as session:
        story = stories.require_story(month.stories["kz-us-tungsten-signing-1"], session=session)
    assert len(story.outlets) >= 4, "all came before the message went, and are in it"
    accords = keys("drc-us-rw-accords-4")
    assert sum(":new:" in key for key in accords) == 1
    assert [key for key in accords if ":stage:" in key]
    assert [key for key in accords if ":update-edit:" in key]


def test_the_past_is_not_alerted(month: Month):
    told = {line.key.split(":")[1] for line in month.sent if line.key.startswith("story:")}
    old = {
        story
        for id_, story in month.stories.items()
        if ITEMS[id_].day < -4 and ITEMS[id_].event is not None
    }
    assert told
    assert not told & {str(story) for story in old}
