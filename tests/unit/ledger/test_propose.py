"""Agreements proposed from the news."""

import pytest

from pipeline.ledger.propose import candidates, covered, proposal_of
from schemas.assessment import Stage
from schemas.config import AgreementConfig
from schemas.ledger import Certainty
from tests.ledger_shapes import report

FUND = AgreementConfig(id="fund", name="Fund", parties=("UA", "US"))
LITHIUM = AgreementConfig(id="li", name="Li", parties=("AR", "IN"), minerals=("lithium",))
KNOWN = (FUND, LITHIUM)


def told(article, stage=Stage.NONE, *, instrument="memorandum", key="jp-kz-minerals", **given):
    return report(
        stage,
        article=article,
        proposal=key,
        parties=("JP", "KZ"),
        subject="minerals",
        instrument=instrument,
        **({"agreement_id": None} | given),
    )


def test_the_same_states_and_subject_have_one_key():
    assert proposal_of(["KZ", "JP", "KZ"], "minerals") == "jp-kz-minerals"
    assert proposal_of(("JP", "KZ"), "rare earths") == "jp-kz-rare-earths"


@pytest.mark.parametrize("parties", [(), ("KZ",), tuple("ABCDEFGHI")])
def test_too_few_and_too_many_have_none(parties):
    assert proposal_of([f"X{p}" for p in parties], "minerals") is None


@pytest.mark.parametrize(
    ("parties", "minerals", "is_covered"),
    [
        (("US", "UA"), ("lithium",), True),
        (("IN", "AR"), ("lithium", "copper"), True),
        (("IN", "AR"), (), True),
        (("IN", "AR"), ("copper",), False),
        (("UA", "US", "PL"), ("lithium",), False),
    ],
)
def test_what_a_known_agreement_may_be_about_is_not_proposed(parties, minerals, is_covered):
    assert covered(parties, minerals, KNOWN) is is_covered


@pytest.mark.parametrize("stage", [Stage.AGREED, Stage.SIGNED, Stage.IMPLEMENTING])
def test_one_report_that_it_is_agreed_or_further_is_enough(stage):
    [found] = candidates([told(1, stage)])
    assert (found.proposal, found.stage, found.instrument) == (
        "jp-kz-minerals",
        stage,
        "memorandum",
    )
    assert stage.value in found.why


def test_talk_needs_two_outlets_in_words_of_their_own():
    first, second = told(1, Stage.NEGOTIATING), told(2, Stage.NEGOTIATING)
    assert candidates([first]) == []
    assert len(candidates([first, second])) == 1
    reprint = told(2, Stage.NEGOTIATING, quote=first.quote)
    assert candidates([first, reprint]) == []
    assert candidates([first, told(3, Stage.NEGOTIATING, outlet=first.outlet)]) == []


def test_without_an_instrument_or_only_planned_there_is_nothing():
    assert candidates([told(1, Stage.SIGNED, instrument=None)]) == []
    assert candidates([told(1, Stage.SIGNED, certainty=Certainty.PLANNED)]) == []


def test_the_newest_come_first_and_the_usual_name_counts():
    other = told(9, Stage.SIGNED, key="fr-mn-uranium", hours=50)
    mixed = [
        told(1, Stage.SIGNED, instrument="treaty"),
        told(2, Stage.SIGNED),
        told(3, Stage.SIGNED),
    ]
    found = candidates([*mixed, other])
    assert [one.proposal for one in found] == ["fr-mn-uranium", "jp-kz-minerals"]
    assert found[1].instrument == "memorandum"
