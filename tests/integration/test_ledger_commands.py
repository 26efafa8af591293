"""`mineralwatch agreements …` over a ledger of a few articles, on both databases."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import Result

from pipeline.app import App, open_app
from pipeline.assess.assessor import Assessor
from pipeline.settings import Settings
from tests.ledger_desk import Told, article_id, tell

Cli = Callable[..., Result]

SIGNED = Told(
    "Norway and Chile sign memorandum on copper",
    "The memorandum on copper was signed in Oslo on Monday by both ministers.",
)
STALLED = Told(
    "Ukraine and US minerals agreement suspended",
    "Kyiv and Washington suspended their minerals agreement on Tuesday, officials said.",
    hours=30,
    outlet="Wire",
)
PAID = Told(
    "US pays $75 million into Reconstruction Investment Fund with Ukraine",
    "The fund received 75 million dollars from DFC under the minerals agreement with Kyiv.",
    hours=2,
)
RATIFIED = Told(
    "Parliament ratifies EU-Chile raw materials partnership",
    "Chile's parliament ratified the raw materials partnership with the EU on Monday.",
    outlet="Ministry",
    tier=1,
)
POSTPONED = Told(
    "EU and Chile raw materials partnership suspended",
    "The raw materials partnership of the EU and Chile was suspended, the paper writes.",
    hours=5,
    outlet="Paper",
)


@pytest.fixture
def app(
    assessor: Assessor, make_settings: Callable[..., Settings], database_url: str
) -> Iterator[App]:
    with open_app(make_settings(database_url=database_url)) as opened:
        opened._loaded.assessor = assessor
        tell(opened, SIGNED, STALLED, PAID, RATIFIED, POSTPONED)
        yield opened


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


def told(result: Result) -> object:
    return json.loads(result.stdout)


def test_show_tells_steps_sources_facts_and_money(app: App, desk: Cli) -> None:
    shown = done(desk("agreements", "show", "ua-us-minerals"))
    assert "implementing → stalled" in shown
    assert "press: Wire (article" in shown
    assert "2025-05-08 on record: ratified Verkhovna Rada, 338 votes https://" in shown
    assert "75 million USD" in shown
    made = told(desk("agreements", "show", "ua-us-minerals", "--json"))
    assert isinstance(made, dict)
    assert made["stage"] == "stalled"
    assert [fact["stage"] for fact in made["facts"]] == ["signed", "ratified", "implementing"]
    assert made["source_checked"] is True
    [step] = made["timeline"]
    assert step["certainty"] == "done"
    assert [source["outlet"] for source in step["sources"]] == ["Wire"]
    assert "suspended" in step["sources"][0]["quote"]


def test_conflicts_are_listed_until_they_are_settled(app: App, desk: Cli) -> None:
    shown = done(desk("agreements", "conflicts"))
    assert "Ministry (official or wire, 2026-05-04) says ratified" in shown
    assert "Paper (press, 2026-05-04) says stalled: open" in shown
    correct = ("agreements", "correct", "eu-cl-raw-materials", "--stage", "ratified")
    done(desk(*correct, "--date", "2026-05-05", "--reason", "The gazette."))
    assert told(desk("agreements", "conflicts", "--json")) == []
    [settled] = told(desk("agreements", "conflicts", "--all", "--json"))  # type: ignore[misc]
    assert settled["settled_by"]["reason"] == "The gazette."


def test_money_of_one_and_of_all(app: App, desk: Cli) -> None:
    made = told(desk("agreements", "money", "ua-us-minerals", "--json"))
    assert isinstance(made, dict)
    paid = next(total for total in made["totals"] if total["status"] == "paid")
    assert paid["by_currency"] == {"USD": 75e6}
    [item] = [item for item in made["items"] if item["status"] == "paid"]
    assert {claim["outlet"] for claim in item["claims"]} == {"Daily"}
    assert "paid: 75 million USD" in done(desk("agreements", "money"))
    assert desk("agreements", "money", "nothing").exit_code == 2


def test_two_sums_for_two_objects_are_both_counted_and_a_part_is_not(app: App, desk: Cli) -> None:
    framework = "Under the US-Australia critical minerals framework Washington lends"
    two = Told(
        "US-Australia critical minerals framework: two loans",
        f"{framework} $200 million for a gallium plant and $100 million for a mine in the north.",
    )
    part = Told(
        "US-Australia critical minerals framework: a loan for antimony",
        f"{framework} $50 million for antimony, including $20 million for a smelter.",
        hours=200,
    )
    tell(app, two, part)
    made = told(desk("agreements", "money", "us-au-minerals-2025", "--json"))
    assert isinstance(made, dict)
    sums = {item["amount"]: item["counted"] for item in made["items"]}
    assert sums == {200e6: True, 100e6: True, 50e6: True, 20e6: False}


def test_money_of_the_united_states_alone_is_not_project_vaults(app: App, desk: Cli) -> None:
    tell(
        app,
        Told(
            "US agency invests $180 million in TechMet",
            "The US International Development Finance Corporation takes a stake in critical"
            " minerals company TechMet for $180 million.",
        ),
    )
    made = told(desk("agreements", "money", "project-vault", "--json"))
    assert isinstance(made, dict)
    assert made["items"] == []


def test_a_candidate_is_confirmed(app: App, desk: Cli) -> None:
    assert "cl-no-copper" in done(desk("agreements", "candidates"))
    [candidate] = told(desk("agreements", "candidates", "--json"))  # type: ignore[misc]
    assert candidate["reports"][0]["outlet"] == "Daily"
    bad = desk("agreements", "confirm", "cl-no-copper", "--name", "Copper", "--id", "Bad Id")
    assert bad.exit_code == 2
    done(desk("agreements", "confirm", "cl-no-copper", "--name", "Copper memorandum"))
    assert "Copper memorandum" in done(desk("agreements", "list"))
    assert told(desk("agreements", "candidates", "--json")) == []
    [decided] = told(desk("agreements", "candidates", "--decided", "--json"))  # type: ignore[misc]
    assert decided["decision"] == "confirmed"
    again = desk("agreements", "reject", "cl-no-copper", "--reason", "no")
    assert again.exit_code == 1
    assert "reopen" in again.stderr


def test_a_confirmed_agreement_is_exported_for_the_configuration(
    app: App, desk: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = done(desk("agreements", "confirm", "cl-no-copper", "--name", "Copper memorandum"))
    assert "mineralwatch agreements export cl-no-copper --write" in made
    line = told(desk("agreements", "export", "cl-no-copper", "--json"))
    assert isinstance(line, dict)
    assert (line["parties"], line["minerals"]) == (["CL", "NO"], ["copper"])
    assert line["instrument"] == "memorandum"
    [fact] = line["facts"]
    assert (fact["stage"], fact["date"], fact["source"]) == ("signed", "2026-05-04", url(SIGNED))
    assert fact["note"] == SIGNED.title
    printed = done(desk("agreements", "export", "cl-no-copper"))
    assert yaml.safe_load(f"agreements:\n{printed}") == {"agreements": [line]}
    assert desk("agreements", "export", "ua-us-minerals").exit_code == 1
    assert desk("agreements", "export", "nothing").exit_code == 2

    bare = desk("agreements", "export", "cl-no-copper", "--write")
    assert bare.exit_code == 2
    assert "config init" in bare.stderr
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setenv("MINERALWATCH_CONFIG_DIR", str(own))
    (own / "agreements.yaml").write_text("agreements: []\n", encoding="utf-8")
    refused = desk("agreements", "export", "cl-no-copper", "--write")
    assert refused.exit_code == 2
    assert "by hand" in refused.stderr
    assert [path.name for path in own.iterdir()] == ["agreements.yaml"]
    (own / "agreements.yaml").unlink()
    done(desk("agreements", "export", "cl-no-copper", "--write"))
    assert "31 agreements" in done(desk("config", "check"))
    shown = done(desk("agreements", "show", "cl-no-copper"))
    assert f"2026-05-04 on record: signed {SIGNED.title} {url(SIGNED)}" in shown
    assert "signed" in shown.splitlines()[0]
    assert desk("agreements", "export", "cl-no-copper").exit_code == 1


def url(one: Told) -> str:
    assert one.article.url is not None
    return one.article.url


def test_merge_reject_and_reopen(app: App, desk: Cli) -> None:
    done(desk("agreements", "reject", "cl-no-copper", "--reason", "A draft."))
    assert "A draft." in done(desk("agreements", "candidates", "--decided"))
    done(desk("agreements", "reopen", "cl-no-copper"))
    assert desk("agreements", "merge", "cl-no-copper", "nothing").exit_code == 2
    done(desk("agreements", "merge", "cl-no-copper", "eu-no-raw-materials"))
    made = told(desk("agreements", "show", "eu-no-raw-materials", "--json"))
    assert isinstance(made, dict)
    assert [report["outlet"] for report in made["reports"]] == ["Daily"]


def test_corrections_are_made_shown_and_undone(app: App, desk: Cli) -> None:
    article = str(article_id(app, STALLED))
    strike = ("agreements", "correct", "ua-us-minerals", "--not-a-report", article)
    done(desk(*strike, "--reason", "Satire."))
    shown = done(desk("agreements", "show", "ua-us-minerals"))
    assert f"correction 1: article {article} is no report: Satire." in shown
    assert "→ stalled" not in shown
    assert "0 steps changed" in done(desk("agreements", "rebuild"))
    done(desk("agreements", "undo", "1"))
    assert "→ stalled" in done(desk("agreements", "show", "ua-us-minerals"))
    assert desk("agreements", "undo", "1").exit_code == 2


@pytest.mark.parametrize(
    "given",
    [
        (),
        ("--stage", "signed"),
        ("--date", "2026-05-05"),
        ("--stage", "signed", "--date", "2026-05-05", "--not-a-report", "1"),
        ("--stage", "lost", "--date", "2026-05-05"),
        ("--stage", "signed", "--date", "May"),
    ],
)
def test_a_correction_is_one_thing(desk: Cli, given: tuple[str, ...]) -> None:
    result = desk("agreements", "correct", "ua-us-minerals", "--reason", "why", *given)
    assert result.exit_code == 2
