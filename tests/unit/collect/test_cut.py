"""Items found in a feed's text, marked, and cut out where they are known; in doubt nothing is."""

import pytest

from pipeline.collect.cut import Record, items_of, pack, unpack, without
from pipeline.collect.parse import parse_feed
from schemas.feed import ParsedFeed

URL = "https://example.com/feed"


def item(number, more=""):
    return (
        f"<item><title>Deal {number}</title><link>https://example.com/{number}</link>"
        f"<pubDate>Wed, 0{number} May 2025 10:00:00 GMT</pubDate>{more}</item>"
    )


def rss(*items, head="<title>News</title>"):
    inside = head + "".join(items)
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{inside}</channel></rss>'


def parsed(text, known=b""):
    found = parse_feed(text.encode(), url=URL, content_type=None, known=known)
    assert isinstance(found, ParsedFeed), found
    return found


def titles(feed):
    return [entry.title for entry in feed.entries]


def test_items_known_from_the_last_reading_are_left_out_and_still_counted():
    first = parsed(rss(item(1), item(2)))
    assert titles(first) == ["Deal 1", "Deal 2"]
    second = parsed(rss(item(3), item(1), item(2)), first.items)
    assert titles(second) == ["Deal 3"]
    assert second.held == 3
    assert second.title == "News"
    assert titles(parsed(rss(item(4), item(3), item(1)), second.items)) == ["Deal 4"]


def test_an_edited_item_is_read_again():
    first = parsed(rss(item(1), item(2)))
    edited = item(2).replace("Deal 2", "Deal 2, corrected")
    assert titles(parsed(rss(item(1), edited), first.items)) == ["Deal 2, corrected"]


def test_where_all_is_known_nothing_is_left_and_the_feed_is_still_one():
    first = parsed(rss(item(1), item(2)))
    again = parsed(rss(item(2), item(1), head="<title>Renamed</title><ttl>30</ttl>"), first.items)
    assert (titles(again), again.held, again.title, again.ttl_s) == ([], 2, "Renamed", 1800)
    assert unpack(again.items) == unpack(first.items)


def test_dates_are_kept_of_items_that_are_cut():
    first = parsed(rss(item(1), "<item><title>No date</title></item>"))
    assert {record.date for record in unpack(first.items).values()} == {1746093600, None}
    second = parsed(rss(item(2), item(1)), first.items)
    assert {record.date for record in unpack(second.items).values()} == {1746093600, 1746180000}


def test_what_looks_like_an_item_within_a_section_or_a_comment_is_none():
    inside = "<description><![CDATA[<p>how to write <item> and </item></p>]]></description>"
    text = rss(item(1, inside), "<!-- <item>off</item> -->", item(2))
    found = items_of(text)
    assert found is not None
    assert [text[i.start : i.end] for i in found] == [item(1, inside), item(2)]


def test_atom_and_rdf_are_cut_as_well():
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title>'
        "<entry><title>One</title><id>1</id></entry>{}</feed>"
    )
    first = parsed(atom.format(""))
    second = parsed(atom.format("<entry><title>Two</title><id>2</id></entry>"), first.items)
    assert titles(second) == ["Two"]
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/"><channel rdf:about="x"><title>R</title><items>'
        '<rdf:Seq><rdf:li rdf:resource="1"/></rdf:Seq></items></channel>'
        '<item rdf:about="1"><title>One</title></item>{}</rdf:RDF>'
    )
    first = parsed(rdf.format(""))
    second = parsed(rdf.format('<item rdf:about="2"><title>Two</title></item>'), first.items)
    assert titles(second) == ["Two"]


@pytest.mark.parametrize(
    "text",
    [
        rss("<item><item></item></item>"),
        rss("<item><title>a</title>"),
        rss("</item>"),
        rss("<item/>"),
        rss(item(1), "<entry></entry>"),
        rss(item(1), "<!-- no end"),
        rss("<item><description><![CDATA[ no end </description></item>"),
    ],
)
def test_in_doubt_nothing_is_cut(text):
    assert items_of(text) is None


def test_a_broken_feed_leaves_no_marks_so_that_it_is_read_as_a_whole():
    broken = rss(item(1), "<item><title>AT&T</title></item>", item(2))
    found = parsed(broken)
    assert found.items == b""
    assert len(found.entries) == 3


def test_a_new_item_that_breaks_the_feed_is_read_as_the_parser_reads_the_whole():
    first = parsed(rss(item(1), item(2)))
    broken = rss("<item><title>AT&T <b>wins</title></item>", item(1), item(2))
    assert parsed(broken, first.items).entries == parsed(broken).entries


def test_entities_declared_by_the_feed_hold_for_what_is_left():
    dtd = '<!DOCTYPE rss [<!ENTITY pm "&#177;">]>'
    text = rss(item(1), "<item><title>&pm; 5 %</title></item>").replace("<rss", f"{dtd}<rss")
    known = parsed(rss(item(1))).items
    assert titles(parsed(text, known)) == ["± 5 %"]


def test_packing_keeps_marks_and_dates():
    records = {
        b"12345678": Record(5, (1, -2, 0)),
        b"abcdefgh": Record(None, (0, 0, 2**63 - 1)),
    }
    assert unpack(pack(list(records.items()))) == records
    late = unpack(
        pack([(b"ABCDEFGH", Record(2**40, (0, 0, 0))), (b"x" * 8, Record(-7, (0, 0, 0)))])
    )
    assert [record.date for record in late.values()] == [2**32 - 1, None]


def test_bytes_of_another_form_are_no_marks():
    assert unpack(b"12345678") == {}


def test_items_that_share_an_address_are_seen_together():
    """They are told apart by their neighbours: one that comes later must not be taken for them."""
    link = "<link>https://example.com/live</link>"
    one = f"<item><title>At noon</title>{link}<guid isPermaLink='false'>l-1001</guid></item>"
    two = f"<item><title>At two</title>{link}<guid isPermaLink='false'>l-1002</guid></item>"
    first = parsed(rss(one, item(1)))
    assert titles(parsed(rss(two, one, item(1)), first.items)) == ["At two", "At noon", "Deal 1"]


def test_items_with_one_guid_or_one_text_are_seen_together():
    told = "<title>The same words in both of them, long enough to be no chance</title>"
    date = "<pubDate>Wed, 07 May 2025 10:00:00 GMT</pubDate>"
    one = f"<item>{told}{date}<link>https://example.com/x1</link></item>"
    two = f"<item>{told}{date}<link>https://example.com/x2</link></item>"
    first = parsed(rss(one, item(1)))
    assert len(parsed(rss(two, one, item(1)), first.items).entries) == 3
    guid = "<guid isPermaLink='false'>n-12345</guid>"
    first = parsed(rss(item(1, guid), item(2)))
    assert len(parsed(rss(item(3, guid), item(1, guid), item(2)), first.items).entries) == 3


def test_without_keeps_all_that_is_no_known_item():
    text = rss(item(1), "\n ", item(2))
    found = items_of(text)
    assert found is not None
    assert without(text, found, {found[0].mark}) == rss("\n ", item(2))
    assert without(text, found, ()) == text
