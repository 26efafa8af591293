"""Stories from stored articles, through the real assessor and link, on both databases.

What tells the same happening becomes one story, whoever told it, when, and in which words; what
only looks alike stays apart.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from pipeline.app import App, open_app
from pipeline.assess.assessor import Assessor, build_assessor
from pipeline.catalog import load_rules
from pipeline.settings import Settings, load_settings
from pipeline.store import articles, feeds, outbox, stories
from schemas.article import NewArticle
from schemas.config import FeedConfig
from schemas.tables import ArticleRow, StoryArticleRow, StoryKeyRow

NOW = datetime(2026, 5, 6, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """An article in short."""

    title: str
    summary: str = ""
    language: str = "en"
    hours: float = 0
    """After a Monday morning in May."""
    outlet: str = "Daily"

    @property
    def article(self) -> NewArticle:
        at = datetime(2026, 5, 4, 8, tzinfo=UTC) + timedelta(hours=self.hours)
        name = hashlib.sha256(f"{self.title}{self.outlet}{at}".encode()).hexdigest()[:16]
        return NewArticle(
            canonical_url=f"https://{self.outlet.lower()}.example.org/{name}",
            url=None,
            title=self.title,
            summary=self.summary,
            language=self.language,
            outlet=self.outlet,
            published_at=at,
            dated=True,
            content_hash=hashlib.sha256(f"{self.title}{self.summary}".encode()).hexdigest(),
        )


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return build_assessor(load_rules(load_settings()))


@pytest.fixture
def app(
    assessor: Assessor, make_settings: Callable[..., Settings], database_url: str
) -> Iterator[App]:
    with open_app(make_settings(database_url=database_url)) as opened:
        opened._loaded.assessor = assessor
        yield opened


def tell(app: App, *told: Told, feed_id: int | None = None, now: datetime = NOW) -> None:
    """Store the articles and run the stages over them."""
    with app.database.write() as session:
        articles.store_articles(
            [one.article for one in told], feed_id=feed_id, now=now, session=session
        )
    app.run("assess", now=now)
    app.run("link", now=now)


def groups(app: App) -> set[frozenset[str]]:
    """The titles of the articles of each story."""
    query = select(StoryArticleRow.story_id, ArticleRow.title).join(
        ArticleRow, ArticleRow.id == StoryArticleRow.article_id
    )
    found: dict[int, set[str]] = {}
    with app.database.read() as session:
        for story_id, title in session.execute(query):
            found.setdefault(story_id, set()).add(title)
    return {frozenset(titles) for titles in found.values()}


def together(*told: Told) -> set[frozenset[str]]:
    return {frozenset(one.title for one in told)}


SIGNING = Told(
    "Japan and Kazakhstan sign memorandum on rare earths",
    "The economy ministers signed the memorandum in Astana on Monday. Japanese firms are to explore"
    " two deposits in the Karaganda region, and Tokyo offers credit for a processing plant.",
)
REPRINTS = (
    replace(SIGNING, outlet="Wire", hours=2),
    replace(SIGNING, title="Rare earths: Tokyo and Astana put names to paper", outlet="Gazette"),
    Told(f"{SIGNING.title} - Mining Weekly", f"{SIGNING.title}  Mining Weekly", hours=5),
    Told(f"{SIGNING.title} | The Astana Times", "", hours=7, outlet="Aggregator"),
    replace(SIGNING, summary=f"<p>{SIGNING.summary}</p> <a href='x'>Read more</a>", hours=9),
)


def test_reprints_changed_headlines_and_aggregators_copies_are_one_story(app: App) -> None:
    tell(app, SIGNING, *REPRINTS)
    assert groups(app) == together(SIGNING, *REPRINTS)


def test_copies_that_come_later_join_whatever_comes_between(app: App) -> None:
    noise = Told("Chile and Germany sign lithium agreement", "Signed in Santiago.", hours=1)
    for one in (SIGNING, noise, *REPRINTS):
        tell(app, one)
    assert groups(app) == together(SIGNING, *REPRINTS) | together(noise)
    with app.database.read() as session:
        told = stories.list_stories(since=NOW - timedelta(days=30), until=NOW, session=session)
        sent = outbox.list_outbox(session=session)
    assert sorted(story.articles for story in told) == [1, 6]
    # An alert of each story; the other outlets of the first are replies.
    assert sum(":new:" in line.key for line in sent) == len(told)


IN_THREE_LANGUAGES = (
    (
        Told(
            "Ukraine, US sign agreement on minerals and reconstruction fund",
            "Yuliia Svyrydenko and Scott Bessent signed it in Washington on Monday.",
        ),
        Told(
            "Україна і США підписали угоду про надра та фонд відбудови",
            "Юлія Свириденко та Скотт Бессент підписали її у Вашингтоні в понеділок.",
            "uk",
            hours=2,
        ),
        Told(
            "Украина и США подписали соглашение о недрах и фонде восстановления",
            "Юлия Свириденко и Скотт Бессент подписали его в Вашингтоне в понедельник.",
            "ru",
            hours=3,
        ),
    ),
    (
        Told(
            "Kazakhstan and France agree to explore uranium together",
            "Kazatomprom and Orano signed the contract in Astana for the Muyunkum field.",
        ),
        Told(
            "Казахстан и Франция подписали соглашение о разведке урана",
            "Контракт по месторождению Мойынкум в Астане подписали Казатомпром и Orano.",
            "ru",
            hours=4,
        ),
        Told(
            "Казахстан і Франція разом розвідуватимуть уран",
            "Казатомпром і Orano підписали в Астані контракт щодо родовища Мойинкум.",
            "uk",
            hours=6,
        ),
    ),
)


@pytest.mark.parametrize("told", IN_THREE_LANGUAGES, ids=["fund", "uranium"])
def test_one_event_in_three_languages_is_one_story(app: App, told: tuple[Told, ...]) -> None:
    tell(app, *told)
    assert groups(app) == together(*told)


def test_two_events_in_three_languages_are_two_stories_in_any_order(app: App) -> None:
    for one in (told for pair in zip(*IN_THREE_LANGUAGES, strict=True) for told in pair):
        tell(app, one)
    assert groups(app) == together(*IN_THREE_LANGUAGES[0]) | together(*IN_THREE_LANGUAGES[1])


@pytest.mark.parametrize("order", [*permutations(range(3))], ids=str)
def test_the_language_that_comes_first_does_not_matter(app: App, order: tuple[int, ...]) -> None:
    told = IN_THREE_LANGUAGES[1]
    for place in order:
        tell(app, told[place])
    assert groups(app) == together(*told)


LOOK_ALIKES = {
    "memoranda of the same states in other months": (
        Told("Uzbekistan, US sign memorandum on critical minerals", "Signed in Tashkent.", hours=0),
        Told("Uzbekistan, US sign critical minerals memorandum", "Signed in Tashkent.", hours=744),
    ),
    "a signing and its ratification": (
        Told(
            "Ukraine and US sign minerals agreement in Washington",
            "Svyrydenko and Bessent signed the agreement on the fund.",
        ),
        Told(
            "Rada ratifies minerals agreement with US, 338 in favour",
            "Lawmakers in Kyiv voted for the bill on ratification; it goes to the president.",
            hours=192,
        ),
    ),
    "one state with two others on one day": (
        Told("Kazakhstan and Germany sign agreement on rare earths", "Signed in Berlin."),
        Told("Kazakhstan and South Korea sign agreement on rare earths", "Signed in Seoul."),
    ),
    "one state with two others, told in the same words": (
        Told(
            "Mongolia and Canada sign critical minerals memorandum",
            "Ministers signed it on the margins of the summit. Working groups meet within a month.",
        ),
        Told(
            "Mongolia and Japan sign critical minerals memorandum",
            "Ministers signed it on the margins of the summit. Working groups meet within a month.",
            hours=3,
        ),
    ),
    "two minerals of the same states on one day": (
        Told("Chile and Japan sign agreement on lithium supplies", "For batteries, JOGMEC said."),
        Told("Japan, Chile agree on loan for copper smelter", "JBIC lends 300 million dollars."),
    ),
    "a signing and the row over it": (
        Told("Serbia and EU sign lithium memorandum", "The memorandum was signed in Belgrade."),
        Told("Serbia suspends lithium memorandum with EU after protests", hours=96),
    ),
}


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_look_alikes_stay_apart(app: App, name: str) -> None:
    told = LOOK_ALIKES[name]
    tell(app, *told, now=NOW + timedelta(days=40))
    assert groups(app) == {title for one in told for title in together(one)}


@pytest.fixture
def feed_id(app: App) -> int:
    feed = FeedConfig(name="Daily", url="https://daily.example.org/feed")
    with app.database.write() as session:
        feeds.sync_feeds([feed], keep_others=False, now=NOW, session=session)
    with app.database.read() as session:
        return feeds.due_feeds(now=NOW, session=session)[0].feed_id


@pytest.mark.parametrize(
    "edit",
    [
        {"summary": SIGNING.summary + " Corrected: it is three deposits."},
        {"title": "Tokyo and Astana ink rare earths paper"},
        {"title": "Japan and Kazakhstan to sign memorandum on rare earths on Friday"},
    ],
    ids=["summary", "headline", "stage"],
)
def test_an_edited_article_is_not_a_new_story(app: App, feed_id: int, edit: dict[str, str]) -> None:
    tell(app, SIGNING, feed_id=feed_id)
    before = set(groups(app))
    edited = replace(
        SIGNING.article,
        title=edit.get("title", SIGNING.title),
        summary=edit.get("summary", SIGNING.summary),
        content_hash="f" * 64,
    )
    with app.database.write() as session:
        stored = articles.store_articles([edited], feed_id=feed_id, now=NOW, session=session)
    assert (stored.new, stored.edited) == (0, 1)
    later = NOW + timedelta(hours=6)
    app.run("assess", now=later)
    app.run("link", now=later)
    assert len(before) == len(groups(app)) == 1
    with app.database.read() as session:
        [told] = stories.list_stories(since=NOW - timedelta(days=30), until=later, session=session)
        sent = outbox.list_outbox(session=session)
        keys = session.scalars(select(StoryKeyRow.story_id).distinct()).all()
        rows = session.scalar(select(func.count()).select_from(StoryArticleRow))
    assert (told.articles, rows) == (1, 1)
    assert keys == [told.id]
    assert sum(":new:" in line.key for line in sent) == 1


def test_an_article_edited_into_something_else_takes_its_story_along(
    app: App, feed_id: int
) -> None:
    tell(app, SIGNING, feed_id=feed_id)
    edited = replace(
        SIGNING.article,
        title="Astana marathon",
        summary="Runners from nine countries took part.",
        content_hash="d" * 64,
    )
    with app.database.write() as session:
        articles.store_articles([edited], feed_id=feed_id, now=NOW, session=session)
    later = NOW + timedelta(hours=6)
    app.run("assess", now=later)
    app.run("link", now=later)
    with app.database.read() as session:
        assert (
            stories.list_stories(since=NOW - timedelta(days=30), until=later, session=session) == []
        )
        story = stories.require_story(1, session=session)
    assert story.retracted_reason


def test_a_copy_of_the_edited_text_still_finds_the_story(app: App, feed_id: int) -> None:
    tell(app, SIGNING, feed_id=feed_id)
    text = (
        "Karaganda's two fields of rare earths go to explorers from Japan: both states signed the"
    )
    text += " memorandum on critical minerals on Monday."
    edited = replace(SIGNING.article, summary=text, content_hash="e" * 64)
    with app.database.write() as session:
        articles.store_articles([edited], feed_id=feed_id, now=NOW, session=session)
    app.run("assess", now=NOW)
    app.run("link", now=NOW)
    copy = Told(
        "Kazakhstan lets Japan explore rare earths under memorandum", text, hours=8, outlet="Wire"
    )
    tell(app, copy)
    assert groups(app) == together(SIGNING, copy)
