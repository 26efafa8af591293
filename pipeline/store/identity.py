"""Items that a feed brings again under another address are known by their guid or their text."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from schemas.article import NewArticle
from schemas.tables import ArticleRow, SightingRow

_CHUNK = 500


def recognised(
    articles: Sequence[NewArticle], *, feed_id: int | None, session: Session
) -> list[NewArticle]:
    """Return ``articles``; those that this feed brought before have the identity they had then.

    A guid seen before under another address is the same item with a new link (a slug edited with
    its headline, a session in the link, a site that moved). So are a title, summary and date seen
    before, where the address is unknown: there guid and link were made anew. Neither counts where
    the item known stands in this document as well: then they are two.
    """
    if feed_id is None or not articles:
        return list(articles)
    by_guid = _sighted(SightingRow.guid_key, [a.guid_key for a in articles], feed_id, session)
    by_text = _sighted(SightingRow.text_key, [a.text_key for a in articles], feed_id, session)
    taken = {a.canonical_url for a in articles}
    strangers = {
        a.canonical_url
        for a in articles
        if a.canonical_url not in by_guid.get(a.guid_key, ()) and by_text.get(a.text_key)
    }
    known = _known(strangers, session)
    found = []
    for article in articles:
        names = by_guid.get(article.guid_key, set())
        if not names and article.canonical_url not in known:
            names = by_text.get(article.text_key, set())
        earlier = sorted(names - taken) if article.canonical_url not in names else []
        if earlier:
            taken.add(earlier[0])
            found.append(replace(article, canonical_url=earlier[0]))
        else:
            found.append(article)
    _follow_links(articles, found, feed_id, session)
    return found


def _sighted(
    column: InstrumentedAttribute[int | None],
    keys: Sequence[int | None],
    feed_id: int,
    session: Session,
) -> dict[int | None, set[str]]:
    """The identities under which this feed's items with these keys are stored."""
    sighted: dict[int | None, set[str]] = {}
    for chunk in _chunks([key for key in keys if key is not None]):
        query = (
            select(column, ArticleRow.canonical_url)
            .join(ArticleRow, ArticleRow.id == SightingRow.article_id)
            .where(SightingRow.feed_id == feed_id, column.in_(chunk))
        )
        for key, identity in session.execute(query):
            sighted.setdefault(key, set()).add(identity)
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
