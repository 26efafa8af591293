"""Which side an item takes on a claim: the examples in YAML, what turns a word, the figures."""

import json
from pathlib import Path

import pytest

from pipeline.assess.assessor import Assessor
from pipeline.assess.evaluate_polarity import agreement, evaluate_sides
from pipeline.assess.output import to_line
from pipeline.assess.polarity import NO_RULES
from pipeline.catalog import load_rules
from pipeline.settings import load_settings
from schemas.assessment import Document, Polarity, Side
from schemas.codec import from_json, to_json

RULES = load_rules(load_settings())
ITEMS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data" / "polarity" / "items.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]


@pytest.fixture(scope="module")
def bare() -> Assessor:
    return Assessor(RULES, model_folder=None)


def side(assessor: Assessor, theme: str, title: str, summary: str = "", lang: str = "en") -> str:
    read = assessor.read_fully(Document("x", title, summary, lang))
    return read.polarities[theme].side.value


@pytest.mark.parametrize("learned", [True, False], ids=["learned", "rules"])
@pytest.mark.parametrize(
    ("theme", "example"),
    [(t.id, e) for t in RULES.themes if t.polarity for e in t.polarity.examples],
    ids=lambda v: getattr(v, "text", v),
)
def test_examples_in_the_themes(assessor, bare, theme, example, learned):
    read = side(assessor if learned else bare, theme, example.text, lang=example.lang)
    assert read == example.expect


def test_every_theme_has_examples_of_each_side_in_three_languages():
    for theme in RULES.themes:
        assert theme.polarity is not None
        found = theme.polarity.examples
        assert {e.expect for e in found} == {"for", "against", "neutral"}, theme.id
        assert {e.lang for e in found} == {"en", "uk", "ru"}, theme.id


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("Kenya halts titanium exports to Italy despite minerals accord", "against"),
        ("Kenya lifts ban on titanium exports to Italy under minerals accord", "for"),
        ("Kenya could halt titanium exports to Italy", "neutral"),
        ("Kenya never halted titanium exports to Italy, minister says", "neutral"),
        ("Kenya starts titanium shipments to Italy", "for"),
        ("Kenya hopes to reduce dependence on Chinese titanium", "neutral"),
    ],
)
def test_negation_plan_and_relief_change_what_a_word_says(bare, title, wanted):
    assert side(bare, "supply_chains", title) == wanted


def test_the_evidence_stands_in_the_text_and_the_reason_quotes_it(assessor):
    document = Document(
        "x",
        "Kenya and Italy sign offtake agreement for titanium",
        "Investors withdraw from the refinery.",
        "en",
    )
    read = assessor.assess_one(document)
    assert read.themes
    for label in read.themes:
        assert label.polarity is not None
        for piece in label.polarity.evidence:
            text = getattr(document, piece.field)
            assert text[piece.start : piece.end] == piece.text
        if label.polarity.side is not Side.NEUTRAL:
            assert label.polarity.side.value in label.polarity.reason


def test_classify_gives_polarity_beside_the_keys_that_were_there(assessor):
    read = assessor.assess_one(Document("x", "Kenya and Italy sign minerals accord", "", "en"))
    for theme in to_line(read)["themes"]:
        assert {"id", "score", "evidence"} < theme.keys()
        assert theme["polarity"]["side"] in {"for", "against", "neutral"}


def test_a_reading_stored_before_polarity_can_still_be_read(assessor):
    read = assessor.assess_one(Document("x", "Kenya and Italy sign minerals accord", "", "en"))
    stored = to_json(read)
    assert from_json(type(read), stored) == read
    for theme in stored["themes"]:
        del theme["polarity"]
    assert all(theme.polarity is None for theme in from_json(type(read), stored).themes)


def test_a_theme_without_rules_of_polarity_is_neutral(bare):
    [first, *others] = RULES.themes
    plain = first.model_copy(update={"polarity": None})
    for themes in ((plain, *others), (plain,)):
        rules = RULES.model_copy(update={"themes": themes})
        read = Assessor(rules, model_folder=None).read_fully(
            Document("x", "Kenya cancels minerals accord", "", "en")
        )
        assert read.polarities[first.id] == Polarity(Side.NEUTRAL, 0.0, (), NO_RULES)


def test_labelled_items_are_whole_and_no_event_is_in_both_halves():
    assert len(ITEMS) >= 150
    assert len({row["title"] for row in ITEMS}) == len(ITEMS)
    themes = {theme.id for theme in RULES.themes}
    for row in ITEMS:
        assert row["theme"] in themes
        assert {row["first"], row["second"], row["label"]} <= set(Side)
        assert row["label"] in {row["first"], row["second"]}
    halves = {(row["event"], row["half"]) for row in ITEMS}
    assert len(halves) == len({row["event"] for row in ITEMS})


def test_the_half_kept_apart_is_read_as_well_as_docs_quality_says(assessor):
    kept = [row for row in ITEMS if row["half"] == "kept"]
    read = [
        assessor.read_fully(
            Document(row["id"], row["title"], row["summary"], row["lang"])
        ).polarities[row["theme"]]
        for row in kept
    ]
    report = evaluate_sides(kept, read)
    assert report.all.accuracy >= 0.76
    assert report.all.opposite <= 2


def test_figures_are_counted():
    lines = [
        {"id": n, "title": "t", "theme": "a", "lang": "en", "label": label}
        for n, label in enumerate(("for", "for", "against", "neutral"))
    ]
    read = [Polarity(one, 0.0) for one in (Side.FOR, Side.AGAINST, Side.NEUTRAL, Side.NEUTRAL)]
    report = evaluate_sides(lines, read)
    assert (report.all.right, report.all.accuracy, report.all.opposite) == (2, 0.5, 1)
    assert report.by_side["for"].precision == 1.0
    assert report.by_side["for"].recall == 0.5
    assert [error["id"] for error in report.errors] == [1, 2]
    assert report.passes is None


def test_kappa_takes_chance_off():
    same = [{"first": "for", "second": "for"}, {"first": "against", "second": "against"}]
    half = [*same, {"first": "for", "second": "against"}, {"first": "against", "second": "for"}]
    assert agreement(same).kappa == 1.0
    assert (agreement(half).share, agreement(half).kappa) == (0.5, 0.0)
