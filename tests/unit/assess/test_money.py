"""Sums of money as they are written."""

import pytest

from schemas.assessment import Document


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("a loan of $565 million for lithium", 565e6, "USD"),
        ("a $24-mn lithium deal", 24e6, "USD"),
        ("€1.2bn for lithium", 1.2e9, "EUR"),
        ("USD 179 million for lithium", 179e6, "USD"),
        ("US$1,250,000 for lithium", 1_250_000, "USD"),
        ("5.5 billion euros for lithium", 5.5e9, "EUR"),
        ("A$300m for lithium", 300e6, "AUD"),
    ],
)
def test_sum(assessor, text, amount, currency):
    (found,) = assessor.read_fully(Document(id="1", title=text, language="en")).money
    assert found.amount == pytest.approx(amount)
    assert found.currency == currency
    assert found.evidence.text in text


@pytest.mark.parametrize(
    ("text", "language", "amount", "currency"),
    [
        ("Кредит на $435 млн на уран", "ru", 435e6, "USD"),
        ("100 млрд долларов за уран", "ru", 100e9, "USD"),
        ("1,5 млрд євро на літій", "uk", 1.5e9, "EUR"),
        ("1,6 milliard de dollars pour l'uranium", "fr", 1.6e9, "USD"),
    ],
)
def test_sum_in_other_languages(assessor, text, language, amount, currency):
    (found,) = assessor.read_fully(Document(id="1", title=text, language=language)).money
    assert found.amount == pytest.approx(amount)
    assert found.currency == currency


@pytest.mark.parametrize("text", ["49 percent of the lithium mine", "C5+1 lithium pact", "2030"])
def test_other_numbers_are_no_sums(assessor, text):
    assert assessor.read_fully(Document(id="1", title=text, language="en")).money == ()
