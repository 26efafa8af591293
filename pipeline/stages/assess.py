"""assess: articles without a reading under the ruleset in force → readings."""

from collections.abc import Sequence
from datetime import timedelta

from pipeline.assess.assessor import Assessor
from pipeline.log import get_logger
from pipeline.stages.context import REREAD, Context, Tally
from pipeline.store import articles, assessments
from schemas.article import Article
from schemas.assessment import Assessment, Document
from schemas.report import StageReport

_log = get_logger(__name__)

BATCH = 500
"""Articles a transaction: about a fifth of a second of reading, so that nobody waits long."""


def assess(context: Context, assessor: Assessor, *, limit: int | None = None) -> StageReport:
    """Read all that is waiting, or at most ``limit`` articles; each batch is committed."""
    tally = Tally("assess", context.now)
    tally.set(assessed=0, relevant=0)
    since = context.now - REREAD
    wait = timedelta(minutes=context.settings.fulltext_wait_minutes)
    left = limit
    while left is None or left > 0:
        size = BATCH if left is None else min(BATCH, left)
        with context.database.read() as session:
            waiting = articles.pending_articles(
                ruleset=assessor.ruleset,
                since=since,
                limit=size,
                text_since=context.now - wait,
                session=session,
            )
        if not waiting:
            break
        readings = read(waiting, assessor)
        with context.database.write() as session:
            stored = assessments.save_assessments(readings, now=context.now, session=session)
        tally.add("assessed", stored)
        tally.add("relevant", sum(reading.relevant for _, reading in readings))
        by_id = {article.id: article for article in waiting}
        for article_id, reading in readings:
            if reading.relevant:
                article = by_id[article_id]
                _log.info("relevant", article=article_id, feed=article.feed_id, url=article.url)
            for problem in reading.problems:
                tally.problem(f"article {article_id}", problem)
        left = None if left is None else left - len(waiting)
    with context.database.read() as session:
        tally.set(
            waiting=articles.count_pending(ruleset=assessor.ruleset, since=since, session=session)
        )
    return tally.report()


def read(waiting: Sequence[Article], assessor: Assessor) -> list[tuple[int, Assessment]]:
    """(article id, reading) for each article, in order."""
    documents = (Document(str(a.id), a.title, a.summary, a.language, a.text) for a in waiting)
    pairs = zip(waiting, assessor.assess(documents), strict=True)
    return [(article.id, reading) for article, reading in pairs]
