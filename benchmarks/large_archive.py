"""A large archive on PostgreSQL, made up in minutes: what a desk has after a year and more.

Of each hundred articles two are relevant, with readings whose evidence stands in the text, stories,
reports of agreements, alerts, messages of all states, reactions and digests; all were brought by
2,000 feeds that are polled every hour, and are counted at the gates. Words are drawn by Zipf's law.
The rules changed a day ago, so that a part of the last thirty days waits to be read anew. Rows go
in by COPY, and where one follows from another by INSERT … SELECT.
"""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import text

from pipeline.store.engine import Database
from pipeline.store.search_index import _vector, labels_of
from pipeline.store.search_text import words_of

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAYS = 400
FEEDS = 2_000
RELEVANT = 50
"""One article in so many."""
WAITING = 10_000
"""Articles of the last thirty days that the new rules have not read yet."""
OLDER = "rules-of-last-year"
STATES = ("UA", "US", "KZ", "UZ", "EU", "CN", "AU", "CL", "CD", "JP", "GB", "CA")
MINERALS = ("lithium", "copper", "uranium", "rare_earths", "graphite", "tungsten")
STAGES = ("proposed", "negotiating", "agreed", "signed", "ratified", "implementing", "none")
SIZES = (1, 2, 1, 3, 1, 2, 5, 1)
"""Articles of a story, in turn: two on the average."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class News:
    """What the archive is made of: its size, the themes and agreements that it speaks of."""

    articles: int
    ruleset: str
    themes: Sequence[str]
    agreements: Sequence[str]

    def at(self, number: int) -> datetime:
        """When article ``number`` (from 1) was published."""
        return NOW - timedelta(days=DAYS) * ((self.articles - number + 1) / self.articles)


class Words:
    """Made-up words; the common ones come often."""

    def __init__(self, seed: int = 7) -> None:
        self.random = random.Random(seed)  # noqa: S311 - made-up news
        self.all = [
            "".join(self.random.choices(_LETTERS, k=self.random.randint(3, 10)))
            for _ in range(60_000)
        ]
        self._weights = list(accumulate(1 / rank for rank in range(1, len(self.all) + 1)))

    def some(self, count: int) -> str:
        """``count`` words."""
        return " ".join(self.random.choices(self.all, cum_weights=self._weights, k=count))


@dataclass(frozen=True, slots=True)
class Told:
    """A relevant article: of which story, and what is read in it."""

    article: int
    story: int
    first: bool
    title: str
    reading: dict[str, Any]


def build(database: Database, news: News) -> Words:
    """Fill an empty migrated database; returns the words, to search for them."""
    words = Words()
    told = {one.article: one for one in _told(news, words)}
    _sql(database, _FEEDS)
    _articles(database, news, words, told)
    _readings(database, news, told)
    _stories(database, news, list(told.values()))
    _messages(database, news, list(told.values()))
    _sql(database, _FOLLOWS)
    _sql(database, _COUNTERS)
    _numbers(database)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return words


# ---- relevant articles ---------------------------------------------------------------------------


def _told(news: News, words: Words) -> Iterator[Told]:
    rnd, story, left = words.random, 0, 0
    agreement: str | None = None
    for number in range(RELEVANT, news.articles + 1, RELEVANT):
        first = left == 0
        if first:
            left = SIZES[story % len(SIZES)]
            story += 1
            # A few agreements are told of most.
            place = min(int(rnd.expovariate(0.25)), len(news.agreements) - 1)
            agreement = news.agreements[place] if story % 3 == 0 else None
        left -= 1
        yield _one(number, story, agreement, news, words, first=first)


def _one(
    number: int, story: int, agreement: str | None, news: News, words: Words, *, first: bool
) -> Told:
    rnd = words.random
    one, other = rnd.sample(STATES, 2)
    mineral, stage = rnd.choice(MINERALS), STAGES[story % len(STAGES)]
    head, verb = f"{one} and {other} ", "sign memorandum"
    title = f"{head}{verb} on {mineral.replace('_', ' ')}: {words.some(5)}"
    piece = {
        "field": "title", "start": len(head), "end": len(head) + len(verb), "text": verb,
        "pattern": "stage/signed",
    }  # fmt: skip
    side = rnd.choice(("for", "for", "against", "neutral"))
    polarity = {"side": side, "score": 0.5, "evidence": [piece], "reason": "a step was taken"}
    reading = {
        "document_id": str(number), "ruleset": _ruleset(news, number), "relevant": True,
        "relevance": 0.93, "language": "en", "stage": stage, "stage_evidence": [piece],
        "stage_sentence": {**piece, "start": 0, "end": len(title), "text": title},
        "themes": [
            {"id": theme, "score": 0.8, "evidence": [piece], "polarity": polarity}
            for theme in rnd.sample(list(news.themes), 2)
        ],
        "parties": sorted((one, other)), "minerals": [mineral], "bodies": [],
        "money": [{"amount": 5e8, "currency": "USD", "evidence": piece, "status": "announced"}]
        if number % 3 == 0 else [],
        "significance": (1, 2, 2, 3)[story % 4], "reasons": ["a memorandum", "two states"],
        "agreement": agreement, "relevance_evidence": [piece], "problems": [], "gated": False,
    }  # fmt: skip
    return Told(number, story, first, title, reading)


def _ruleset(news: News, number: int) -> str:
    return news.ruleset if news.at(number) > NOW - timedelta(days=30) else OLDER


# ---- rows ----------------------------------------------------------------------------------------


def _articles(database: Database, news: News, words: Words, told: dict[int, Told]) -> None:
    """Articles and what is searched of them; the index of words is made when all are there."""
    with database.engine.begin() as connection:
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'search_entry'"
        gin = [row for row in connection.execute(text(query)) if "USING gin" in row.indexdef]
        for name, _ in gin:
            connection.execute(text(f'DROP INDEX "{name}"'))
    for start in range(1, news.articles + 1, 20_000):
        made = [
            _article(n, news, words, told.get(n))
            for n in range(start, min(start + 20_000, news.articles + 1))
        ]
        _copy(
            database, "article",
            "id canonical_url url title summary language outlet published_at dated seen_at "
            "content_hash feed_id tier backfill text_tries",
            (article for article, _ in made),
        )  # fmt: skip
        _copy(database, "search_entry", "article_id published_at vector", (e for _, e in made))
    with database.engine.begin() as connection:
        for _, definition in gin:
            connection.execute(text(definition))


def _article(
    number: int, news: News, words: Words, told: Told | None
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    outlet, at = f"outlet-{number % 400}.example", news.at(number)
    title = told.title if told else words.some(10).capitalize()
    summary = words.some(40)
    url = f"https://{outlet}/{number}"
    vector = _vector(
        words_of(title, 100), words_of(summary, 1000),
        labels_of(told.reading if told else None, language="en", outlet=outlet),
    )  # fmt: skip
    row = (
        number, url, url, title, summary, "en", outlet, at, True, at + timedelta(minutes=5),
        f"{number}", number * 7919 % FEEDS + 1, 1 + number % 3, False, 0,
    )  # fmt: skip
    return row, (number, at, vector)


def _readings(database: Database, news: News, told: dict[int, Told]) -> None:
    """Of the last thirty days by the rules in force, but for those that wait; else by older."""
    names = (
        "id article_id ruleset at relevant relevance stage significance agreement_id reading sides "
        "linked_at"
    )
    last_month = int(news.articles * (1 - 30 / DAYS))
    waiting = range(last_month + 1, last_month + 1 + WAITING)

    def rows() -> Iterator[tuple[Any, ...]]:
        for number in range(1, news.articles + 1):
            ruleset = OLDER if number in waiting else _ruleset(news, number)
            one, at = told.get(number), news.at(number) + timedelta(minutes=6)
            if one is None:
                reading = (
                    f'{{"document_id":"{number}","ruleset":"{ruleset}","relevant":false,'
                    '"relevance":0.02,"language":"en","gated":true}'
                )
                yield number, number, ruleset, at, False, 0.02, "none", 0, None, reading, "{}", None
            else:
                made = {**one.reading, "ruleset": ruleset}
                sides = {theme["id"]: theme["polarity"]["side"] for theme in made["themes"]}
                yield (
                    number, number, ruleset, at, True, 0.93, made["stage"], made["significance"],
                    made["agreement"], json.dumps(made), json.dumps(sides), at,
                )  # fmt: skip

    _copy(database, "assessment", names, rows())


def _stories(database: Database, news: News, told: list[Told]) -> None:
    by_story: dict[int, list[Told]] = {}
    for one in told:
        by_story.setdefault(one.story, []).append(one)
    _copy(
        database, "agreement", "id name parties stage seed_stage unsettled",
        ((a, a, '["UA", "US"]', "none", "none", True) for a in news.agreements),
    )  # fmt: skip
    _copy(
        database, "story",
        "id title opened_at last_at agreement_id stage significance themes parties minerals",
        (_story(number, found, news) for number, found in by_story.items()),
    )  # fmt: skip
    _copy(
        database, "story_article", "article_id story_id at similarity",
        ((o.article, o.story, news.at(o.article) + timedelta(minutes=7), 1.0) for o in told),
    )  # fmt: skip
    _copy(
        database, "agreement_report",
        "article_id story_id agreement_id proposal parties subject stage certainty at tier outlet "
        "quote url money",
        (_report(one, news) for one in told if one.reading["agreement"] or one.article % 7 == 0),
    )  # fmt: skip


def _gathered(found: list[Told], name: str) -> str:
    return json.dumps(sorted({value for one in found for value in one.reading[name]}))


def _story(number: int, found: list[Told], news: News) -> tuple[Any, ...]:
    reading = found[0].reading
    themes = sorted({theme["id"] for one in found for theme in one.reading["themes"]})
    return (
        number, found[0].title, news.at(found[0].article), news.at(found[-1].article),
        reading["agreement"], reading["stage"], reading["significance"], json.dumps(themes),
        _gathered(found, "parties"), _gathered(found, "minerals"),
    )  # fmt: skip


def _report(one: Told, news: News) -> tuple[Any, ...]:
    reading, quote = one.reading, one.title
    money = [
        {"amount": m["amount"] + one.story % 40 * 1e6, "currency": m["currency"],
         "status": m["status"], "quote": quote, "whole": False}
        for m in reading["money"]
    ]  # fmt: skip
    parties = "-".join(reading["parties"]).lower()
    proposal = None if reading["agreement"] else f"{parties}-{reading['minerals'][0]}"
    return (
        one.article, one.story, reading["agreement"], proposal, json.dumps(reading["parties"]),
        reading["minerals"][0], reading["stage"], ("done", "done", "doubtful")[one.story % 3],
        news.at(one.article), 1 + one.article % 3, f"outlet-{one.article % 400}.example", quote,
        f"https://outlet-{one.article % 400}.example/{one.article}", json.dumps(money),
    )  # fmt: skip


def _messages(database: Database, news: News, told: list[Told]) -> None:
    """An alert for each report of a story that is notable, a message each, one digest a day."""
    alerted = [one for one in told if one.reading["significance"] > 1]
    blocks = json.dumps({"text": "t", "blocks": [{"type": "section", "text": "x" * 2_500}]})
    last = len(alerted)
    names = "id key kind route story_id article_id reason created_at"
    _copy(database, "alert", names, (
        (n, f"a{n}", "new" if one.first else "outlet", "notable", one.story, one.article,
         "significance 2", news.at(one.article) + timedelta(minutes=7))
        for n, one in enumerate(alerted, 1)
    ))  # fmt: skip

    def messages() -> Iterator[tuple[Any, ...]]:
        for n, one in enumerate(alerted, 1):
            at = news.at(one.article) + timedelta(minutes=8)
            state = "pending" if n > last - 30 else "parked" if n % 200 == 0 else "sent"
            error = "not_in_channel; mend: invite the bot" if state == "parked" else None
            yield (
                n, f"story:{one.story}:{n}", "slack", "#minerals", blocks, "post", state, 1, at, at,
                False, error, at + timedelta(seconds=9) if state == "sent" else None, at, None,
            )  # fmt: skip
        page = json.dumps({"subject": "Minerals watch", "html": "x" * 60_000, "text": "t" * 9_000})
        for n in range(1, DAYS + 1):
            at = NOW - timedelta(days=DAYS - n, hours=4)
            yield (
                last + n, f"digest:{n}", "email", "daily", page, "post", "sent", 1, at, at, False,
                None, at + timedelta(seconds=20), at, n,
            )  # fmt: skip

    html = f"<!doctype html><title>Digest</title><p>{'word ' * 9_000}</p>"
    picture = json.dumps({"trend@mineralwatch": "iVBORw0KGgo" + "A" * 60_001})
    days = [(n, NOW - timedelta(days=DAYS - n, hours=4)) for n in range(1, DAYS + 1)]
    _copy(
        database, "edition",
        "id list_name day since until created_at subject html text kind images",
        ((n, "default", at.date(), at - timedelta(days=1), at, at, "Minerals watch", html, "t",
          "daily", picture) for n, at in days),
    )  # fmt: skip
    _copy(
        database, "outbox",
        "id key channel address payload action state attempts created_at next_attempt_at uncertain "
        "last_error sent_at due_at edition_id",
        messages(),
    )  # fmt: skip
    _copy(database, "carried", "outbox_id alert_id", ((n, n) for n in range(1, last + 1)))
    _copy(
        database, "reaction", 'id outbox_id "user" name "right" seen_at',
        ((n, n, "U1", "white_check_mark", True, NOW) for n in range(1, last - 100, 10)),
    )  # fmt: skip


# ---- by SQL alone --------------------------------------------------------------------------------

_FEEDS = f"""
INSERT INTO feed (id, url, name, language, region, kind, tier, enabled, created_at, current_url,
  next_poll_at, interval_s, failures, last_success_at, last_new_at, failure, failure_message, slow,
  skip_hours, skip_days, moving_seen, fulltext, origin, watched_since)
SELECT n, 'https://outlet-' || n || '.example/feed', 'Outlet ' || n, 'en', 'world', 'rss', 2, true,
  :began, 'https://outlet-' || n || '.example/feed', CAST(:now AS timestamptz) + n * interval '2 s',
  3600, CASE WHEN n % 50 = 0 THEN 4 ELSE 0 END, CAST(:now AS timestamptz) - interval '30 min',
  CAST(:now AS timestamptz) - interval '3 h', CASE WHEN n % 50 = 0 THEN 'timeout' END,
  CASE WHEN n % 50 = 0 THEN 'no answer within 20 s' END, n % 50 = 0, '[]', '[]', 0, false,
  'command', :began FROM generate_series(1, {FEEDS}) n;
"""  # noqa: S608 - numbers of ours
_FOLLOWS = """
INSERT INTO sighting (article_id, feed_id, seen_at, guid_key, text_key)
  SELECT id, feed_id, seen_at, id * 7919, id * 104729 FROM article;
INSERT INTO passage (article_id, reached)
  SELECT a.id, CASE WHEN NOT r.relevant THEN 'cheap' WHEN l.article_id IS NULL THEN 'relevant'
    ELSE 'sent' END
  FROM article a JOIN assessment r ON r.article_id = a.id LEFT JOIN alert l ON l.article_id = a.id;
"""
_COUNTERS = f"""
INSERT INTO poll (feed_id, at, outcome, status, message, entries, new, bytes_read, seconds,
  failure)
SELECT f, CAST(:now AS timestamptz) - h * interval '1 h' + f * interval '1 s',
  CASE WHEN f % 50 = 0 THEN 'failed' WHEN h % 3 = 0 THEN 'fetched' ELSE 'not_modified' END,
  CASE WHEN f % 50 = 0 THEN NULL WHEN h % 3 = 0 THEN 200 ELSE 304 END, '', 20, 1, 9000, 0.2,
  CASE WHEN f % 50 = 0 THEN 'timeout' END
FROM generate_series(1, {FEEDS}) f, generate_series(1, 24 * 90) h;
INSERT INTO gate_count (day, feed_id, answered, not_modified, failed, parsed, known, new,
  gated_cheap, gated_full, relevant, routed, sent)
SELECT CAST(:now AS date) - d, f, 8, 16, 0, 160, 157, 3, 2, CASE WHEN (d + f) % 20 = 0 THEN 0
  ELSE 1 END, CASE WHEN (d + f) % 20 = 0 THEN 1 ELSE 0 END,
  CASE WHEN (d + f) % 40 = 0 THEN 1 ELSE 0 END, CASE WHEN (d + f) % 40 = 0 THEN 1 ELSE 0 END
FROM generate_series(1, {FEEDS}) f, generate_series(0, {DAYS - 1}) d;
"""  # noqa: S608 - numbers of ours


def _sql(database: Database, script: str) -> None:
    with database.engine.begin() as connection:
        for statement in filter(str.strip, script.split(";")):
            given = {"now": NOW, "began": NOW - timedelta(days=DAYS)}
            query = text(statement)
            connection.execute(
                query, {name: at for name, at in given.items() if f":{name}" in statement}
            )


def _copy(database: Database, table: str, names: str, rows: Iterable[Sequence[Any]]) -> None:
    raw = database.engine.raw_connection()
    try:
        with raw.cursor() as cursor:  # type: ignore[attr-defined]
            columns = ", ".join(names.split())
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        raw.commit()
    finally:
        raw.close()


def _numbers(database: Database) -> None:
    """Let the tables count on from where the rows end."""
    with database.engine.begin() as connection:
        for name in ("feed", "article", "assessment", "story", "alert", "outbox", "edition"):
            counter = f"pg_get_serial_sequence('{name}', 'id')"
            query = f"SELECT setval({counter}, (SELECT max(id) FROM {name}))"  # noqa: S608 - ours
            connection.execute(text(query))
