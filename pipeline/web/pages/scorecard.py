"""Scorecard: what the news shows for and against each claim, with a chart a claim."""

from datetime import timedelta

from fastapi import APIRouter, Response

from pipeline.stages.scorecard import scorecard as score
from pipeline.stages.scorecard_chart import AXIS, HALF, TREND_WORDS, WIDTH, alt, bars
from pipeline.web.desk import AtDesk
from pipeline.web.texts import plain

router = APIRouter()

SPANS = (7, 14, 30)
"""Days that can be chosen; as many before are counted too. The command line takes any span."""


@router.get("/scorecard", name="scorecard")
def scorecard(desk: AtDesk, days: str = "30") -> Response:
    """The scorecard of the last days."""
    span = int(days) if days in map(str, SPANS) else 30
    card = score(desk.context, since=desk.now - timedelta(days=span))
    return desk.render(
        "scorecard.html.j2",
        title="Scorecard",
        card=card,
        span=span,
        spans=SPANS,
        trend=TREND_WORDS,
        bars=bars,
        alt=alt,
        signed=lambda number: f"{number:+d}".replace("-", "−").replace("+0", "0"),
        width=WIDTH,
        height=2 * HALF + AXIS,
        middle=HALF + AXIS / 2,
        plain=plain,
    )
