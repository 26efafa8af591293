"""The configuration: packaged files fit together, and faults are named with file and mend."""

import shutil

import pytest

from pipeline.catalog import check_record, load_catalog, load_feeds, load_rules
from pipeline.errors import ConfigError
from pipeline.settings import PACKAGE_CONFIG, load_settings
from pipeline.yaml_files import read_yaml
from schemas.assessment import Stage
from schemas.config import AgreementsFile
from schemas.ledger_config import RatesFile

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


def test_each_packaged_agreement_stands_on_a_dated_fact_with_a_page():
    path = PACKAGE_CONFIG / "agreements.yaml"
    agreements = read_yaml(path, AgreementsFile).agreements
    check_record(agreements, path)
    assert all(one.stage is not Stage.NONE and one.checked for one in agreements)
    sources = [fact.source for one in agreements for fact in one.facts]
    assert len(sources) >= len(agreements)
    assert all(source.startswith("https://") for source in sources)


BARE = """
agreements:
  - {id: told, name: Told, parties: [CL, NO], facts: [%s]}
  - {id: bare, name: Bare, parties: [CL, PE], stage: signed, stage_date: "2024-05-01"}
  - {id: known, name: Known, parties: [CL, BO], stage: agreed, unverified: true}
  - {id: older, name: O, parties: [CL, AR], stage: signed, stage_date: "2024-05-02", facts: [%s]}
  - {id: new, name: New, parties: [CL, BR]}
"""


def test_a_stage_that_no_fact_tells_is_named_by_agreement(folder):
    fact = '{stage: signed, date: "2024-05-01", source: "https://example.org/1"}'
    settings = own(folder, "agreements.yaml", BARE.replace("NO]", '"NO"]') % (fact, fact))
    agreements = load_catalog(settings).agreements  # a page that is missing stops no watch
    with pytest.raises(ConfigError) as fault:
        check_record(agreements, folder / "agreements.yaml")
    assert "bare: no fact tells that it is signed since 2024-05-01" in fault.value.message
    assert "older: no fact tells that it is signed since 2024-05-02" in fault.value.message
    assert len(fault.value.message.splitlines()) == 2
    assert "unverified: true" in fault.value.mend
    checked = {one.id: one.checked for one in agreements}
    assert checked == {"told": True, "bare": False, "known": False, "older": False, "new": True}


def test_a_fact_has_its_page_under_https(folder):
    fact = '{stage: signed, date: "2024-05-01", source: "http://example.org/1"}'
    settings = own(folder, "agreements.yaml", BARE.replace("NO]", '"NO"]') % (fact, fact))
    with pytest.raises(ConfigError, match=r"agreements\[0\]\.facts\[0\]\.source"):
        load_catalog(settings)


def test_a_rate_names_a_source_that_is_there_or_none(folder):
    rates = read_yaml(PACKAGE_CONFIG / "rates.yaml", RatesFile)
    assert {rate.source for one in rates.rates.values() for rate in one} == {
        *rates.sources,
        "unchecked",
    }
    settings = copied(folder, "rates.yaml", "source: fed}", "source: feb}")
    with pytest.raises(ConfigError, match="EUR 2021-12-31: no source 'feb'"):
        load_catalog(settings)


@pytest.mark.parametrize(
    ("code", "year", "per_dollar"),
    [
        ("JPY", 2021, 109.8429),  # the Federal Reserve's G.5A of 1 February 2024
        ("JPY", 2022, 131.4589),
        ("KRW", 2023, 1306.7637),
        ("CAD", 2023, 1.3494),
        ("AUD", 2023, 1 / 0.6644),
        ("EUR", 2022, 1 / 1.0534),
        ("UZS", 2021, 10609.5),  # Knoema, from official rates
        ("KZT", 2024, 469.0),
        ("UAH", 2024, 40.2),
    ],
)
def test_rates_are_those_of_their_source(code, year, per_dollar):
    rates = read_yaml(PACKAGE_CONFIG / "rates.yaml", RatesFile).rates[code]
    [rate] = [rate for rate in rates if rate.date.year == year]
    assert rate.usd == float(f"{1 / per_dollar:.3g}")
