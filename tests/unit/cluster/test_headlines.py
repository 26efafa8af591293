"""Headlines are found again where they were worded a little otherwise."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.cluster.headlines import Wanted, likeness, stems

TITLE = "Japan and Kazakhstan sign memorandum on rare earths in Astana"


def alike(one: str, other: str) -> float:
    return likeness(stems(one), stems(other))


def test_case_marks_endings_and_the_outlet_do_not_count() -> None:
    assert alike(TITLE, "JAPAN, Kazakhstan signing memorandum on rare earth, Astana | Wire") == 1.0


def test_one_word_more_or_less_is_still_alike_and_another_deal_is_not() -> None:
    assert alike(TITLE, f"Breaking: {TITLE}") > 0.9
    assert alike(TITLE, "Chile and Germany sign lithium agreement") < 0.4
    assert alike("", TITLE) == alike("of the", TITLE) == 0.0


def test_cyrillic_headlines_are_compared_too() -> None:
    assert alike("Україна і США підписали угоду", "Україна й США підписали угоду про надра") > 0.8


TOKENS = ["alpha", "beta", "gamma", "delta", "eps", "zeta", "eta", "theta"]
WORDS = st.lists(st.sampled_from(TOKENS), max_size=6)


@given(
    wanted=st.lists(WORDS.map(" ".join), max_size=6),
    passing=WORDS.map(" ".join),
    least=st.sampled_from([0.3, 0.6, 0.75, 1.0]),
)
def test_filing_by_rare_stems_finds_all_that_comparing_with_each_finds(
    wanted: list[str], passing: str, least: float
) -> None:
    expected = {
        (n, score) for n, title in enumerate(wanted) if (score := alike(title, passing)) >= least
    }
    assert set(Wanted(dict(enumerate(wanted)), least=least).like(passing)) == expected
