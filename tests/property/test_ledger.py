"""The ledger is a function of its rows: their order and their repetition do not matter."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipeline.ledger.conflicts import conflicts_of, side
from pipeline.ledger.derive import derive, leads
from pipeline.ledger.money import money_of
from pipeline.ledger.propose import candidates
from pipeline.ledger.timeline import PROGRESS, replay
from schemas.agreement import Agreement
from schemas.assessment import MoneyStatus, Stage
from schemas.ledger import Certainty
from schemas.ledger_config import RatesFile
from tests.ledger_shapes import by_hand, claim, report, struck

SEED = Agreement("a", "A", ("UA", "US"))
RATES = RatesFile(source="test", rates={})

claims = st.builds(
    claim,
    st.sampled_from([50e6, 75e6, 149e6, 150e6, 1e9]),
    st.sampled_from(["USD", "EUR"]),
    st.sampled_from(MoneyStatus),
    whole=st.booleans(),
)
one = st.builds(
    report,
    st.sampled_from(list(Stage)),
    story=st.integers(1, 6),
    hours=st.integers(0, 200),
    tier=st.integers(1, 3),
    outlet=st.sampled_from(["Wire", "Paper", "Ministry"]),
    certainty=st.sampled_from([*Certainty, Certainty.DONE, Certainty.DONE]),
    money=st.lists(claims, max_size=3).map(tuple),
    proposal=st.sampled_from(["jp-kz-minerals", "cl-no-copper"]),
    instrument=st.sampled_from([None, "memorandum"]),
)
reports = st.lists(one, max_size=18).map(
    lambda came: [replace(r, article_id=n) for n, r in enumerate(came, start=1)]
)
corrections = st.lists(
    st.one_of(
        st.builds(by_hand, st.sampled_from(list(Stage)), hours=st.integers(0, 200)),
        st.builds(struck, st.integers(1, 18)),
    ),
    max_size=4,
).map(lambda made: [replace(c, id=n) for n, c in enumerate(made, start=1)])
shuffled = st.tuples(reports, corrections).flatmap(
    lambda both: st.tuples(
        st.just(both), st.tuples(st.permutations(both[0]), st.permutations(both[1]))
    )
)


@given(shuffled)
def test_in_any_order_the_ledger_is_the_same(two):
    (came, made), (later, remade) = two
    assert derive(SEED, came, made) == derive(SEED, later, remade)


@given(shuffled)
def test_so_are_its_money_and_its_candidates(two):
    (came, _), (later, _) = two
    assert money_of("a", came, RATES) == money_of("a", later, RATES)
    assert candidates(came) == candidates(later)


@given(reports)
def test_where_nobody_contradicts_it_is_the_replay_of_what_stories_report(came):
    conflicts, _ = conflicts_of("a", came)
    found = derive(SEED, came)
    if not conflicts:
        assert (found.agreement, found.steps) == replay(leads("a", came), SEED)


@given(reports, corrections)
def test_each_step_begins_where_the_one_before_ended(came, made):
    found = derive(SEED, came, made)
    held = [SEED.stage, *(step.stage for step in found.steps)]
    assert [step.previous for step in found.steps] == held[:-1]
    assert [step.at for step in found.steps] == sorted(step.at for step in found.steps)
    assert found.agreement.stage is held[-1]


@given(reports, corrections)
def test_only_a_person_takes_an_agreement_back(came, made):
    for step in derive(SEED, came, made).steps:
        if step.story_id is not None and {step.stage, step.previous} <= set(PROGRESS):
            assert PROGRESS.index(step.stage) > PROGRESS.index(step.previous)


@given(reports, st.integers(0, 200))
def test_a_stage_set_by_hand_stands_where_no_news_comes_after_it(came, hours):
    made = by_hand(Stage.NEGOTIATING, hours=hours)
    found = derive(SEED, [r for r in came if r.at <= made.at], [made])
    assert (found.agreement.stage, found.agreement.stage_at) == (Stage.NEGOTIATING, made.at)


@given(reports)
def test_a_conflict_is_between_sides_and_what_it_sets_aside_is_no_held_report(came):
    conflicts, aside = conflicts_of("a", came)
    for conflict in conflicts:
        assert conflict.held.article_id not in aside
        assert side(conflict.held) is not side(conflict.against)


@given(reports)
def test_every_claim_is_behind_one_sum_and_telling_all_again_adds_nothing(came):
    once = money_of("a", came, RATES)
    again = [replace(r, article_id=r.article_id + 100) for r in came]
    twice = money_of("a", [*came, *again], RATES)
    assert [t.by_currency for t in once.totals] == [t.by_currency for t in twice.totals]
    counted = sum(len(r.money) for r in came if r.certainty is not Certainty.DENIED)
    assert sum(len(item.claims) for item in once.items) == counted
