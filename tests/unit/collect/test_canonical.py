"""Addresses that are the same article, and addresses that are not."""

import base64

import pytest

from pipeline.collect.canonical import MAX_IDENTITY, article_identity, canonical_url
from schemas.feed import FeedEntry

FEED = "https://example.com/feed"


@pytest.mark.parametrize(
    ("url", "identity"),
    [
        ("HTTP://WWW.Example.COM:80/News/", "https://example.com/News"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("//example.com/a", "https://example.com/a"),
        ("https://user:secret@example.com/a#part", "https://example.com/a"),
        ("https://example.com/a?b=2&a=1", "https://example.com/a?a=1&b=2"),
        ("https://example.com/?p=123", "https://example.com/?p=123"),
        ("https://example.com/a?utm_source=rss&id=7&fbclid=x", "https://example.com/a?id=7"),
        ("https://example.com/a?from=rss", "https://example.com/a"),
        ("https://example.com/a?from=2026-01-01", "https://example.com/a?from=2026-01-01"),
        ("https://example.com/a?q=x+y", "https://example.com/a?q=x%20y"),
        ("https://example.com/%7euser/%d1%96", "https://example.com/~user/%D1%96"),
        ("https://example.com/і", "https://example.com/%D1%96"),
        ("https://example.com/100%", "https://example.com/100%25"),
        ("https://example.com/a/../b/./c//d", "https://example.com/b/c/d"),
        ("https://example.com/a%2Fb", "https://example.com/a%2Fb"),
        ("https://новини.укр/а", "https://xn--b1amarcd.xn--j1amh/%D0%B0"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://m.example.com/a", "https://example.com/a"),
        ("https://amp.example.com/a/amp/", "https://example.com/a"),
        ("https://example.com/a.amp.html", "https://example.com/a.html"),
        ("https://example.com/a?outputType=amp", "https://example.com/a"),
        ("https://m.me/a", "https://m.me/a"),
        ("https://mining.com/a", "https://mining.com/a"),
        ("https://example.com/champ", "https://example.com/champ"),
        ("https://example.com/a;jsessionid=1F?x=1", "https://example.com/a?x=1"),
        ("https://[2001:DB8::1]:443/a", "https://[2001:db8::1]/a"),
        ("https://www.google.com/url?rct=j&url=https://x.org/a&ct=ga", "https://x.org/a"),
        ("https://www.google.com/amp/s/x.org/a/amp", "https://x.org/a"),
        ("https://x-org.cdn.ampproject.org/c/s/x.org/a", "https://x.org/a"),
        ("https://www.bing.com/news/apiclick.aspx?ref=F&url=https%3a%2f%2fx.org%2fa", "https://x.org/a"),
        ("https://www.google.com/search?q=https://x.org", "https://google.com/search?q=https://x.org"),
        ("urn:uuid:1225c695", "urn:uuid:1225c695"),
        ("  mailto:a@b.c ", "mailto:a@b.c"),
        ("http://[bad", "http://[bad"),
        ("", ""),
    ],
)  # fmt: skip
def test_canonical_url(url: str, identity: str) -> None:
    assert canonical_url(url) == identity
    assert canonical_url(identity) == identity


def test_google_news_link_of_the_older_sort_holds_its_target() -> None:
    record = b"\x08\x13\x22\x1fhttps://www.reuters.com/world/a/\xd2\x01\x00"
    token = base64.urlsafe_b64encode(record).decode().rstrip("=")
    link = f"https://news.google.com/rss/articles/{token}?oc=5"
    assert canonical_url(link) == "https://reuters.com/world/a"


@pytest.mark.parametrize("token", ["CBMiAUFVX3lxTE1h", "a", "A" * 5000])
def test_opaque_google_news_link_stays(token: str) -> None:
    link = f"https://news.google.com/rss/articles/{token}"
    assert canonical_url(f"{link}?oc=5") == canonical_url(f"{link}?oc=5#x")
    assert canonical_url(link).startswith("https://news.google.com/rss/articles/")


def test_long_addresses_are_told_apart_by_their_tails() -> None:
    one, two = (canonical_url("https://example.com/" + "a" * 3000 + end) for end in "xy")
    assert one != two
    assert len(one) <= MAX_IDENTITY
    assert one.startswith("https://example.com/aaa")


def test_identity_is_the_link() -> None:
    entry = FeedEntry("t", "s", link="http://www.example.com/a?utm_medium=rss", guid="77")
    assert article_identity(entry, FEED) == "https://example.com/a"


def test_identity_without_link_is_feed_and_guid() -> None:
    entry = FeedEntry("t", "s", guid="77")
    identity = article_identity(entry, FEED)
    assert identity.startswith("urn:mineralwatch:guid:")
    assert identity == article_identity(FeedEntry("edited", "x", guid="77"), FEED)
    assert identity != article_identity(FeedEntry("t", "s", guid="78"), FEED)
    assert identity != article_identity(entry, "https://example.org/feed")


def test_identity_without_link_and_guid_is_feed_and_text() -> None:
    identity = article_identity(FeedEntry("t", "s"), FEED)
    assert identity.startswith("urn:mineralwatch:text:")
    assert identity != article_identity(FeedEntry("t", "other"), FEED)
    assert identity == article_identity(FeedEntry("t", "s"), "http://www.example.com/feed/")


def test_link_to_the_front_page_is_no_identity() -> None:
    one = FeedEntry("a", "s", link="https://example.com/", guid="1")
    two = FeedEntry("b", "s", link="https://example.com", guid="2")
    assert article_identity(one, FEED) != article_identity(two, FEED)
