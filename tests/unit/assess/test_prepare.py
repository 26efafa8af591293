"""What is read of a document, and the way back into it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assess.prepare import MAX_SUMMARY, prepare
from schemas.assessment import Document


def prepared(title, summary=""):
    return prepare(Document(id="1", title=title, summary=summary))


@pytest.mark.parametrize(
    ("title", "summary", "read"),
    [
        ("Kenya signs pact - The Daily Nation", "", "Kenya signs pact"),
        ("EU, Oslo sign partnership - MINING.COM", "", "EU, Oslo sign partnership"),
        ("Kenya signs pact - але хто? - НВ", "Kenya signs pact - але хто?  НВ", "але хто?"),
        ("Canada signs deal with Germany - but where is the money?", "", "money?"),
        ("Rome – Nairobi", "", "Rome – Nairobi"),
    ],
)
def test_outlet_is_cut_off_and_other_words_are_not(title, summary, read):
    assert prepared(title, summary).title.text.endswith(read)


def test_summary_that_repeats_the_title_is_not_read_twice():
    ready = prepared("Kenya signs pact - Mining.com", "Kenya signs pact  Mining.com")
    assert ready.text == "Kenya signs pact"


def test_hyphens_within_words_become_blanks_and_offsets_stay():
    ready = prepared("Rare-earth pact")
    assert ready.text == "Rare earth pact"
    found = ready.evidence(0, 10, "x")
    assert (found.field, found.start, found.end, found.text) == ("title", 0, 10, "Rare-earth")


def test_markup_and_control_characters_are_not_read_and_evidence_points_past_them():
    source = "<p>Kenya\x00 &amp; <b>Italy</b> sign\u200bed</p>"
    ready = prepared("News of the day", source)
    assert ready.summary.text.strip() == "Kenya & Italy signed"
    start = ready.text.index("Italy")
    found = ready.evidence(start, start + 5, "x")
    assert (found.field, found.text) == ("summary", "Italy")
    assert source[found.start : found.end] == "Italy"


def test_long_text_is_read_in_part_and_says_so():
    ready = prepared("Title", "word " * 300_000)
    assert len(ready.summary.text) <= MAX_SUMMARY
    assert ready.problems == (f"summary of 1500000 characters: the first {MAX_SUMMARY} were read",)


def test_empty_document_says_so():
    assert prepared("", "  ").problems == ("no text",)


@given(st.text(max_size=200), st.text(max_size=400))
def test_every_place_leads_back_into_the_document(title, summary):
    ready = prepared(title, summary)
    for start in range(len(ready.text)):
        if start == ready.border - 1:
            continue
        found = ready.evidence(start, start + 1, "x")
        source = title if found.field == "title" else summary
        assert found.text == source[found.start : found.end]
