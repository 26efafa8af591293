"""How a story's stage follows from its articles."""

from datetime import UTC, datetime, timedelta

from pipeline.ledger.story_stage import StageReport, leading_report
from schemas.assessment import Stage

DAY = datetime(2025, 5, 1, tzinfo=UTC)


def said(stage, *, hour=0, tier=2):
    return StageReport(stage, DAY + timedelta(hours=hour), tier, quote=f"{stage} at {hour}")


def test_no_article_reports_a_stage():
    assert leading_report([]) is None
    assert leading_report([said(Stage.NONE, tier=1)]) is None


def test_the_furthest_step_as_first_reported():
    reports = [said(Stage.SIGNED, hour=5), said(Stage.AGREED), said(Stage.SIGNED, hour=3)]
    assert leading_report(reports) == said(Stage.SIGNED, hour=3)


def test_the_most_credible_outlets_are_heard_alone():
    reports = [said(Stage.SIGNED, tier=3), said(Stage.AGREED, tier=1), said(Stage.NONE, tier=1)]
    assert leading_report(reports) == said(Stage.AGREED, tier=1)


def test_an_outlet_that_reports_no_stage_leaves_the_word_to_others():
    reports = [said(Stage.NONE, tier=1), said(Stage.SIGNED, tier=3)]
    assert leading_report(reports) == said(Stage.SIGNED, tier=3)


def test_a_stall_counts_where_it_is_the_newest_word():
    stalled_last = [said(Stage.AGREED), said(Stage.STALLED, hour=2)]
    assert leading_report(stalled_last).stage is Stage.STALLED
    signed_last = [said(Stage.STALLED), said(Stage.SIGNED, hour=2)]
    assert leading_report(signed_last).stage is Stage.SIGNED


def test_an_end_goes_before_a_stall_told_at_the_same_time():
    reports = [said(Stage.STALLED), said(Stage.TERMINATED)]
    assert leading_report(reports).stage is Stage.TERMINATED


def test_the_order_of_arrival_does_not_matter():
    reports = [said(Stage.AGREED), said(Stage.SIGNED, hour=1), said(Stage.PROPOSED, hour=2)]
    assert leading_report(reports) == leading_report(reports[::-1])
