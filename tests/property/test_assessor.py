"""Whatever text comes, the assessor gives a result whose every span holds."""

import json
from dataclasses import replace
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.assess.assessor import Assessor, build_assessor
from pipeline.assess.output import to_line
from pipeline.catalog import load_rules
from pipeline.settings import load_settings
from schemas.assessment import Assessment, Document, Evidence, Stage

NEWS = [
    "Kenya", "Italy", "Україна", "Қазақстан", "Франция", "China's", "U.S.", "sign", "підписали",
    "подписали", "refuses to", "memorandum", "меморандум", "угоду", "on", "про", "о", "lithium",
    "літій", "уран", "rare-earth", "Reconstruction Investment Fund", "$5bn", "€1.5 млрд", "3,5 mil",
    "ratified", "ратифікувала", "EBRD", "refinery", "tender", "under", ".", ",", "?", "-", "—",
]  # fmt: skip
HOSTILE = [
    "\x00", "\x1b[31m", "\ud800", "\udfff", "\u202e", "\u200b", "\u200d", "\ufeff", "\u00ad",
    "\u2028", "\r\n", "\t", "<b>", "</b>", "<script>", "</script>", "<!--", "-->", "<", "&",
    "&amp;", "&#0;", "&#x10ffff;", "&nbsp;", "🇰🇿🤝🇮🇹", "👩‍🔬", "é", "اتفاق", "הסכם", "中国签署",
    "ウラン", "ﬁ", "İ", "ẞ", "Ǆ", "١٢٣", "½", "1" * 50, "9" * 400, "$", "(" * 30, "'" * 20,
    "x" * 300, " - ", "-" * 40, "\u0301" * 20, "= @state .. & &&",
]  # fmt: skip
PIECES = st.one_of(
    st.sampled_from(NEWS),
    st.sampled_from(HOSTILE),
    st.text(alphabet=st.characters(exclude_categories=()), max_size=8),
)
TEXTS = st.lists(st.tuples(PIECES, st.sampled_from(["", " ", " ", "  ", "\n"])), max_size=30).map(
    lambda pairs: "".join(piece + gap for piece, gap in pairs)
)
LANGUAGES = st.sampled_from(
    [None, "en", "uk", "ru", "kk", "uz", "es", "fr", "de", "zz", "EN-us", "", "x" * 50, "\ud800"]
)
DOCUMENTS = st.builds(
    Document, id=st.text(max_size=5), title=TEXTS, summary=TEXTS, language=LANGUAGES
)
PATIENT = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@lru_cache(maxsize=1)
def assessor() -> Assessor:
    return build_assessor(load_rules(load_settings()))


def evidence(assessment: Assessment) -> list[Evidence]:
    return [
        *assessment.relevance_evidence,
        *assessment.stage_evidence,
        *(money.evidence for money in assessment.money),
        *(piece for theme in assessment.themes for piece in theme.evidence),
    ]


def assert_holds(document: Document, pieces: list[Evidence]) -> None:
    for piece in pieces:
        text = document.title if piece.field == "title" else document.summary
        assert 0 <= piece.start < piece.end <= len(text)
        assert text[piece.start : piece.end] == piece.text
        assert piece.pattern


@PATIENT
@given(DOCUMENTS)
def test_every_document_gets_a_sound_reading(document: Document) -> None:
    found = assessor().assess_one(document)
    assert found.document_id == document.id
    assert_holds(document, evidence(found))
    assert 0 <= found.relevance <= 1
    assert 0 <= found.significance <= 3
    assert all(0 <= theme.score <= 1 and theme.evidence for theme in found.themes)
    for values in (found.parties, found.minerals, found.bodies):
        assert list(values) == sorted(set(values))
    if not found.relevant:
        assert (found.themes, found.stage, found.parties) == ((), Stage.NONE, ())
        assert found.significance == 0
    assert json.loads(json.dumps(to_line(found))) == to_line(found)


@PATIENT
@given(st.lists(DOCUMENTS, min_size=2, max_size=6))
def test_a_reading_does_not_depend_on_what_else_is_read(documents: list[Document]) -> None:
    for together, document in zip(assessor().assess(documents), documents, strict=True):
        alone = assessor().assess_one(document)
        # Of several texts the encoder adds up in another order: the seventh digit may differ, and
        # with it the last of the four that are told.
        assert together.relevance == pytest.approx(alone.relevance, abs=0.00011)
        assert replace(together, relevance=alone.relevance) == alone


@settings(PATIENT, max_examples=30)
@given(DOCUMENTS)
def test_every_document_can_be_explained(document: Document) -> None:
    told = assessor().explain(document)
    assert told.assessment == assessor().assess_one(document)
    pieces = [*told.gate.evidence]
    for label in (*told.labels, *told.parties):
        assert all(abs(c.weight) < 1_000 for c in label.contributions)
        pieces += [c.evidence for c in label.contributions if c.evidence is not None]
    assert_holds(document, pieces)
    given_stages = [one.id for one in told.labels if one.kind == "stage" and one.given]
    if told.assessment.relevant:
        assert given_stages == [told.assessment.stage.value]
        assert tuple(sorted({p.code for p in told.parties if p.given})) == told.assessment.parties


@settings(PATIENT, max_examples=8)
@given(DOCUMENTS, st.sampled_from(["title", "summary"]))
def test_what_was_not_read_to_the_end_is_told(document: Document, field: str) -> None:
    texts = {"title": document.title, "summary": document.summary}
    texts[field] += " lithium pact" * 2_000
    long = Document(document.id, texts["title"], texts["summary"], document.language)
    found = assessor().assess_one(long)
    assert any(problem.startswith(f"{field} of ") for problem in found.problems)
    assert_holds(long, evidence(found))
