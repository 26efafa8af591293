"""What was found, as it is shown: rows by id, and the words of the query marked in them.

Marking is done here and not by the databases: their own ways know nothing of how words are folded,
and differ from each other.
"""

import re
from collections import deque
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.search_text import Clause, Query, Word, placed_words
from schemas.assessment import Stage
from schemas.search import ArticleHit, Marked, Span, StoryHit
from schemas.tables import ArticleRow, StoryArticleRow, StoryRow

SNIPPET = 240
"""Characters of a text that are shown around what was found."""
_READ = 20_000
"""Characters of summary and text that are looked through for it."""
_CHUNK = 500
_LINE_BREAK = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")


def article_hits(
    scores: Mapping[int, float], query: Query, *, session: Session
) -> list[ArticleHit]:
    """The articles of these ids, in their order."""
    found: dict[int, ArticleHit] = {}
    ids = list(scores)
    for start in range(0, len(ids), _CHUNK):
        rows = session.execute(
            select(ArticleRow, StoryArticleRow.story_id)
            .outerjoin(StoryArticleRow, StoryArticleRow.article_id == ArticleRow.id)
            .where(ArticleRow.id.in_(ids[start : start + _CHUNK]))
        )
        for row, story_id in rows:
            found[row.id] = _article_hit(row, story_id, scores[row.id], query)
    return [found[one] for one in ids if one in found]


def story_hits(
    matching: Mapping[int, Sequence[tuple[int, float]]], query: Query, *, session: Session
) -> list[StoryHit]:
    """The stories of these ids, in their order, each with the first of its articles given."""
    first = {found[0][0]: found[0][1] for found in matching.values()}
    bests = article_hits(first, query, session=session)
    by_id = {hit.id: hit for hit in bests}
    ids = list(matching)
    rows: dict[int, StoryRow] = {}
    for start in range(0, len(ids), _CHUNK):
        chunk = select(StoryRow).where(StoryRow.id.in_(ids[start : start + _CHUNK]))
        rows |= {row.id: row for row in session.scalars(chunk)}
    return [
        _story_hit(rows[story], by_id[found[0][0]], len(found), query)
        for story, found in matching.items()
        if story in rows and found[0][0] in by_id
    ]


def _article_hit(row: ArticleRow, story_id: int | None, score: float, query: Query) -> ArticleHit:
    body = row.summary if row.text is None else f"{row.summary}\n{row.text}".strip()
    return ArticleHit(
        id=row.id,
        score=score,
        title=Marked(row.title, marks(row.title, query.wanted)),
        snippet=snippet(body, query.wanted),
        outlet=row.outlet,
        language=row.language,
        published_at=row.published_at,
        url=row.url,
        story_id=story_id,
    )


def _story_hit(row: StoryRow, best: ArticleHit, matching: int, query: Query) -> StoryHit:
    return StoryHit(
        id=row.id,
        score=best.score,
        title=Marked(row.title, marks(row.title, query.wanted)),
        stage=Stage(row.stage),
        significance=row.significance,
        agreement=row.agreement_id,
        themes=tuple(row.themes),
        states=tuple(row.parties),
        minerals=tuple(row.minerals),
        opened_at=row.opened_at,
        last_at=row.last_at,
        matching=matching,
        best=best,
    )


def marks(text: str, clauses: Collection[Clause]) -> tuple[Span, ...]:
    """Where the clauses stand in ``text``, joined where they overlap."""
    longest = max((len(clause.words) for clause in clauses), default=0)
    if not longest:
        return ()
    found: list[Span] = []
    last: deque[Word] = deque(maxlen=longest)
    for word in placed_words(text):
        last.append(word)
        recent = list(last)
        for clause in clauses:
            tail = recent[-len(clause.words) :]
            if _stands(tail, clause):
                found.append((tail[0].start, word.end))
    return _joined(found)


def _stands(tail: Sequence[Word], clause: Clause) -> bool:
    if len(tail) != len(clause.words):
        return False
    *before, last = clause.words
    said = tail[-1].text
    ends = said.startswith(last) if clause.prefix else said == last
    return ends and all(word.text == wanted for word, wanted in zip(tail[:-1], before, strict=True))


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def snippet(text: str, clauses: Collection[Clause]) -> Marked:
    """The stretch of ``text`` with most of what was found; its beginning where nothing was."""
    read = _LINE_BREAK.sub(" ", text[:_READ])
    hits = marks(read, clauses)
    start = max((_window(read, hit, hits) for hit in hits), default=(0, 0))[1]
    start = abs(start)
    end = min(len(read), start + SNIPPET)
    if end < len(read) and " " in read[start:end]:
        end = max(read.rfind(" ", start, end), *(b for a, b in hits if start <= a and b <= end), 0)
    before, after = "… " if start else "", " …" if end < len(text) else ""
    shift = len(before) - start
    shown = before + read[start:end] + after
    inside = tuple((a + shift, b + shift) for a, b in hits if start <= a and b <= end)
    return Marked(shown, inside)


def _window(text: str, hit: Span, hits: Collection[Span]) -> tuple[int, int]:
    """(hits in the stretch that begins a little before ``hit``, minus its first character)."""
    start = max(0, hit[0] - SNIPPET // 4)
    if start:
        space = text.find(" ", start, hit[0])
        start = space + 1 if space >= 0 else start
    inside = sum(start <= a and b <= start + SNIPPET for a, b in hits)
    return inside, -start
