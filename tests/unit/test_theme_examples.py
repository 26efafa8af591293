"""Every example in the YAML of the rules is a test of them."""

import pytest

from pipeline.assess.assessor import Assessor, build_assessor
from pipeline.catalog import load_rules
from pipeline.settings import load_settings
from schemas.assessment import Document
from schemas.rules import Example

RULES = load_rules(load_settings())
LEXICON = RULES.lexicon


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return build_assessor(RULES, model_folder=None)  # the examples hold for the rules alone


def document(example: Example) -> Document:
    title, _, summary = example.text.partition(" || ")
    return Document(id="example", title=title, summary=summary, language=example.lang)


THEMES = [(theme.id, e) for theme in RULES.themes for e in theme.examples]
NOT_THEMES = [(theme.id, e) for theme in RULES.themes for e in theme.counter_examples]


@pytest.mark.parametrize(("theme", "example"), THEMES, ids=lambda v: getattr(v, "text", v))
def test_theme_is_read_in_its_example_with_evidence(assessor, theme, example):
    labels = {label.id: label for label in assessor.read_fully(document(example)).themes}
    assert theme in labels
    assert labels[theme].evidence


@pytest.mark.parametrize(("theme", "example"), NOT_THEMES, ids=lambda v: getattr(v, "text", v))
def test_theme_is_not_read_in_its_counter_example(assessor, theme, example):
    assert theme not in {label.id for label in assessor.read_fully(document(example)).themes}


def test_every_theme_has_examples_of_both_kinds():
    lacking = [t.id for t in RULES.themes if not t.examples or not t.counter_examples]
    assert lacking == []


@pytest.mark.parametrize("example", LEXICON.stages.examples, ids=lambda e: e.text)
def test_stage_example(assessor, example):
    reading = assessor.read_fully(document(example))
    assert reading.stage.value == example.expect
    assert reading.stage_evidence


@pytest.mark.parametrize("example", LEXICON.parties.examples, ids=lambda e: e.text)
def test_parties_example(assessor, example):
    assert " ".join(assessor.read_fully(document(example)).parties) == example.expect


@pytest.mark.parametrize("example", LEXICON.relevance.examples, ids=lambda e: e.text)
def test_relevant_example(assessor, example):
    assessment = assessor.assess_one(document(example))
    assert assessment.relevant
    assert assessment.relevance_evidence


@pytest.mark.parametrize("example", LEXICON.relevance.counter_examples, ids=lambda e: e.text)
def test_irrelevant_example(assessor, example):
    assert not assessor.assess_one(document(example)).relevant
