"""Finding candidate stories by their keys."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store import articles, assessments, stories
from pipeline.store.engine import Database
from schemas.article import NewArticle
from schemas.assessment import Assessment, Stage
from schemas.story import Story, StoryCandidate
from schemas.tables import ArticleRow

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def add(
    session: Session, story_id: int | None, keys: set[str], *, title: str, at: datetime = AT
) -> int:
    """An article with a reading, in the story or in a new one; returns the story's id."""
    article = NewArticle(f"https://x/{title}", None, title, "s", "en", "Daily", at, True, title)
    articles.store_articles([article], feed_id=None, now=AT, session=session)
    article_id = session.scalars(select(ArticleRow.id).where(ArticleRow.title == title)).one()
    for ruleset, parties in (("old", ("US",)), ("new", ("KZ", "US"))):
        reading = Assessment(
            title, ruleset, True, 0.9, "en", stage=Stage.SIGNED, parties=parties, minerals=("tin",)
        )
        assessments.save_assessments([(article_id, reading)], now=AT, session=session)
    if story_id is None:
        empty = Story(0, title, at, at, None, Stage.SIGNED, 2, (), (), ())
        story_id = stories.save_story(empty, session=session).id
    stories.attach(
        story_id, article_id, keys, similarity=1.0, at=AT, published_at=at, session=session
    )
    return story_id


def find(database: Database, keys: set[str], *, limit: int = 64) -> list[StoryCandidate]:
    with database.read() as session:
        return stories.candidates(
            keys, since=AT - 14 * DAY, until=AT + 14 * DAY, limit=limit, session=session
        )


def test_the_story_that_shares_most_keys_comes_first_then_the_newest(database: Database) -> None:
    with database.write() as session:
        one = add(session, None, {"a", "b"}, title="one")
        two = add(session, None, {"a"}, title="two")
        three = add(session, None, {"a", "c"}, title="three")
        add(session, None, {"z"}, title="other")
    assert [c.story_id for c in find(database, {"a", "b"})] == [one, three, two]
    assert find(database, set()) == []
    assert find(database, {"nothing"}) == []


def test_the_span_is_that_of_publication(database: Database) -> None:
    with database.write() as session:
        near = add(session, None, {"a"}, title="near", at=AT - 14 * DAY)
        add(session, None, {"a"}, title="old", at=AT - 15 * DAY)
    assert [c.story_id for c in find(database, {"a"})] == [near]


def test_a_document_has_what_its_newest_reading_says(database: Database) -> None:
    with database.write() as session:
        add(session, None, {"a"}, title="one")
        reads = stories.read_articles([1], session=session)
    [candidate] = find(database, {"a"})
    assert candidate.document == stories.cluster_document(reads[1][0])
    assert candidate.document.parties == ("KZ", "US")


def test_of_a_large_story_the_first_few_articles_are_compared(database: Database) -> None:
    with database.write() as session:
        story = add(session, None, {"a"}, title="0")
        for number in range(1, 9):
            add(session, story, {"a"}, title=str(number), at=AT + timedelta(hours=number))
        earlier = add(session, None, {"a"}, title="early", at=AT - DAY)
    found = find(database, {"a"})
    titles = [(c.story_id, c.document.title) for c in found]
    assert titles == [(earlier, "early"), (story, "0"), (story, "1"), (story, "2")]


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_documents_than_the_limit(database: Database, limit: int) -> None:
    with database.write() as session:
        for number in range(4):
            story = add(session, None, {"a"}, title=f"s{number}")
            add(session, story, {"a"}, title=f"t{number}", at=AT + DAY)
    assert len(find(database, {"a"}, limit=limit)) == limit
