"""Reports that cannot both be right."""

from itertools import permutations

import pytest

from pipeline.ledger.conflicts import conflicts_of, opposed
from schemas.assessment import Stage
from schemas.ledger import Certainty
from tests.ledger_shapes import by_hand, report

OFFICIAL = report(article=1, tier=1)
PRESS = report(Stage.STALLED, article=2, tier=2, hours=3)


def only(*reports, corrections=()):
    found, aside = conflicts_of("a", reports, corrections)
    [conflict] = found
    return conflict, aside


def test_official_says_signed_press_says_postponed():
    conflict, aside = only(OFFICIAL, PRESS)
    assert (conflict.held, conflict.against, conflict.settled_by) == (OFFICIAL, PRESS, None)
    assert aside == {2}


def test_of_equals_the_newer_holds_and_nothing_is_set_aside():
    first = report(article=1, tier=2)
    conflict, aside = only(first, PRESS)
    assert (conflict.held, conflict.settled_by, aside) == (PRESS, None, frozenset())


@pytest.mark.parametrize(
    ("stage", "held"), [(Stage.SIGNED, "outlet 1"), (Stage.STALLED, "outlet 3")]
)
def test_a_later_word_as_good_as_the_best_settles_or_keeps_it_open(stage, held):
    third = report(stage, article=3, tier=1, hours=20)
    conflict, _ = only(OFFICIAL, PRESS, third)
    assert conflict.held.outlet == held
    assert conflict.settled_by == (third if stage is Stage.SIGNED else None)


def test_a_better_source_that_speaks_later_settles_it_its_way():
    official = report(Stage.STALLED, article=2, tier=1, hours=3)
    conflict, aside = only(report(article=1, tier=3), official)
    assert (conflict.held, conflict.settled_by, aside) == (official, official, {1})


def test_a_worse_one_settles_nothing():
    conflict, _ = only(OFFICIAL, PRESS, report(article=3, tier=2, hours=9))
    assert conflict.settled_by is None


def test_a_stage_set_by_hand_settles_it():
    hand = by_hand(Stage.SIGNED, hours=30)
    assert only(OFFICIAL, PRESS, corrections=[hand])[0].settled_by == hand
    early = by_hand(Stage.SIGNED, hours=-30)
    assert only(OFFICIAL, PRESS, corrections=[early])[0].settled_by is None


@pytest.mark.parametrize(
    "other",
    [
        report(Stage.STALLED, article=2, hours=24 * 3 + 1),
        report(Stage.STALLED, article=2, tier=1, hours=25),
        report(Stage.STALLED, article=2, outlet="outlet 1"),
        report(Stage.RATIFIED, article=2),
        report(Stage.STALLED, article=2, certainty=Certainty.PLANNED),
        report(Stage.RATIFIED, article=2, certainty=Certainty.DENIED),
        report(Stage.NEGOTIATING, article=2),
    ],
    ids=[
        "later",
        "as good and a day later",
        "same outlet",
        "same side",
        "planned",
        "another step denied",
        "no side",
    ],
)
def test_what_does_not_contradict(other):
    assert not opposed(OFFICIAL, other)
    assert conflicts_of("a", [OFFICIAL, other]) == ((), frozenset())


@pytest.mark.parametrize(("stage", "aside"), [(Stage.RATIFIED, {2}), (Stage.TERMINATED, set())])
def test_later_news_from_as_good_a_source_settles_it(stage, aside):
    later = report(stage, article=3, tier=1, hours=24 * 20)
    worse = report(stage, article=4, tier=2, hours=24 * 10)
    conflict, set_aside = only(OFFICIAL, PRESS, later, worse)
    assert (conflict.held, conflict.settled_by, set_aside) == (OFFICIAL, later, aside)


def test_a_denial_contradicts_the_step_that_it_denies():
    denied = report(article=2, tier=1, hours=5, certainty=Certainty.DENIED)
    conflict, aside = only(report(article=1, tier=3), denied)
    assert (conflict.held, aside) == (denied, {1})


def test_hearsay_weighs_less_than_any_outlet():
    hearsay = report(Stage.STALLED, article=2, tier=1, hours=3, certainty=Certainty.DOUBTFUL)
    assert only(report(article=1, tier=3), hearsay)[0].held.article_id == 1


def test_the_order_of_arrival_does_not_matter():
    third = report(article=3, tier=1, hours=20)
    found = {repr(conflicts_of("a", came)) for came in permutations([OFFICIAL, PRESS, third])}
    assert len(found) == 1
