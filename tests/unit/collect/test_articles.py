"""Entries to articles."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.collect.articles import count_empty, to_articles
from schemas.article import NewArticle
from schemas.feed import FeedEntry, ParsedFeed

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=2)


def articles(
    *entries: FeedEntry, language: str = "en", stated: str | None = None
) -> tuple[NewArticle, ...]:
    return to_articles(
        ParsedFeed(title="Feed", entries=entries, language=stated),
        feed_url="https://example.com/feed",
        feed_name="Example",
        feed_language=language,
        now=NOW,
    )


def one(entry: FeedEntry, language: str = "en", stated: str | None = None) -> NewArticle:
    (article,) = articles(entry, language=language, stated=stated)
    return article


def test_article_of_an_entry() -> None:
    article = one(
        FeedEntry("Deal", "On ores", "https://www.example.com/a?utm_source=x", "g", EARLIER)
    )
    assert article == NewArticle(
        canonical_url="https://example.com/a",
        url="https://www.example.com/a?utm_source=x",
        title="Deal",
        summary="On ores",
        language="en",
        outlet="example.com",
        published_at=EARLIER,
        dated=True,
        content_hash=article.content_hash,
        guid="g",
        guid_key=article.guid_key,
    )
    assert article.guid_key is not None


@pytest.mark.parametrize(
    "published", [None, NOW + timedelta(seconds=1), datetime(1, 1, 1, tzinfo=UTC)]
)
def test_date_that_is_missing_to_come_or_before_computers_is_now(
    published: datetime | None,
) -> None:
    article = one(FeedEntry("t", "s", published=published))
    assert (article.published_at, article.dated) == (NOW, False)


def test_date_of_this_second_is_a_date() -> None:
    assert one(FeedEntry("t", "s", published=NOW)).dated


def test_item_that_stands_twice_is_one_and_the_first_wins() -> None:
    found = articles(
        FeedEntry("new", "s", link="https://example.com/a"),
        FeedEntry("old", "s", link="http://www.example.com/a/?fbclid=1"),
        FeedEntry("other", "s", link="https://example.com/b"),
    )
    assert [article.title for article in found] == ["new", "other"]


def test_items_without_any_text_are_left_out_and_counted() -> None:
    empty = FeedEntry("", "", link="https://example.com/a")
    assert articles(empty, FeedEntry("t", "")) == articles(FeedEntry("t", ""))
    assert count_empty(ParsedFeed(title="", entries=(empty, FeedEntry("t", "")))) == 1


def test_title_may_come_from_the_summary() -> None:
    article = one(FeedEntry("", "word " * 60))
    assert article.title.startswith("word word")
    assert len(article.title) <= 120
    assert not article.title.endswith("wor")


def test_content_hash_changes_with_the_text_only() -> None:
    first = one(FeedEntry("t", "s", guid="1")).content_hash
    assert first == one(FeedEntry("t", "s", guid="2", published=EARLIER)).content_hash
    assert first != one(FeedEntry("t", "s2", guid="1")).content_hash
    assert one(FeedEntry("ab", "c")).content_hash != one(FeedEntry("a", "bc")).content_hash
    assert len(first) == 64


def test_aggregator_names_the_outlet() -> None:
    article = one(
        FeedEntry(
            "Ukraine signs deal - Reuters",
            "Ukraine signs deal Reuters",
            link="https://news.google.com/rss/articles/x",
            source_name="Reuters",
            source_url="https://www.reuters.com",
        )
    )
    told = ("reuters.com", "Ukraine signs deal", "")
    assert (article.outlet, article.title, article.summary) == told
    assert one(FeedEntry("t", "s", source_name="Reuters")).outlet == "Reuters"


def test_title_that_merely_ends_with_the_outlets_name_is_kept() -> None:
    entry = FeedEntry("A profile of Reuters", "s", source_name="Reuters")
    assert one(entry).title == "A profile of Reuters"
    assert one(FeedEntry("- Reuters", "s", source_name="Reuters")).title == "- Reuters"


def test_outlet_falls_back_to_host_and_name() -> None:
    assert one(FeedEntry("t", "s", source_url="https://www.x.org/feed")).outlet == "x.org"
    assert one(FeedEntry("t", "s")).outlet == "Example"


UKRAINIAN = "Угода про корисні копалини"
RUSSIAN = "Соглашение о полезных ископаемых"
KAZAKH = "Сирек кездесетін металдар туралы келісім әзірленді"
MIXED = "Угода EU–Ukraine на lithium"


@pytest.mark.parametrize(
    ("text", "entry", "configured", "stated", "language"),
    [
        ("A deal on ores", None, "en", "en", "en"),
        ("A deal on ores", "fr", "en", "en", "fr"),
        (UKRAINIAN, None, "uk", "en", "uk"),
        (UKRAINIAN, None, "en", "en", "uk"),
        (UKRAINIAN, "en", "en", "uk", "uk"),
        (RUSSIAN, None, "en", None, "ru"),
        (RUSSIAN, None, "uk", None, "uk"),
        (KAZAKH, None, "en", None, "kk"),
        ("A deal on ores", None, "uk", "ru", "en"),
        ("A deal on ores", None, "uk", "de", "de"),
        (MIXED, None, "uk", None, "uk"),
        ("Bitim imzolandi", None, "uz", "en", "uz"),
        ("As first reported by Правда in its English edition", None, "en", None, "en"),
        ("2026", None, "uk", None, "uk"),
    ],
)
def test_language_is_what_the_letters_allow(
    text: str, entry: str | None, configured: str, stated: str | None, language: str
) -> None:
    found = one(FeedEntry(text, "", language=entry), language=configured, stated=stated)
    assert found.language == language
