"""explain: why an article is read as it is, under the rules in force. Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pipeline.assess.assessor import Assessor
from pipeline.assess.reading import Reading
from pipeline.collect.canonical import canonical_url
from pipeline.errors import ConfigError
from pipeline.stages.context import Context
from pipeline.store import articles, assessments
from schemas.article import Article
from schemas.assessment import Document, Evidence, Field
from schemas.explained import Explained, Mark, MarkKind
from schemas.explanation import Explanation
from schemas.rules import Rules

_CUES: dict[str, MarkKind] = {"mineral:": "mineral", "body:": "body", "agreement:": "agreement"}
_MOST_WEIGHED = 8
"""Places marked where an item was not relevant; all are in the list of reasons."""
_MAX_DIGITS = 18
"""Of a row's number; more of them are no number that a database has given."""


def explain_stored(context: Context, assessor: Assessor, reference: str) -> Explained:
    """Explain the stored article that ``reference`` names: its row's number or its address.

    Raises:
        ConfigError: no article has that number or address.
    """
    with context.database.read() as session:
        if reference.isascii() and reference.isdigit() and len(reference) <= _MAX_DIGITS:
            article = articles.get_article(int(reference), session=session)
        else:
            known = (reference, canonical_url(reference))
            article = articles.article_at(known, session=session)
        if article is None:
            raise ConfigError(
                f"no stored article {reference!r}",
                mend="give an article's number or address (mineralwatch stories show STORY "
                "--json has both), or hand the text in: mineralwatch explain - < item.json",
            )
        stored = assessments.newest_readings([article.id], session=session).get(article.id)
    document = Document(
        str(article.id), article.title, article.summary, article.language, article.text
    )
    ruleset = stored.ruleset if stored else None
    return explain_document(
        document, assessor, context.catalog.rules, article=article, stored_ruleset=ruleset
    )


def explain_document(
    document: Document,
    assessor: Assessor,
    rules: Rules,
    *,
    article: Article | None = None,
    stored_ruleset: str | None = None,
) -> Explained:
    """Explain a document; no database is needed."""
    explanation = assessor.explain(document)
    reading = assessor.read_fully(document)
    meant = explanation.assessment.agreement
    return Explained(
        explanation=explanation,
        marks=_marks(explanation, reading),
        themes=tuple((theme.id, theme.title) for theme in rules.themes),
        agreement_name=next((a.name for a in rules.agreements if a.id == meant), None),
        article=article,
        stored_ruleset=stored_ruleset,
    )


def _marks(explanation: Explanation, reading: Reading) -> tuple[Mark, ...]:
    """The places of each label in the order of the text; those of one label do not overlap."""
    relevant = explanation.assessment.relevant
    found = _given(explanation, reading) if relevant else _weighed(explanation)
    places: dict[tuple[MarkKind, str, Field], list[tuple[int, int]]] = defaultdict(list)
    for kind, name, piece in found:
        places[kind, name, piece.field].append((piece.start, piece.end))
    marks = [
        Mark(kind, name, _piece(explanation.document, field, start, end))
        for (kind, name, field), spans in places.items()
        for start, end in _merged(spans)
    ]
    return tuple(
        sorted(
            marks,
            key=lambda m: (m.evidence.field != "title", m.evidence.start, -m.evidence.end, m.kind),
        )
    )


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans with those that overlap made one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _piece(document: Document, field: Field, start: int, end: int) -> Evidence:
    text: str = getattr(document, field)
    return Evidence(field, start, end, text[start:end], "")


def _given(explanation: Explanation, reading: Reading) -> Iterator[tuple[MarkKind, str, Evidence]]:
    assessment = explanation.assessment
    for theme in assessment.themes:
        yield from (("theme", theme.id, piece) for piece in theme.evidence)
    yield from (("stage", assessment.stage.value, piece) for piece in assessment.stage_evidence)
    for mention in reading.mentions:
        if mention.code in assessment.parties:
            yield "party", mention.code, reading.span_evidence(mention.span, mention.kind)
    yield from (("money", money.currency, money.evidence) for money in assessment.money)
    for key, spans in reading.cues.items():
        for prefix, kind in _CUES.items():
            if key.startswith(prefix):
                name = key.removeprefix(prefix).replace("_", " " if kind == "mineral" else "_")
                yield from ((kind, name, reading.span_evidence(span, key)) for span in spans)


def _weighed(explanation: Explanation) -> Iterator[tuple[MarkKind, str, Evidence]]:
    """What spoke for and against relevance, the weightiest thing at each place."""
    taken: set[tuple[MarkKind, Field, int, int]] = set()
    for label in explanation.labels:
        if label.kind != "relevance":
            continue
        for told in label.contributions:
            piece = told.evidence
            if piece is None or not told.weight:
                continue
            side: MarkKind = "for" if told.weight > 0 else "against"
            if (place := (side, piece.field, piece.start, piece.end)) not in taken:
                taken.add(place)
                yield side, _short(told.feature), piece
            if len(taken) == _MOST_WEIGHED:
                return


def _short(feature: str) -> str:
    """A feature's name as a label under its words: ``pattern relevance/market`` is ``market``."""
    name = feature.removeprefix("pattern ").removeprefix("class ").removeprefix("relevance/")
    return name.removesuffix(" in the title")
