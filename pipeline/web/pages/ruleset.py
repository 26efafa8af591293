"""Ruleset: the rules and the model in force, how good they are, and what they have not read."""

from fastapi import APIRouter, Response

from pipeline.stages import pages_archive
from pipeline.web.desk import AtDesk

router = APIRouter()


@router.get("/ruleset", name="ruleset")
def ruleset(desk: AtDesk) -> Response:
    """The rules in force."""
    found = pages_archive.show_rules(desk.context, desk.app.ruleset)
    return desk.render("ruleset.html.j2", title="Ruleset", rules=found)
