"""Why a story went where it went, or did not: each rule asked again, report by report."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy.orm import Session

from pipeline.notify.rules import judge
from pipeline.stages.context import Context
from pipeline.stages.places import resolver
from pipeline.stages.storytelling import regrown
from pipeline.stages.telling import Teller
from pipeline.store import messages, stories
from schemas.alert import Destination
from schemas.routes import RouteConfig
from schemas.routing import Considered, Happening, RouteAccount, Told
from schemas.story import Story


def account(context: Context, story: Story, session: Session) -> tuple[RouteAccount, ...]:
    """Return what each rule in force makes of the story, and what was sent of it.

    A rule is asked about the story as it stood when each report was worked in, under the rules of
    today: where they were changed since, what was sent may differ from what would be.
    """
    teller = Teller(context, session)
    happenings = _happenings(teller, story, session)
    told = messages.told_places(story.id, session=session)
    lines = _lines(story.id, session)
    resolve = resolver(context)
    accounts = []
    for rule in context.catalog.routes:
        considered = tuple(
            Considered(at, one.article, judge(rule, one, now=at)) for at, one in happenings
        )
        sent = tuple(lines.get(rule.name, ()))
        places = {resolve(to) for to in rule.to}
        elsewhere = [one for one in told if one.destination in places]
        note = "" if sent else _note(considered, elsewhere, rule, places, happenings)
        accounts.append(RouteAccount(rule.name, considered, sent, note))
    return tuple(accounts)


def _happenings(teller: Teller, story: Story, session: Session) -> list[tuple[datetime, Happening]]:
    """(when a report was worked in, the story as it stood with it), in that order."""
    times = stories.linked_at(story.id, session=session)
    reads = sorted(teller.reads(story.id), key=lambda read: (times[read.article.id],))
    found = []
    for count, read in enumerate(reads, start=1):
        so_far = sorted(reads[:count], key=lambda one: (one.article.published_at, one.article.id))
        then = regrown(story, so_far)
        found.append((times[read.article.id], teller.happening(then, read, so_far)))
    return found


def _lines(story_id: int, session: Session) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in messages.story_messages(story_id, session=session):
        place = f"{line.channel}:{line.address}"
        what = line.kind if line.count == 1 else f"{line.kind}, with {line.count - 1} others"
        if line.sent_at is not None:
            how = f"sent {line.sent_at:%d %b %Y %H:%M} UTC"
        elif line.last_error:
            how = f"{line.state}: {line.last_error}"
        else:
            how = f"waits until {line.next_attempt_at:%d %b %Y %H:%M} UTC"
        found[line.route].append(f"{what} → {place}: {how} ({line.key})")
    return found


def _note(
    considered: tuple[Considered, ...],
    told: list[Told],
    rule: RouteConfig,
    places: set[Destination],
    happenings: list[tuple[datetime, Happening]],
) -> str:
    if all(one.article.backfill for _, one in happenings):
        return "its reports were brought in as an archive, and an archive is never alerted"
    if not any(one.verdict.taken for one in considered):
        return "the rule did not take it"
    others = sorted({one.route for one in told if one.route != rule.name})
    if others:
        return f"the rule took it, but its places had it by {' and '.join(others)} already"
    now = " and ".join(sorted(f"{one.channel.value}:{one.address}" for one in places))
    return f"as it is written today the rule sends it to {now}; when it came in, it did not"
