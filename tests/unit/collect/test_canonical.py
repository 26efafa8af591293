"""Addresses that are the same article, and addresses that are not."""

import base64
from datetime import UTC, datetime

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
        # Fragments: dropped, but for routes and numbered anchors.
        ("https://example.com/a#comments", "https://example.com/a"),
        ("https://example.com/a#xtor=RSS-3208", "https://example.com/a"),
        ("https://example.com/a#:~:text=lithium", "https://example.com/a"),
        ("https://example.com/a#Echobox=1712345678", "https://example.com/a"),
        ("https://example.com/#!/news/lithium", "https://example.com/#!/news/lithium"),
        ("https://example.com/app#/news/7?utm_source=x&id=1", "https://example.com/app#/news/7?id=1"),
        ("https://example.com/live#post-20481", "https://example.com/live#post-20481"),
        # AMP and mobile variants.
        ("https://example.com/amp/news/a", "https://example.com/news/a"),
        ("https://example.com/news/a.amp", "https://example.com/news/a"),
        ("https://example.com/news/a/amp.html", "https://example.com/news/a"),
        ("https://example.com/news/a?amp", "https://example.com/news/a"),
        ("https://example.com/news/a?view=amp&isAmp=1", "https://example.com/news/a"),
        ("https://example.com/news/a?view=map", "https://example.com/news/a?view=map"),
        ("https://example.com/amp", "https://example.com/amp"),
        ("https://en.m.wikipedia.org/wiki/Lithium", "https://en.wikipedia.org/wiki/Lithium"),
        ("https://mobile.example.com/a?mobile=1", "https://example.com/a"),
        ("https://www.bing-amp.com/c/s/x.org/a", "https://x.org/a"),
        ("https://x-org.cdn.ampproject.org/v/s/x.org/?p=12&amp_js_v=0.1&usqp=mq", "https://x.org/?p=12"),
        # Tracking, by name or by value; what is left of an ampersand escaped twice.
        ("https://example.com/a?mod=rss_markets_main", "https://example.com/a"),
        ("https://example.com/a?mod=3", "https://example.com/a?mod=3"),
        ("https://example.com/a?maca=en-rss-en-all-1573-rdf", "https://example.com/a"),
        ("https://example.com/a?.tsrc=rss", "https://example.com/a"),
        ("https://example.com/a?feedType=RSS&feedName=worldNews", "https://example.com/a"),
        ("https://example.com/a?PHPSESSID=9f&id=4", "https://example.com/a?id=4"),
        ("https://example.com/a?sid=4711", "https://example.com/a?sid=4711"),
        ("https://example.com/a?id=1&amp;utm_source=rss&amp;amp;gclid=x", "https://example.com/a?id=1"),
        ("https://example.com/a?source=reuters&rss=1", "https://example.com/a?source=reuters"),
        # Proxies and redirectors.
        ("https://www.google.co.uk/url?sa=t&url=https%3A%2F%2Fx.org%2Fa", "https://x.org/a"),
        ("https://news.google.com/news/url?sa=t&fd=R&url=http://x.org/a", "https://x.org/a"),
        ("https://da.feedsportal.com/c/33/f/1/s/2/l/0Lx0Borg0Ca0E1/story01.htm", "https://x.org/a-1"),
        ("https://feeds.feedblitz.com/~/t/0/0/n/~https://x.org/a", "https://x.org/a"),
        ("https://go.theregister.com/feed/www.x.org/2026/a/", "https://x.org/2026/a"),
        ("https://web.archive.org/web/20260101000000/https://x.org/a?id=1", "https://x.org/a?id=1"),
        ("https://r.search.yahoo.com/_ylt=A/RV=2/RU=https%3a%2f%2fx.org%2fa/RK=2/RS=b-", "https://x.org/a"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fx.org%2Fa&h=AT", "https://x.org/a"),
        ("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fx.org%2Fa&data=5", "https://x.org/a"),
        ("https://outlet.example/out.php?to=https%3A%2F%2Fx.org%2Fa", "https://x.org/a"),
        ("https://outlet.example/outlook?to=https://x.org/a", "https://outlet.example/outlook?to=https://x.org/a"),
        ("https://www-x-org.translate.goog/a?_x_tr_sl=uk&id=1", "https://x.org/a?id=1"),
        ("https://href.li/?https://x.org/a", "https://x.org/a"),
        ("https://feedproxy.google.com/~r/n/~3/abc/", "https://feedproxy.google.com/~r/n/~3/abc"),
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


@pytest.mark.parametrize("path", ["articles/", "rss/articles/", "read/", "__i/rss/rd/articles/"])
def test_google_news_link_is_decoded_on_all_its_paths(path: str) -> None:
    token = base64.urlsafe_b64encode(b"\x08\x13\x22\x0fhttps://x.org/a").decode().rstrip("=")
    assert canonical_url(f"https://news.google.com/{path}{token}?hl=en") == "https://x.org/a"


def test_opaque_google_news_links_of_one_article_are_one() -> None:
    def item(token: str, title: str = "Deal", outlet: str = "https://www.x.org") -> str:
        link = f"https://news.google.com/rss/articles/{token}?oc=5"
        at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        entry = FeedEntry(title, "", link, token, at, source_name="X", source_url=outlet)
        return article_identity(entry, FEED)

    assert item("CBMiAUFVX3lxTE1h") == item("CBMiAUFVX3lxTE1i", outlet="http://x.org/")
    assert item("CBMiAUFVX3lxTE1h") != item("CBMiAUFVX3lxTE1h", title="Other deal")
    assert item("CBMiAUFVX3lxTE1h") != item("CBMiAUFVX3lxTE1h", outlet="https://y.org")
    bare = FeedEntry("Deal", "", "https://news.google.com/rss/articles/CBMiAUFVX3lxTE1h", "g")
    assert article_identity(bare, FEED) == canonical_url(bare.link or "")


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
