"""Items of one document, told apart; and the keys by which they are known again."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.collect.identities import Identified, identified
from schemas.feed import FeedEntry

FEED = "https://example.com/feed"
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LONG = "Kazakhstan and Japan sign an agreement on uranium"


def items(*entries: FeedEntry) -> list[Identified]:
    return identified(entries, FEED)


def entry(
    title: str = "t", link: str = "https://example.com/a", guid: str | None = None
) -> FeedEntry:
    return FeedEntry(title, "", link=link, guid=guid)


def test_no_entries_no_items() -> None:
    assert items() == []


@pytest.mark.parametrize(
    "second",
    [
        entry("t", guid="g-20002"),
        entry("T", link="http://www.example.com/a?utm_source=x", guid="g-20002"),
        entry("edited", guid="g-10001"),
        entry("edited"),
    ],
)
def test_an_item_that_stands_twice_is_one_and_the_first_wins(second: FeedEntry) -> None:
    first = entry("t", guid="g-10001")
    assert [item.entry for item in items(first, second)] == [first]


def test_items_that_share_an_address_are_told_apart_by_guid() -> None:
    one, two = items(entry("one", guid="g-10001"), entry("two", guid="g-10002"))
    assert one.identity != two.identity
    again = items(entry("two, edited", guid="g-10002"), entry("one", guid="g-10001"))
    assert [item.identity for item in again] == [two.identity, one.identity]


def test_items_that_share_a_page_are_told_apart_by_fragment() -> None:
    page = "https://example.com/live#"
    one, two = items(entry("one", page + "a"), entry("two", page + "b"))
    assert one.identity != two.identity
    assert items(entry("one", page + "a"))[0].identity == "https://example.com/live"


def test_order_is_the_document_s() -> None:
    links = [f"https://example.com/{n}" for n in (3, 1, 2)]
    found = items(entry("c", links[0]), entry("a", links[1]), entry("b", links[2]), entry("x"))
    assert [item.entry.title for item in found] == ["c", "a", "b", "x"]


def test_guid_key_is_blind_to_the_scheme_and_to_what_else_changed() -> None:
    [one] = items(entry("a", guid="http://www.example.com/?p=1071"))
    [two] = items(entry("b", "https://example.com/b", guid="https://example.com/?p=1071"))
    assert one.guid_key == two.guid_key is not None


@pytest.mark.parametrize("guid", ["7", "news", "https://example.com/"])
def test_guid_that_may_stand_for_another_item_tomorrow_needs_the_title(guid: str) -> None:
    [one], [two] = items(entry("a", guid=guid)), items(entry("b", guid=guid))
    assert one.guid_key != two.guid_key
    assert one.guid_key == items(entry("a", "https://example.com/z", guid=guid))[0].guid_key


def test_guid_that_stands_twice_is_no_key() -> None:
    found = items(entry("a", guid="g-10001"), entry("b", "https://example.com/b", "g-10001"))
    assert [item.guid_key for item in found] == [None, None]


def test_text_key_needs_enough_text_or_a_date() -> None:
    dated = FeedEntry(LONG, "", published=AT)
    assert items(dated)[0].text_key is not None
    assert items(replace(dated, title="Press release"))[0].text_key is None
    assert items(replace(dated, published=None))[0].text_key is None
    assert items(replace(dated, published=None, summary=LONG * 2))[0].text_key is not None
    assert (
        items(dated)[0].text_key != items(replace(dated, published=AT.replace(day=24)))[0].text_key
    )
