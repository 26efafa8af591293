"""The picture of the trend, and the same in words."""

import io
from datetime import date

from matplotlib.image import imread

from pipeline.notify.charts import WIDTH_PX, trend_alt, trend_png

DAY = date(2025, 5, 12)
TITLES = {"a": "Supply chains", "b": "Central Asia"}


def test_the_picture_is_twice_as_wide_as_shown_and_grows_with_its_rows():
    two = imread(io.BytesIO(trend_png((("a", (1,) * 14), ("b", (0,) * 14)), TITLES, DAY)))
    one = imread(io.BytesIO(trend_png((("a", (1,) * 14),), TITLES, DAY)))
    assert two.shape[1] == one.shape[1] == WIDTH_PX * 2
    assert two.shape[0] > one.shape[0]


def test_the_picture_shows_the_figures_given():
    flat = trend_png((("a", (0,) * 14),), TITLES, DAY)
    busy = trend_png((("a", (0,) * 13 + (9,)),), TITLES, DAY)
    assert flat != busy
    dark = (imread(io.BytesIO(busy))[:, :, :3].sum(axis=2) < 1.0).sum()
    pale = (imread(io.BytesIO(flat))[:, :, :3].sum(axis=2) < 1.0).sum()
    assert dark > pale + 500


def test_the_same_figures_make_the_same_bytes():
    trend = (("a", tuple(range(14))),)
    assert trend_png(trend, TITLES, DAY) == trend_png(trend, TITLES, DAY)


def test_the_words_name_totals_the_busiest_first():
    alt = trend_alt((("b", (0, 1, 0)), ("a", (2, 0, 3)), ("c", (0, 0, 0))), TITLES, DAY)
    assert alt == (
        "Stories by theme in the 3 days to 12 May 2025. Supply chains: 5, 3 on the last day; "
        "Central Asia: 1, 0 on the last day. 1 theme with none."
    )


def test_no_stories_at_all_is_said():
    assert trend_alt((("a", (0, 0)),), TITLES, DAY) == "No stories in the 2 days to 12 May 2025."
