"""The daily e-mail: what a day brought, or proof that it brought nothing."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pipeline.notify.charts import WIDTH_PX, steps_png, trend_png
from pipeline.notify.digest_view import STEPS_CID, TREND_CID, Shown, View, build_view
from pipeline.notify.digest_words import subject
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
    """Return subject, HTML, text and the pictures of an edition.

    Where the HTML would be over ``MAX_HTML`` bytes, whole stories are left out of it, those by
    theme first, and counted; the text has them. Nothing is loaded from anywhere.
    """
    everything = Shown(config.top, config.per_theme, agreements=None, moves=None)
    full = build_view(digest, config, theme_titles, everything)
    images: list[tuple[str, bytes]] = []
    if digest.steps:
        zone = ZoneInfo(digest.time_zone)
        images.append((STEPS_CID, steps_png(digest.steps, digest.day, zone)))
    if digest.trend:
        images.append((TREND_CID, trend_png(digest.trend, theme_titles, digest.day)))
    return RenderedDigest(
        subject=subject(digest, config),
        html=_html(digest, config, theme_titles),
        text=_ENVIRONMENT.get_template("digest.txt.j2").render(view=full),
        images=tuple(images),
    )


def _html(digest: Digest, config: DigestConfig, titles: Mapping[str, str]) -> str:
    """Less and less is shown until it fits: by theme, then agreements, then stories at the top."""
    shown = Shown(config.top, config.per_theme)
    while True:
        html = _filled(build_view(digest, config, titles, shown))
        # Inlining takes seconds of a page this large and only makes it larger.
        if len(html.encode()) <= MAX_HTML:
            html = _inlined(html)
            if len(html.encode()) <= MAX_HTML:
                return html
        shown = replace(_less(shown), in_text=True)


def _less(shown: Shown) -> Shown:
    """The next smaller selection.

    Raises:
        ValueError: there is none; a fault of ours, since the least is some kilobytes.
    """
    if shown.per_theme > 0:
        return replace(shown, per_theme=shown.per_theme // 2)
    if shown.agreements:
        return replace(shown, agreements=shown.agreements // 2)
    if shown.top > 0:
        return replace(shown, top=shown.top * 2 // 3)
    if shown.moves:
        return replace(shown, moves=shown.moves // 2)
    raise ValueError(f"the least that an edition can say is over {MAX_HTML} bytes")


def _filled(view: View) -> str:
    template = _ENVIRONMENT.get_template("digest.html.j2")
    return template.render(view=view, chart_width=WIDTH_PX)


def _inlined(html: str) -> str:
    """Move the page's styles into its elements, as mail programs need them.

    The rules for dark mode stay in a style element of their own, which premailer leaves alone.
    """
    # Premailer brings cssutils and requests with it; only the digest needs them.
    from premailer.premailer import Premailer  # noqa: PLC0415

    page: str = Premailer(  # type: ignore[no-untyped-call]
        html,
        allow_network=False,
        allow_loading_external_files=False,
        disable_validation=True,
        disable_leftover_css=True,
        disable_basic_attributes=["align", "bgcolor", "height", "valign", "width"],
        align_floating_images=False,
    ).transform(pretty_print=False)
    return page
