"""The scorecard as one HTML page: no script, no request to anywhere, light, dark and on paper."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.stages.scorecard_chart import AXIS, HALF, TREND_WORDS, WIDTH, alt, bars
from schemas.scorecard import Scorecard

_TEMPLATES = Path(__file__).parent / "templates"
_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(card: Scorecard) -> str:
    """The page."""
    css = (_TEMPLATES / "scorecard.css").read_text(encoding="utf-8")
    return _ENVIRONMENT.get_template("scorecard.html.j2").render(
        css=Markup(css),  # noqa: S704 - our own file
        card=card,
        trend=TREND_WORDS,
        bars=bars,
        alt=alt,
        link=link,
        signed=lambda number: f"{number:+d}".replace("-", "−").replace("+0", "0"),
        height=2 * HALF + AXIS,
        width=WIDTH,
        middle=HALF + AXIS / 2,
    )


def link(url: str | None) -> str | None:
    """The address if it may be followed from a page: only of the web."""
    try:
        return url if url and urlsplit(url).scheme in {"http", "https"} else None
    except ValueError:
        return None
