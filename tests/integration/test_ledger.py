"""The ledger of agreements from stored articles, on both databases."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.app import App, open_app
from pipeline.assess.assessor import Assessor
from pipeline.errors import NotFoundError, PermanentError
from pipeline.settings import Settings
from pipeline.stages import agreement_desk as desk
from pipeline.stages import ledger as ledger_stage
from pipeline.stages import revisit
from pipeline.store import agreements, stories
from pipeline.store import ledger as ledger_store
from schemas.assessment import Stage
from schemas.ledger import Certainty, Decision
from tests.ledger_desk import MONDAY, NOW, Told, account, article_id, rows, tell

FUND = "ua-us-minerals"
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
ENDED = Told(
    "Ukraine and the United States terminate their minerals agreement",
    "Kyiv and Washington ended the agreement on critical minerals on Friday.",
    hours=120,
    outlet="Gazette",
)
MONEY = Told(
    "US pays $75 million into Reconstruction Investment Fund with Ukraine",
    "The fund received 75 million dollars from DFC under the minerals agreement with Kyiv.",
    hours=2,
)


@pytest.fixture
def app(
    assessor: Assessor, make_settings: Callable[..., Settings], database_url: str
) -> Iterator[App]:
    with open_app(make_settings(database_url=database_url)) as opened:
        opened._loaded.assessor = assessor
        yield opened


def stage_of(app: App, agreement_id: str) -> Stage:
    with app.database.read() as session:
        found = agreements.get_agreement(agreement_id, session=session)
    assert found is not None
    return found.stage


def candidates(app: App) -> dict[str, str]:
    with app.database.read() as session:
        return {one.proposal: one.instrument for one in desk.candidates(session)}


# ---- stages ------------------------------------------------------------------------------------


def test_each_step_has_its_words_and_all_its_sources(app: App) -> None:
    tell(app, STALLED, replace(STALLED, outlet="Herald", hours=31), ENDED)
    found = account(app, FUND)
    assert [(s.previous, s.stage) for s in found.ledger.steps] == [
        (Stage.IMPLEMENTING, Stage.STALLED),
        (Stage.STALLED, Stage.TERMINATED),
    ]
    assert "suspended" in found.ledger.steps[0].quote
    assert [one.outlet for one in found.reports] == ["Wire", "Herald", "Gazette"]
    assert {one.certainty for one in found.reports} == {Certainty.DONE}


def test_what_comes_late_ends_in_the_same_ledger(app: App) -> None:
    tell(app, ENDED)
    tell(app, STALLED)
    assert [s.stage for s in account(app, FUND).ledger.steps] == [
        Stage.STALLED,
        Stage.TERMINATED,
    ]
    with app.database.read() as session:
        kept = agreements.timeline(FUND, session=session)
    assert [(s.previous, s.stage) for s in kept] == [
        (Stage.IMPLEMENTING, Stage.STALLED),
        (Stage.STALLED, Stage.TERMINATED),
    ]


def test_rebuilding_changes_nothing_however_often(app: App) -> None:
    tell(app, STALLED, ENDED, MONEY, SIGNED)
    desk.correct(
        app.context(NOW),
        "eu-uz-raw-materials",
        stage=Stage.IMPLEMENTING,
        at=datetime(2025, 3, 1, tzinfo=UTC),
        reason="The delegation's page.",
    )
    before, books = rows(app), account(app, FUND)
    for _ in range(2):
        report = ledger_stage.rebuild(app.context(NOW))
        assert report.counts["steps"] == 0
        assert (rows(app), account(app, FUND)) == (before, books)


def test_the_ledger_comes_back_from_articles_alone(app: App) -> None:
    tell(app, STALLED, ENDED, MONEY)
    books = account(app, FUND)
    with app.database.write() as session:
        ledger_store.drop_reports([r.article_id for r in books.reports], session=session)
        agreements.unsettle([FUND], session=session)
        ledger_stage.settle(app.context(NOW), session)
    assert stage_of(app, FUND) is Stage.IMPLEMENTING
    tell(app)  # an archive that is older than the ledger is filed at the next run
    assert account(app, FUND) == books
    assert stage_of(app, FUND) is Stage.TERMINATED


def test_reading_everything_anew_gives_the_same_ledger(app: App) -> None:
    tell(app, STALLED, ENDED, MONEY)
    before, books = rows(app), account(app, FUND)
    app.run("reassess", since=MONDAY, now=NOW)
    app.run("link", now=NOW)
    assert (rows(app), account(app, FUND)) == (before, books)


def test_a_retracted_story_does_not_count(app: App) -> None:
    tell(app, STALLED, ENDED)
    story = account(app, FUND).ledger.steps[1].story_id
    assert story is not None
    revisit.retract(app.context(NOW), story, reason="It was a hoax.")
    assert stage_of(app, FUND) is Stage.STALLED
    assert [r.outlet for r in account(app, FUND).reports] == ["Wire"]


def test_the_reports_of_a_merged_story_are_the_others(app: App) -> None:
    tell(app, STALLED, ENDED)
    first, second = (step.story_id for step in account(app, FUND).ledger.steps)
    assert first is not None
    assert second is not None
    revisit.merge(app.context(NOW), first, into=second)
    found = account(app, FUND)
    assert {report.story_id for report in found.reports} == {second}
    assert [step.stage for step in found.ledger.steps] == [Stage.TERMINATED]
    before = rows(app)
    ledger_stage.rebuild(app.context(NOW))
    assert rows(app) == before


# ---- conflicts ---------------------------------------------------------------------------------

OFFICIAL = Told(
    "Parliament ratifies EU-Chile raw materials partnership",
    "Chile's parliament ratified the raw materials partnership with the EU on Monday.",
    outlet="Ministry",
    tier=1,
)
PRESS = Told(
    "EU and Chile raw materials partnership suspended",
    "The raw materials partnership of the EU and Chile was suspended, the paper writes.",
    hours=5,
    outlet="Paper",
    tier=2,
)


def test_a_conflict_is_kept_until_a_better_source_settles_it(app: App) -> None:
    tell(app, OFFICIAL, PRESS)
    [conflict] = account(app, "eu-cl-raw-materials").ledger.conflicts
    assert (conflict.held.outlet, conflict.against.outlet) == ("Ministry", "Paper")
    assert conflict.settled_by is None
    assert stage_of(app, "eu-cl-raw-materials") is Stage.RATIFIED
    tell(app, replace(PRESS, outlet="Commission", tier=1, hours=20))
    [conflict] = account(app, "eu-cl-raw-materials").ledger.conflicts
    assert (conflict.held.outlet, conflict.settled_by) == ("Commission", None), "one as good"
    tell(app, replace(PRESS, outlet="Delegation", tier=1, hours=26))
    [conflict] = account(app, "eu-cl-raw-materials").ledger.conflicts
    assert getattr(conflict.settled_by, "outlet", None) == "Delegation"
    assert stage_of(app, "eu-cl-raw-materials") is Stage.STALLED


# ---- corrections -------------------------------------------------------------------------------


def test_a_correction_holds_through_rebuilding_and_can_be_undone(app: App) -> None:
    tell(app, STALLED)
    made = desk.correct(
        app.context(NOW),
        FUND,
        stage=Stage.RATIFIED,
        at=datetime(2026, 5, 20, tzinfo=UTC),
        reason="The suspension was lifted.",
    )
    assert stage_of(app, FUND) is Stage.RATIFIED
    ledger_stage.rebuild(app.context(NOW))
    app.run("link", now=NOW)
    assert stage_of(app, FUND) is Stage.RATIFIED
    assert account(app, FUND).ledger.steps[-1].story_id is None
    desk.undo(app.context(NOW), made.id)
    assert stage_of(app, FUND) is Stage.STALLED
    with pytest.raises(NotFoundError):
        desk.undo(app.context(NOW), made.id)


def test_an_article_struck_off_does_not_count_even_when_read_anew(app: App) -> None:
    tell(app, STALLED, ENDED)
    made = desk.strike(
        app.context(NOW), FUND, article_id=article_id(app, ENDED), reason="It is about a song."
    )
    assert stage_of(app, FUND) is Stage.STALLED
    app.run("reassess", since=MONDAY, now=NOW)
    app.run("link", now=NOW)
    ledger_stage.rebuild(app.context(NOW))
    assert stage_of(app, FUND) is Stage.STALLED
    desk.undo(app.context(NOW), made.id)
    assert stage_of(app, FUND) is Stage.TERMINATED


def test_only_what_is_there_can_be_corrected(app: App) -> None:
    tell(app, SIGNED)
    with pytest.raises(NotFoundError, match="no report"):
        desk.strike(app.context(NOW), FUND, article_id=1, reason="?")
    with pytest.raises(NotFoundError, match="no agreement"):
        desk.correct(app.context(NOW), "none", stage=Stage.SIGNED, at=MONDAY, reason="?")
    with pytest.raises(PermanentError, match="has not come"):
        desk.correct(app.context(MONDAY), FUND, stage=Stage.SIGNED, at=NOW, reason="?")


# ---- candidates --------------------------------------------------------------------------------

LATER = Told(
    "Chile and Norway suspend memorandum on copper",
    "The copper memorandum of Chile and Norway was suspended after protests in Santiago.",
    hours=400,
    outlet="Wire",
)
KEY = "cl-no-copper"


def test_an_unknown_agreement_is_proposed_once(app: App) -> None:
    tell(app, SIGNED, STALLED, replace(SIGNED, outlet="Herald", hours=3))
    assert candidates(app) == {KEY: "memorandum"}


def test_a_confirmed_one_has_its_timeline_and_takes_later_news(app: App) -> None:
    tell(app, SIGNED)
    desk.confirm(app.context(NOW), KEY, agreement_id="cl-no-copper-mou", name="Copper memorandum")
    assert stage_of(app, "cl-no-copper-mou") is Stage.SIGNED
    assert candidates(app) == {}
    tell(app, LATER)
    assert stage_of(app, "cl-no-copper-mou") is Stage.STALLED
    with app.database.read() as session:
        told = stories.list_stories(since=MONDAY, until=NOW, session=session)
    assert {story.agreement for story in told} == {"cl-no-copper-mou"}
    before = rows(app)
    ledger_stage.rebuild(app.context(NOW))
    assert rows(app) == before
    with pytest.raises(PermanentError, match="confirmed"):
        desk.reject(app.context(NOW), KEY, reason="?")


def test_a_merged_one_moves_its_reports_and_later_ones(app: App) -> None:
    tell(app, SIGNED)
    desk.merge(app.context(NOW), KEY, into="eu-cl-raw-materials")
    tell(app, LATER)
    outlets = [report.outlet for report in account(app, "eu-cl-raw-materials").reports]
    assert outlets == ["Daily", "Wire"]
    assert stage_of(app, "eu-cl-raw-materials") is Stage.STALLED
    assert desk.reopen(app.context(NOW), KEY).decision is Decision.MERGED
    assert account(app, "eu-cl-raw-materials").reports == ()
    assert candidates(app) == {KEY: "memorandum"}
    assert stage_of(app, "eu-cl-raw-materials") is Stage.SIGNED


def test_a_rejected_one_stays_so(app: App) -> None:
    tell(app, SIGNED)
    desk.reject(app.context(NOW), KEY, reason="A draft.")
    tell(app, LATER)
    ledger_stage.rebuild(app.context(NOW))
    assert candidates(app) == {}
    desk.reopen(app.context(NOW), KEY)
    assert candidates(app) == {KEY: "memorandum"}


def test_a_confirmation_taken_back_leaves_no_agreement(app: App) -> None:
    tell(app, SIGNED)
    desk.confirm(app.context(NOW), KEY, agreement_id="own", name="Own")
    desk.reopen(app.context(NOW), KEY)
    with app.database.read() as session:
        assert agreements.get_agreement("own", session=session) is None
    assert candidates(app) == {KEY: "memorandum"}
    desk.confirm(app.context(NOW), KEY, agreement_id="own", name="Own")
    with pytest.raises(NotFoundError):
        desk.merge(app.context(NOW), "ar-no-copper", into=FUND)


# ---- money -------------------------------------------------------------------------------------


def test_money_restated_is_counted_once_with_the_rows_behind_it(app: App) -> None:
    again = Told(
        "Ukraine: the $75 million that US paid into Reconstruction Investment Fund",
        "DFC paid 75 million dollars into the fund of Ukraine and the US under the agreement.",
        hours=50,
        outlet="Wire",
    )
    tell(app, MONEY, again)
    money = account(app, FUND).money
    paid = [item for item in money.items if item.status.value == "paid"]
    assert [(item.amount, item.currency) for item in paid] == [(75e6, "USD")]
    assert {report.outlet for report, _ in paid[0].claims} == {"Daily", "Wire"}
    [total] = [total for total in money.totals if total.status.value == "paid"]
    assert total.by_currency == (("USD", 75e6),)
