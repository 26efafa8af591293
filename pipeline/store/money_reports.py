"""Reports that name sums, for a list of what each agreement is worth."""

from collections import defaultdict

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from pipeline.store.ledger import report_of, stands
from schemas.ledger import LedgerReport
from schemas.tables import AgreementReportRow


def money_reports(*, session: Session) -> defaultdict[str, list[LedgerReport]]:
    """Agreement → its reports that name a sum, in stories that stand, the oldest first."""
    # Columns, not rows of the session: there are thousands, and nothing is to be written back.
    query = (
        select(*AgreementReportRow.__table__.c)
        .where(
            AgreementReportRow.agreement_id.is_not(None),
            cast(AgreementReportRow.money, String) != "[]",
            stands(),
        )
        .order_by(AgreementReportRow.at, AgreementReportRow.article_id)
    )
    found: defaultdict[str, list[LedgerReport]] = defaultdict(list)
    for row in session.execute(query):
        if row.agreement_id is not None:
            found[row.agreement_id].append(report_of(row))
    return found
