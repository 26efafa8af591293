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


@pytest.mark.parametrize(
    ("language", "text", "status"),
    [
        ("en", "The DFC signed a $553m loan for the Lobito railway", "committed"),
        ("en", "US approves $1.25 billion for a copper mine in Pakistan", "committed"),
        ("en", "Tokyo and Canberra clinch a contract worth $200m on rare earths", "committed"),
        ("en", "Washington transferred $75m to the joint minerals fund", "paid"),
        ("en", "The fund received its first $75 million", "paid"),
        ("en", "A first tranche of €20 million for the lithium mine", "paid"),
        ("en", "Washington could pay $75m into the joint minerals fund", "announced"),
        ("en", "The bank has not approved the $75m for the mine", "announced"),
        ("en", "The nickel project needs $2 billion", "announced"),
        ("uk", "США перерахували 75 млн доларів до фонду надр", "paid"),
        ("uk", "Банк схвалив 75 млн доларів на літій", "committed"),
        ("ru", "Банк одобрил кредит на 75 млн долларов для рудника", "committed"),
        ("ru", "Фонд получил 75 млн долларов", "paid"),
        ("ru", "Рудник может получить 75 млн долларов", "announced"),
    ],
)
def test_what_is_said_of_a_sum(assessor, language, text, status):
    (found,) = assessor.read_fully(Document(id="1", title=text, language=language)).money
    assert found.status == status


def test_each_sum_has_its_own_status(assessor):
    text = "The DFC has paid $75m. It hopes for $1 billion more. Kyiv signed a €30m contract."
    found = assessor.read_fully(Document(id="1", title=text, language="en")).money
    said = {one.evidence.text: one.status.value for one in found}
    assert said == {"$75m": "paid", "$1 billion": "announced", "€30m": "committed"}
