"""Editions of the digest: the list, and each as it was sent."""

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from pipeline.stages import pages_archive
from pipeline.web.desk import AtDesk
from pipeline.web.pages.stories import number
from pipeline.web.paging import read_key
from pipeline.web.texts import plain

router = APIRouter()

_CLOSED = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; frame-ancestors 'self'",
    "Cache-Control": "no-store",
}
"""An archived page runs nothing, asks for nothing, and is of no origin, framed or opened alone."""


@router.get("/editions", name="editions")
def editions(desk: AtDesk, after: str = "") -> Response:
    """The editions, the newest first."""
    page = pages_archive.list_editions(desk.context, after=read_key(after, int))
    return desk.render("editions.html.j2", title="Editions", page=page, after=after, plain=plain)


@router.get("/editions/{edition}", name="edition")
def edition(desk: AtDesk, edition: str) -> Response:
    """One edition, in a frame in which nothing of it can run."""
    line = pages_archive.show_edition(desk.context, number(edition, "edition"))
    title = f"Digest of {line.day:%-d %B %Y}"
    return desk.render("edition.html.j2", title=title, edition=line, plain=plain)


@router.get("/editions/{edition}/page", name="edition_page")
def edition_page(desk: AtDesk, edition: str) -> Response:
    """The page as it was sent."""
    html = pages_archive.edition_html(desk.context, number(edition, "edition"))
    return HTMLResponse(html, headers=_CLOSED)
