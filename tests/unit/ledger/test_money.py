"""Sums of an agreement: no sum twice."""

import re
from dataclasses import replace
from datetime import date

import pytest

from pipeline.ledger.money import money_of, rate_of
from pipeline.ledger.words import words_of
from pipeline.settings import PACKAGE_CONFIG
from pipeline.yaml_files import read_yaml
from schemas.assessment import MoneyStatus
from schemas.ledger import Certainty, Claim
from schemas.ledger_config import LedgerFile, RatesFile
from tests.ledger_shapes import DAY, claim, report

RATES = RatesFile.model_validate(
    {
        "source": "test",
        "rates": {"EUR": [{"date": "2025-12-31", "usd": 1.1}, {"date": "2026-06-30", "usd": 1.2}]},
    }
)
ANNOUNCED, COMMITTED, PAID = MoneyStatus


def totals(*reports):
    found = money_of("a", reports, RATES)
    return {t.status: dict(t.by_currency) for t in found.totals if t.by_currency}


def told(article, *claims, hours=0, story=None, **given):
    return report(article=article, hours=hours, story=story, money=claims, **given)


def test_a_sum_named_again_counts_once():
    reports = [told(1, claim(150e6)), told(2, claim(149.5e6), hours=9), told(3, claim(150e6))]
    assert totals(*reports) == {ANNOUNCED: {"USD": 149.5e6}}, "as last named"
    [item] = money_of("a", reports, RATES).items
    assert [r.article_id for r, _ in item.claims] == [1, 3, 2]


def test_other_sums_are_added_and_currencies_and_statuses_kept_apart():
    assert totals(
        told(1, claim(150e6)),
        told(2, claim(75e6)),
        told(3, claim(75e6, "EUR")),
        told(4, claim(75e6, status=PAID)),
        told(5, claim(75e6, status=COMMITTED)),
    ) == {
        ANNOUNCED: {"USD": 225e6, "EUR": 75e6},
        COMMITTED: {"USD": 75e6},
        PAID: {"USD": 75e6},
    }


def test_the_same_amount_after_long_silence_is_another_sum():
    first, again = told(1, claim(75e6, status=PAID)), told(2, claim(75e6, status=PAID), hours=4400)
    assert totals(first, again) == {PAID: {"USD": 150e6}}
    between = told(3, claim(75e6, status=PAID), hours=2200)
    assert totals(first, between, again) == {PAID: {"USD": 75e6}}, "it was never silent so long"


def test_within_one_story_the_largest_counts_and_the_rest_are_its_parts():
    reports = [
        told(1, claim(150e6), claim(75e6), story=1),
        told(2, claim(75e6), hours=90, story=2),
    ]
    assert totals(*reports) == {ANNOUNCED: {"USD": 150e6}}
    parts = [item for item in money_of("a", reports, RATES).items if not item.counted]
    assert [(item.amount, item.part_of, len(item.claims)) for item in parts] == [
        (75e6, (150e6, "USD"), 2)
    ]


def test_two_sums_that_one_sentence_tells_as_two_both_count():
    mine = Claim(150e6, "USD", ANNOUNCED, "150 for the mine and 75 for the road", apart=True)
    road = replace(mine, amount=75e6)
    both = told(1, mine, road, story=1)
    other = told(2, claim(150e6), claim(75e6), story=1)
    assert totals(both) == {ANNOUNCED: {"USD": 225e6}}
    assert totals(both, other) == {ANNOUNCED: {"USD": 225e6}}, "another outlet tells it in short"
    assert totals(told(1, mine, story=1), told(2, road, story=1)) == {ANNOUNCED: {"USD": 150e6}}
    elsewhere = replace(road, quote="75 for the road and 10 for the port")
    assert totals(told(1, mine, elsewhere, story=1)) == {ANNOUNCED: {"USD": 150e6}}
    whole = told(3, claim(225e6, whole=True), hours=5, story=3)
    assert totals(both, whole) == {ANNOUNCED: {"USD": 225e6}}


WORDS = words_of(read_yaml(PACKAGE_CONFIG / "ledger.yaml", LedgerFile).model_dump_json())


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("DFC lends $150 million for the mine and $75 million for the railway.", 2),
        ("DFC gave $150m to Sarytogan, and another $75m to a graphite plant in Kurchatov.", 2),
        ("Виділено $150 млн на рудник та $75 млн на залізницю.", 2),
        ("Выделено $150 млн на рудник, а также $75 млн на дорогу.", 2),
        ("$10m for a road and $20m for a port plus $30m for a school.", 3),
        ("A fund of $150 million for the mine and $75 million for its first phase.", 0),
        ("DFC lends $150 million for the mine, including $75 million for the railway.", 0),
        ("DFC lends $150 million for the mine, of which $75 million for the railway.", 0),
        ("DFC lends $150 million for the mine; $75 million for the railway.", 0),
        ("The fund has $150 million and $75 million for the railway.", 0),
        ("The fund has $150 million for the mine and $75 million.", 0),
        ("$150 million for the mine and $75 million for the mine.", 0),
        ("It lends $150 million for the mine. And $75 million for the railway.", 0),
        ("$150 million to $175 million for the mine.", 0),
        ("The fund grew to $150 million for mines, up from $75 million for mines.", 0),
    ],
)
def test_only_the_plain_form_tells_two_sums_apart(text, apart):
    sums = [found.span() for found in re.finditer(r"\$\d+(?:m| million| млн)?", text)]
    assert len(WORDS.apart.told(text, sums)) == apart
    assert WORDS.apart.told(text, sums[::-1]) == WORDS.apart.told(text, sums)


def test_a_sum_of_all_so_far_holds_what_was_named_before_and_not_what_comes_after():
    before, whole = told(1, claim(75e6)), told(2, claim(200e6, whole=True), hours=9)
    assert totals(before, whole) == {ANNOUNCED: {"USD": 200e6}}
    after = told(3, claim(30e6), hours=20)
    assert totals(before, whole, after) == {ANNOUNCED: {"USD": 230e6}}


def test_what_is_denied_claims_nothing_and_what_is_planned_is_announced_at_most():
    assert totals(told(1, claim(5e6, status=PAID), certainty=Certainty.DENIED)) == {}
    for certainty in (Certainty.PLANNED, Certainty.DOUBTFUL):
        planned = told(1, claim(5e6, status=PAID), certainty=certainty)
        assert totals(planned) == {ANNOUNCED: {"USD": 5e6}}


def test_dollars_by_the_last_rate_up_to_the_day_which_is_told():
    [item] = money_of("a", [told(1, claim(10, "EUR"))], RATES).items
    assert (item.usd, item.rate_date) == (11.0, date(2025, 12, 31))
    assert rate_of("EUR", DAY.replace(year=2020), RATES) == (1.1, date(2025, 12, 31)), "the first"
    assert rate_of("USD", DAY, RATES) == (1.0, None)


def test_a_currency_without_a_rate_is_named_and_not_in_the_dollars():
    found = money_of("a", [told(1, claim(10, "XAU"), claim(10))], RATES)
    total = found.totals[0]
    assert (total.usd, total.without_rate) == (10.0, ("XAU",))


@pytest.mark.parametrize("amounts", [(100, 102, 104), (104, 100, 102)])
def test_rounding_does_not_creep(amounts):
    reports = [told(n, claim(float(a)), hours=n) for n, a in enumerate(amounts, start=1)]
    assert sorted(i.amount for i in money_of("a", reports, RATES).items) == [102.0, 104.0]
