"""Filing what articles report of agreements, and deriving the ledger from it.

    link files each article's report ─► agreement_report ──────┐
    a person corrects, strikes off ───► agreement_correction ──┼─► timeline, conflicts, money
    a person decides on proposals ────► agreement_decision ────┘

What is filed is a function of the article, its newest reading and its story; what is derived is a
function of the rows. So both can be made anew at any time (`rebuild`), and come out the same.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from pipeline.ledger.certainty import certainty_of
from pipeline.ledger.conflicts import NEAR, conflicts_of
from pipeline.ledger.derive import derive, lead_of
from pipeline.ledger.match import agreement_of
from pipeline.ledger.propose import covered, proposal_of
from pipeline.ledger.timeline import advance, is_legal
from pipeline.ledger.words import Words, words_of
from pipeline.stages.context import Context, Tally
from pipeline.stages.storytelling import quote_of, quoted
from pipeline.store import agreements, ledger, stories
from pipeline.store.assessments import ReadArticle
from pipeline.store.engine import alone
from schemas.ledger import Claim, LedgerReport
from schemas.report import StageReport
from schemas.story import Story

CHUNK = 100
"""Stories a transaction while all is filed anew."""


class Clerk:
    """Files what articles report, within the caller's transaction."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known = context.catalog.agreements
        self._words: Words = words_of(context.catalog.ledger.model_dump_json())

    def agreement_of(self, read: ReadArticle, session: Session) -> str | None:
        """The agreement that an article speaks of: a known one, or one that was decided on."""
        reading = read.assessment
        found = agreement_of(reading.agreement, reading.parties, reading.minerals, self._known)
        if found is not None:
            return found
        proposal = self._proposal(read)
        decided = ledger.decision_on(proposal, session=session) if proposal else None
        return decided.agreement_id if decided else None

    def file(self, story: Story, reads: Iterable[ReadArticle], session: Session) -> None:
        """File the reports of articles of the story; what they reported before goes."""
        reports, silent = [], []
        for read in reads:
            report = self.report(story, read)
            if report is None:
                silent.append(read.article.id)
            else:
                reports.append(report)
        touched = ledger.drop_reports(silent, session=session)
        ledger.file_reports(reports, session=session)
        touched |= {story.agreement} if story.agreement and reports else set()
        if touched:
            agreements.unsettle(touched, session=session)

    def report(self, story: Story, read: ReadArticle) -> LedgerReport | None:
        """What the article reports; None where it is of no agreement and of no proposal."""
        article, reading = read.article, read.assessment
        proposal = self._proposal(read)
        if not reading.relevant or (story.agreement is None and proposal is None):
            return None
        quote = quote_of(read)
        step = reading.stage_evidence[0].text if reading.stage_evidence else ""
        return LedgerReport(
            article_id=article.id,
            story_id=story.id,
            at=article.published_at,
            stage=reading.stage,
            certainty=certainty_of(quote, step, self._words),
            tier=article.tier,
            outlet=article.outlet,
            quote=quote,
            url=article.url,
            agreement_id=story.agreement,
            proposal=proposal,
            parties=reading.parties,
            subject=self._words.subject(reading.minerals),
            instrument=self._words.instrument(f"{article.title}\n{article.summary}"),
            money=tuple(self._claims(read)),
        )

    def _proposal(self, read: ReadArticle) -> str | None:
        reading = read.assessment
        if covered(reading.parties, reading.minerals, self._known):
            return None
        return proposal_of(reading.parties, self._words.subject(reading.minerals))

    def _claims(self, read: ReadArticle) -> Iterable[Claim]:
        found = [one.evidence for one in read.assessment.money]
        apart = {
            (field, *span)
            for field in {one.field for one in found}
            for span in self._words.apart.told(
                getattr(read.article, field),
                [(one.start, one.end) for one in found if one.field == field],
            )
        }
        for one in read.assessment.money:
            sentence, at = quoted(read, one.evidence), one.evidence
            whole = self._words.whole.search(sentence) is not None
            beside = (at.field, at.start, at.end) in apart
            yield Claim(one.amount, one.currency, one.status, sentence, whole, beside)

    def moved(self, story: Story, reads: Sequence[ReadArticle], session: Session) -> bool:
        """Move the agreement by what the story reports, at once; True where that is a step.

        It is what `settle` finds as long as reports come in the order of time, and costs the same
        however many there are.
        """
        agreement = (
            agreements.get_agreement(story.agreement, session=session) if story.agreement else None
        )
        if agreement is None:
            return False
        if not any(is_legal(agreement.stage, read.assessment.stage) for read in reads):
            return False
        told = [report for report in (self.report(story, read) for read in reads) if report]
        lead = lead_of(told)
        if lead is None:
            return False
        step = advance(
            agreement,
            stage=lead.stage,
            story_id=story.id,
            at=lead.at,
            quote=lead.quote,
            article_url=lead.article_url,
        )
        if step is None:
            return False
        near = ledger.reports_of(
            agreement.id, since=lead.at - NEAR, until=lead.at + NEAR, session=session
        )
        _, aside = conflicts_of(agreement.id, near)
        if lead != lead_of(report for report in told if report.article_id not in aside):
            return False
        return agreements.add_transition(step, now=self._context.now, session=session)


def settle(context: Context, session: Session) -> int:
    """Derive the ledgers that are not settled; returns how many steps changed."""
    changed = 0
    for agreement_id in agreements.unsettled(session=session):
        found = derive(
            agreements.seed_of(agreement_id, session=session),
            ledger.reports_of(agreement_id, session=session),
            ledger.corrections_of(agreement_id, session=session),
        )
        changed += agreements.settle(found.agreement, found.steps, now=context.now, session=session)
    return changed


def settle_all(context: Context) -> int:
    """`settle` in a transaction of its own."""
    with context.database.write() as session:
        alone("link", session=session)
        return settle(context, session)


def refile(context: Context, story_id: int, session: Session) -> None:
    """File all reports of a story anew, after its articles or its agreement changed."""
    was = ledger.agreements_of_story(story_id, session=session)
    _refile(Clerk(context), [story_id], session)
    agreements.unsettle(was, session=session)


def _refile(clerk: Clerk, story_ids: Sequence[int], session: Session) -> None:
    reads = stories.read_articles(story_ids, session=session)
    there = ledger.reported_articles(story_ids, session=session)
    for story_id in story_ids:
        story = stories.require_story(story_id, session=session)
        clerk.file(story, reads[story_id], session)
        there -= {read.article.id for read in reads[story_id]}
    moved = {one for one in there if stories.story_of_article(one, session=session) is not None}
    ledger.drop_reports(moved, session=session)


def rebuild(context: Context) -> StageReport:
    """File and derive everything anew; done twice, it changes nothing the second time.

    Reports whose articles are not kept any more stay as they were filed.
    """
    tally = Tally("rebuild", context.now)
    tally.set(stories=0, steps=0)
    with context.database.write() as session:
        agreements.sync_agreements(context.catalog.agreements, session=session)
    file_everything(context, tally)
    with context.database.write() as session:
        alone("link", session=session)
        known = [one.id for one in agreements.list_agreements(session=session)]
        agreements.unsettle(known, session=session)
        tally.set(steps=settle(context, session))
    return tally.report()


def file_everything(context: Context, tally: Tally) -> None:
    """File the reports of all stories."""
    clerk, last = Clerk(context), 0
    while True:
        with context.database.write() as session:
            alone("link", session=session)
            found = ledger.story_ids(after=last, limit=CHUNK, session=session)
            if not found:
                return
            _refile(clerk, found, session)
        tally.add("stories", len(found))
        last = found[-1]


def build_if_missing(context: Context) -> None:
    """Build the ledger of an archive that is older than it: its timelines would be lost else."""
    with context.database.read() as session:
        missing = ledger.is_unbuilt(session=session)
    if missing:
        rebuild(context)
