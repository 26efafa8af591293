"""Cut or whole, the new entries are the same."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.cut import items_of, unpack
from pipeline.collect.document import read_document
from pipeline.collect.parse import parse_feed
from schemas.feed import ParsedFeed

URL = "https://example.com/feeds/news.xml"
RSS = '<?xml version="1.0"?><rss version="2.0"><channel><title>N</title>{}</channel></rss>'
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>N</title>{}</feed>'
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    '<channel rdf:about="c"><title>N</title></channel>{}</rdf:RDF>'
)
WORDS = st.sampled_from(
    [
        "Deal",
        "<b>bold</b>",
        "<![CDATA[<item> in <i>text</i>]]>",
        "<![CDATA[<!-- more -->]]>",
        "<!-- <item>off</item> -->",
        "&amp;amp; Co",
        "&nbsp;",
        "&euro;",
        "угода",
        "<entry>",
        "</item>",
        "<item>",
        "AT&T",
        "<?php echo 1 ?>",
        "]]>",
        "<!--",
        "<item/>",
        "\x00",
        "   ",
    ]
)
INSIDE = st.lists(WORDS, max_size=4).map(" ".join)


@st.composite
def items(draw, tag):
    """An item with whatever stands in feeds; seldom well-formed by luck alone."""
    number = draw(st.integers(0, 40))
    link = {
        "item": f"<link>https://example.com/{number}</link>",
        "entry": f'<link href="https://example.com/{number}"/>',
    }[tag]
    about = f' rdf:about="{number}"' if draw(st.booleans()) and tag == "item" else ""
    body = f"<title>{number} {draw(INSIDE)}</title>{link}"
    if draw(st.booleans()):
        name = "description" if tag == "item" else "summary"
        body += f"<{name}>{draw(INSIDE)}</{name}>"
    return f"<{tag}{about or ''}>{body}</{tag}>"


@st.composite
def two_readings(draw):
    """The same feed twice: some items stay, some go, some come, some change their place."""
    frame, tag = draw(st.sampled_from([(RSS, "item"), (ATOM, "entry"), (RDF, "item")]))
    pool = draw(st.lists(items(tag), min_size=1, max_size=6))
    some = st.lists(st.sampled_from(pool), max_size=6)
    between = draw(st.sampled_from(["", "\n", " <!-- x --> "]))
    return frame.format(between.join(draw(some))), frame.format(between.join(draw(some)))


@given(two_readings())
def test_cut_and_whole_give_the_same_new_entries(readings):
    before, after = readings
    first = parse_feed(before.encode("utf-8"), url=URL, content_type=None)
    known = first.items if isinstance(first, ParsedFeed) else b""
    cut = parse_feed(after.encode("utf-8"), url=URL, content_type=None, known=known)
    whole = parse_feed(after.encode("utf-8"), url=URL, content_type=None)
    if not isinstance(whole, ParsedFeed) or not isinstance(cut, ParsedFeed):
        assert cut == whole
        return
    assert (cut.title, cut.problems, cut.ttl_s) == (whole.title, whole.problems, whole.ttl_s)
    assert cut.held == whole.held == len(whole.entries)
    if len(cut.entries) == cut.held:
        assert cut.entries == whole.entries
        return
    found = items_of(read_document(after).text)
    assert found is not None
    marks = [item.mark for item in found]
    new = [e for e, mark in zip(whole.entries, marks, strict=True) if mark not in unpack(known)]
    assert list(cut.entries) == new
    assert unpack(cut.items) == unpack(whole.items)
