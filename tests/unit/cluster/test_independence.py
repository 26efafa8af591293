"""How many outlets tell a story in words of their own."""

from datetime import UTC, datetime

from pipeline.cluster.independence import independent_outlets
from schemas.story import ClusterDocument

WIRE = "Japan and Kazakhstan sign memorandum on rare earths in Astana on Monday, officials say"
OWN = "Tokyo gets a foot in the door of Kazakh lanthanides: what the paper signed in Astana means"


def told(*pairs):
    return [
        (outlet, ClusterDocument(str(n), title, "", datetime(2026, 5, 4, tzinfo=UTC), "en"))
        for n, (outlet, title) in enumerate(pairs)
    ]


def test_a_reprint_does_not_count_and_words_of_ones_own_do():
    assert independent_outlets(told(("a", WIRE), ("b", WIRE))) == 1
    shortened = WIRE.removesuffix(", officials say")
    assert independent_outlets(told(("a", WIRE), ("b", shortened))) == 1
    assert independent_outlets(told(("a", WIRE), ("b", OWN))) == 2


def test_an_outlet_counts_once():
    assert independent_outlets(told(("a", WIRE), ("a", OWN))) == 1


def test_the_name_of_the_outlet_on_the_headline_makes_no_other_text():
    assert independent_outlets(told(("a", WIRE), ("b", f"{WIRE} - Daily News"))) == 1


def test_items_without_a_headline_are_not_copies_of_each_other():
    assert independent_outlets(told(("a", ""), ("b", ""))) == 2
    assert independent_outlets([]) == 0
