"""Whatever the text, polarity is judged without a crash and points into the text."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.assess.assessor import build_assessor
from pipeline.catalog import load_rules
from pipeline.settings import load_settings
from schemas.assessment import Document, Side

ASSESSOR = build_assessor(load_rules(load_settings()), model_folder=None)
_TEXT = """
Kenya Italy signs never could lifts ban on exports of titanium refinery scrapped agreement China .
World Bank secret if with підписали угоду не заборона экспорт приостановить « ’ 😀 \u0301
"""
WORDS = st.sampled_from([*_TEXT.split(), "\n"])
TEXT = st.one_of(st.lists(WORDS, max_size=25).map(" ".join), st.text(max_size=80))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(title=TEXT, summary=TEXT, language=st.sampled_from(["en", "uk", "ru", "kk", "de", None]))
def test_any_text_gets_a_side_with_evidence_inside_it(title, summary, language):
    document = Document("x", title, summary, language)
    reading = ASSESSOR.read_fully(document)
    assert len(reading.polarities) == 11
    for polarity in reading.polarities.values():
        assert -1 <= polarity.score <= 1
        assert polarity.reason
        assert (polarity.side is Side.FOR) <= (polarity.score > 0)
        assert (polarity.side is Side.AGAINST) <= (polarity.score < 0)
        for piece in polarity.evidence:
            assert getattr(document, piece.field)[piece.start : piece.end] == piece.text
