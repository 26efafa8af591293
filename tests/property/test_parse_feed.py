"""Whatever bytes a server sends, they become a feed or a named failure, and then articles."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.collect.articles import to_articles
from pipeline.collect.fields import MAX_SUMMARY, MAX_TITLE
from pipeline.collect.parse import parse_feed
from schemas.feed import Failed, FailureKind, ParsedFeed

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
URL = "https://example.com/feed"
_FEEDS = [
    b"""<?xml version="1.0" encoding="utf-8"?>
    <rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>N</title>
    <link>https://example.com</link><language>en</language><ttl>60</ttl><item>
    <title>Deal &amp; ores</title><link>https://example.com/a</link><guid>1</guid>
    <description><![CDATA[<p>On <b>lithium</b></p>]]></description><dc:language>uk</dc:language>
    <pubDate>Mon, 23 Nov 2026 09:00:00 GMT</pubDate><source url="https://x.org">X</source>
    </item></channel></rss>""",
    b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://example.com/x/">
    <title>N</title><entry><title type="html">Deal &amp;amp; ores</title><id>tag:1</id>
    <link rel="alternate" href="y"/><updated>2026-11-23T09:00:00Z</updated>
    <summary type="xhtml"><div>On <b>lithium</b></div></summary></entry></feed>""",
    b"""{"version":"https://jsonfeed.org/version/1.1","title":"N","items":[{"id":"1","url":"/a",
    "title":"Deal","content_html":"<p>x</p>","date_published":"2026-11-23T09:00:00Z"}]}""",
]
_PIECES = rb"""< > & <![CDATA[ ]]> &#x0; &#55296; &#55356;&#57104; &#9999999999; &#x110000;
    <item> </item> <!-- ]> " ' xmlns:a='' <x:y> { } null &nbsp; <?xml 9999999999 - http://[ //
    <a:item> </channel> \u0000 \ud800 1e999 &amp;#55296;""".split()
_PIECES += [b"\x00", b"\xff\xfe", b"\xd0", b"<!DOCTYPE x [", b"<source url='http://['>"]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    body = draw(st.sampled_from(_FEEDS))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(body)))
        gone = draw(st.integers(0, 30))
        put = draw(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=4)))
        body = body[:start] + put + body[start + gone :]
    return body


@settings(max_examples=300)
@given(st.one_of(damaged(), st.binary(max_size=300)), st.none() | st.text(max_size=40))
def test_any_bytes_become_a_feed_or_a_named_failure(body: bytes, content_type: str | None) -> None:
    result = parse_feed(body, url=URL, content_type=content_type)
    if isinstance(result, Failed):
        assert result.message
        assert result.kind is not FailureKind.PARSER, result.message
        return
    assert isinstance(result, ParsedFeed)
    for entry in result.entries:
        assert len(entry.title) <= MAX_TITLE
        assert len(entry.summary) <= MAX_SUMMARY
        assert entry.link is None or entry.link.lower().startswith(("http://", "https://"))
    for article in to_articles(result, feed_url=URL, feed_name="F", feed_language="en", now=NOW):
        stored = (article.canonical_url, article.title, article.summary, article.outlet)
        for text in (*stored, article.url or "", article.guid or ""):
            text.encode("utf-8")
            assert "\x00" not in text
        assert article.published_at <= NOW
        assert article.canonical_url
