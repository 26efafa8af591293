"""Agreements: where each stands; one with its timeline, conflicts, corrections and money."""

from fastapi import APIRouter, Response

from pipeline.stages import pages_agreements
from pipeline.stages.agreement_words import TIERS, amount, says, sources
from pipeline.web.desk import AtDesk
from pipeline.web.texts import plain
from schemas.ledger import Conflict

router = APIRouter()

SHOWN = 40
"""Conflicts, sums and steps that are shown of an agreement, the newest first."""


@router.get("/agreements", name="agreements")
def agreements(desk: AtDesk) -> Response:
    """All agreements that are followed."""
    found = pages_agreements.list_agreements(desk.context)
    return desk.render(
        "agreements.html.j2", title="Agreements", found=found, amount=amount, plain=plain
    )


@router.get("/agreements/{agreement}", name="agreement")
def agreement(desk: AtDesk, agreement: str) -> Response:
    """One agreement."""
    account = pages_agreements.show_agreement(desk.context, agreement)
    return desk.render(
        "agreement.html.j2",
        title=plain(account.ledger.agreement.name),
        account=account,
        steps=account.ledger.steps[::-1],
        conflicts=sorted(
            account.ledger.conflicts, key=lambda one: (one.settled_by is not None, -_at(one))
        ),
        sources=lambda step: sources(step, account.reports),
        says=says,
        amount=amount,
        tiers=TIERS,
        most=SHOWN,
        plain=plain,
    )


def _at(conflict: Conflict) -> float:
    return conflict.held.at.timestamp()
