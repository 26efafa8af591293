"""Documents to entries, and what is no feed by its name."""

from datetime import UTC, datetime

import pytest

from pipeline.collect.fields import http_link, language_code
from pipeline.collect.parse import parse_feed
from schemas.feed import Failed, FailureKind, FeedEntry, ParsedFeed

URL = "https://example.com/feeds/news.xml"
ITEM = "<item><title>Deal</title><link>https://example.com/a</link></item>"


def rss(inside: str, head: str = "<title>News</title>") -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{inside}</channel></rss>'


def parsed(document: str | bytes, content_type: str | None = None) -> ParsedFeed:
    body = document.encode() if isinstance(document, str) else document
    result = parse_feed(body, url=URL, content_type=content_type)
    assert isinstance(result, ParsedFeed), result
    return result


def refused(document: str | bytes) -> Failed:
    body = document.encode() if isinstance(document, str) else document
    result = parse_feed(body, url=URL, content_type="application/rss+xml")
    assert isinstance(result, Failed), result
    assert result.url == URL
    return result


def test_rss_item() -> None:
    feed = parsed(
        rss(
            """<item>
                <title>Ukraine &amp;amp; U.S. sign &lt;b&gt;deal&lt;/b&gt;</title>
                <link>/news/1?utm_source=rss</link>
                <guid isPermaLink="false">n-1</guid>
                <description>&lt;p&gt;On ores.&lt;/p&gt;&lt;p&gt;In Kyiv.&lt;/p&gt;</description>
                <pubDate>Wed, 30 Apr 2025 23:30:00 +0300</pubDate>
                <source url="https://www.reuters.com">Reuters</source>
            </item>""",
            "<title>News &amp; views</title><language>en-US</language><ttl>15</ttl>",
        )
    )
    assert (feed.title, feed.language, feed.ttl_s, feed.problems) == ("News & views", "en", 900, ())
    assert (feed.period_s, feed.skip_hours, feed.skip_days) == (None, (), ())
    assert feed.entries == (
        FeedEntry(
            title="Ukraine & U.S. sign deal",
            summary="On ores. In Kyiv.",
            link="https://example.com/news/1?utm_source=rss",
            guid="n-1",
            published=datetime(2025, 4, 30, 20, 30, tzinfo=UTC),
            source_name="Reuters",
            source_url="https://www.reuters.com",
        ),
    )


def test_atom_entry_with_base_and_language() -> None:
    feed = parsed(
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://other.org/x/">
        <title type="html">A &amp;mdash; B</title>
        <entry><title>One</title><id>tag:1</id><link href="y/1"/>
          <updated>2026-11-23T10:00:00+02:00</updated>
          <content type="html">&lt;p&gt;Text of the entry.&lt;/p&gt;</content></entry></feed>"""
    )
    (entry,) = feed.entries
    assert feed.title == "A — B"
    assert entry.link == "https://other.org/x/y/1"
    assert entry.published == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert entry.summary == "Text of the entry."


def test_rdf_item() -> None:
    feed = parsed(
        """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <channel><title>R</title></channel><item rdf:about="https://example.com/1">
        <title>T</title><link>https://example.com/1</link><dc:date>2026-11-23</dc:date>
        <dc:language>uk-UA</dc:language></item></rdf:RDF>"""
    )
    (entry,) = feed.entries
    assert (entry.link, entry.language) == ("https://example.com/1", "uk")
    assert entry.published == datetime(2026, 11, 23, tzinfo=UTC)


def test_item_without_link_and_date_is_kept() -> None:
    (entry,) = parsed(rss("<item><description>Only this.</description></item>")).entries
    assert entry == FeedEntry(title="", summary="Only this.")


def test_original_link_of_a_feed_proxy_comes_first() -> None:
    document = rss(
        '<item xmlns:f="http://rssnamespace.org/feedburner/ext/1.0"><title>t</title>'
        "<link>https://feeds.proxy.com/~r/1</link>"
        "<f:origLink>https://example.com/a</f:origLink></item>"
    )
    assert parsed(document).entries[0].link == "https://example.com/a"


def test_content_stands_in_for_a_summary_that_says_nothing() -> None:
    item = (
        '<item xmlns:c="http://purl.org/rss/1.0/modules/content/"><title>t</title>'
        "<description>Read more…</description>"
        "<c:encoded><![CDATA[<p>The whole text of it.</p>]]></c:encoded></item>"
    )
    assert parsed(rss(item)).entries[0].summary == "The whole text of it."


@pytest.mark.parametrize(
    "date",
    ["", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", "0000-00-00", "Mon, 99 Foo 2026 99:99:99 GMT"],
)
def test_dates_that_are_none(date: str) -> None:
    item = f"<item><title>t</title><pubDate>{date}</pubDate></item>"
    assert parsed(rss(item)).entries[0].published is None


def test_fields_are_bounded() -> None:
    item = f"<item><title>{'t' * 900}</title><description>{'d ' * 9000}</description></item>"
    (entry,) = parsed(rss(item)).entries
    assert len(entry.title) == 500
    assert 4990 <= len(entry.summary) <= 5000


def test_entries_are_bounded_and_the_first_are_kept() -> None:
    items = "".join(f"<item><title>{n}</title></item>" for n in range(2500))
    feed = parsed(rss(items))
    assert [feed.entries[0].title, feed.entries[-1].title] == ["0", "1999"]
    assert len(feed.entries) == 2000
    assert feed.problems == ("only its first 2000 entries were read",)


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-8", "windows-1252", "nonsense"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_wrong_charset_survives(charset: str, encoding: str) -> None:
    document = rss("<item><title>Угода про корисні копалини</title></item>")
    feed = parsed(document.encode(encoding), f"text/xml; charset={charset}")
    assert feed.entries[0].title == "Угода про корисні копалини"


@pytest.mark.parametrize("charset", ["utf-8", "us-ascii", "iso-8859-1", "nonsense", "windows-1251"])
def test_cyrillic_of_one_byte_survives(charset: str) -> None:
    document = rss("<item><title>Угода про корисні копалини</title></item>")
    feed = parsed(document.encode("cp1251"), f"text/xml; charset={charset}")
    assert feed.entries[0].title == "Угода про корисні копалини"


@pytest.mark.parametrize("document", ["", "  \n ", "\ufeff"])
def test_empty(document: str) -> None:
    assert refused(document).kind is FailureKind.EMPTY


@pytest.mark.parametrize(
    "document",
    ["<!DOCTYPE html><html><head/></html>", "<html>", "<!-- x --><HTML><body>Sign in</body>",
     "<div>Access denied</div>"],
)  # fmt: skip
def test_web_page(document: str) -> None:
    failure = refused(document)
    assert failure.kind is FailureKind.HTML
    assert "web page" in failure.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32",
                                      "cp037"])  # fmt: skip
def test_entity_bomb_in_any_encoding(encoding: str) -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{levels}]>'
    document = bomb + rss("<item><title>&e9;</title></item>").partition("?>")[2]
    failure = refused(document.encode(encoding))
    assert failure.kind is FailureKind.XML_BOMB
    assert "entity" in failure.message


def test_external_entity_reads_no_file() -> None:
    document = (
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        "<rss version='2.0'><channel><item><title>&f;</title></item></channel></rss>"
    )
    assert refused(document).kind is FailureKind.XML_BOMB


def test_body_that_is_a_path_reads_no_file() -> None:
    assert "root:" not in str(refused("/etc/passwd"))


def test_harmless_entities_are_read() -> None:
    document = (
        '<!DOCTYPE rss [<!ENTITY co "Acme">]>'
        + rss("<item><title>&co;&nbsp;&mdash; lithium</title></item>").partition("?>")[2]
    )
    feed = parsed(document)
    assert feed.entries[0].title == "Acme — lithium"
    assert feed.problems == ()


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("<urlset><url/></urlset>", "<urlset>"),
        ("<opml><body/></opml>", "<opml>"),
        ("just text", "'just text'"),
        ("%PDF-1.7", "'%PDF"),
        ("\x89PNG\r\n", "begins with"),
        ('{"a": 1}', "JSON"),
    ],
)
def test_not_a_feed(document: str, words: str) -> None:
    failure = refused(document)
    assert failure.kind is FailureKind.NOT_A_FEED
    assert words in failure.message


@pytest.mark.parametrize("document", ["<rss version='2.0'><channel><title>x", "<rss", "<feed><x>"])
def test_invalid_xml_with_nothing_in_it(document: str) -> None:
    failure = refused(document)
    assert failure.kind is FailureKind.INVALID_XML
    assert "damaged" in failure.message


def test_invalid_xml_with_entries_is_read_and_told() -> None:
    feed = parsed(rss(f"<item><title>A & B</title></item><oops>{ITEM}"))
    assert [entry.title for entry in feed.entries] == ["A & B", "Deal"]
    assert "not well-formed" in feed.problems[0]


def test_item_cut_in_two_is_left_out() -> None:
    whole = rss(ITEM + "<item><title>Half of a title that goes on")
    feed = parsed(whole[: whole.index(" that goes on")])
    assert [entry.title for entry in feed.entries] == ["Deal"]


def test_feed_without_entries_is_a_feed() -> None:
    assert parsed(rss("")).entries == ()


def test_text_before_the_feed_is_told() -> None:
    feed = parsed("<br />\n<b>Warning</b>: x in a.php\n" + rss(ITEM))
    assert feed.entries[0].title == "Deal"
    assert "text stood before the feed" in feed.problems


def test_script_and_hidden_marks_do_not_come_through() -> None:
    item = "<item><title>De\u200bal<![CDATA[<script>alert(1)</script>]]>\u202e</title></item>"
    assert parsed(rss(item)).entries[0].title == "Deal"


@pytest.mark.parametrize(
    ("text", "code"),
    [("en-US", "en"), (" UK ", "uk"), ("ua", "uk"), ("zh_CN", "zh"), ("kz", "kk"), ("rus", "rus"),
     ("English", None), ("", None), ("e", None)],
)  # fmt: skip
def test_language_code(text: str, code: str | None) -> None:
    assert language_code(text) == code


@pytest.mark.parametrize(
    ("text", "link"),
    [("a/b", "https://example.com/feeds/a/b"), ("//x.org/a", "https://x.org/a"), ("", None),
     ("javascript:alert(1)", None), ("mailto:a@b.c", None), ("http://[bad", None),
     ("https://x.org/" + "a" * 5000, None)],
)  # fmt: skip
def test_http_link(text: str, link: str | None) -> None:
    assert http_link(text, URL) == link


def test_fault_of_the_parser_is_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("pipeline.collect.parse.parse_xml", broken)
    failure = refused(rss(ITEM))
    assert failure.kind is FailureKind.PARSER
    assert "RecursionError" in failure.message


SKIPS = "<skipHours><hour>1</hour><hour>2</hour></skipHours><skipDays><day>Sunday</day></skipDays>"


@pytest.mark.parametrize(("before", "behind"), [(SKIPS, ""), ("", SKIPS)])
def test_skips_are_the_channels_wherever_they_stand(before: str, behind: str) -> None:
    other = "<item><title>a</title><skipHours><hour>9</hour></skipHours></item>"
    feed = parsed(rss(f"{before}{ITEM}{other}{behind}"))
    assert (feed.skip_hours, feed.skip_days) == ((1, 2), (6,))


def test_syndication_module_is_read() -> None:
    module = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    said = "<sy:updatePeriod>\n hourly </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"
    document = f"<rss version='2.0' {module}><channel>{said}{ITEM}</channel></rss>"
    assert parsed(document).period_s == 900


@pytest.mark.parametrize(
    ("guid", "link"),
    [
        ("<guid>124</guid>", None),
        ('<guid isPermaLink="true">a-124</guid>', None),
        ("<guid>https://example.com/p</guid>", "https://example.com/p"),
        ('<guid isPermaLink="false">https://example.com/p</guid>', None),
        ("<guid>/p</guid>", "https://example.com/p"),
    ],
)
def test_guid_is_a_link_only_where_it_is_an_address(guid: str, link: str | None) -> None:
    body = f"<rss version='2.0'><channel><item><title>a</title>{guid}</item></channel></rss>"
    for url in ("https://example.com/feed/1", "https://example.com/rss"):
        parsed = parse_feed(body.encode(), url=url, content_type=None)
        assert isinstance(parsed, ParsedFeed)
        [entry] = parsed.entries
        assert entry.link == link
        assert entry.guid is not None
        assert entry.guid in guid


GML = '<gml:pos xmlns:gml="http://www.opengis.net/gml">1 2</gml:pos>'


@pytest.mark.parametrize(
    "odd",
    [
        "<image><url>u</url><width/><height></height></image>",
        '<x:a:b xmlns:x="u"/>',
        '<x xmlns="http://a b c d"/>',
        f"<item>{GML}</item>",
        '<psc:chapter xmlns:psc="http://podlove.org/simple-chapters" start="1"/>',
    ],
)
def test_an_element_that_no_item_needs_costs_no_feed(odd: str) -> None:
    item = "<item><title>Deal</title><link>https://example.com/a</link></item>"
    body = f"<rss version='2.0'><channel><title>F</title>{odd}{item}{item}</channel></rss>"
    parsed = parse_feed(body.encode(), url="https://example.com/", content_type=None)
    assert isinstance(parsed, ParsedFeed), parsed
    assert [entry.title for entry in parsed.entries[-2:]] == ["Deal", "Deal"]
    assert parsed.entries[-1].link == "https://example.com/a"


def test_what_was_skipped_is_told() -> None:
    item = f"<item><title>a</title>{GML}</item>"
    body = f"<rss version='2.0'><channel>{item}</channel></rss>"
    parsed = parse_feed(body.encode(), url="https://e.org/", content_type=None)
    assert isinstance(parsed, ParsedFeed)
    assert [entry.title for entry in parsed.entries] == ["a"]
    [problem] = parsed.problems
    assert "skipped: <gml:pos> (KeyError('where'))" in problem
