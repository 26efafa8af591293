"""The measures, on figures that can be checked by hand."""

import json

import pytest

from pipeline.assess.evaluate import evaluate, score
from schemas.assessment import Assessment, Evidence, Stage, ThemeLabel


def gold(identity, **labels):
    line = {
        "id": identity,
        "title": "",
        "lang": "en",
        "relevant": True,
        "themes": ["a"],
        "stage": "signed",
        "parties": ["UA", "US"],
        "minerals": [],
        "significance": 3,
    }
    return line | labels


def read(identity, **labels):
    given = {
        "document_id": identity,
        "ruleset": "r",
        "relevant": True,
        "relevance": 0.9,
        "language": "en",
        "themes": (ThemeLabel("a", 0.9),),
        "stage": Stage.SIGNED,
        "parties": ("UA", "US"),
        "significance": 3,
    }
    return Assessment(**(given | labels))


def test_all_right():
    report = evaluate([gold("1")], [read("1")])
    assert report.all.relevance.f1 == 1.0
    assert report.all.themes_micro.f1 == 1.0
    assert report.all.stage_accuracy == 1.0
    assert report.errors == ()


def test_a_missed_article_costs_its_labels():
    missed = read("1", relevant=False, themes=(), stage=Stage.NONE, parties=(), significance=0)
    report = evaluate([gold("1")], [missed])
    assert report.all.relevance.recall == 0.0
    assert report.all.themes_micro.missed == 1
    assert report.all.parties.missed == 2
    assert report.all.significance_within_one == 0.0
    assert report.errors[0]["relevance"] == "missed"


def test_a_false_alarm_costs_precision_and_nothing_else():
    report = evaluate([gold("1"), gold("2", relevant=False)], [read("1"), read("2")])
    assert report.all.relevance.precision == 0.5
    assert report.all.themes_micro.wrong == 0
    assert report.errors[0] == {
        "id": "2",
        "title": "",
        "relevance": "false alarm",
        "score": 0.9,
        "evidence": {"relevance": []},
    }


def test_a_wrong_label_is_told_with_the_words_that_it_points_at():
    quote = Evidence(field="title", start=0, end=5, text="inked", pattern="sign")
    given = read("1", themes=(ThemeLabel("b", 0.7, (quote,)),), stage_evidence=(quote,))
    (error,) = evaluate([gold("1", stage="agreed")], [given]).errors
    assert error["themes"] == {"missed": ["a"], "wrong": ["b"]}
    assert error["evidence"] == {"b": ["inked"], "stage": ["inked"]}


def test_calibration_is_told_of_relevance_and_of_the_themes_given():
    lines = [gold("1"), gold("2", relevant=False)]
    found = evaluate(lines, [read("1"), read("2", relevance=0.1)]).calibration
    assert [(b.start, b.count, b.mean, b.right) for b in found["relevance"].bins] == [
        (0.1, 1, 0.1, 0.0),
        (0.9, 1, 0.9, 1.0),
    ]
    assert found["relevance"].error == 0.1
    assert [(b.count, b.right) for b in found["themes"].bins] == [(1, 1.0)]


def test_languages_stages_and_confusion_are_told_apart():
    lines = [gold("1"), gold("2", lang="uk", stage="agreed")]
    report = evaluate(lines, [read("1"), read("2")])
    assert report.by_language["en"].stage_accuracy == 1.0
    assert report.by_language["uk"].stage_accuracy == 0.0
    assert report.confusion["agreed", "signed"] == 1
    assert report.by_stage["signed"].precision == 0.5


def test_macro_is_the_mean_over_themes():
    lines = [gold("1", themes=["a", "b"])]
    assert evaluate(lines, [read("1")]).all.themes_macro_f1 == 0.5


def test_json_is_json():
    told = evaluate([gold("1")], [read("1")]).to_json()
    assert json.loads(json.dumps(told))["all"]["lines"] == 1


def test_score_of_nothing_is_zero():
    assert score(0, 0, 0).f1 == 0.0


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(ValueError, match="stands beside"):
        evaluate([gold("1")], [read("2")])
    with pytest.raises(ValueError, match="argument"):
        evaluate([gold("1")], [])
