"""The daily e-mail: what a day brought, or proof that it brought nothing."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pipeline.notify.charts import WIDTH_PX, trend_png
from pipeline.notify.digest_view import TREND_CID, View, build_view, subject
from schemas.config import DigestConfig
from schemas.digest import Digest, RenderedDigest

MAX_HTML: Final = 100_000
"""Bytes of HTML without images: Gmail cuts a message off at 102 KB."""

_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
    lstrip_blocks=True,
)


def render_digest(
    digest: Digest, *, config: DigestConfig, theme_titles: Mapping[str, str]
) -> RenderedDigest:
    """Return subject, HTML, text and the picture of an edition.

    Where the HTML would be over ``MAX_HTML`` bytes, stories are left out of it, those by theme
    first, and counted; the text has them all. Nothing is loaded from anywhere.
    """
    full = build_view(digest, config, theme_titles, top=config.top, per_theme=config.per_theme)
    images: tuple[tuple[str, bytes], ...] = ()
    if digest.trend:
        images = ((TREND_CID, trend_png(digest.trend, theme_titles, digest.day)),)
    return RenderedDigest(
        subject=subject(digest, config),
        html=_html(digest, config, theme_titles),
        text=_ENVIRONMENT.get_template("digest.txt.j2").render(view=full),
        images=images,
    )


def digest_window(day: date, zone: str, hour: int) -> tuple[datetime, datetime]:
    """Return what the edition of ``day`` tells of: from ``hour`` the day before to ``hour``, UTC.

    Hours are the reader's, so a window is 23 or 25 hours long where the clocks change; windows of
    following days always meet. An hour that the clocks leave out is taken as the instant at which
    it would have been; of one that comes twice, the first is meant.
    """
    tz = ZoneInfo(zone)
    start, end = (
        datetime.combine(at, time(hour), tzinfo=tz).astimezone(UTC)
        for at in (day - timedelta(days=1), day)
    )
    return start, end


def _html(digest: Digest, config: DigestConfig, titles: Mapping[str, str]) -> str:
    top, per_theme = config.top, config.per_theme
    while True:
        view = build_view(digest, config, titles, top=top, per_theme=per_theme)
        html = _inlined(view)
        if len(html.encode()) <= MAX_HTML or (top, per_theme) == (1, 0):
            return html
        if per_theme > 0:
            per_theme //= 2
        else:
            top = max(1, top * 2 // 3)


def _inlined(view: View) -> str:
    """Fill the template and move its styles into the elements, as mail programs need them.

    The rules for dark mode stay in a style element of their own, which premailer leaves alone.
    """
    # Premailer brings cssutils and requests with it; only the digest needs them.
    from premailer.premailer import Premailer  # noqa: PLC0415

    template = _ENVIRONMENT.get_template("digest.html.j2")
    page: str = Premailer(  # type: ignore[no-untyped-call]
        template.render(view=view, chart_width=WIDTH_PX),
        allow_network=False,
        allow_loading_external_files=False,
        disable_validation=True,
        disable_leftover_css=True,
        disable_basic_attributes=["align", "bgcolor", "height", "valign", "width"],
        align_floating_images=False,
    ).transform(pretty_print=False)
    return page
