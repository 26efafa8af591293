"""Audit: who did what by hand, and when."""

from fastapi import APIRouter, Response

from pipeline.stages import pages_audit
from pipeline.web.desk import AtDesk
from pipeline.web.paging import read_key

router = APIRouter()


@router.get("/audit", name="audit")
def audit(desk: AtDesk, after: str = "") -> Response:
    """The actions of operators, the newest first."""
    page = pages_audit.list_entries(desk.context, after=read_key(after, int))
    return desk.render("audit.html.j2", title="Audit", page=page, after=after)
