"""Index keys: documents of one story share one, and there are few of them."""

import pytest

from pipeline.cluster.keys import MAX_KEY_CHARS, MAX_KEYS, keys, wide_keys

WORDS = [f"{a}d{b}r{c}kt" for a in "bdfgk" for b in "aeiou" for c in "mnprs"]
"""125 words, each with a sound of its own or nearly."""
LONG = "Reconstruction " * 10 + " ".join(WORDS)


def test_their_number_and_length_are_bounded(told):
    document = told(
        LONG,
        LONG * 5,
        parties=("CD", "RW", "US"),
        minerals=("cobalt", "copper", "gold", "lithium", "tin"),
        agreement="x" * 200,
    )
    assert len(keys(document)) <= MAX_KEYS
    assert all(len(key) <= MAX_KEY_CHARS for key in keys(document))


def test_an_empty_document_has_none(told):
    assert keys(told("")) == frozenset()


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ({"agreement": "ua-us"}, {"agreement": "ua-us"}, "a:"),
        ({"parties": ("UA", "US")}, {"parties": ("US", "UA")}, "p:"),
        ({"parties": ("CD", "RW", "US")}, {"parties": ("CD", "US")}, "p:"),
        (
            {"parties": ("UA",), "minerals": ("lithium",)},
            {"parties": ("UA", "US"), "minerals": ("graphite", "lithium")},
            "m:",
        ),
    ],
)
def test_what_was_read_makes_keys(told, one, other, kind):
    shared = keys(told("Первое слово", **one)) & keys(told("Another thing altogether", **other))
    assert {key[:2] for key in shared} == {kind}


def test_one_state_alone_makes_no_key(told):
    assert not any(key.startswith("p:") for key in keys(told("Kyiv", parties=("UA",))))


def test_an_aggregators_copy_shares_the_title_key(told):
    bare = keys(told("Svyrydenko names the winner of the Dobra tender", "A long text of its own."))
    copy = keys(told("Svyrydenko names the winner of the Dobra tender - Mining Weekly"))
    assert any(key.startswith("t:") for key in bare & copy)


def test_names_are_shared_across_scripts(told):
    ukrainian = keys(told("Титан Фірташа піде з молотка"))
    english = keys(told("Titanium seized from Firtash goes on sale"))
    assert any(key.startswith("w:") for key in ukrainian & english)


def test_words_of_the_title_are_shared_within_two_days_and_not_after_four(told):
    def shared(days):
        one, other = told("Cabinet on Dobra"), told("Dobra winner", days=days)
        return any(key.startswith("x:") for key in keys(one) & keys(other))

    assert all(shared(quarter / 4) for quarter in range(8))
    assert not shared(4.1)


def test_the_wide_index_holds_the_keys_and_every_word(told):
    document = told(LONG)
    assert keys(document) < wide_keys(document)
    assert {f"x:{word}" for word in WORDS} <= {k.rsplit(":", 2)[0] for k in wide_keys(document)}
