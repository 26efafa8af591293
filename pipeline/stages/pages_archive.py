"""The pages on editions, coverage, and the rules in force. Reads only."""

from datetime import timedelta

from pipeline.assess.model_card import model_facts
from pipeline.errors import NotFoundError
from pipeline.stages.context import REREAD, Context
from pipeline.stages.edition_files import edition_page
from pipeline.store import articles, desk_lists, editions, gate_facts
from schemas.coverage import Funnel, total
from schemas.desk_pages import CoveragePage, EditionLine, RulesPage
from schemas.paging import Key, Page


def list_editions(context: Context, *, after: Key | None = None) -> Page[EditionLine]:
    """Editions of the digest, the newest first."""
    with context.database.read() as session:
        return desk_lists.list_editions(after=after, session=session)


def show_edition(context: Context, edition_id: int) -> EditionLine:
    """What is known of an edition, but its contents.

    Raises:
        NotFoundError: there is no such edition.
    """
    with context.database.read() as session:
        found = desk_lists.edition_line(edition_id, session=session)
    if found is None:
        raise _no_edition(edition_id)
    return found


def edition_html(context: Context, edition_id: int) -> str:
    """The edition as it was sent, its pictures written into it.

    Raises:
        NotFoundError: there is no such edition.
    """
    with context.database.read() as session:
        line = desk_lists.edition_line(edition_id, session=session)
        kept = line and editions.get_edition(line.list_name, line.day, session=session)
    if not kept:
        raise _no_edition(edition_id)
    return edition_page(context, kept)


def _no_edition(edition_id: int) -> NotFoundError:
    return NotFoundError(f"no edition {edition_id}", mend="look it up in the list of editions")


def show_coverage(
    context: Context, *, days: int, feed_id: int | None = None, after: Key | None = None
) -> CoveragePage:
    """What came to each gate in the last ``days`` days (UTC, today counted).

    Raises:
        NotFoundError: nothing was counted of the feed that is asked for.
    """
    until = context.now.date()
    since = until - timedelta(days=days - 1)
    with context.database.read() as session:
        by_day = dict(gate_facts.by_day(since=since, until=until, feed_id=feed_id, session=session))
        feeds = desk_lists.feeds_page(
            since=since, until=until, after=after, feed_id=feed_id, session=session
        )
        first = gate_facts.counted_since(session=session)
        name = None
        if feed_id is not None:
            name = desk_lists.feed_names([feed_id], session=session)[feed_id]
            if name == desk_lists.gone(feed_id) and not by_day:
                raise NotFoundError(f"no feed {feed_id}", mend="choose one of the list")
    begun = max(since, first) if first else until
    span = [until - timedelta(n) for n in range((until - begun).days + 1)]
    return CoveragePage(
        since=since,
        until=until,
        counted_since=first,
        all=total(by_day.values()),
        days=tuple((day, by_day.get(day, Funnel())) for day in span),
        feeds=feeds,
        feed_name=name,
    )


def show_rules(context: Context, ruleset: str) -> RulesPage:
    """The rules and the model in force, with their scores, and what waits to be read by them."""
    rules, facts = context.catalog.rules, model_facts()
    since = context.now - REREAD
    with context.database.read() as session:
        read_by = desk_lists.read_by(since=since, session=session)
        until = context.now + timedelta(days=1)
        seen = articles.count_articles(since=since, until=until, session=session)
    done = sum(one.readings for one in read_by if one.ruleset == ruleset)
    return RulesPage(
        ruleset=ruleset,
        themes=len(rules.themes),
        patterns=sum(len(theme.patterns) for theme in rules.themes),
        agreements=len(rules.agreements),
        states=len(rules.lexicon.states.states),
        minerals=len(rules.lexicon.minerals.minerals),
        model=facts.hash,
        learned=not facts.themes.isdisjoint(theme.id for theme in rules.themes),
        items=facts.items,
        relevant_items=facts.relevant,
        data_hash=facts.data_hash,
        languages=facts.languages,
        scores=facts.scores,
        # By two ranges of indexes: to look for a reading of each article takes ten times as long.
        waiting=max(0, seen - done),
        window_days=REREAD.days,
        read_by=tuple(read_by),
    )
