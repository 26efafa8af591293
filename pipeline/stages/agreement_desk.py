"""What an operator does with agreements: decide on proposals, put right, undo, look at the rows.

Each is one transaction that leaves the ledger settled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from pipeline.errors import NotFoundError, PermanentError
from pipeline.ledger.derive import counting, derive
from pipeline.ledger.money import money_of
from pipeline.ledger.propose import candidates as propose
from pipeline.stages.context import Context
from pipeline.stages.ledger import refile, settle
from pipeline.store import agreements, ledger
from pipeline.store.engine import alone
from schemas.agreement import Agreement
from schemas.assessment import Stage
from schemas.config import AgreementConfig
from schemas.ledger import (
    AgreementMoney,
    Candidate,
    Correction,
    CorrectionKind,
    Decided,
    Decision,
    Ledger,
    LedgerReport,
)


@dataclass(frozen=True, slots=True)
class Account:
    """All that is known of an agreement, and the rows that it follows from."""

    ledger: Ledger
    reports: tuple[LedgerReport, ...]
    """Those of stories that stand, struck-off ones as well."""
    corrections: tuple[Correction, ...]
    money: AgreementMoney
    known: AgreementConfig | None
    """Its line in agreements.yaml; None where it was confirmed from the news."""


def sync(context: Context) -> None:
    """Bring the agreements in line with the configuration, and the timelines with the rows."""
    with context.database.write() as session:
        agreements.sync_agreements(context.catalog.agreements, session=session)


def account(context: Context, agreement_id: str, session: Session) -> Account:
    """The account of one agreement.

    Raises:
        NotFoundError: there is no such agreement.
    """
    _there(agreement_id, session)
    reports = ledger.reports_of(agreement_id, session=session)
    corrections = ledger.corrections_of(agreement_id, session=session)
    seed = agreements.seed_of(agreement_id, session=session)
    told = counting(reports, corrections)
    return Account(
        ledger=derive(seed, reports, corrections),
        reports=tuple(reports),
        corrections=tuple(corrections),
        money=money_of(agreement_id, told, context.catalog.rates),
        known=next((a for a in context.catalog.agreements if a.id == agreement_id), None),
    )


def candidates(session: Session) -> list[Candidate]:
    """What is proposed and not decided on, the newest first."""
    return propose(ledger.proposed(session=session))


def confirm(context: Context, proposal: str, *, agreement_id: str, name: str) -> Agreement:
    """Follow what was proposed as an agreement of its own.

    Raises:
        NotFoundError: nothing of that name is proposed.
        PermanentError: it was decided on, or the id is taken.
    """
    with context.database.write() as session:
        alone("link", session=session)
        reports = _proposed(proposal, session)
        new = Agreement(agreement_id, name, reports[0].parties)
        if not agreements.add_confirmed(new, session=session):
            raise PermanentError(
                f"there is an agreement {agreement_id!r} already",
                mend=f"take another --id, or: agreements merge {proposal} {agreement_id}",
            )
        decided = Decided(proposal, Decision.CONFIRMED, agreement_id, "", context.now)
        _decide(context, decided, session)
        return _there(agreement_id, session)


def merge(context: Context, proposal: str, *, into: str, reason: str = "") -> Agreement:
    """Let what was proposed be news of a known agreement, now and later.

    Raises:
        NotFoundError: nothing of that name is proposed, or there is no such agreement.
        PermanentError: it was decided on.
    """
    with context.database.write() as session:
        alone("link", session=session)
        agreements.sync_agreements(context.catalog.agreements, session=session)
        _proposed(proposal, session)
        _there(into, session)
        _decide(context, Decided(proposal, Decision.MERGED, into, reason, context.now), session)
        return _there(into, session)


def reject(context: Context, proposal: str, *, reason: str) -> None:
    """Propose it no more.

    Raises:
        NotFoundError: nothing of that name is proposed.
        PermanentError: it was decided on.
    """
    with context.database.write() as session:
        alone("link", session=session)
        _proposed(proposal, session)
        decided = Decided(proposal, Decision.REJECTED, None, reason, context.now)
        ledger.decide(decided, session=session)


def reopen(context: Context, proposal: str) -> Decided:
    """Take a decision back: it is a proposal again, and what came of it leaves the agreement.

    Raises:
        NotFoundError: nothing was decided on it.
    """
    with context.database.write() as session:
        alone("link", session=session)
        decided = ledger.decision_on(proposal, session=session)
        if decided is None:
            raise NotFoundError(
                f"nothing was decided on {proposal!r}",
                mend="see: mineralwatch agreements candidates --decided",
            )
        ledger.drop_decision(proposal, session=session)
        if decided.agreement_id is not None:
            _move(context, proposal, held=decided.agreement_id, given=None, session=session)
        if decided.decision is Decision.CONFIRMED and decided.agreement_id is not None:
            agreements.drop_unreported(decided.agreement_id, session=session)
        return decided


def correct(
    context: Context, agreement_id: str, *, stage: Stage, at: datetime, reason: str
) -> Correction:
    """Set the stage that an agreement holds from ``at`` on.

    Raises:
        NotFoundError: there is no such agreement.
        PermanentError: the date is ahead.
    """
    if at > context.now:
        raise PermanentError(f"{at:%Y-%m-%d} has not come yet", mend="give the day it happened")
    made = Correction(0, agreement_id, CorrectionKind.STAGE, reason, context.now, stage, at)
    return _correct(context, made)


def strike(context: Context, agreement_id: str, *, article_id: int, reason: str) -> Correction:
    """Let what an article says not count for an agreement.

    Raises:
        NotFoundError: there is no such agreement, or the article is no report of it.
    """
    with context.database.read() as session:
        report = ledger.report_of_article(article_id, session=session)
    if report is None or report.agreement_id != agreement_id:
        raise NotFoundError(
            f"article {article_id} is no report of {agreement_id!r}",
            mend=f"see: mineralwatch agreements show {agreement_id}",
        )
    kind = CorrectionKind.NOT_A_REPORT
    made = Correction(0, agreement_id, kind, reason, context.now, article_id=article_id)
    return _correct(context, made)


def undo(context: Context, correction_id: int) -> Correction:
    """Undo a correction.

    Raises:
        NotFoundError: there is none of that number that holds.
    """
    with context.database.write() as session:
        alone("link", session=session)
        undone = ledger.undo_correction(correction_id, now=context.now, session=session)
        if undone is None:
            raise NotFoundError(
                f"no correction {correction_id} that holds",
                mend="see: mineralwatch agreements show ID",
            )
        agreements.unsettle([undone.agreement_id], session=session)
        settle(context, session)
        return undone


def _correct(context: Context, made: Correction) -> Correction:
    with context.database.write() as session:
        alone("link", session=session)
        agreements.sync_agreements(context.catalog.agreements, session=session)
        _there(made.agreement_id, session)
        stored = ledger.add_correction(made, session=session)
        agreements.unsettle([made.agreement_id], session=session)
        settle(context, session)
        return stored


def _decide(context: Context, decided: Decided, session: Session) -> None:
    ledger.decide(decided, session=session)
    _move(context, decided.proposal, held=None, given=decided.agreement_id, session=session)


def _move(
    context: Context, proposal: str, *, held: str | None, given: str | None, session: Session
) -> None:
    """Give the stories of a proposal from one agreement to another, and settle both."""
    moved = ledger.give_stories(proposal, held=held, given=given, session=session)
    for story_id in moved:
        refile(context, story_id, session)
    agreements.unsettle([one for one in (held, given) if one], session=session)
    settle(context, session)


def _proposed(proposal: str, session: Session) -> Sequence[LedgerReport]:
    decided = ledger.decision_on(proposal, session=session)
    if decided is not None:
        what = f"{decided.decision.value} on {decided.at:%Y-%m-%d}"
        raise PermanentError(
            f"{proposal!r} was {what}", mend=f"first: mineralwatch agreements reopen {proposal}"
        )
    found = ledger.proposed(proposal=proposal, session=session)
    if not found:
        raise NotFoundError(
            f"nothing is proposed as {proposal!r}", mend="see: mineralwatch agreements candidates"
        )
    return found


def _there(agreement_id: str, session: Session) -> Agreement:
    found = agreements.get_agreement(agreement_id, session=session)
    if found is None:
        raise NotFoundError(
            f"no agreement {agreement_id!r}", mend="see: mineralwatch agreements list"
        )
    return found
