"""Training as a whole, on a few items: deterministic, and of use for items it never saw."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from typer.testing import CliRunner

from pipeline.assess.assessor import Assessor, build_assessor
from pipeline.assess.learned import load_model
from pipeline.assess.model_files import PACKAGE_MODEL
from pipeline.assess.training import read
from pipeline.assess.training.items import load_items
from pipeline.cli import app
from schemas.assessment import Document

TRAINING = Path(__file__).parents[4] / "training"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    lines = [
        line
        for path in sorted((TRAINING / "items").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if json.loads(line)["lang"] == "en"
    ]
    (folder / "few.jsonl").write_text("\n".join(lines[::12]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(data, tmp_path_factory) -> tuple[Path, dict]:
    folder = tmp_path_factory.mktemp("model")
    return folder, run(data, folder)


def run(data: Path, folder: Path) -> dict:
    result = CliRunner().invoke(app, ["train", "--data", str(data), "--out", str(folder), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_training_says_how_well_it_does(made):
    folder, told = made
    assert told["relevance_f1"] > 0.7
    assert told["stage_accuracy"] > 0.3
    card = (folder / "model_card.md").read_text()
    assert "cross-validated by event" in card
    assert "| few.jsonl |" in card
    assert told["files"]["few.jsonl"]["stage_accuracy"] == told["stage_accuracy"]


def test_equal_items_make_equal_weights(data, made, tmp_path):
    run(data, tmp_path)
    for name in ("weights.npz", "model.json", "model_card.md"):
        assert (tmp_path / name).read_bytes() == (made[0] / name).read_bytes()


def test_more_processes_read_the_same_in_the_same_order(rules, data, monkeypatch):
    items = load_items(data)[:12]
    steps = []
    alone = read.read_items(items, rules, lambda *step: steps.append(step))
    monkeypatch.setattr(read, "_WORTH", 1)
    monkeypatch.setattr(read, "_PORTION", 5)
    together = read.read_items(items, rules, lambda *step: steps.append(step))
    assert [one.item.row["id"] for one in together] == [item.row["id"] for item in items]
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one.sense, other.sense)
        assert replace(one, sense=None) == replace(other, sense=None)
    assert steps[-1] == ("reading", 12, 12)


KILLED = """
from pathlib import Path
from pipeline.assess.training import read
from pipeline.assess.training.items import load_items
from pipeline.catalog import load_rules
from pipeline.settings import load_settings

if __name__ == "__main__":
    read._WORTH, read._PORTION = 1, 1
    items = load_items(Path({data!r}))[:100]
    read.read_items(items, load_rules(load_settings()), lambda *step: print(step, flush=True))
"""


def test_processes_end_with_the_one_that_is_killed(data, tmp_path):
    script = tmp_path / "killed.py"
    script.write_text(KILLED.format(data=str(data)), encoding="utf-8")
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        readers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert readers
    _, alive = psutil.wait_procs(readers, timeout=30)
    assert not alive


def test_a_model_is_judged_with(rules, made):
    assessor = build_assessor(rules, made[0])
    found = assessor.assess_one(
        Document("1", "Kenya, Italy sign memorandum on lithium and rare earths", language="en")
    )
    assert found.relevant
    assert found.ruleset != Assessor(rules).ruleset


def test_the_packaged_model_has_a_card_and_is_small():
    sizes = [path.stat().st_size for path in PACKAGE_MODEL.iterdir()]
    assert sum(sizes) < 20_000_000
    card = (PACKAGE_MODEL / "model_card.md").read_text(encoding="utf-8")
    assert "themes (micro)" in card
    assert load_model() is not None


def test_no_data_is_told_with_exit_code_2(tmp_path):
    result = CliRunner().invoke(app, ["train", "--data", str(tmp_path)])
    assert result.exit_code == 2
    assert "no *.jsonl" in result.output
