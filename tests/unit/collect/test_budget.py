"""What would hold a parser for minutes is refused before it sees it; what is merely long is not."""

import pytest

from pipeline.collect.budget import MAX_MARKS, marks, too_costly
from pipeline.collect.parse import parse_feed
from schemas.feed import Failed, FailureKind, ParsedFeed

URL = "https://example.com/feed"
ATTRIBUTES = " ".join(f'a{n}="{n}"' for n in range(100_000))


def rss(items: str, head: str = "") -> bytes:
    return f"{head}<rss version='2.0'><channel><title>F</title>{items}</channel></rss>".encode()


def item(inner: str, attributes: str = "") -> str:
    return f"<item {attributes}><title>T</title>{inner}</item>"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("<a><b/></a>", 3),
        ("<a><![CDATA[<b><c>]]></a>", 3),
        ("<a><![CDATA[<b><c>", 2),
        ("<![CDATA[<]]><![CDATA[<<]]><", 3),
    ],
)
def test_marks_outside_cdata(text: str, count: int) -> None:
    assert marks(text) == count
    assert marks("<<" + text + "<<", 2, 2 + len(text)) == count


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (rss(item("<a>" * 100_000 + "</a>" * 100_000)), "marks"),
        (b"<rss>" + b"<" * 2_000_000, "marks"),
        (rss(item("<category>a</category>" * 200_000)), "marks"),
        (rss(item("", ATTRIBUTES)), "attributes"),
        (rss(item("", ATTRIBUTES.replace('"', "'").replace("'5'", "'>'"))), "attributes"),
        (rss(item("", ATTRIBUTES.replace("a", "xmlns:a"))), "attributes"),
        (rss(item("&" * 1_100_000)), "ampersands"),
        (rss(item("&a;" * 60_000), f'<!DOCTYPE r [<!ENTITY a "{"x" * 32}">]>'), "ampersands"),
    ],
)  # fmt: skip
def test_what_is_made_to_cost_is_refused_by_name(body: bytes, word: str) -> None:
    result = parse_feed(body, url=URL, content_type=None)
    assert isinstance(result, Failed)
    assert result.kind is FailureKind.TOO_LARGE
    assert word in result.message


def test_what_is_merely_long_is_read() -> None:
    markup = "<p>" * 150_000
    long = [
        item(f"<description><![CDATA[{markup}]]></description>"),
        item("<description>" + "&lt;p&gt;" * 20_000 + "</description>"),
        item("<x a='1' b='2'/>" * 1000),
        item(f"<description>{'word ' * 200_000}</description>"),
    ]
    result = parse_feed(rss("".join(long)), url=URL, content_type=None)
    assert isinstance(result, ParsedFeed)
    assert [entry.title for entry in result.entries] == ["T"] * 4
    assert result.problems == ()


@pytest.mark.parametrize("count", [2, 4, 5, 7])
def test_items_that_would_cost_too_much_together_are_read_as_far_as_they_may(count: int) -> None:
    each = item("<x/>" * 20_000)
    result = parse_feed(rss(each * count), url=URL, content_type=None)
    assert isinstance(result, ParsedFeed)
    assert len(result.entries) == min(count, 4) == min(count, MAX_MARKS // 20_004)
    words = "only its first 4 entries were read"
    assert result.problems == ((words,) if count > 4 else ())


@pytest.mark.parametrize("piece", ["<![CDATA[", '<a b="', "<a b='", "<a b=", "<a ", "<"])
def test_counting_is_linear(piece: str) -> None:
    """Half a million openings that nothing closes; a search from each to the end would not end."""
    found = too_costly(piece * 500_000)
    assert (found is None) == (piece == "<![CDATA[")  # a section that does not end holds no marks
