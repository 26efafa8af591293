"""link: relevant readings → stories, timelines, alerts and their messages, in one transaction.

Cluster, record and route belong together: an alert is committed with the story that caused it,
so that neither can be lost nor doubled whatever is killed when.
"""

from dataclasses import replace
from functools import partial

from sqlalchemy.orm import Session

from pipeline.cluster.keys import MAX_CANDIDATES, keys
from pipeline.cluster.match import WINDOW, choose
from pipeline.cluster.places import Gazetteer
from pipeline.log import about, get_logger
from pipeline.stages import routing
from pipeline.stages.context import Context, Tally
from pipeline.stages.ledger import Clerk, build_if_missing, settle_all
from pipeline.stages.revisit import revisit
from pipeline.stages.storytelling import grown, opened, settled
from pipeline.store import agreements, assessments, gates, stories
from pipeline.store.assessments import ReadArticle
from pipeline.store.engine import after_commit, alone
from schemas.article import Article
from schemas.report import StageReport
from schemas.story import ClusterDocument, Story

_log = get_logger(__name__)

BATCH = 50
"""Readings a transaction."""


def link(context: Context, ruleset: str) -> StageReport:
    """Work every relevant reading under ``ruleset`` into its story."""
    tally = Tally("link", context.now)
    tally.set(linked=0, stories=0, moves=0, alerts=0)
    with context.database.write() as session:
        agreements.sync_agreements(context.catalog.agreements, session=session)
    build_if_missing(context)
    linker = Linker(context, tally)
    while True:
        with context.database.write() as session:
            # Two at once would take the same readings, and open a story each for one happening.
            alone("link", session=session)
            waiting = assessments.unlinked(ruleset=ruleset, limit=BATCH, session=session)
            for read in waiting:
                with about(article=read.article.id):
                    linker.link(read, session=session)
                assessments.mark_linked(
                    read.article.id, ruleset=ruleset, now=context.now, session=session
                )
            gates.count_linked([read.article.id for read in waiting], session=session)
        if not waiting:
            revisit(context, ruleset, tally)
            settle_all(context)
            return tally.report()
        tally.add("linked", len(waiting))


class Linker:
    """Works readings into stories, within the caller's transaction."""

    def __init__(self, context: Context, tally: Tally) -> None:
        self._context = context
        self._tally = tally
        self._clerk = Clerk(context)
        self._gazetteer = Gazetteer.of_states(context.catalog.rules.lexicon.states.states)

    def link(self, read: ReadArticle, *, session: Session) -> None:
        """Find or open the article's story, move its agreement, queue what is to be told."""
        context, tally = self._context, self._tally
        document = self._placed(stories.cluster_document(read))
        before, similarity = self._find(read, document, session)
        agreement = self._clerk.agreement_of(read, session)
        shaped = opened(read, agreement) if before is None else grown(before, read, agreement)
        story = stories.save_story(shaped, session=session)
        tally.add("stories", before is None)
        _tell(read.article, story, opened=before is None, session=session)
        stories.attach(
            story.id,
            read.article.id,
            keys(document),
            similarity=similarity,
            at=context.now,
            published_at=read.article.published_at,
            session=session,
        )
        reads = stories.read_articles([story.id], session=session)[story.id]
        if (whole := settled(story, reads)) != story:
            story = stories.save_story(whole, session=session)
        renamed = before is not None and before.agreement != story.agreement
        own = [one for one in reads if renamed or one.article.id == read.article.id]
        self._clerk.file(story, own, session)
        tally.add("moves", self._clerk.moved(story, reads, session))
        if read.article.backfill:
            return
        with about(story=story.id):
            tally.add("alerts", routing.alert(before, story, read, context, session))

    def _find(
        self, read: ReadArticle, document: ClusterDocument, session: Session
    ) -> tuple[Story | None, float]:
        """The story that tells the same happening, and how alike the telling is."""
        own = stories.story_of_article(read.article.id, session=session)
        if own is not None:
            return stories.get_story(own, session=session), 1.0
        candidates = stories.candidates(
            keys(document),
            since=document.published_at - WINDOW,
            until=document.published_at + WINDOW,
            limit=MAX_CANDIDATES,
            session=session,
        )
        placed = [replace(c, document=self._placed(c.document)) for c in candidates]
        found = choose(document, placed)
        if found is None:
            return None, 1.0
        return stories.get_story(found.story_id, session=session), found.similarity

    def _placed(self, document: ClusterDocument) -> ClusterDocument:
        """The document with the states that it names, parties or not."""
        places = self._gazetteer.places(document.title, document.summary)
        return replace(document, places=places)


def _tell(article: Article, story: Story, *, opened: bool, session: Session) -> None:
    """One line for each report: where the article came from, and the story it is in."""
    line = partial(
        _log.info,
        "opened a story" if opened else "joined a story",
        article=article.id,
        story=story.id,
        feed=article.feed_id,
        polled=article.seen_at.isoformat(timespec="seconds"),
        url=article.url,
    )
    after_commit(session, line)
