"""Stories whose reports are not what they were: corrected, retracted, merged.

A report that its outlet changed, or that new rules read otherwise, may be nothing of ours any
more. Its story is then made anew of the reports that are left; one that has none left is
retracted, and whoever was told of it is told that too.
"""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from pipeline.errors import NotFoundError, PermanentError
from pipeline.stages.context import Context, Tally
from pipeline.stages.ledger import refile, settle
from pipeline.stages.routing import Router
from pipeline.stages.storytelling import regrown
from pipeline.store import agreements, assessments, ledger, stories, story_changes
from pipeline.store.engine import alone
from schemas.report import StageReport
from schemas.story import Story

BATCH = 50
REVISITED = timedelta(days=30)
"""A story in which nothing happened for so long is left as it was told."""
NO_REPORT = "what reported it is no longer read as a development on a minerals agreement"


def revisit(context: Context, ruleset: str, tally: Tally) -> None:
    """Work in readings that say: nothing of ours, of articles that are in a story."""
    tally.set(retracted=0)
    while True:
        with context.database.write() as session:
            alone("link", session=session)
            found = story_changes.not_counted_any_more(
                ruleset=ruleset, since=context.now - REVISITED, limit=BATCH, session=session
            )
            for story_id, article_id in found:
                _without(story_id, article_id, context, tally, session)
                assessments.mark_linked(
                    article_id, ruleset=ruleset, now=context.now, session=session
                )
        if not found:
            return


def _without(
    story_id: int, article_id: int, context: Context, tally: Tally, session: Session
) -> None:
    before = stories.require_story(story_id, session=session)
    reads = stories.read_articles([story_id], session=session)[story_id]
    left = [read for read in reads if read.assessment.relevant]
    refile(context, story_id, session)
    if not left:
        if before.retracted_reason is None:
            tally.add("retracted")
            tally.add("alerts", _retract(before, NO_REPORT, context, session))
        return
    story = stories.save_story(regrown(before, left), session=session)
    withdrawn = next(read for read in reads if read.article.id == article_id)
    tally.add("alerts", Router(context, session).correct(before, story, withdrawn))


def retract(context: Context, story_id: int, *, reason: str) -> StageReport:
    """Retract a story by hand: what waits is not sent, what was sent says so.

    Raises:
        NotFoundError: there is no such story.
        PermanentError: it is retracted already, or part of another.
    """
    tally = Tally("retract", context.now)
    with context.database.write() as session:
        alone("link", session=session)
        story = _standing(story_id, session)
        tally.set(alerts=_retract(story, reason, context, session))
        settle(context, session)
    return tally.report()


def merge(context: Context, story_id: int, *, into: int) -> StageReport:
    """Make a story part of another: its reports are the other's, and its messages say so.

    Raises:
        NotFoundError: one of them is not there.
        PermanentError: they are one and the same, or one of them does not stand.
    """
    tally = Tally("merge", context.now)
    with context.database.write() as session:
        alone("link", session=session)
        story, other = _standing(story_id, session), _standing(into, session)
        if story_id == into:
            raise PermanentError(f"story {into} cannot be part of itself", mend="name two stories")
        story_changes.merge(story_id, into, session=session)
        reads = stories.read_articles([into], session=session)[into]
        other = replace(other, agreement=other.agreement or story.agreement)
        whole = stories.save_story(regrown(other, reads), session=session)
        refile(context, into, session)
        settle(context, session)
        part = stories.require_story(story.id, session=session)
        tally.set(alerts=Router(context, session).hand_over(part, whole))
    return tally.report()


def _retract(story: Story, reason: str, context: Context, session: Session) -> int:
    story_changes.retract(story.id, reason=reason, now=context.now, session=session)
    agreements.unsettle(ledger.agreements_of_story(story.id, session=session), session=session)
    gone = stories.require_story(story.id, session=session)
    return Router(context, session).retract(gone)


def _standing(story_id: int, session: Session) -> Story:
    story = stories.get_story(story_id, session=session)
    if story is None:
        raise NotFoundError(f"no story {story_id}", mend="see: mineralwatch stories list")
    if story.merged_into is not None:
        raise PermanentError(
            f"story {story_id} is part of story {story.merged_into}", mend="name that one"
        )
    if story.retracted_reason is not None:
        raise PermanentError(f"story {story_id} was retracted", mend="there is nothing to do")
    return story
