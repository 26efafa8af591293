"""The pages on stories: searched or listed, and one with all that is kept of it. Reads only."""

from itertools import islice

from sqlalchemy.orm import Session

from pipeline.errors import NotFoundError
from pipeline.stages.context import Context
from pipeline.stages.route_account import account
from pipeline.store import agreements, stories, story_list
from pipeline.store.search import search_stories
from schemas.paging import Key, Page
from schemas.search import SearchFilters
from schemas.story import Story
from schemas.story_page import StoryAccount, StoryLine, StoryList, TellingArticle

BEST = 50
"""Stories that a search shows: the best ones; further words find others."""
RANKED = 2_000
"""Articles among which the best are looked for, those that came in last: ranking is what takes
time. The command line looks through ten times as many."""
SHOWN = 40
"""Articles of a story that are shown, and alerts."""
ASKED = 40
"""Articles up to which the rules are asked again, report by report: it grows with their square."""


def list_stories(
    context: Context, words: str, filters: SearchFilters, *, after: Key | None = None
) -> StoryList:
    """The newest stories; or with ``words`` the best `BEST` of those that an article tells so."""
    with context.database.read() as session:
        if words.strip():
            answer = search_stories(words, filters, limit=BEST, most=RANKED, session=session)
            ids = [hit.id for hit in answer.stories]
            found = story_list.stories_by_id(ids, session=session)
            hits = {hit.id: hit for hit in answer.stories}
            told = Page(tuple(found[one] for one in ids))
            notes = answer.notes
        else:
            told = story_list.list_page(filters, after=after, session=session)
            hits, notes = {}, ()
        counts = story_list.count_alerts([story.id for story in told.items], session=session)
    lines = (StoryLine(s, counts.get(s.id, 0), hits.get(s.id)) for s in told.items)
    return StoryList(Page(tuple(lines), told.next), notes)


def show_story(context: Context, story_id: int) -> StoryAccount:
    """All that is kept of a story.

    Raises:
        NotFoundError: there is no such story.
    """
    with context.database.read() as session:
        story = stories.get_story(story_id, session=session)
        if story is None:
            raise NotFoundError(f"no story {story_id}", mend="look it up in the list of stories")
        reads = stories.read_articles([story_id], session=session)[story_id]
        told = tuple(TellingArticle(read.article, read.assessment) for read in reads)
        most = max(told, key=lambda one: one.reading.significance, default=None)
        alerts = story_list.story_alerts(story_id, limit=SHOWN, session=session)
        counted = story_list.count_alerts([story_id], session=session).get(story_id, 0)
        messages = story_list.alert_messages([alert.id for alert in alerts], session=session)
        return StoryAccount(
            story=story,
            told_by=tuple(islice(told, SHOWN)),
            left_out=max(0, len(told) - SHOWN),
            agreement_name=_name(context, story, session),
            reasons=most.reading.reasons if most else (),
            routes=account(context, story, session) if 0 < len(told) <= ASKED else (),
            alerts=tuple((alert, tuple(messages[alert.id])) for alert in alerts),
            alerts_left_out=counted - len(alerts),
        )


def _name(context: Context, story: Story, session: Session) -> str | None:
    if story.agreement is None:
        return None
    known = {one.id: one.name for one in context.catalog.agreements}
    if story.agreement in known:
        return known[story.agreement]
    found = agreements.get_agreement(story.agreement, session=session)
    return found.name if found else story.agreement
