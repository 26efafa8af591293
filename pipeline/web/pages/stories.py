"""Stories: searched and listed; one with its articles, its evidence and what was sent of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Response

from pipeline.errors import NotFoundError
from pipeline.stages import pages_stories
from pipeline.stages.agreement_words import SEVERITY
from pipeline.web.desk import AtDesk
from pipeline.web.paging import read_key
from pipeline.web.texts import SUMMARY, evidence, marked, pieces, plain
from schemas.assessment import Stage
from schemas.search import SearchFilters

router = APIRouter()

_FIELDS = ("q", "theme", "stage", "state", "mineral", "agreement", "since", "until")
_WORDS = 500
"""Characters of a question that are read."""


@router.get("/stories", name="stories")
def stories(desk: AtDesk, after: str = "") -> Response:
    """The newest stories, or the best for the words that are searched for."""
    asked = _asked(desk.request.query_params)
    filters = _filters(asked)
    found = pages_stories.list_stories(
        desk.context, asked["q"], filters, after=read_key(after, datetime, int)
    )
    catalog = desk.app.catalog
    return desk.render(
        "stories.html.j2",
        title="Stories",
        found=found,
        asked=asked,
        after=after,
        themes=catalog.theme_titles,
        agreements={one.id: one.name for one in catalog.agreements},
        minerals=sorted(one.id for one in catalog.rules.lexicon.minerals.minerals),
        stages=[one.value for one in Stage if one is not Stage.NONE],
        severity=SEVERITY,
        marked=marked,
        plain=plain,
    )


@router.get("/stories/{story}", name="story")
def story(desk: AtDesk, story: str) -> Response:
    """One story."""
    account = pages_stories.show_story(desk.context, number(story, "story"))
    titles = desk.app.catalog.theme_titles
    return desk.render(
        "story.html.j2",
        title=plain(account.story.title) or f"Story {account.story.id}",
        account=account,
        themes=titles,
        severity=SEVERITY,
        evidence=lambda reading, where: evidence(reading, titles, where),
        pieces=pieces,
        plain=plain,
        most=SUMMARY,
    )


def number(told: str, what: str) -> int:
    """The number of a row as it stands in an address.

    Raises:
        NotFoundError: it is no number that a row has.
    """
    if told.isascii() and told.isdecimal() and len(told) < 19:  # noqa: PLR2004
        return int(told)
    raise NotFoundError(f"no {what} {plain(told, 40)!r}", mend="look it up in the list")


def _asked(given: Mapping[str, str]) -> dict[str, str]:
    """What the form asks for; what cannot be read asks for nothing."""
    asked = {name: given.get(name, "")[:_WORDS] for name in _FIELDS}
    return asked | {
        "state": asked["state"].strip().upper(),
        "stage": asked["stage"] if asked["stage"] in set(Stage) else "",
        "since": asked["since"] if _day(asked["since"]) else "",
        "until": asked["until"] if _day(asked["until"]) else "",
    }


def _filters(asked: Mapping[str, str]) -> SearchFilters:
    last = _day(asked["until"])
    return SearchFilters(
        themes=_one(asked["theme"]),
        states=_one(asked["state"]),
        minerals=_one(asked["mineral"]),
        stages=(Stage(asked["stage"]),) if asked["stage"] else (),
        agreements=_one(asked["agreement"]),
        since=_day(asked["since"]),
        until=last + timedelta(days=1) if last else None,
    )


def _one(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _day(text: str) -> datetime | None:
    """The beginning of a day (UTC) as a form gives it."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
