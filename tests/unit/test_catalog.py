"""The configuration: packaged files fit together, and faults are named with file and mend."""

import shutil

import pytest

from pipeline.catalog import load_catalog, load_feeds, load_rules
from pipeline.errors import ConfigError
from pipeline.settings import PACKAGE_CONFIG, load_settings

THESIS = {
    "supply_chains",
    "investment_infrastructure",
    "reconstruction",
    "geo_economic_alliance",
    "defence_energy_security",
    "political_signal",
    "bilateral_platform",
    "localization",
    "ifi_integration",
    "esg_transparency",
    "central_asia",
}
WATER = """
id: water
title: Water sharing
claim: States that share a river share its water by treaty.
patterns:
  - {id: water, weight: 0.8, match: {en: [water, river]}}
"""


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "config"
    path.mkdir()
    return path


def own(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load_settings(config_dir=folder)


def copied(folder, name, old, new):
    text = (PACKAGE_CONFIG / name).read_text(encoding="utf-8")
    assert old in text
    return own(folder, name, text.replace(old, new, 1))


def test_packaged_files_fit_together():
    catalog = load_catalog(load_settings())
    assert {theme.id for theme in catalog.rules.themes} == THESIS
    assert len(catalog.agreements) >= 25
    assert catalog.feeds
    assert catalog.routes
    assert catalog.digest.time_zone


def test_another_folder_of_themes_is_another_thesis(folder):
    rules = load_rules(own(folder, "themes/water.yaml", WATER))
    assert [theme.id for theme in rules.themes] == ["water"]
    assert rules.lexicon.states.states


def test_empty_themes_folder_is_refused(folder):
    (folder / "themes").mkdir()
    with pytest.raises(ConfigError, match="no themes there"):
        load_rules(load_settings(config_dir=folder))


def test_theme_in_a_file_of_another_name_is_refused(folder):
    with pytest.raises(ConfigError, match=r"water\.yaml") as caught:
        load_rules(own(folder, "themes/river.yaml", WATER))
    assert "river.yaml" in str(caught.value)


def test_route_of_an_unknown_theme_is_named(folder):
    settings = own(folder, "routes.yaml", "routes:\n  - {name: x, when: {themes: [supply]}}\n")
    with pytest.raises(ConfigError, match="there is no theme 'supply'") as caught:
        load_catalog(settings)
    assert "routes.yaml: route x" in str(caught.value)
    assert "supply_chains" in caught.value.mend


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("agreements: [none-such]", "agreement 'none-such'"),
        ("parties: [ZZ]", "state 'ZZ'"),
        ("minerals: [kryptonite]", "mineral 'kryptonite'"),
    ],
)
def test_route_of_an_unknown_thing_is_named(folder, when, told):
    settings = own(folder, "routes.yaml", f"routes:\n  - {{name: x, when: {{{when}}}}}\n")
    with pytest.raises(ConfigError, match=told):
        load_catalog(settings)


def test_agreement_of_an_unknown_state_is_named(folder):
    text = "agreements:\n  - {id: a, name: A, parties: [ZZ]}\n"
    with pytest.raises(ConfigError, match=r"agreements\.yaml: a: there is no state 'ZZ'"):
        load_rules(own(folder, "agreements.yaml", text))


def test_agreement_given_twice_is_named(folder):
    line = "  - {id: a, name: A, parties: [UA]}\n"
    with pytest.raises(ConfigError, match="the agreement 'a' is given twice"):
        load_rules(own(folder, "agreements.yaml", "agreements:\n" + line * 2))


def test_body_of_an_unknown_state_is_named(folder):
    settings = copied(folder, "lexicon/bodies.yaml", "state: US", "state: ZZ")
    with pytest.raises(ConfigError, match="there is no state 'ZZ'"):
        load_rules(settings)


def test_misspelt_key_is_named_with_its_line(folder):
    settings = own(folder, "themes/water.yaml", WATER.replace("weight", "wieght"))
    with pytest.raises(ConfigError, match="did you mean 'weight'"):
        load_rules(settings)


def test_feeds_file_may_be_opml(tmp_path):
    path = tmp_path / "mine.opml"
    path.write_text(
        '<opml version="2.0"><body><outline text="A" xmlUrl="https://a.example/feed"/>'
        "</body></opml>",
        encoding="utf-8",
    )
    assert [f.url for f in load_feeds(load_settings(feeds_file=path))] == ["https://a.example/feed"]


def test_feed_given_twice_is_named(folder):
    line = "  - {name: A, url: 'https://a.example/feed'}\n"
    with pytest.raises(ConfigError, match=r"the feed 'https://a\.example/feed' is given twice"):
        load_feeds(own(folder, "feeds.yaml", "feeds:\n" + line * 2))


def test_whole_packaged_folder_may_be_copied_and_used(tmp_path):
    shutil.copytree(PACKAGE_CONFIG, tmp_path / "copy")
    packaged = load_catalog(load_settings())
    assert load_catalog(load_settings(config_dir=tmp_path / "copy")) == packaged
