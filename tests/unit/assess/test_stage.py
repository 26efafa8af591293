"""What a plain headline tells is kept: no step is read into it that no word tells."""

import numpy as np
import pytest

from pipeline.assess.judge import witnessed
from schemas.assessment import Document, Stage

LABELS = ("negotiating", "agreed", "signed")


@pytest.mark.parametrize(
    ("title", "stage"),
    [
        ("Kenya and Italy negotiate memorandum on critical minerals", Stage.NEGOTIATING),
        ("Japan and Kenya negotiate memorandum of understanding on rare earths", Stage.NEGOTIATING),
        ("Kenya, Italy negotiate uranium agreement", Stage.NEGOTIATING),
        ("Kenya and Japan consider memorandum on tungsten", Stage.PROPOSED),
        ("Kenya and Italy to sign memorandum on critical minerals next week", Stage.AGREED),
        ("Kenya and Italy sign memorandum on critical minerals", Stage.SIGNED),
    ],
)
def test_a_plain_headline_is_read_as_it_stands(assessor, title, stage):
    assert assessor.assess_one(Document("1", title, "", language="en")).stage is stage


@pytest.mark.parametrize(
    ("title", "summary", "without"),
    [
        ("Kenya and Italy negotiate memorandum on lithium", "", {"signed", "agreed"}),
        ("Kenya and Italy to sign memorandum on lithium", "", {"signed"}),
        # A word of the step is a witness, in the summary too.
        ("Kenya and Italy hold talks on lithium", "They signed a memorandum on lithium.", set()),
        ("Kenya and Italy hold talks on lithium", "They agreed on a lithium deal.", {"signed"}),
        ("Memorandum on lithium between Kenya and Italy", "", set()),
    ],
)
def test_steps_without_a_witness_are_known(assessor, title, summary, without):
    reading = assessor.read_fully(Document("1", title, summary, language="en"))
    assert {stage.value for stage in reading.unwitnessed} == without


def test_the_rules_stage_gets_what_steps_without_a_witness_had():
    found = np.array([0.1, 0.2, 0.7], dtype=np.float32)
    both = frozenset({Stage.AGREED, Stage.SIGNED})
    given = witnessed(found, LABELS, both, Stage.NEGOTIATING)
    assert given.sum() == pytest.approx(1)
    assert given == pytest.approx([1, 0, 0], abs=1e-3)


def test_a_step_that_would_not_be_given_keeps_its_probability():
    found = np.array([0.6, 0.1, 0.3], dtype=np.float32)
    assert witnessed(found, LABELS, frozenset({Stage.SIGNED}), Stage.NEGOTIATING) is found


def test_the_explanation_says_that_no_word_tells_of_the_step(assessor):
    title = "Kenya and Italy negotiate memorandum on critical minerals"
    explained = assessor.explain(Document("1", title, "", language="en"))
    (signed,) = (x for x in explained.labels if (x.kind, x.id) == ("stage", "signed"))
    assert not signed.given
    assert "no word of this step" in signed.contributions[0].feature
