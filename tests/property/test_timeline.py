"""The timeline holds whatever reports come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.ledger.timeline import PROGRESS, advance, applied, rank, rebuild, replay
from schemas.agreement import Agreement, StageTransition
from schemas.assessment import Stage

DAY = datetime(2025, 1, 1, tzinfo=UTC)
SEED = Agreement("a", "A", ("UA", "US"))

reports = st.lists(
    st.builds(
        StageTransition,
        agreement_id=st.just("a"),
        stage=st.sampled_from(list(Stage)),
        story_id=st.integers(1, 9),
        at=st.integers(0, 12).map(lambda days: DAY + timedelta(days=days)),
        quote=st.sampled_from(["", "said", "told"]),
    ),
    max_size=25,
)


def fed(agreement, came):
    """The steps made by reports taken as they come."""
    steps = []
    for report in came:
        step = advance(
            agreement,
            stage=report.stage,
            story_id=report.story_id,
            at=report.at,
            quote=report.quote,
            article_url=report.article_url,
        )
        if step is not None:
            steps.append(step)
            agreement = applied(agreement, step)
    return agreement, steps


@given(reports)
def test_stages_only_rise_apart_from_a_stall_its_resuming_and_the_end(came):
    _, steps = fed(SEED, came)
    for step in steps:
        if step.stage in PROGRESS and step.previous in PROGRESS:
            assert PROGRESS.index(step.stage) > PROGRESS.index(step.previous)
        assert step.previous is not Stage.TERMINATED
        assert step.stage is not Stage.NONE
    assert [step.at for step in steps] == sorted(step.at for step in steps)


@given(reports)
def test_each_step_starts_where_the_one_before_ended(came):
    _, steps = fed(SEED, came)
    held = [SEED.stage, *(step.stage for step in steps)]
    assert [step.previous for step in steps] == held[:-1]


@given(reports)
def test_the_same_report_twice_makes_no_second_step(came):
    once = fed(SEED, came)
    twice = fed(SEED, [report for report in came for _ in (1, 2)])
    assert once == twice


@given(reports)
def test_replaying_all_in_order_of_time_moves_nothing(came):
    agreement, _ = fed(SEED, sorted(came, key=rank))
    assert fed(agreement, sorted(came, key=rank)) == (agreement, [])


@given(reports)
def test_any_one_report_given_again_moves_nothing_once_they_came_in_order(came):
    agreement, _ = fed(SEED, sorted(came, key=rank))
    assert all(fed(agreement, [report])[1] == [] for report in came)


@given(reports.flatmap(lambda came: st.tuples(st.just(came), st.permutations(came))))
def test_the_rebuilt_ledger_does_not_depend_on_the_order_of_arrival(both):
    came, shuffled = both
    assert replay(came, SEED) == replay(shuffled, SEED)


@given(reports)
def test_taken_in_order_of_time_the_ledger_is_the_rebuilt_one(came):
    assert fed(SEED, sorted(came, key=rank))[0] == rebuild(came, SEED)


@given(reports)
def test_rebuilding_from_the_steps_alone_gives_the_same_ledger(came):
    agreement, steps = fed(SEED, came)
    assert rebuild(steps, SEED) == agreement
