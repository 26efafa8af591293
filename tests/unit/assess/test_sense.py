"""What a text is about as a whole, as numbers; and when it is asked for."""

import numpy as np
import pytest

from pipeline.assess import judge
from pipeline.assess.prepare import prepare
from pipeline.assess.sense import NUMBERS, sense
from schemas.assessment import Document


def numbers(*titles):
    return sense([prepare(Document(id="1", title=title)) for title in titles])


def test_texts_that_mean_the_same_are_near_across_languages():
    signing, russian, cat = numbers(
        "Kazakhstan and the US sign an agreement on critical minerals",
        "Казахстан и США подписали соглашение о критических минералах",
        "The cat sleeps on the warm sofa",
    )
    assert signing @ russian > 1.5 * (signing @ cat)


def test_each_text_has_its_row_whatever_stands_beside_it():
    together = numbers("Copper rises", "Lithium falls")
    assert together.shape == (2, NUMBERS)
    assert np.allclose(together[1], numbers("Lithium falls")[0], atol=1e-5)
    assert sense([]).shape == (0, NUMBERS)


@pytest.mark.parametrize("title", ["", " ", "\x00", "🪨" * 3, "л" * 5000])
def test_any_text_has_numbers(title):
    assert np.isfinite(numbers(title)).all()


def test_it_is_asked_only_where_the_words_leave_a_doubt(assessor, monkeypatch):
    asked = []

    def counted(texts):
        asked.extend(text.document.title for text in texts)
        return sense(texts)

    monkeypatch.setattr(judge, "sense", counted)
    titles = [
        "Bus drivers win a cup",
        "Copper miner's shares fall as metal prices drop",
        "Panama and First Quantum talk of the mine's future",
        "Kazakhstan and US sign minerals agreement",
    ]
    documents = [Document(id=title, title=title, language="en") for title in titles]
    found = list(assessor.assess(documents))
    assert asked == titles[2:3]
    assert [reading.relevant for reading in found] == [False, False, False, True]
