"""The packaged weights on items that neither they nor the rules were made from."""

import json
from pathlib import Path

import pytest

from pipeline.assess.evaluate import evaluate
from schemas.assessment import Document

ROOT = Path(__file__).parents[3]
HELD_OUT = [
    json.loads(line)
    for line in (ROOT / "benchmarks" / "data" / "heldout.jsonl").read_text().splitlines()
]


@pytest.fixture(scope="module")
def report(assessor):
    documents = (Document(r["id"], r["title"], r["summary"], r["lang"]) for r in HELD_OUT)
    return evaluate(HELD_OUT, list(assessor.assess(documents)))


@pytest.mark.parametrize(
    ("measure", "least"),
    [
        ("relevance", 0.95),
        ("themes_micro", 0.80),
        ("themes_macro_f1", 0.75),
        ("stage_accuracy", 0.80),
        ("parties", 0.90),
        ("minerals", 0.95),
        ("significance_within_one", 0.92),
    ],
)
def test_held_out_news_is_read_as_well_as_docs_quality_says(report, measure, least):
    found = getattr(report.all, measure)
    assert getattr(found, "f1", found) >= least


def test_probabilities_mean_what_they_say(report):
    assert report.calibration["relevance"].error < 0.06
    assert report.calibration["themes"].error < 0.08


def test_what_is_held_out_is_not_trained_on():
    def told(row: dict) -> str:
        return " ".join(f"{row['title']} {row['summary']}".lower().split())

    trained = {
        told(json.loads(line))
        for path in (ROOT / "training").rglob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    assert not trained & {told(row) for row in HELD_OUT}
