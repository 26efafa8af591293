"""Reports that name sums, for a list of what each agreement is worth."""

from collections import defaultdict

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from pipeline.store.ledger import stands
from schemas.assessment import Stage
from schemas.codec import from_json
from schemas.ledger import Certainty, Claim, LedgerReport
from schemas.tables import AgreementReportRow


def money_reports(*, session: Session) -> defaultdict[str, list[LedgerReport]]:
    """Agreement → its reports that name a sum, in stories that stand, the oldest first.

    As much of them as `pipeline.ledger.money` goes by; without parties, subject and address.
    """
    row_ = AgreementReportRow
    # Columns, not rows of the session, and not all: there are thousands.
    query = (
        select(
            row_.article_id, row_.story_id, row_.agreement_id, row_.stage, row_.certainty, row_.at,
            row_.tier, row_.outlet, row_.quote, row_.money,
        )
        .where(row_.agreement_id.is_not(None), cast(row_.money, String) != "[]", stands())
        .order_by(row_.at, row_.article_id)
    )  # fmt: skip
    found: defaultdict[str, list[LedgerReport]] = defaultdict(list)
    for row in session.execute(query):
        if row.agreement_id is not None:
            report = LedgerReport(
                article_id=row.article_id,
                story_id=row.story_id,
                at=row.at,
                stage=Stage(row.stage),
                certainty=Certainty(row.certainty),
                tier=row.tier,
                outlet=row.outlet,
                quote=row.quote,
                agreement_id=row.agreement_id,
                money=tuple(from_json(Claim, claim) for claim in row.money),
            )
            found[row.agreement_id].append(report)
    return found
