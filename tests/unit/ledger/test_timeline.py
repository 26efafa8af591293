"""The timeline: what moves an agreement's stage, and what does not."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.ledger.timeline import PROGRESS, advance, applied, rebuild, replay
from schemas.agreement import Agreement, StageTransition
from schemas.assessment import Stage

DAY = datetime(2025, 5, 1, tzinfo=UTC)


def at(stage, day=0):
    stage_at = None if stage is Stage.NONE else DAY + timedelta(days=day)
    return Agreement("ua-us", "Fund", ("UA", "US"), stage, stage_at)


def report(agreement, stage, day, story=1):
    return advance(
        agreement,
        stage=stage,
        story_id=story,
        at=DAY + timedelta(days=day),
        quote="they signed",
        article_url="https://news.example/1",
    )


def step(stage, day, story=1):
    return StageTransition("ua-us", stage, story, DAY + timedelta(days=day), "quote")


@pytest.mark.parametrize(("place", "stage"), list(enumerate(PROGRESS)))
def test_progress_goes_forward_over_any_number_of_steps(place, stage):
    for later in PROGRESS[place + 1 :]:
        moved = report(at(stage), later, 1)
        assert moved is not None
        assert (moved.previous, moved.stage) == (stage, later)


@pytest.mark.parametrize(("place", "stage"), list(enumerate(PROGRESS)))
def test_a_lower_stage_or_a_repeat_moves_nothing(place, stage):
    for earlier in PROGRESS[: place + 1]:
        assert report(at(stage), earlier, 1) is None


@pytest.mark.parametrize("stage", [*PROGRESS, Stage.NONE])
@pytest.mark.parametrize("broken", [Stage.STALLED, Stage.TERMINATED])
def test_every_live_agreement_can_stall_or_end(stage, broken):
    assert report(at(stage), broken, 1).stage is broken


def test_a_stalled_agreement_can_end_and_an_ended_one_stays_so():
    assert report(at(Stage.STALLED), Stage.TERMINATED, 1).previous is Stage.STALLED
    for stage in Stage:
        assert report(at(Stage.TERMINATED), stage, 1) is None


@pytest.mark.parametrize("stage", PROGRESS[1:])
def test_a_stalled_agreement_resumes_on_later_news(stage):
    assert report(at(Stage.STALLED), stage, 1).stage is stage
    assert report(at(Stage.STALLED), stage, 0) is None, "told at the minute of the stall"


def test_a_new_proposal_does_not_resume_a_stalled_agreement():
    assert report(at(Stage.STALLED), Stage.PROPOSED, 1) is None


def test_a_report_older_than_the_stage_held_moves_nothing():
    assert report(at(Stage.SIGNED), Stage.RATIFIED, -1) is None
    assert report(at(Stage.SIGNED), Stage.STALLED, -1) is None


def test_no_stage_moves_nothing():
    assert report(at(Stage.NONE), Stage.NONE, 1) is None
    assert report(at(Stage.SIGNED), Stage.NONE, 1) is None


def test_the_step_carries_its_evidence():
    moved = report(at(Stage.AGREED), Stage.SIGNED, 1, story=7)
    assert moved == StageTransition(
        agreement_id="ua-us",
        stage=Stage.SIGNED,
        story_id=7,
        at=DAY + timedelta(days=1),
        quote="they signed",
        article_url="https://news.example/1",
        previous=Stage.AGREED,
    )
    assert applied(at(Stage.AGREED), moved).stage is Stage.SIGNED
    assert applied(at(Stage.AGREED), moved).stage_at == DAY + timedelta(days=1)


def test_rebuild_sorts_what_came_late():
    came = [step(Stage.RATIFIED, 8), step(Stage.SIGNED, 0), step(Stage.STALLED, 4)]
    agreement, steps = replay(came, at(Stage.NONE))
    assert [s.stage for s in steps] == [Stage.SIGNED, Stage.STALLED, Stage.RATIFIED]
    assert [s.previous for s in steps] == [Stage.NONE, Stage.SIGNED, Stage.STALLED]
    assert agreement == rebuild(reversed(came), at(Stage.NONE))
    assert agreement.stage is Stage.RATIFIED


def test_at_one_time_the_end_comes_after_the_progress_it_ends():
    came = [step(Stage.TERMINATED, 1), step(Stage.SIGNED, 1)]
    agreement, steps = replay(came, at(Stage.NONE))
    assert [s.stage for s in steps] == [Stage.SIGNED, Stage.TERMINATED]
    assert agreement.stage is Stage.TERMINATED


def test_reports_of_other_agreements_are_passed_over():
    other = StageTransition("eu-kz", Stage.SIGNED, 2, DAY, "quote")
    assert rebuild([other], at(Stage.NONE)) == at(Stage.NONE)
