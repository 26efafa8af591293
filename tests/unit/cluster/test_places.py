"""States that an item names."""

import pytest

from pipeline.cluster.places import Gazetteer
from schemas.rules import StateConfig

STATES = (
    StateConfig(
        code="UA",
        name={"en": ("Ukraine",), "uk": ("Україна",)},
        adjective={"uk": ("український",)},
        capital={"en": ("Kyiv", "Kiev"), "ru": ("Киев",)},
        leader={"uk": ("=Раду",)},
    ),
    StateConfig(code="UZ", name={"en": ("Uzbekistan",), "uz": ("Oʻzbekiston",)}),
    StateConfig(code="CL", name={"en": ("Chile",)}, adjective={"en": ("Chilean",)}),
    StateConfig(code="CZ", name={"en": ("Czech Republic",)}),
)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Ukraine and Uzbekistan", ("UA", "UZ")),
        ("В Україні українського", ("UA",)),
        ("O‘zbekistonning", ("UZ",)),
        ("Chile's miners, Chilean copper", ("CL",)),
        ("children in chilly Kievan rooms", ()),
        ("Киева не было", ()),
        ("Раду скликали", ("UA",)),
        ("радунний день", ()),
        ("the republic of letters", ()),
        ("", ()),
    ],
)
def test_names_are_found_in_their_inflections(text, codes):
    assert Gazetteer.of_states(STATES).places(text) == codes


def test_title_and_summary_are_both_read():
    found = Gazetteer.of_states(STATES).places("Kyiv signs", "with <b>Chile</b>")
    assert found == ("CL", "UA")


def test_a_gazetteer_of_nothing_finds_nothing():
    assert Gazetteer({}).places("Ukraine") == ()
