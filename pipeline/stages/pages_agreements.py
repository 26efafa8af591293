"""The page that lists agreements; one of them is `agreement_desk.account`. Reads only."""

from datetime import UTC, datetime

from pipeline.ledger.derive import counting
from pipeline.ledger.money import money_of
from pipeline.stages.agreement_desk import Account, account
from pipeline.stages.context import Context
from pipeline.store import agreements, desk_lists, ledger, money_reports
from schemas.agreement import Agreement
from schemas.config import AgreementConfig
from schemas.desk_pages import AgreementLine, AgreementList


def list_agreements(context: Context) -> AgreementList:
    """All agreements by name: where each stands, how many articles report of it, what money.

    One that is in agreements.yaml alone, since no run has taken it up yet, is listed as it stands
    there.
    """
    with context.database.read() as session:
        known = agreements.list_agreements(session=session)
        there = {one.id for one in known}
        known += [_configured(one) for one in context.catalog.agreements if one.id not in there]
        reports = money_reports.money_reports(session=session)
        counts = desk_lists.count_reports(session=session)
        corrections = ledger.all_corrections(session=session)
        lines = []
        for one in sorted(known, key=lambda agreement: agreement.name.casefold()):
            told = counting(reports[one.id], corrections)
            money = money_of(one.id, told, context.catalog.rates)
            totals = tuple(total for total in money.totals if total.by_currency)
            lines.append(AgreementLine(one, counts.get(one.id, 0), totals))
        return AgreementList(tuple(lines), desk_lists.count_undecided(session=session))


def show_agreement(context: Context, agreement_id: str) -> Account:
    """The account of one agreement.

    Raises:
        NotFoundError: there is no such agreement in the database.
    """
    with context.database.read() as session:
        return account(context, agreement_id, session)


def _configured(known: AgreementConfig) -> Agreement:
    at = datetime.fromisoformat(known.stage_date).replace(tzinfo=UTC) if known.stage_date else None
    return Agreement(known.id, known.name, known.parties, known.stage, at)
