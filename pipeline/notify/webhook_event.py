"""An alert as plain JSON for a program; what feeds say is cleaned, and never markup."""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Any, Final

from pipeline.notify.text import clean, safe_url, trim
from pipeline.notify.words import stage_word
from schemas.alert import AlertContent, AlertKind
from schemas.assessment import Stage
from schemas.webhook import AgreementOf, AlertEvent, EventType, ReportOf, SourceOf, ThemeOf

MAX_BODY: Final = 512 * 1024
"""Bytes that an event stays under, whatever feeds say; a usual one has 2 to 4 kB."""
_LINE: Final = 300
_SUMMARY: Final = 4000
_MOST: Final = 30
"""Entries of a list."""

_EVENTS: Final = MappingProxyType(
    {
        AlertKind.NEW: EventType.NEW,
        AlertKind.OUTLET: EventType.OUTLET,
        AlertKind.STAGE: EventType.STAGE,
        AlertKind.UPDATE: EventType.UPDATE,
        AlertKind.MERGED: EventType.MERGED,
        AlertKind.RETRACTED: EventType.RETRACTED,
    }
)


def render_webhook(content: AlertContent) -> dict[str, Any]:
    """Return the alert as the JSON-safe form of ``schemas.webhook.AlertEvent``.

    Raises:
        ValueError: the content is not of a story, or names a stage that there is not.
    """
    event = _EVENTS.get(content.kind)
    if event is None:
        raise ValueError(f"a webhook is told of stories, not of {content.kind.value!r}")
    told = AlertEvent(
        event=event,
        key=content.key,
        story_id=content.story_id,
        title=_line(content.title),
        summary=trim(clean(content.summary), _SUMMARY),
        url=safe_url(content.url),
        outlet=_line(content.outlet),
        published_at=content.published_at,
        agreement=_agreement(content),
        stage=_stage(content.stage),
        previous_stage=_stage(content.previous_stage or ""),
        stage_quote=_line(content.stage_quote),
        changes=_lines(content.changes),
        themes=tuple(
            ThemeOf(id=theme, title=_line(title), quote=_line(quote))
            for theme, title, quote in content.themes[:_MOST]
        ),
        parties=_lines(content.parties),
        minerals=_lines(content.minerals),
        money=_lines(content.money),
        significance=max(0, min(content.significance, 3)),
        reasons=_lines(content.reasons),
        route=content.route,
        route_reason=_line(content.route_reason),
        owner=_line(content.owner),
        outlets=content.outlets,
        sources=tuple(
            SourceOf(outlet=_line(outlet), url=safe_url(url))
            for outlet, url in content.sources[:_MOST]
        ),
        reports=_reports(content),
        standing=content.standing,
        standing_note=_line(content.standing_note),
    )
    return told.model_dump(mode="json")


def _agreement(content: AlertContent) -> AgreementOf | None:
    if content.agreement_name is None and content.agreement_id is None:
        return None
    name = content.agreement_name or content.agreement_id or ""
    return AgreementOf(id=content.agreement_id, name=_line(name))


def _stage(stage: str) -> Stage | None:
    return Stage(stage) if stage_word(stage) else None


def _reports(content: AlertContent) -> tuple[ReportOf, ...]:
    """Of an outlet that joined, the article in the content's own fields where no others are."""
    told = tuple(
        ReportOf(outlet=_line(report.outlet), url=safe_url(report.url), title=_line(report.title))
        for report in content.reports[:_MOST]
    )
    if told or content.kind is not AlertKind.OUTLET:
        return told
    own = ReportOf(
        outlet=_line(content.outlet), url=safe_url(content.url), title=_line(content.title)
    )
    return (own,)


def _lines(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(_line(text) for text in texts)[:_MOST]


def _line(text: str) -> str:
    return trim(clean(text), _LINE)
