"""The labelled items in the repository, and how faults in such files are told."""

import json
from collections import Counter
from pathlib import Path

import pytest

from pipeline.assess.training.items import FOLDS, fault, groups, load_items
from pipeline.catalog import load_rules
from pipeline.errors import ConfigError
from pipeline.settings import load_settings
from schemas.assessment import Stage

TRAINING = Path(__file__).parents[4] / "training"
RULES = load_rules(load_settings())


def rows(folder: Path) -> list[dict]:
    paths = sorted(folder.rglob("*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


ITEMS = rows(TRAINING / "items")
GOLD = [json.loads(line) for line in (TRAINING / "gold.jsonl").read_text().splitlines()]


def test_every_item_is_labelled_in_the_terms_of_the_rules():
    themes = {theme.id for theme in RULES.themes}
    states = {state.code for state in RULES.lexicon.states.states}
    minerals = {mineral.id for mineral in RULES.lexicon.minerals.minerals}
    for row in ITEMS:
        assert fault(row) is None, row["id"]
        assert set(row["themes"]) <= themes, row["id"]
        assert set(row["parties"]) <= states, row["id"]
        assert set(row["minerals"]) <= minerals, row["id"]


def test_no_item_is_told_twice_or_taken_from_the_gold():
    def telling(row: dict) -> str:
        return " ".join((row["title"] + " " + row["summary"]).lower().split())

    twice = [text for text, count in Counter(map(telling, ITEMS)).items() if count > 1]
    assert twice == []
    assert not {telling(row) for row in ITEMS} & {telling(row) for row in GOLD}
    assert not {row["id"] for row in ITEMS} & {row["id"] for row in GOLD}


def test_items_are_of_every_language_stage_and_theme():
    relevant = [row for row in ITEMS if row["relevant"]]
    languages = Counter(row["lang"] for row in ITEMS)
    assert len(ITEMS) >= 2000
    assert {lang for lang, count in languages.items() if count >= 30} >= {
        *("en", "uk", "ru", "kk", "uz", "es", "fr", "de")
    }
    stages = Counter(row["stage"] for row in relevant)
    assert all(stages[stage.value] >= 40 for stage in Stage)
    themes = Counter(theme for row in relevant for theme in row["themes"])
    assert all(themes[theme.id] >= 40 for theme in RULES.themes)
    assert len(ITEMS) - len(relevant) >= 500


def test_tellings_of_one_event_share_a_fold():
    items = load_items(TRAINING)
    folds: dict[str, set[int]] = {}
    for item in items:
        if item.row["event"]:
            folds.setdefault(item.row["event"], set()).add(item.fold)
    assert all(len(found) == 1 for found in folds.values())
    assert set().union(*folds.values()) == set(range(FOLDS))


def test_equal_parties_minerals_and_stage_share_a_group():
    row = {"relevant": True, "event": None, "minerals": ["tin"], "stage": "signed"}
    first, second, third = groups(
        [
            {**row, "id": "1", "parties": ["BO", "CN"]},
            {**row, "id": "2", "parties": ["BO", "CN"]},
            {**row, "id": "3", "parties": ["BO"]},
        ]
    )
    assert first == second != third


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "not JSON"),
        ('{"id": "1"}', "no title"),
        (json.dumps({**ITEMS[0], "stage": "inked"}), "no such stage 'inked'"),
        (json.dumps({**ITEMS[0], "relevant": False}), "significance"),
    ],
)
def test_a_fault_is_named_by_file_and_line(tmp_path, line, told):
    (tmp_path / "a.jsonl").write_text(f"\n{line}\n")
    with pytest.raises(ConfigError, match=told) as caught:
        load_items(tmp_path)
    assert "a.jsonl:2" in str(caught.value)


def test_an_id_given_twice_is_named(tmp_path):
    (tmp_path / "a.jsonl").write_text(f"{json.dumps(ITEMS[0])}\n" * 2)
    with pytest.raises(ConfigError, match=ITEMS[0]["id"]):
        load_items(tmp_path)


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"no \*\.jsonl there"):
        load_items(tmp_path)
