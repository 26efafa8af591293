"""What follows from reports and corrections."""

from dataclasses import replace

import pytest

from pipeline.ledger.derive import derive
from schemas.agreement import Agreement
from schemas.assessment import Stage
from schemas.ledger import Certainty
from tests.ledger_shapes import DAY, by_hand, report, struck

SEED = Agreement("a", "A", ("UA", "US"))


def stages(*reports, corrections=(), seed=SEED):
    return [step.stage for step in derive(seed, reports, corrections).steps]


def test_reports_make_steps_in_the_order_of_time():
    found = derive(SEED, [report(Stage.RATIFIED, article=2, hours=9), report(article=1)])
    assert [(s.previous, s.stage, s.story_id) for s in found.steps] == [
        (Stage.NONE, Stage.SIGNED, 1),
        (Stage.SIGNED, Stage.RATIFIED, 2),
    ]
    assert found.agreement.stage is Stage.RATIFIED
    assert found.steps[1].at == report(hours=9).at


@pytest.mark.parametrize("certainty", [Certainty.PLANNED, Certainty.DOUBTFUL, Certainty.DENIED])
def test_only_what_is_done_makes_a_step(certainty):
    assert stages(report(certainty=certainty)) == []


def test_of_one_story_the_most_credible_are_heard():
    official = report(Stage.AGREED, article=1, story=7, tier=1)
    press = report(Stage.SIGNED, article=2, story=7, tier=3)
    assert stages(official, press) == [Stage.AGREED]


def test_it_goes_on_from_the_seed():
    seed = replace(SEED, stage=Stage.SIGNED, stage_at=report(hours=5).at)
    assert stages(report(Stage.RATIFIED, hours=4), seed=seed) == []
    assert stages(report(Stage.RATIFIED, hours=6), seed=seed) == [Stage.RATIFIED]


def test_a_stage_set_by_hand_holds_whatever_stood_before_and_news_goes_on_from_it():
    found = derive(
        SEED,
        [report(Stage.RATIFIED, article=1), report(Stage.SIGNED, article=2, hours=20)],
        [by_hand(Stage.NEGOTIATING, hours=10)],
    )
    assert [(s.previous, s.stage, s.story_id) for s in found.steps] == [
        (Stage.NONE, Stage.RATIFIED, 1),
        (Stage.RATIFIED, Stage.NEGOTIATING, None),
        (Stage.NEGOTIATING, Stage.SIGNED, 2),
    ]
    assert found.steps[1].quote == "said so"


def test_even_an_end_is_put_right_by_hand():
    ended = report(Stage.TERMINATED)
    assert stages(ended, corrections=[by_hand(Stage.SIGNED, hours=1)])[-1] is Stage.SIGNED


def test_what_is_undone_does_not_hold():
    undone = replace(by_hand(Stage.NEGOTIATING, hours=10), undone_at=DAY)
    assert stages(report(), corrections=[undone]) == [Stage.SIGNED]
    assert stages(report(), corrections=[struck(1)]) == []
    assert stages(report(), corrections=[replace(struck(1), undone_at=DAY)]) == [Stage.SIGNED]


def test_what_a_conflict_sets_aside_makes_no_step():
    official = report(article=1, tier=1)
    press = report(Stage.STALLED, article=2, tier=2, hours=4)
    assert stages(official, press) == [Stage.SIGNED]
    later = replace(press, at=report(hours=24 * 4).at)
    assert stages(official, later) == [Stage.SIGNED, Stage.STALLED], "news, no contradiction"
