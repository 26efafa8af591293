"""Recall against an outside list: at which gate was each item lost, and why. Reads only.

list ─> address known? ─no─> headline alike? ─no─> which feed should have brought it, and
│ yes                │ yes                 how was that polled then?  (lost_before)
└───────┬────────────┘
reading ─> story ─> rules ─> messages                                 (lost_after)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.cluster.headlines import Wanted
from pipeline.collect.canonical import canonical_url
from pipeline.stages.context import Context
from pipeline.stages.lost_after import After
from pipeline.stages.lost_before import Before
from pipeline.store import gate_facts
from schemas.article import Article
from schemas.coverage import Asked, BadLine, Recall, Traced

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pipeline.assess.assessor import Assessor

NEAR = timedelta(days=7)
"""How far from the date given an article with a like headline may have been published."""
LEAST = 0.6
"""How alike headlines must be (cluster.headlines.likeness). Of two headlines of eight telling words
each, five are shared."""


@dataclass(frozen=True, slots=True)
class _Match:
    article: Article
    how: str
    score: float | None = None


def recall(
    context: Context,
    assessor: "Callable[[], Assessor]",
    items: Sequence[Asked],
    bad: Sequence[BadLine] = (),
) -> Recall:
    """Trace each item of an outside list to the gate at which it was lost, or to where it was sent.

    Args:
        context: what a stage is handed.
        assessor: gives the assessor; asked for only where something was gated out.
        items: the list.
        bad: its lines that could not be used, handed through.
    """
    with context.database.read() as session:
        matches = _by_address(items, session)
        rest = [one for one in items if one.line not in matches and one.title]
        matches |= _by_headline(rest, session)
        before = Before(context, session)
        after = After(context, session, assessor)
        traced = []
        for one in items:
            found = matches.get(one.line)
            if found is None:
                traced.append(before.trace(one))
            else:
                traced.append(_matched(after.trace(one, found.article), found))
    return Recall(tuple(traced), tuple(bad))


def _matched(traced: Traced, found: _Match) -> Traced:
    article = found.article
    other = found.how == "headline" and traced.asked.url is not None
    return replace(
        traced,
        article_id=article.id,
        article_url=article.url or article.canonical_url,
        article_title=article.title,
        matched=found.how,
        score=found.score,
        duplicate_of=(article.url or article.canonical_url) if other else None,
    )


def _by_address(items: Sequence[Asked], session: "Session") -> dict[int, _Match]:
    addresses = {
        form for one in items if one.url is not None for form in (one.url, canonical_url(one.url))
    }
    known = gate_facts.articles_named(addresses, session=session)
    found: dict[int, _Match] = {}
    for one in items:
        if one.url is None:
            continue
        article = known.get(canonical_url(one.url)) or known.get(one.url)
        if article is not None:
            found[one.line] = _Match(article, "address")
    return found


def _by_headline(items: Sequence[Asked], session: "Session") -> dict[int, _Match]:
    """The article with the headline that is most alike, the oldest of those that are equally so."""
    wanted = Wanted({one.line: one.title or "" for one in items}, least=LEAST)
    asked = {one.line: one for one in items}
    dates = [one.at for one in items if one.at is not None]
    bounded = bool(items) and len(dates) == len(items)
    passing = gate_facts.headlines(
        since=min(dates) - NEAR if bounded else None,
        # A day without a time lasts till its end.
        until=max(dates) + NEAR + timedelta(days=1) if bounded else None,
        session=session,
    )
    best: dict[int, tuple[float, int]] = {}
    for article_id, title, published in passing if items else ():
        for line, score in wanted.like(title):
            at = asked[line].at
            if at is not None and not at - NEAR <= published <= at + NEAR + timedelta(days=1):
                continue
            # The higher score, then the lower row.
            best[line] = max(best.get(line, (0.0, 0)), (score, -article_id))
    return _loaded(best, session)


def _loaded(best: Mapping[int, tuple[float, int]], session: "Session") -> dict[int, _Match]:
    ids = {-row for _, row in best.values()}
    known = gate_facts.articles_by_id(ids, session=session)
    return {
        line: _Match(known[-row], "headline", round(score, 2))
        for line, (score, row) in best.items()
    }
