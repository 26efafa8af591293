"""Which known agreement a story speaks of."""

import pytest

from pipeline.ledger.match import agreement_of
from schemas.config import AgreementConfig

FUND = AgreementConfig(id="ua-us-fund", name="Reconstruction fund", parties=("UA", "US"))
EU_KZ = AgreementConfig(id="eu-kz", name="Partnership", parties=("EU", "KZ"))
KZ_TUNGSTEN = AgreementConfig(
    id="us-kz-tungsten", name="Venture", parties=("KZ", "US"), minerals=("tungsten",)
)
KZ_MEMO = AgreementConfig(
    id="us-kz-uranium", name="Memo", parties=("KZ", "US"), minerals=("uranium", "rare earths")
)
C5 = AgreementConfig(id="c5", name="C5+1", parties=("KZ", "KG", "TJ", "TM", "UZ", "US"))
KNOWN = (FUND, EU_KZ, KZ_TUNGSTEN, KZ_MEMO, C5)


def test_the_one_that_the_assessor_named_goes_before_parties():
    assert agreement_of("eu-kz", ("UA", "US"), (), KNOWN) == "eu-kz"


def test_one_no_longer_known_is_not_used():
    assert agreement_of("dropped", ("KZ", "RU"), (), KNOWN) is None
    assert agreement_of("dropped", ("EU", "KZ"), (), KNOWN) == "eu-kz"


def test_exactly_the_parties_of_one_decide_in_any_order():
    assert agreement_of(None, ("US", "UA", "US"), (), KNOWN) == "ua-us-fund"


@pytest.mark.parametrize("parties", [(), ("UA",), ("EU", "UA", "US"), ("KZ", "UZ")])
def test_fewer_more_or_other_parties_do_not(parties):
    assert agreement_of(None, parties, (), KNOWN) is None


def test_where_two_have_the_parties_the_mineral_decides():
    assert agreement_of(None, ("KZ", "US"), ("tungsten",), KNOWN) == "us-kz-tungsten"
    assert agreement_of(None, ("KZ", "US"), ("uranium", "gold"), KNOWN) == "us-kz-uranium"


@pytest.mark.parametrize("minerals", [(), ("gold",), ("tungsten", "uranium")])
def test_where_minerals_do_not_settle_it_none_is_meant(minerals):
    assert agreement_of(None, ("KZ", "US"), minerals, KNOWN) is None


def test_nothing_known():
    assert agreement_of("x", ("UA", "US"), (), ()) is None
