"""Searching finds the same on SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, text

from pipeline.store import articles, assessments, search_index, stories, story_changes
from pipeline.store.engine import Database
from pipeline.store.search import is_walk_shorter, search_articles, search_stories
from schemas.article import NewArticle
from schemas.assessment import Assessment, Stage, ThemeLabel
from schemas.search import SearchFilters
from schemas.story import Story

Search = Callable[..., list[int]]

TITLES = (
    "Kazakhstan and the EU sign memorandum on rare earths",
    "Lithium: Kazakhstan opens its earths, rare as they are",
    "Úranium deal of Café Niger",
    "Казахстан підписав угоду про літій",
    "哈萨克斯坦与欧盟签署稀土协议",
    "Titanium beats Cobalt in cup final",
)


@pytest.fixture
def statements(archive: Database) -> Iterator[list[str]]:
    """What is asked of the archive."""
    told: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_more: object) -> None:
        told.append(statement)

    event.listen(archive.engine, "before_cursor_execute", note)
    yield told
    event.remove(archive.engine, "before_cursor_execute", note)


def new(number: int, title: str, now: datetime, **given: str) -> NewArticle:
    return NewArticle(
        canonical_url=f"https://news.example/{number}",
        url=f"https://news.example/{number}",
        title=title,
        summary=given.get("summary", ""),
        language=given.get("language", "en"),
        outlet=given.get("outlet", "news.example"),
        published_at=now - timedelta(days=number),
        dated=True,
        content_hash=f"{number}{title}",
    )


def reading(number: int, **given: object) -> Assessment:
    plain = Assessment(str(number), "r", relevant=True, relevance=0.9, language="en")
    return replace(plain, **given)  # type: ignore[arg-type]


READINGS = (
    reading(
        1,
        themes=(ThemeLabel("central_asia", 0.9), ThemeLabel("supply_chains", 0.5)),
        parties=("EU", "KZ"),
        minerals=("rare_earths",),
        stage=Stage.SIGNED,
        agreement="eu-kz",
    ),
    reading(2, parties=("KZ",), minerals=("lithium",), stage=Stage.PROPOSED),
    reading(3, parties=("NE",), minerals=("uranium",), themes=(ThemeLabel("supply_chains", 0.4),)),
    reading(4, language="uk", parties=("KZ",), minerals=("lithium",), stage=Stage.SIGNED),
    reading(5, language="zh", parties=("EU", "KZ"), minerals=("rare_earths",), stage=Stage.SIGNED),
    reading(6, relevant=False),
)


@pytest.fixture
def archive(database: Database, now: datetime) -> Database:
    """Six articles with readings; all but the last are in stories 1–5."""
    found = [new(number, title, now) for number, title in enumerate(TITLES, 1)]
    found[1] = replace(
        found[1], outlet="Wire & Co", summary="Talks on tin. " * 40 + "The <b>tin</b>"
    )
    with database.write() as session:
        articles.store_articles(found, feed_id=None, now=now, session=session)
        assessments.save_assessments(enumerate(READINGS, 1), now=now, session=session)
        for number, read in enumerate(READINGS[:5], 1):
            story = Story(
                id=0,
                title=TITLES[number - 1],
                opened_at=now - timedelta(days=number),
                last_at=now - timedelta(days=number),
                agreement=read.agreement,
                stage=read.stage,
                significance=2,
                themes=tuple(theme.id for theme in read.themes),
                parties=read.parties,
                minerals=read.minerals,
            )
            kept = stories.save_story(story, session=session)
            times = {"at": now, "published_at": now}
            stories.attach(kept.id, number, (), similarity=1.0, **times, session=session)
    return database


@pytest.fixture
def found(archive: Database) -> Search:
    def ask(query: str, *, limit: int = 20, **filters: object) -> list[int]:
        with archive.read() as session:
            wanted = SearchFilters(**filters)  # type: ignore[arg-type]
            answer = search_articles(query, wanted, limit=limit, session=session)
        return [hit.id for hit in answer.articles]

    return ask


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("kazakhstan", {1, 2}),
        ("KAZAKHSTAN earths", {1, 2}),
        ('"rare earths"', {1}),
        ('"earths rare"', {2}),
        ("kazakhstan -lithium", {1}),
        ('kazakhstan -"rare earths"', {2}),
        ("-kazakhstan", {3, 4, 5, 6}),
        ("uranium cafe", {3}),
        ("úranium", {3}),
        ("казах*", {4}),
        ("літій", {4}),
        ("稀土", {5}),
        ("土稀", set()),
        ("kaz*", {1, 2}),
        ("kaz", set()),
        ('"rare ear*"', {1}),
        ("k*", set()),
        ("", {1, 2, 3, 4, 5, 6}),
        ("nothing of the kind", set()),
    ],
)
def test_a_query_finds_the_same_on_both(found: Search, query: str, ids: set[int]) -> None:
    assert set(found(query)) == ids


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"themes": ("central_asia",)}, {1}),
        ({"themes": ("central_asia", "supply_chains")}, {1, 3}),
        ({"states": ("KZ",)}, {1, 2, 4, 5}),
        ({"states": ("kz",), "minerals": ("lithium",)}, {2, 4}),
        ({"stages": (Stage.SIGNED,)}, {1, 4, 5}),
        ({"stages": (Stage.NONE,)}, {3, 6}),
        ({"agreements": ("eu-kz",)}, {1}),
        ({"agreements": ("eu-k",)}, set()),
        ({"outlets": ("wire & co",)}, {2}),
        ({"languages": ("uk", "zh")}, {4, 5}),
        ({"states": ("KZ",), "stages": (Stage.SIGNED,), "languages": ("en",)}, {1}),
    ],
)
def test_filters(found: Search, filters: dict[str, object], ids: set[int]) -> None:
    assert set(found("", **filters)) == ids


def test_dates_are_a_half_open_span(found: Search, now: datetime) -> None:
    assert found("", since=now - timedelta(days=3)) == [1, 2, 3], "without words the newest first"
    assert found("", until=now - timedelta(days=5)) == [6]
    assert found("kazakhstan", since=now - timedelta(days=1)) == [1]
    assert found("", limit=2) == [1, 2]


def test_a_label_is_no_word(found: Search) -> None:
    """A text that holds the word by which a label is indexed is not found by the filter."""
    assert found(search_index.label("state", "KZ")) == []
    assert found(search_index.EVERY) == []


def test_stories_by_their_articles(archive: Database, now: datetime) -> None:
    with archive.read() as session:

        def ids(query: str, **filters: object) -> list[int]:
            wanted = SearchFilters(**filters)  # type: ignore[arg-type]
            answer = search_stories(query, wanted, limit=20, session=session)
            return [hit.id for hit in answer.stories]

        assert set(ids("kazakhstan")) == {1, 2}
        assert ids("titanium") == [], "an article in no story"
        assert ids("", themes=("supply_chains",)) == [1, 3]
        assert ids("", states=("EU", "NE")) == [1, 3, 5]
        assert ids("kazakhstan", minerals=("lithium", "tin")) == [2]
        assert ids("", stages=(Stage.SIGNED,), languages=("uk",)) == [4]
        assert ids("", agreements=("eu-kz",)) == [1]
        assert ids("", outlets=("Wire & Co",)) == [2]
        assert ids("", since=now - timedelta(days=2), until=now - timedelta(hours=36)) == [2]


def test_a_story_that_does_not_stand_is_not_found(archive: Database, now: datetime) -> None:
    with archive.write() as session:
        story_changes.retract(1, reason="wrong", now=now, session=session)
        story_changes.merge(2, 4, session=session)
    with archive.read() as session:
        answer = search_stories("kazakhstan", SearchFilters(), limit=20, session=session)
    assert [(hit.id, hit.best.id, hit.matching) for hit in answer.stories] == [(4, 2, 1)]


@pytest.mark.parametrize("walks", [True, False])
def test_stories_are_the_same_by_the_index_and_article_by_article(
    archive: Database, monkeypatch: pytest.MonkeyPatch, statements: list[str], walks: bool
) -> None:
    monkeypatch.setattr("pipeline.store.search.is_walk_shorter", lambda *_, **_more: walks)
    with archive.read() as session:
        both = search_stories("kazakhstan", SearchFilters(), limit=9, session=session)
        newest = search_stories("kazakhstan", SearchFilters(), limit=9, most=1, session=session)
        phrase = search_stories('"rare earths"', SearchFilters(), limit=9, session=session)
        rare = search_stories("kazakhstan -lithium", SearchFilters(), limit=9, session=session)
    assert {hit.id: hit.best.id for hit in both.stories} == {1: 1, 2: 2}
    assert both.notes == ()
    assert all(hit.score > 0 for hit in both.stories)
    assert [hit.id for hit in newest.stories] == [2], "the one that came in last"
    assert "those that came in last" in newest.notes[0]
    assert [hit.id for hit in phrase.stories] == [1]
    assert [hit.id for hit in rare.stories] == [1]
    assert _walked(statements) == [walks and _is_postgresql(archive)] * 4


def test_what_most_articles_have_is_looked_up_from_the_newest_on(
    archive: Database, statements: list[str]
) -> None:
    """As long as few are wanted: all that ever matched is not read first."""
    with archive.read() as session:
        search_stories("-football", SearchFilters(), limit=9, most=1, session=session)
        search_stories("-football", SearchFilters(), limit=9, session=session)
        search_stories("kazakhstan", SearchFilters(), limit=9, most=1, session=session)
    assert _walked(statements) == [_is_postgresql(archive), False, False]


@pytest.mark.parametrize(
    ("met", "told", "most", "shorter"),
    [
        (400, 20_000, 2_000, True),
        (130, 20_000, 2_000, True),
        (120, 20_000, 2_000, False),
        (400, 20_000, 20_000, False),
        (40, 1_000_000, 2_000, True),
        (0, 1_000_000, 2_000, False),
    ],
)
def test_the_shorter_way_is_taken(met: int, told: int, most: int, shorter: bool) -> None:
    assert is_walk_shorter(met, 400, told=told, most=most) is shorter


def _walked(statements: Sequence[str]) -> list[bool]:
    return ["LATERAL" in one for one in statements if "WITH matching" in one]


def _is_postgresql(database: Database) -> bool:
    return database.engine.dialect.name == "postgresql"


def test_what_matches_in_no_story_leaves_room_for_what_does(
    archive: Database, now: datetime
) -> None:
    """Only articles in stories are ranked: of the newest, one that is in none takes no place."""
    late = new(9, "Kazakhstan once more", now)
    with archive.write() as session:
        articles.store_articles([late], feed_id=None, now=now, session=session)
        added = session.scalars(text("SELECT max(id) FROM article")).one()
        assessments.save_assessments([(added, reading(9))], now=now, session=session)
        assert added > 6
    with archive.read() as session:
        found = search_stories("kazakhstan", SearchFilters(), limit=9, most=1, session=session)
    assert [hit.id for hit in found.stories] == [2]


def test_hits_are_marked_in_title_and_text(archive: Database) -> None:
    with archive.read() as session:
        answer = search_articles("lith* tin", SearchFilters(), limit=5, session=session)
    (hit,) = answer.articles
    assert [hit.title.text[a:b] for a, b in hit.title.hits] == ["Lithium"]
    assert {hit.snippet.text[a:b] for a, b in hit.snippet.hits} <= {"tin", "Tin"}
    assert len(hit.snippet.hits) > 10
    assert len(hit.snippet.text) < 260
    assert hit.story_id == 2


def test_the_title_counts_for_more(database: Database, now: datetime) -> None:
    found = [new(1, "Ministers met", now, summary="They spoke of lithium"), new(2, "Lithium", now)]
    with database.write() as session:
        articles.store_articles(found, feed_id=None, now=now, session=session)
        assert search_index.index_missing(limit=10, session=session) == 2
    with database.read() as session:
        answer = search_articles("lithium", SearchFilters(), limit=5, session=session)
    assert [hit.id for hit in answer.articles] == [2, 1]
    assert answer.articles[0].score > answer.articles[1].score > 0


def test_a_new_reading_moves_the_labels(archive: Database, found: Search, now: datetime) -> None:
    again = reading(2, ruleset="r2", parties=("UZ",), minerals=("tin",))
    with archive.write() as session:
        assessments.save_assessments([(2, again)], now=now, session=session)
    assert found("", minerals=("tin",)) == [2]
    assert 2 not in found("", states=("KZ",))
    assert set(found("kazakhstan")) == {1, 2}


def test_an_edit_is_found_once_it_is_read(archive: Database, found: Search, now: datetime) -> None:
    edited = new(2, "Lithium: Uzbekistan opens its earths", now)
    with archive.write() as session:
        articles.store_articles([edited], feed_id=None, now=now, session=session)
        assessments.save_assessments([(2, READINGS[1])], now=now, session=session)
    assert found("uzbekistan") == [2]
    assert found("kazakhstan") == [1]


def test_an_article_that_goes_takes_its_words_along(archive: Database, found: Search) -> None:
    with archive.write() as session:
        session.execute(text("DELETE FROM article WHERE id = 1"))
    assert found("kazakhstan") == [2]
    if archive.engine.dialect.name == "sqlite":
        with archive.read() as session:
            assert session.scalar(text("SELECT count(*) FROM search_index")) == 5


def test_more_matches_than_are_ranked_are_told(
    archive: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.store.search.RANKED", 2)
    with archive.read() as session:
        few = search_articles("uranium", SearchFilters(), limit=5, session=session)
        many = search_articles("", SearchFilters(), limit=5, session=session)
    assert few.notes == ()
    assert [hit.id for hit in many.articles] == [5, 6]
    assert "those that came in last" in many.notes[0]


def test_missing_ones_are_indexed_in_batches(database: Database, now: datetime) -> None:
    found: Sequence[NewArticle] = [new(n, f"Tin {n}", now) for n in range(1, 8)]
    with database.write() as session:
        articles.store_articles(found, feed_id=None, now=now, session=session)
        assert search_index.count_missing(session=session) == 7
        counts = [search_index.index_missing(limit=3, session=session) for _ in range(4)]
    assert counts == [3, 3, 1, 0]
