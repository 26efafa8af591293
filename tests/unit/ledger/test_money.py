"""Sums of an agreement: no sum twice."""

from datetime import date

import pytest

from pipeline.ledger.money import money_of, rate_of
from schemas.assessment import MoneyStatus
from schemas.ledger import Certainty
from schemas.ledger_config import RatesFile
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
