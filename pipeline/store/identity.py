"""Items that a feed brings again under another address are known by their guid or their text."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from schemas.article import NewArticle
from schemas.tables import ArticleRow, SightingRow

_CHUNK = 500


def recognised(
    brought: Mapping[int, Sequence[NewArticle]], *, session: Session
) -> dict[int, list[NewArticle]]:
    """Return what each feed brought; what it brought before has the identity it had then.

    A guid seen before under another address is the same item with a new link (a slug edited with
    its headline, a session in the link, a site that moved). So are a title, summary and date seen
    before, where the address is unknown: there guid and link were made anew. Neither counts where
    the item known stands in this document as well: then they are two.
    """
    by_guid = _sighted(SightingRow.guid_key, _keys(brought, "guid_key"), session)
    by_text = _sighted(SightingRow.text_key, _keys(brought, "text_key"), session)
    strangers = {
        a.canonical_url
        for feed, articles in brought.items()
        for a in articles
        if a.canonical_url not in by_guid.get((feed, a.guid_key), ())
        and by_text.get((feed, a.text_key))
    }
    known = _known(strangers, session)
    found: dict[int, list[NewArticle]] = {}
    for feed, articles in brought.items():
        taken = {a.canonical_url for a in articles}
        found[feed] = []
        for article in articles:
            names = by_guid.get((feed, article.guid_key), set())
            if not names and article.canonical_url not in known:
                names = by_text.get((feed, article.text_key), set())
            earlier = sorted(names - taken) if article.canonical_url not in names else []
            if earlier:
                taken.add(earlier[0])
            identity = earlier[0] if earlier else article.canonical_url
            found[feed].append(replace(article, canonical_url=identity) if earlier else article)
        _follow_links(articles, found[feed], feed, session)
    return found


def _keys(brought: Mapping[int, Sequence[NewArticle]], name: str) -> list[tuple[int, int]]:
    return [
        (feed, key)
        for feed, articles in brought.items()
        for article in articles
        if (key := getattr(article, name)) is not None
    ]


def _sighted(
    column: InstrumentedAttribute[int | None], keys: Sequence[tuple[int, int]], session: Session
) -> dict[tuple[int, int | None], set[str]]:
    """(feed, key) → the identities under which that feed's items with this key are stored."""
    sighted: dict[tuple[int, int | None], set[str]] = {}
    for chunk in _chunks(keys):
        query = (
            select(SightingRow.feed_id, column, ArticleRow.canonical_url)
            .join(ArticleRow, ArticleRow.id == SightingRow.article_id)
            .where(tuple_(SightingRow.feed_id, column).in_(chunk))
        )
        for feed, key, identity in session.execute(query):
            sighted.setdefault((feed, key), set()).add(identity)
    return sighted


def _known(identities: Collection[str], session: Session) -> set[str]:
    column = ArticleRow.canonical_url
    return {
        identity
        for chunk in _chunks(sorted(identities))
        for identity in session.scalars(select(column).where(column.in_(chunk)))
    }


def _follow_links(
    before: Sequence[NewArticle], after: Sequence[NewArticle], feed_id: int, session: Session
) -> None:
    """Let a stored article lead to where its own feed now says it stands."""
    for was, now in zip(before, after, strict=True):
        if was.canonical_url != now.canonical_url and now.url:
            session.execute(
                update(ArticleRow)
                .where(ArticleRow.canonical_url == now.canonical_url, ArticleRow.feed_id == feed_id)
                .values(url=now.url)
            )


def _chunks(values: Sequence[object]) -> Iterator[Sequence[object]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
