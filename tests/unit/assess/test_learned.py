"""Learned heads: levels, spaces, and what the gate makes of its weights."""

import numpy as np
import pytest
from spacy.strings import get_string_id

from pipeline.assess.features import gate_features, label_features, text_features
from pipeline.assess.learned import Head, Model, gate_weights, level_of, make_space
from schemas.assessment import Document


@pytest.mark.parametrize(
    ("probabilities", "level"),
    [
        ([0.1, 0.1, 0.8], 3),
        ([0.45, 0.1, 0.45], 2),  # between the two: neither extreme
        ([0.4, 0.0, 0.6], 2),
        ([0.8, 0.2, 0.0], 1),
    ],
)
def test_a_level_is_chosen_by_its_distance_from_the_others(probabilities, level):
    assert level_of(np.array(probabilities), ("1", "2", "3")) == level


def head(weights, thresholds, dense=None):
    one = np.ones(1, dtype=np.float32)
    return Head(
        labels=("yes",),
        choice=False,
        weights=np.array([[w] for w in weights], dtype=np.float32),
        bias=one * 0.5,
        slope=one * 2,
        shift=one * 0,
        thresholds=np.array(thresholds, dtype=np.float32),
        dense=dense,
    )


def test_gate_weights_are_calibrated_and_its_limits_are_sums_of_them():
    space = make_space(["g:a:lithium", "g:a:cat"], np.array([1, 3], dtype=np.float32))
    gate = head([1.0, -1.0], [0.5, 0.9])
    words, floor, enough = gate_weights(Model({"gate": space}, {"gate": gate}, {}))
    lithium, cat = (get_string_id(word) for word in ("lithium", "cat"))
    assert words == {lithium: 2 + 1j, cat: -6 + 9j}  # what it adds, its squared length
    assert floor == pytest.approx(-1.0)  # 0.5 is a logit of 0; the bias gives 1 of it
    assert enough == pytest.approx(np.log(9) - 1, abs=1e-5)


def test_dense_numbers_add_to_the_named_features():
    space = make_space(["n:a:x"], np.ones(1, dtype=np.float32))
    vector = space.vector([("n:a:x", 2.0, None)])
    plain, dense = head([1.0], [0.5]), head([1.0], [0.5], np.array([[3.0]], dtype=np.float32))
    assert plain.probabilities(vector) == pytest.approx(1 / (1 + np.exp(-3.0)))
    sense = np.array([-0.5], dtype=np.float32)
    assert dense.probabilities(vector, sense) == pytest.approx(0.5)


def test_marks_and_blanks_are_no_features(assessor):
    reading = assessor.read_fully(Document("1", "Kenya, Italy: lithium!", "Signed.", language="en"))
    words = {name.split(":", 2)[2] for name, _, _ in gate_features(reading)}
    assert words == {"kenya", "italy", "lithium", "sign"}
    pairs = {name for name, _, _ in label_features(reading) if name.startswith("b:a:")}
    assert pairs == {"b:a:kenya italy", "b:a:italy lithium"}


def test_how_long_an_item_is_does_not_make_it_relevant(assessor):
    reading = assessor.read_fully(Document("1", "Kenya, Italy sign", language="en"))
    names = {name for name, _, _ in text_features(reading)}
    assert not names & {"n:a:length", "n:a:no summary"}
