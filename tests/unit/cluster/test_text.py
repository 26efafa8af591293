"""Headlines as tokens that can be compared."""

import pytest

from pipeline.cluster.text import own_summary, plain, skeleton, without_outlet, words


def test_entities_tags_addresses_and_control_characters_go():
    dirty = "<b>EU &amp; Kazakhstan</b>\x00\u200b sign\n https://a.example/x?y=1 deal"
    assert plain(dirty) == "EU & Kazakhstan sign deal"


def test_a_megabyte_is_read_as_far_as_it_tells():
    assert len(plain("ore " * 300_000)) <= 4000


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("EU and Kazakhstan sign roadmap - Mining Weekly", "EU and Kazakhstan sign roadmap"),
        ("EU and Kazakhstan sign roadmap | Reuters", "EU and Kazakhstan sign roadmap"),
        ("Рада ратифікувала угоду — Українська правда", "Рада ратифікувала угоду"),
        ("Rare-earth deal signed", "Rare-earth deal signed"),
        ("Lithium - why a small field in the middle matters", None),
        ("One - Two", None),
    ],
)
def test_the_outlets_name_is_cut_where_it_is_one(title, bare):
    assert without_outlet(title) == (bare or title)


def test_a_summary_that_repeats_the_title_says_nothing_of_its_own():
    title = "EU and Kazakhstan sign roadmap - Mining Weekly"
    assert own_summary(title, "EU and Kazakhstan sign roadmap  Mining Weekly") == ""
    assert own_summary(title, "EU and Kazakhstan sign roadmap") == ""


def test_what_a_summary_adds_is_kept():
    title = "EU and Kazakhstan sign roadmap"
    more = "The paper of two pages names nine projects in the east."
    assert own_summary(title, f"{title}. {more}") == more.rstrip(".")
    assert own_summary(title, more) == more
    assert own_summary("", more) == more


def test_numbers_have_one_spelling():
    assert words("4,000 t, 49,979% and 49.979%, $1,6 bn") == [
        "4000", "t", "49979", "and", "49979", "1.6", "bn",
    ]  # fmt: skip


def test_apostrophes_join_their_word():
    assert words("O‘zbekiston п'ять Kyiv’s") == ["ozbekiston", "пять", "kyivs"]


@pytest.mark.parametrize(
    "spellings",
    [
        ("свириденко", "svyrydenko", "sviridenko"),
        ("насритдинходжаев", "nasritdinkhodjaev"),
        ("көшербаев", "кошербаев", "kosherbayev"),
        ("фірташа", "фирташа", "firtash"),
        ("узбекистан", "uzbekistan", "ozbekiston"),
        ("šefčovič", "шефчович"),
        ("меморандум", "memorandum"),
    ],
)
def test_spellings_of_one_name_sound_alike(spellings):
    assert len({skeleton(spelling) for spelling in spellings}) == 1


def test_other_names_sound_otherwise():
    assert skeleton("shmyhal") != skeleton("svyrydenko")
    assert skeleton("дніпро") != skeleton("донбас")
