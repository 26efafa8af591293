"""Another thesis is another folder of YAML: the same code watches a water-sharing treaty."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from pipeline.app import PASS, App, open_app
from pipeline.assess.assessor import Assessor, build_assessor
from pipeline.catalog import load_catalog, load_rules
from pipeline.cli import app as command_line
from pipeline.demo.newsroom import Newsroom, NewsroomThread
from pipeline.demo.samples import Format, Outlet, SampleItem
from pipeline.errors import ConfigError
from pipeline.settings import load_settings
from pipeline.stages.digest import build as build_digest
from pipeline.stages.scorecard import scorecard
from pipeline.store import agreements, stories
from schemas.assessment import Document
from schemas.feed import FeedKind
from schemas.jsonschema import json_schema
from schemas.rules import Example, WordsFile

ROOT = Path(__file__).parents[2]
WATER = ROOT / "tests" / "data" / "water"
RULES = load_rules(load_settings(config_dir=WATER))
NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
THEMES = {"allocation", "dams_and_power", "drought_and_ice", "shared_data"}

SUSPENDED = SampleItem(
    id="indus-1",
    title="India suspends Indus Waters Treaty with Pakistan",
    summary="Delhi will share no hydrological data while the treaty is suspended, officials said.",
    outlet="Daily",
    feed="daily",
    language="en",
    day=0,
    time=time(8),
    event="in-pk",
    relevant=True,
)
DAM = replace(
    SUSPENDED,
    id="kambarata-1",
    title="Kyrgyzstan, Kazakhstan and Uzbekistan sign agreement on river dam and hydropower",
    summary="The reservoir will keep water for irrigation downstream.",
    event="kg-kz-uz",
)
MINERALS = replace(
    SUSPENDED,
    id="minerals-1",
    title="Japan and Kazakhstan sign memorandum on rare earths",
    summary="The ministers signed it in Astana on Monday.",
    event="jp-kz",
)


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return build_assessor(RULES)


def document(example: Example) -> Document:
    title, _, summary = example.text.partition(" || ")
    return Document(id="example", title=title, summary=summary, language=example.lang)


@pytest.mark.parametrize("path", sorted(WATER.rglob("*.yaml")), ids=lambda path: path.stem)
def test_the_folder_obeys_the_schemas_that_editors_read(path: Path) -> None:
    name = "theme" if path.parent.name == "themes" else path.stem
    text = path.read_text(encoding="utf-8")
    jsonschema.validate(yaml.safe_load(text), json_schema(name), jsonschema.Draft202012Validator)
    schema = text.splitlines()[0].partition("$schema=")[2]
    assert (path.parent / schema).resolve().is_file()


@pytest.mark.parametrize(
    ("theme", "example", "wanted"),
    [
        *((t.id, e, True) for t in RULES.themes for e in t.examples),
        *((t.id, e, False) for t in RULES.themes for e in t.counter_examples),
    ],
    ids=lambda value: getattr(value, "text", str(value)),
)
def test_examples_of_its_themes(
    assessor: Assessor, theme: str, example: Example, wanted: bool
) -> None:
    assert (theme in {t.id for t in assessor.read_fully(document(example)).themes}) is wanted


@pytest.mark.parametrize(
    ("example", "wanted"),
    [
        *((e, True) for e in RULES.lexicon.relevance.examples),
        *((e, False) for e in RULES.lexicon.relevance.counter_examples),
    ],
    ids=lambda value: getattr(value, "text", str(value)),
)
def test_examples_of_its_relevance(assessor: Assessor, example: Example, wanted: bool) -> None:
    assert assessor.assess_one(document(example)).relevant is wanted


def test_classify_reads_by_its_rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERALWATCH_CONFIG_DIR", str(WATER))
    items = [
        {"id": "w", "title": SUSPENDED.title, "summary": SUSPENDED.summary},
        {"id": "m", "title": MINERALS.title, "summary": MINERALS.summary},
    ]
    told = CliRunner().invoke(command_line, ["classify"], input="\n".join(map(json.dumps, items)))
    assert told.exit_code == 0
    water, minerals = (json.loads(line) for line in told.stdout.splitlines())
    assert water["relevant"]
    assert [theme["id"] for theme in water["themes"]] == ["shared_data"]
    assert (water["stage"], water["parties"]) == ("stalled", ["IN", "PK"])
    assert (water["minerals"], water["agreement"]) == (["river water"], "indus-waters-treaty")
    assert water["significance"] == 3
    rules = {pattern.id for theme in RULES.themes for pattern in theme.patterns}
    for evidence in water["themes"][0]["evidence"]:
        assert SUSPENDED.summary[evidence["start"] : evidence["end"]] == evidence["text"]
        assert evidence["pattern"] in rules
    assert not minerals["relevant"]
    assert build_assessor(RULES).model is None


def test_a_file_that_extends_the_words_replaces_only_what_it_writes() -> None:
    own, packaged = RULES.lexicon.words.words, load_rules(load_settings()).lexicon.words.words
    assert own.keys() == packaged.keys() | {"water_at_home"}
    assert own["mining"] != packaged["mining"]
    assert own["agreement"] == packaged["agreement"]


def test_a_words_file_that_does_not_extend_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "words.yaml").write_text("words: {agreement: {en: [pact]}}\n")
    rules = load_rules(load_settings(config_dir=tmp_path))
    assert set(rules.lexicon.words.words) == {"agreement"}
    with pytest.raises(ConfigError, match="there is no class"):
        build_assessor(rules)


def test_routes_of_the_packaged_thesis_are_named_where_they_do_not_fit(tmp_path: Path) -> None:
    (tmp_path / "themes").symlink_to(WATER / "themes")
    (tmp_path / "lexicon").symlink_to(WATER / "lexicon")
    (tmp_path / "agreements.yaml").symlink_to(WATER / "agreements.yaml")
    with pytest.raises(ConfigError, match=r"routes\.yaml: route .* there is no theme"):
        load_catalog(load_settings(config_dir=tmp_path))


@contextmanager
def watched(settings: Callable[..., object], folder: Path, database_url: str) -> Iterator[App]:
    """The app after one pass over a feed on loopback that tells of water and of minerals."""
    outlets = (Outlet("daily", "Daily", "en", "global", FeedKind.NEWS, 2, Format.RSS),)
    newsroom = Newsroom(items=(), outlets=outlets, clock=lambda: NOW)
    with NewsroomThread(newsroom):
        for item in (SUSPENDED, DAM, MINERALS):
            newsroom.publish(item)
        chosen = settings(
            config_dir=WATER,
            database_url=database_url,
            feeds_file=newsroom.feeds_yaml(folder / "feeds.yaml"),
        )
        with open_app(chosen) as app:  # type: ignore[arg-type]
            for stage in PASS:
                app.run(stage, now=NOW + timedelta(minutes=1))
            yield app


def test_a_pass_from_a_feed_to_alert_digest_and_scorecard(
    make_settings: Callable[..., object], tmp_path: Path, database_url: str
) -> None:
    now = NOW + timedelta(minutes=2)
    with watched(make_settings, tmp_path, database_url) as app:
        with app.database.read() as session:
            told = stories.list_stories(since=NOW - timedelta(days=1), until=now, session=session)
            treaty = agreements.get_agreement("indus-waters-treaty", session=session)
        edition = build_digest(app.context(now), app.ruleset)
        card = scorecard(app.context(now), since=now - timedelta(days=30))
    assert {story.title for story in told} == {SUSPENDED.title, DAM.title}
    assert treaty is not None
    assert treaty.stage.value == "stalled"
    # Its themes have no rules of polarity: nobody said what speaks for their claims.
    assert {t.sides.neutral for t in card.themes if t.stories} == {1}

    alerts = [p.read_text(encoding="utf-8") for p in (tmp_path / "var" / "outbox").glob("*.txt")]
    assert len(alerts) == 2
    [indus] = [text for text in alerts if SUSPENDED.title in text]
    assert re.search(r"Waters:? +river water", indus)
    assert "Indus Waters Treaty (1960)" in indus
    assert "Shared data" in indus
    assert not any("Minerals" in text for text in alerts)

    assert "Water watch" in edition.rendered.subject
    assert "Dams and power" in edition.rendered.html
    assert "Shared data" in edition.rendered.text
    assert {theme.id for theme in card.themes} == THEMES
    assert {t.id: t.stories for t in card.themes if t.stories} == {
        "dams_and_power": 1,
        "shared_data": 1,
    }


def test_the_page_about_it_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "another-thesis.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    words = WordsFile.model_validate(yaml.safe_load(block))
    assert words.extends
    assert words.words.keys() <= RULES.lexicon.words.words.keys()
    monkeypatch.chdir(ROOT)
    commands = re.findall(r"MINERALWATCH_CONFIG_DIR=(\S+) mineralwatch (.*)", page)
    assert [words for _, words in commands] == ["config check", "classify"]
    for folder, command in commands:
        monkeypatch.setenv("MINERALWATCH_CONFIG_DIR", folder)
        told = CliRunner().invoke(command_line, command.split(), input='{"id": 1, "title": "x"}')
        assert told.exit_code == 0, told.output
