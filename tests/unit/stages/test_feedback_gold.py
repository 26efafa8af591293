"""Which verdicts are ground truth, and the labelled items that follow from them."""

from dataclasses import replace

from pipeline.stages.feedback_gold import LeftOut, gather, gold_lines, try_again
from schemas.alert import AlertKind
from schemas.feedback import Judged
from tests.fakes import FakeAssessor, Meaning
from tests.notify_shapes import NOW, article

SIGNED, SHARES = "Kazakhstan and Japan sign", "Shares fall"


def judged(article_id=1, title=SIGNED, right=1, wrong=0, **given):
    base = Judged(
        alert_id=article_id,
        kind=AlertKind.NEW,
        route="major",
        story_id=article_id,
        themes=(),
        title=title,
        url=None,
        article=article(id=article_id, title=title),
        sent_at=NOW,
        judged_at=NOW,
        right=right,
        wrong=wrong,
    )
    return replace(base, **given)


def test_right_and_wrong_are_told_apart():
    items, left = gather([judged(2, SHARES, 0, 2), judged(1)])
    assert [(item.article.id, item.right) for item in items] == [(1, True), (2, False)]
    assert left == LeftOut()


def test_two_rules_that_sent_one_article_make_one_item():
    (item,), left = gather([judged(), judged(route="asia")])
    assert (item.routes, left) == (("asia", "major"), LeftOut())


def test_what_is_no_ground_truth_is_left_out_and_counted_once():
    items, left = gather(
        [
            judged(1, right=2, wrong=1),
            judged(2),
            judged(2, route="asia", right=0, wrong=1),
            judged(3, kind=AlertKind.OUTLET),
            judged(4, kind=AlertKind.STAGE, wrong=1),
            judged(5, article=None),
        ],
        several=7,
    )
    assert items == []
    assert left == LeftOut(several_stories=7, replies=2, no_article=1, contradicting=2)


def test_the_present_rules_are_held_against_the_verdicts():
    items, left = gather(
        [
            judged(1),
            judged(2, "forgotten"),
            judged(3, "still wrong", 0, 1),
            judged(4, "mended", 0, 1),
            judged(5, "wrong but small", 0, 1),
        ]
    )
    small = Meaning(significance=1)
    assessor = FakeAssessor({SIGNED: Meaning(), "still wrong": Meaning(), "wrong but small": small})
    told = try_again(items, left, assessor, {"major": 2})
    assert (told.right, told.right_kept, told.wrong, told.wrong_kept) == (2, 1, 3, 2)
    assert told.wrong_alerted == 1
    assert told.missed == ("forgotten",)
    assert told.false_alarms == ("still wrong", "wrong but small")
    assert try_again(items, left, assessor, {}).wrong_alerted == 2, "a rule that is gone asks none"


def test_the_full_text_is_read_for_the_score_and_not_for_the_labels():
    class Noting(FakeAssessor):
        texts: list = []  # noqa: RUF012 - of this one test

        def _read(self, document):
            self.texts.append(document.text)
            return super()._read(document)

    items, left = gather([judged(article=article(id=1, title=SIGNED, text="A long page."))])
    assessor = Noting({SIGNED: Meaning()})
    try_again(items, left, assessor, {})
    gold_lines(items, assessor)
    assert Noting.texts == ["A long page.", ""]


def test_items_of_one_story_bear_one_event():
    items, _ = gather([judged(1, story_id=9), judged(2, SHARES, 0, 1, story_id=9), judged(3)])
    rows = gold_lines(items, FakeAssessor({SIGNED: Meaning()}))
    assert [row["event"] for row in rows] == ["feedback-story-9", "feedback-story-9", None]
    assert [row["verdict"] for row in rows] == ["right", "wrong", "right"]
    assert len({row["id"] for row in rows}) == 3
