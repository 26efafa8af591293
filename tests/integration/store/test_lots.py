"""Lots of several writers at once: the same articles, each in an order of its own."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

from sqlalchemy import func, select, text

from pipeline.store.engine import open_database
from pipeline.store.lots import store_lot
from schemas.article import NewArticle
from schemas.tables import ArticleRow

ARTICLES, ROUNDS = 400, 5


def _articles(now: datetime, round_: int, count: int) -> list[NewArticle]:
    return [
        NewArticle(
            canonical_url=f"https://wire.example/{round_}/{number:04d}",
            url=f"https://wire.example/{round_}/{number:04d}",
            title=f"Round {number}",
            summary="",
            language="en",
            outlet="wire.example",
            published_at=now - timedelta(hours=1),
            dated=True,
            content_hash=f"{number:x}",
        )
        for number in range(count)
    ]


def test_rows_are_written_in_the_order_of_their_key_and_numbered_in_the_feeds(
    postgres_url: str, now: datetime
) -> None:
    """The one so that no two writers can deadlock, the other since articles are read by number."""
    database = open_database(postgres_url)
    found = _articles(now, 1, 9)
    told = [*found[::2], *found[1::2]][::-1]
    with database.write() as session:
        store_lot([(None, told)], now=now, session=session)
    with database.read() as session:
        query = select(ArticleRow.canonical_url)
        written = session.scalars(query.order_by(text("ctid"))).all()
        numbered = session.scalars(query.order_by(ArticleRow.id)).all()
    database.close()
    assert list(written) == [article.canonical_url for article in found]
    assert list(numbered) == [article.canonical_url for article in told]


def test_two_writers_of_the_same_articles_do_not_deadlock(postgres_url: str, now: datetime) -> None:
    start = Barrier(2)
    database = open_database(postgres_url)

    def write(found: Sequence[NewArticle]) -> int:
        start.wait(60)
        with database.write() as session:
            [stored] = store_lot([(None, found)], now=now, session=session)
        return stored.new + stored.known

    with ThreadPoolExecutor(2) as pool:
        for round_ in range(ROUNDS):
            found = _articles(now, round_, ARTICLES)
            told = pool.map(write, [found, found[::-1]], timeout=120)
            assert list(told) == [ARTICLES, ARTICLES]
    with database.read() as session:
        count = session.scalar(select(func.count()).select_from(ArticleRow))
    database.close()
    assert count == ARTICLES * ROUNDS
