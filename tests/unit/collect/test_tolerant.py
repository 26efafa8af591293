"""What of a feed reaches feedparser's handlers, and in which pieces."""

from typing import Any

import pytest

from pipeline.collect import tolerant
from pipeline.collect.parse import parse_feed
from schemas.feed import FeedEntry, ParsedFeed

ATOM = "http://www.w3.org/2005/Atom"
MEDIA = "http://search.yahoo.com/mrss/"


def entry_of(document: str) -> FeedEntry:
    parsed = parse_feed(document.encode(), url="https://site.example/feed", content_type=None)
    assert isinstance(parsed, ParsedFeed), parsed
    assert not parsed.problems
    return parsed.entries[0]


def rss(item: str) -> str:
    return f"<rss version='2.0' xmlns:media='{MEDIA}'><channel><item>{item}</item></channel></rss>"


def atom(entry: str) -> str:
    return f"<feed xmlns='{ATOM}'><title>F</title><entry>{entry}</entry></feed>"


def test_an_authors_page_is_not_the_page_of_the_source() -> None:
    written = "<author><name>A</name><uri>https://blog.example/a</uri></author>"
    entry = entry_of(atom(f"<title>T</title><source><title>Paper</title>{written}</source>"))
    assert (entry.source_name, entry.source_url) == ("Paper", None)


def test_what_stands_around_an_element_that_is_passed_over_is_read() -> None:
    item = "<title>Before</title><category><title>Tag</title></category><link>https://a.example/1</link>"
    entry = entry_of(rss(item))
    assert (entry.title, entry.link) == ("Before", "https://a.example/1")


def test_within_the_content_of_an_item_everything_is_text() -> None:
    content = (
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>"
        f"<p>Signed by <author xmlns='{ATOM}'>the ministers</author> in Astana.</p></div></content>"
    )
    assert entry_of(atom(f"<title>T</title>{content}")).summary == (
        "Signed by the ministers in Astana."
    )


def test_a_medias_title_and_description_stand_in_for_those_of_the_item() -> None:
    media = (
        "<media:group><media:title>Talks on lithium</media:title>"
        "<media:thumbnail url='https://a.example/i.jpg'/>"
        "<media:description>A film.</media:description></media:group>"
    )
    entry = entry_of(rss(media))
    assert (entry.title, entry.summary) == ("Talks on lithium", "A film.")


def test_text_in_many_pieces_is_one_text() -> None:
    entry = entry_of(
        rss("<title>Iron &amp; steel\n&#8212; <![CDATA[a <b>deal</b>]]> &lt;i&gt;</title>")
    )
    assert entry.title == "Iron & steel — a deal"


@pytest.mark.parametrize("name", ["author", "category", "enclosure", "media:thumbnail"])
def test_what_no_field_is_read_from_reaches_no_handler(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    handled = tolerant._Spared.unknown_starttag

    def noting(self: Any, tag: str, attrs: list[tuple[str, str]]) -> None:
        seen.append(tag)
        handled(self, tag, attrs)

    monkeypatch.setattr(tolerant._Spared, "unknown_starttag", noting)
    entry_of(rss(f"<title>T</title><{name}><inner>x</inner></{name}>"))
    assert seen == ["rss", "channel", "item", "title"]
