"""What is read of an article's text, and what it can change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assess.assessor import Assessor
from pipeline.assess.output import to_line
from pipeline.assess.page_text import FIRST_PART, LEAD, first_part, goes_on, lead_of, widened
from pipeline.assess.prepare import prepare
from pipeline.commands.reading import document as document_of
from schemas.assessment import Assessment, Document, Evidence, Money, ThemeLabel
from tests.article_pages import PARAGRAPHS, TITLE

TEXT = "\n".join((TITLE, *PARAGRAPHS))
OTHER_DEAL = (
    "Chile and the European Union ratified their agreement on lithium in March. Saudi Arabia paid"
    " $900 million for a stake in a nickel mine in Indonesia, and Canada suspended its talks with"
    " Brazil on niobium after the vote in the Senate, which the ministry in Ottawa regretted."
)


def doc(title=TITLE, summary="", text=""):
    return Document("1", title, summary, "en", text)


def told(document, spans):
    return [document.text[start:end] for start, end in spans]


def test_the_lead_is_the_first_paragraphs_without_the_headline():
    document = doc(text=TEXT)
    lead = told(document, lead_of(document))
    assert lead[0] == PARAGRAPHS[0]
    assert sum(map(len, lead)) <= LEAD
    assert told(document, first_part(document)) == list(PARAGRAPHS)


def test_what_the_summary_says_is_not_read_again_and_counts_as_lead():
    document = doc(summary=PARAGRAPHS[0], text=TEXT)
    assert PARAGRAPHS[0] not in told(document, first_part(document))
    assert sum(map(len, told(document, lead_of(document)))) <= LEAD - len(PARAGRAPHS[0])


def test_a_summary_that_breaks_off_is_taken_up_at_its_last_sentence():
    whole = "Japan signed it on Monday. The ministers met in Astana before noon. " + PARAGRAPHS[1]
    document = doc(summary="Japan signed it on Monday. The ministers met in …", text=whole)
    assert told(document, first_part(document)) == [whole[whole.index("The ministers") :]]
    ended = doc(summary="Japan signed it on Monday.", text=whole)
    assert told(ended, first_part(ended)) == [whole[whole.index("The ministers") :]]


def test_a_summary_in_words_of_its_own_leaves_the_text_a_lead():
    document = doc(summary="What you need to know about this week's summit. " * 12, text=TEXT)
    assert told(document, lead_of(document)) == [PARAGRAPHS[0]]


def test_a_long_paragraph_is_cut_at_the_end_of_a_sentence():
    document = doc(text=" ".join(PARAGRAPHS * 3))
    [lead] = told(document, lead_of(document))
    assert lead.strip() == " ".join(PARAGRAPHS[:1])
    [endless] = told(unbroken := doc(text="word " * 300), lead_of(unbroken))
    assert LEAD - 6 <= len(endless) <= LEAD


@given(st.text(alphabet="ab .\n…»<&", max_size=400), st.text(alphabet="ab .", max_size=60))
def test_spans_are_in_order_and_bounded_whatever_the_text(text, summary):
    document = doc("a b", summary, text)
    for spans, limit in ((lead_of(document), LEAD), (first_part(document), FIRST_PART)):
        places = [place for span in spans for place in span]
        assert places == sorted(places)
        assert sum(end - start for start, end in spans) <= limit
        assert all(0 <= start < end <= len(text) for start, end in spans)


@given(st.text(alphabet="ab é.\n<&-\u200b", max_size=200), st.text(alphabet="ab .&", max_size=30))
def test_every_place_leads_back_into_its_field(text, summary):
    ready = prepare(doc("a title", summary, text), whole=True)
    for start in range(len(ready.text)):
        piece = ready.evidence(start, min(start + 3, len(ready.text)), "x")
        assert getattr(ready.document, piece.field)[piece.start : piece.end] == piece.text


def test_a_document_without_text_is_prepared_as_ever():
    assert prepare(doc(summary="It was signed.")).text == f"{TITLE}\nIt was signed."
    assert prepare(doc()).text == TITLE


def test_a_headline_that_tells_nothing_is_read_by_its_text(assessor: Assessor):
    bland = "Ministers meet in Astana"
    assert not assessor.assess_one(doc(bland)).relevant
    read = assessor.assess_one(doc(bland, text=TEXT))
    assert read.relevant
    assert read.stage.value == "signed"
    assert {"JP", "KZ"} <= set(read.parties)
    pieces = [*read.relevance_evidence, *read.stage_evidence]
    assert any(piece.field == "text" for piece in pieces)
    for piece in pieces:
        if piece.field == "text":
            assert TEXT[piece.start : piece.end] == piece.text


def test_what_stands_behind_the_lead_changes_no_judgement(assessor: Assessor):
    plain = assessor.assess_one(doc(text=TEXT))
    longer = assessor.assess_one(doc(text=TEXT + "\n" + OTHER_DEAL * 3))
    for name in ("relevant", "relevance", "stage", "parties", "minerals", "significance"):
        assert getattr(longer, name) == getattr(plain, name), name
    assert {t.id for t in plain.themes} <= {t.id for t in longer.themes}


def test_noise_does_not_become_news_by_what_it_mentions_at_its_end(assessor: Assessor):
    match = "The goal in the last minute decided the match before a crowd of thousands. " * 6
    assert not assessor.assess_one(
        doc("Titanium beats Cobalt in cup final", text=f"{match}\n{TEXT}")
    ).relevant


def theme(name, score, pattern, field="text"):
    return ThemeLabel(name, score, (Evidence(field, 0, 5, "words", pattern),))


def reading(*themes, relevant=True, money=()):
    return Assessment("1", "r", relevant, 0.9, "en", themes=themes, money=money)


def test_a_theme_beyond_the_lead_is_given_where_it_is_sure_and_its_words_are_there():
    lead = reading(theme("a", 0.8, "rule"), theme("b", 0.5, "learned-labels"))
    whole = reading(
        theme("a", 0.99, "other-rule"),
        theme("b", 0.99, "rule"),
        theme("sure", 0.99, "rule"),
        theme("unsure", 0.9, "rule"),
        theme("by weights alone", 0.99, "learned-labels"),
        theme("of the title", 0.99, "rule", "title"),
    )
    found = widened(lead, whole).themes
    assert [t.id for t in found] == ["a", "b", "sure"]
    assert [t.evidence[0].pattern for t in found] == ["rule", "rule", "rule"]
    assert [t.score for t in found] == [0.8, 0.5, 0.99]


def test_sums_beyond_the_lead_are_told_where_it_names_none():
    own, other = (
        (Money(amount, "USD", Evidence("text", 0, 5, "words", "money")),) for amount in (1.0, 2.0)
    )
    assert widened(reading(), reading(money=other)).money == other
    assert widened(reading(money=own), reading(money=other)).money == own


def test_nothing_is_added_to_what_is_not_relevant():
    lead = reading(relevant=False)
    assert widened(lead, reading(theme("sure", 0.99, "rule"))) is lead


def test_words_in_the_text_show_a_theme_that_only_weights_have_given(assessor: Assessor):
    document = doc(text=TEXT)
    assert goes_on(document)
    shown = {t.id: t.evidence for t in assessor.assess_one(document).themes}
    assert [p.field for p in shown["localization"]] == ["text"]
    assert TEXT[shown["localization"][0].start :].startswith(shown["localization"][0].text)
    explained = assessor.explain(document)
    given = {one.id for one in explained.labels if one.kind == "theme" and one.given}
    assert given == {t.id for t in explained.assessment.themes}


def test_paragraphs_are_sentences_apart(assessor: Assessor):
    read = assessor.assess_one(doc("Ministers meet in Astana", text="In brief\n" + TEXT))
    assert read.stage_sentence is not None
    assert "In brief" not in read.stage_sentence.text


@pytest.mark.parametrize("text", [None, "", 5])
def test_the_text_of_a_line_is_optional(text, assessor: Assessor):
    row = {"id": 1, "title": TITLE, "summary": "", "lang": "en"}
    without = assessor.assess_one(document_of(row))
    given = assessor.assess_one(document_of(row | {"text": text}))
    assert given.relevant == without.relevant


def test_a_line_of_classify_points_into_the_text(assessor: Assessor):
    row = {"id": 1, "title": "Ministers meet in Astana", "lang": "en", "text": TEXT}
    line = to_line(assessor.assess_one(document_of(row)))
    pieces = [*line["stage_evidence"], *(p for t in line["themes"] for p in t["evidence"])]
    assert any(piece["field"] == "text" for piece in pieces)
