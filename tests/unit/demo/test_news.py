"""The sample news is whole: what the demo and the end-to-end checks rely on."""

import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from pipeline.demo.samples import Fault, Format, ItemQuirk, OutletQuirk, load_items, load_outlets
from pipeline.errors import ConfigError

ITEMS = load_items()
OUTLETS = {outlet.slug: outlet for outlet in load_outlets()}


def test_ids_are_unique_and_fit_into_an_address():
    ids = [item.id for item in ITEMS]
    assert len(ids) == len(set(ids))
    assert all(part.isascii() and part.isalnum() for id_ in ids for part in id_.split("-"))


def test_a_month_is_covered_without_a_gap():
    assert {item.day for item in ITEMS} == set(range(-29, 1))
    assert 260 <= len(ITEMS) <= 400


def test_every_item_belongs_to_a_feed_that_gives_something():
    carrying = Counter(item.feed for item in ITEMS)
    assert set(carrying) == {slug for slug, outlet in OUTLETS.items() if outlet.fault is None}
    assert min(carrying.values()) >= 5


def test_about_half_is_noise():
    share = sum(item.relevant for item in ITEMS) / len(ITEMS)
    assert 0.4 <= share <= 0.6


def test_a_relevant_event_is_told_by_several_outlets():
    told = defaultdict(set)
    for item in ITEMS:
        if item.event and item.relevant:
            told[item.event].add(item.outlet)
    assert len(told) >= 40
    assert all(2 <= len(outlets) <= 8 for outlets in told.values())
    assert {item.relevant for item in ITEMS if item.event is None} == {True, False}


def test_an_event_is_judged_alike_in_every_outlet():
    judged = defaultdict(set)
    for item in ITEMS:
        if item.event:
            judged[item.event].add(item.relevant)
    assert all(len(verdicts) == 1 for verdicts in judged.values())


def test_five_languages_are_spoken():
    spoken = Counter(item.language for item in ITEMS)
    assert set(spoken) == {"en", "uk", "ru", "kk", "fr"}
    assert min(spoken.values()) >= 10


def test_an_aggregator_names_the_outlet_in_title_and_source():
    names = {outlet.name for outlet in OUTLETS.values()}
    carried = [item for item in ITEMS if OutletQuirk.SOURCE in OUTLETS[item.feed].quirks]
    assert len(carried) >= 10
    for item in carried:
        assert item.outlet in names
        assert item.title.endswith(f" - {item.outlet}")
    own = [item for item in ITEMS if item not in carried]
    assert all(item.outlet == OUTLETS[item.feed].name for item in own)


def test_a_signing_and_a_stage_move_are_held_for_live():
    live = [item for item in ITEMS if item.live is not None]
    assert all(5 <= item.live <= 90 and item.day == 0 for item in live)
    assert {item.relevant for item in live} == {True, False}
    signing = [item for item in live if item.event == "kz-us-tungsten-signing"]
    assert len({item.outlet for item in signing}) >= 4
    assert not [i for i in ITEMS if i.event == "kz-us-tungsten-signing" and i.live is None]
    moved = [item for item in ITEMS if item.event == "drc-us-rw-accords"]
    assert {item.live is None for item in moved} == {True, False}
    assert all(item.day == 0 for item in moved)


def test_yesterday_has_several_stories_for_the_digest():
    yesterday = {item.event for item in ITEMS if item.day == -1 and item.relevant} - {None}
    assert len(yesterday) >= 3


def test_the_oddities_of_feeds_are_there():
    assert {item.quirk for item in ITEMS} == {None, *ItemQuirk}
    assert {outlet.fault for outlet in OUTLETS.values()} == {None, *Fault}
    assert {outlet.format for outlet in OUTLETS.values()} == set(Format)
    assert {quirk for outlet in OUTLETS.values() for quirk in outlet.quirks} == set(OutletQuirk)


def test_nothing_old_is_undated():
    """An item without a date counts as fresh: an agreement of last week must not alert anew."""
    assert not [i.id for i in ITEMS if i.quirk is ItemQuirk.NO_DATE and i.relevant]


def test_no_address_outside_stands_in_the_texts():
    for item in ITEMS:
        assert "http" not in item.title + item.summary
        assert "www." not in item.title + item.summary
        assert item.title
        assert item.summary


def test_a_wrong_line_is_named(tmp_path: Path):
    row = {"id": "a", "title": "t", "summary": "s", "outlet": "o", "feed": "f", "language": "en"}
    (tmp_path / "x.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"x\.jsonl:1: not a sample item"):
        load_items(tmp_path)


def test_wrong_outlets_are_named(tmp_path: Path):
    (tmp_path / "outlets.json").write_text('[{"slug": "a"}]', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"outlets\.json: not a list of outlets"):
        load_outlets(tmp_path / "outlets.json")
