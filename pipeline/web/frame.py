"""What all pages share: the menu, and templates with the filters that they use."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.routing import NoMatchFound

from pipeline.feed_health import span_words
from pipeline.notify.text import safe_url
from pipeline.web.paging import write_key

FOLDER: Final = Path(__file__).parent

MENU: Final = (
    ("overview", "Overview"),
    ("feeds", "Feeds"),
    ("stories", "Stories"),
    ("agreements", "Agreements"),
    ("scorecard", "Scorecard"),
    ("outbox", "Outbox"),
    ("editions", "Editions"),
    ("coverage", "Coverage"),
    ("ruleset", "Ruleset"),
    ("audit", "Audit"),
)
"""(name of the page's route, words) in the menu's order."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the menu."""

    name: str
    words: str
    href: str


def href(request: Request, name: str, /, query: Any = None, **params: Any) -> str:
    """The address of a page, wherever the application is mounted: its path, and no host.

    Args:
        request: the one that is answered.
        name: of the route.
        query: a mapping; what is empty is left out.
        params: parts of the path.

    Raises:
        NoMatchFound: there is no such page.
    """
    path = request.app.url_path_for(name, **params)
    asked = {key: value for key, value in (query or {}).items() if value not in {None, ""}}
    told = f"?{urlencode(asked)}" if asked else ""
    return f"{request.scope.get('root_path', '').rstrip('/')}{path}{told}"


def menu(request: Request) -> list[Entry]:
    """The pages that there are."""
    found = []
    for name, words in MENU:
        try:
            found.append(Entry(name, words, href(request, name)))
        except NoMatchFound:
            continue
    return found


def when(at: datetime | None, *, empty: str = "–") -> str:
    """A time (UTC) that machines can read too: ``26 Nov 2026 19:58``."""
    if at is None:
        return empty
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), f"{at:%-d %b %Y %H:%M}")


def ago(at: datetime | None, now: datetime, *, empty: str = "never") -> str:
    """How long before ``now``, or after it: ``5 minutes ago``, ``in 2 hours``."""
    if at is None:
        return empty
    gap = now - at
    if abs(gap) < timedelta(minutes=1):
        told = "just now" if gap >= timedelta(0) else "in a moment"
    else:
        told = f"{span_words(gap)} ago" if gap > timedelta(0) else f"in {span_words(-gap)}"
    title = f"{at:%-d %b %Y %H:%M} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), title, told)


def number(value: float | None, *, empty: str = "–") -> str:
    """A number with its thousands set apart: ``1,000,000``."""
    return empty if value is None else f"{value:,}"


def share(value: float | None, *, empty: str = "–") -> str:
    """A share in per cent: ``97 %``."""
    return empty if value is None else f"{value * 100:.0f} %"


def short_span(value: timedelta | None, *, empty: str = "–") -> str:
    """A span as figures have it: ``0.4 s``, ``42 s``, ``7.5 min``, ``3.2 h``, ``4.0 d``."""
    if value is None:
        return empty
    seconds = value.total_seconds()
    for unit, size, upto in (("s", 1, 90), ("min", 60, 5400), ("h", 3600, 172_800)):
        if seconds < upto:
            count = seconds / size
            return f"{count:.0f} {unit}" if unit == "s" and seconds >= 10 else f"{count:.1f} {unit}"  # noqa: PLR2004
    return f"{seconds / 86400:.1f} d"


@cache
def environment(folders: tuple[Path, ...] = (FOLDER / "templates",)) -> Environment:
    """Templates that escape all they are given, and stop at a name that is not there.

    All are made ready here: the first visitor of a page would wait a tenth of a second for it.
    """
    made = Environment(
        loader=FileSystemLoader(list(folders)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        when=when, ago=ago, number=number, share=share, span=short_span, web=safe_url, key=write_key
    )
    for name in made.list_templates():
        made.get_template(name)
    return made
