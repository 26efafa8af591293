"""reassess: read anew what was read already, and say what changes."""

from datetime import datetime

from pipeline.assess.assessor import Assessor
from pipeline.stages.assess import BATCH, read
from pipeline.stages.context import Context, Tally
from pipeline.store import articles, assessments
from schemas.assessment import Assessment
from schemas.report import StageReport


def reassess(
    context: Context, assessor: Assessor, *, since: datetime, dry_run: bool = False
) -> StageReport:
    """Read every article first seen since then under the ruleset in force.

    Counts how many readings change in relevance, stage or themes against the newest stored one.
    With ``dry_run`` nothing is written. Stories and alerts follow at the next ``link``; what was
    alerted before is not alerted again.
    """
    tally = Tally("reassess", context.now)
    tally.set(read=0, first=0, relevance=0, stage=0, themes=0, written=0)
    last = 0
    while True:
        with context.database.read() as session:
            batch = articles.articles_after(last, since=since, limit=BATCH, session=session)
            old = assessments.newest_readings([a.id for a in batch], session=session)
        if not batch:
            return tally.report()
        readings = read(batch, assessor)
        for article_id, reading in readings:
            _compare(old.get(article_id), reading, tally)
        if not dry_run:
            with context.database.write() as session:
                assessments.drop_readings(
                    [i for i, _ in readings], ruleset=assessor.ruleset, session=session
                )
                tally.add(
                    "written",
                    assessments.save_assessments(readings, now=context.now, session=session),
                )
        last = batch[-1].id


def _compare(old: Assessment | None, new: Assessment, tally: Tally) -> None:
    tally.add("read")
    if old is None:
        tally.add("first")
        return
    tally.add("relevance", old.relevant is not new.relevant)
    tally.add("stage", old.stage is not new.stage)
    tally.add("themes", {t.id for t in old.themes} != {t.id for t in new.themes})
