"""Explanations: complete, true to the assessment, and pointing into the text."""

import pytest

from schemas.assessment import Document


def labels(explained, kind):
    return {label.id: label for label in explained.labels if label.kind == kind}


def test_explanation_agrees_with_the_assessment(assessor, rules):
    document = Document(
        id="1",
        title="Kenya, Italy sign memorandum on lithium to cut dependence on China",
        summary="The EBRD will lend for a refinery.",
        language="en",
    )
    explained = assessor.explain(document)
    assert explained.assessment == assessor.assess_one(document)
    assert explained.gate.passed
    assert "lithium" in explained.gate.reason
    given = {name for name, label in labels(explained, "theme").items() if label.given}
    assert given == {theme.id for theme in explained.assessment.themes}
    assert set(labels(explained, "theme")) == {theme.id for theme in rules.themes}
    assert labels(explained, "stage")["signed"].given
    assert {p.code: p.given for p in explained.parties} == {"KE": True, "IT": True, "CN": False}
    for label in (*explained.labels, *explained.parties):
        for piece in label.contributions:
            if piece.evidence:
                field = getattr(document, piece.evidence.field)
                assert field[piece.evidence.start : piece.evidence.end] == piece.evidence.text


def test_what_was_weighed_against_is_told(assessor):
    title = "Kenya, Italy sign memorandum on lithium to cut dependence on China"
    explained = assessor.explain(Document(id="1", title=title, language="en"))
    (china,) = [party for party in explained.parties if party.code == "CN"]
    assert any(piece.weight < 0 for piece in china.contributions)
    assert china.score < china.threshold


def test_a_document_that_the_gate_stopped_is_explained(assessor):
    explained = assessor.explain(Document(id="1", title="Bus drivers win a cup", language="en"))
    assert not explained.gate.passed
    assert "minerals_general" in explained.gate.reason
    assert not explained.assessment.relevant


def test_a_text_that_the_learned_words_stop_is_not_said_to_have_passed(assessor):
    summary = (
        "Talks took a year. Kenya and Italy signed the lithium memorandum in Nairobi. Rain fell."
    )
    explained = assessor.explain(Document("1", "Lithium for Rome", summary, language="en"))
    assert explained.gate.passed == (explained.assessment.relevance > 0)
    assert explained.gate.passed or "as learned" in explained.gate.reason


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Panama and First Quantum talk of the mine's future", True),
        ("Kenya, Italy sign memorandum on lithium", False),
        ("Copper miner's shares fall as metal prices drop", False),
    ],
)
def test_the_head_that_had_the_last_word_is_told(assessor, title, asked):
    """The sense of the whole is among what was weighed only where the words left a doubt."""
    explained = assessor.explain(Document(id="1", title=title, language="en"))
    (relevance,) = labels(explained, "relevance").values()
    assert relevance.given == explained.assessment.relevant
    assert any("whole" in piece.feature for piece in relevance.contributions) == asked
    if explained.gate.passed:
        assert relevance.score == pytest.approx(explained.assessment.relevance, abs=1e-4)


def test_every_level_of_significance_is_weighed(assessor):
    title = "Kenya, Italy sign memorandum on lithium"
    explained = assessor.explain(Document(id="1", title=title, language="en"))
    found = labels(explained, "significance")
    assert set(found) == {"1", "2", "3"}
    assert [name for name, label in found.items() if label.given] == [
        str(explained.assessment.significance)
    ]
