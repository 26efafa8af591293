"""The README is true: its commands run, its YAML has the shapes, its settings are settings.

Commands run in order in a folder that looks like a checkout, against the demo's newsroom instead
of the publisher that the README names. What starts Airflow or Docker is not run here: a table says
what covers it.
"""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from pipeline.assess.assessor import build_assessor
from pipeline.catalog import load_catalog
from pipeline.demo.newsroom import Newsroom, NewsroomThread
from pipeline.demo.samples import load_outlets
from pipeline.notify.email import build_email
from pipeline.notify.smtp_url import Security, parse_smtp_url
from pipeline.settings import PACKAGE_CONFIG, Settings, load_settings
from schemas.assessment import Document
from schemas.digest import RenderedDigest
from schemas.jsonschema import YAML_SHAPES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
VENV = Path(sys.executable).parents[1]

PUBLISHER = "https://www.ukrinform.net/rss/block-lastnews"
OUTLETS = {"kyiv-ledger", "meridian-wire"}
"""Of the newsroom; the first stands in for the publisher."""

SILENT = {"source", "cp"}

COVERED_ELSEWHERE = {
    "make up": ("tests/e2e/test_airflow.py", "def test_from_a_feed_to_slack_and_the_digest"),
    # Airflow by the first line; what the demo does beside it by this.
    "make demo": ("tests/unit/demo/test_director.py", "def test_digest_after_the_first_alert"),
    "make test": (".ci/run", "make test"),
    "mineralwatch demo --once": ("tests/unit/demo/test_run.py", "once=True"),
    "mineralwatch up --feeds my-feeds.opml --port 8081": (
        "tests/e2e/conftest.py",
        'Running("--home", "var", "--feeds",',
    ),
    "docker compose up --build --detach": ("tests/unit/test_docs.py", "def test_compose_"),
}
"""Command → (what covers it, words that are there if it does)."""


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


COMMANDS = [
    line.removeprefix("$ ")
    for kind in ("console", "bash")
    for block in blocks(kind)
    for line in block.splitlines()
    if kind == "bash" or line.startswith("$ ")
]
SNIPPETS = {
    match[1]: block
    for block in blocks("yaml")
    if (match := re.match(r"# my-config/(\S+\.yaml)\n", block))
}


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    """Two outlets of the demo, on loopback."""
    outlets = sorted(
        (outlet for outlet in load_outlets() if outlet.slug in OUTLETS), key=lambda o: o.slug
    )
    assert len(outlets) == len(OUTLETS)
    with NewsroomThread(Newsroom(outlets=outlets)) as served:
        yield served.newsroom


@pytest.fixture
def checkout(tmp_path: Path, newsroom: Newsroom) -> Path:
    """A folder with what the commands find in a checkout, and a feed reader's export."""
    folder = tmp_path / "mineralwatch"
    folder.mkdir()
    (folder / ".venv").symlink_to(VENV)
    (folder / "pipeline").symlink_to(ROOT / "pipeline")
    with urllib.request.urlopen(f"{newsroom.url}/feeds.opml") as answer:  # noqa: S310 - loopback
        (folder / "my-feeds.opml").write_bytes(answer.read())
    return folder


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": f"{VENV / 'bin'}:{os.defpath}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "MINERALWATCH_ALLOW_PRIVATE_NETWORKS": "1",
    }
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
def test_every_command_runs(checkout: Path, newsroom: Newsroom) -> None:
    feed = newsroom.feed_url("kyiv-ledger")
    for command in COMMANDS:
        if command in COVERED_ELSEWHERE:
            continue
        done = run(command.replace(PUBLISHER, feed), checkout)
        assert done.returncode == 0, f"$ {command}\n{done.stdout}\n{done.stderr}"
        told = done.stdout + done.stderr
        assert told or command.split()[0] in SILENT, f"$ {command}: says nothing"
        assert "Traceback" not in told, told
    stories = json.loads(run("mineralwatch stories list --json", checkout).stdout)
    assert stories
    for block in blocks("python"):
        (checkout / "example.py").write_text(block, encoding="utf-8")
        done = run("python example.py", checkout)
        assert done.returncode == 0, done.stderr
        assert stories[0]["title"] in done.stdout
    assert "<html" in (checkout / "digest.html").read_text(encoding="utf-8")
    previews = list((checkout / "var" / "outbox").iterdir())
    assert previews


def test_what_is_not_run_here_is_covered_elsewhere() -> None:
    assert set(COVERED_ELSEWHERE) <= set(COMMANDS), "a command of the table is not in the README"
    for command, (file, words) in COVERED_ELSEWHERE.items():
        path = ROOT / file
        assert path.is_file(), f"{command}: {file} is not there"
        assert words in path.read_text(encoding="utf-8"), f"{command}: no {words!r} in {file}"


def test_make_targets_that_are_named_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:`|^\$ )make ([a-z-]+)", README, re.MULTILINE))
    assert {"up", "test"} <= named <= targets


def test_every_yaml_snippet_says_which_file_it_is() -> None:
    assert len(SNIPPETS) == len(blocks("yaml")) > 0


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_yaml_snippet_has_the_shape_of_its_file(name: str) -> None:
    path = Path(name)
    shape = YAML_SHAPES["theme" if path.parent.name == "themes" else path.stem]
    assert shape.model_validate(yaml.safe_load(SNIPPETS[name])).model_fields_set


@pytest.fixture
def own_config(tmp_path: Path) -> Settings:
    """The packaged configuration with all snippets of the README in it."""
    folder = tmp_path / "my-config"
    for path in PACKAGE_CONFIG.rglob("*.yaml"):
        copy = folder / path.relative_to(PACKAGE_CONFIG)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    for name, text in SNIPPETS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return load_settings(config_dir=folder)


def test_the_snippets_make_a_sound_configuration(own_config: Settings) -> None:
    catalog = load_catalog(own_config)
    assert "recycling" in catalog.theme_titles
    assert catalog.digest.time_zone == "Asia/Almaty"


def test_the_theme_of_the_readme_reads_its_own_examples(own_config: Settings) -> None:
    catalog = load_catalog(own_config)
    theme = next(theme for theme in catalog.rules.themes if theme.id == "recycling")
    given = [(example, True) for example in theme.examples]
    given += [(example, False) for example in theme.counter_examples]
    documents = [Document("", example.text, "", example.lang) for example, _ in given]
    readings = build_assessor(catalog.rules).assess(documents)
    for (example, expected), reading in zip(given, readings, strict=True):
        assert ("recycling" in {t.id for t in reading.themes}) is expected, example.text


def test_settings_that_are_named_are_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    written = "".join(blocks("ini"))
    names = {line.split("=")[0] for line in written.splitlines()}
    assert names <= {f"MINERALWATCH_{field.upper()}" for field in Settings.model_fields}
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(written, encoding="utf-8")
    settings = load_settings()
    assert {f"MINERALWATCH_{name.upper()}" for name in settings.model_fields_set} == names
    assert settings.database.startswith("postgresql+psycopg://")
    assert settings.smtp_url is not None
    assert parse_smtp_url(settings.smtp_url.get_secret_value()).security is Security.STARTTLS
    mail = build_email(
        RenderedDigest(subject="s", html="<p>h</p>", text="t"),
        sender=settings.digest_from,
        recipients=settings.recipients,
        key="k",
        sent_at=now,
    )
    assert mail["To"].addresses[1].addr_spec == "other@example.org"
