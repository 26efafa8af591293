"""An alert by e-mail: a subject that says the news, plain text, and the same as HTML."""

from html import escape
from typing import Any, Final

from pipeline.notify.email_page import SMALL, UNTITLED, alert_payload, anchor, bullets, page
from pipeline.notify.text import clean, safe_url, trim
from pipeline.notify.words import joined, significance_word, stage_word, state_name
from schemas.alert import AlertContent, AlertKind, Standing

_SUBJECT: Final = 150
_LINE: Final = 500
_SUMMARY: Final = 2000
_MOST: Final = 30
"""Sources and themes that are named; the others are counted."""


def render_email_alert(content: AlertContent, *, sender: str) -> dict[str, Any]:
    """Return the payload of the outbox message that carries this alert by e-mail.

    To whom it goes, and in which thread, the outbox's row says (``EmailSender``).

    Args:
        content: what happened.
        sender: from whom it comes.
    """
    return alert_payload(
        subject=subject(content), html=_html(content), text=_text(content), sender=sender
    )


def subject(content: AlertContent) -> str:
    """Return the news in a line: ``Signed: Kyiv and Washington sign the minerals agreement``."""
    title = clean(content.title) or UNTITLED
    lead = trim(_lead(content), _SUBJECT // 2)
    return trim(f"{lead[:1].upper()}{lead[1:]}: {title}" if lead else title, _SUBJECT)


def _lead(content: AlertContent) -> str:
    """What kind of news it is, in a few words."""
    match content.kind:
        case AlertKind.OUTLET:
            outlets = tuple(dict.fromkeys(outlet for outlet, _url, _title in _reports(content)))
            more = f" and {len(outlets) - 2} more" if len(outlets) > 2 else ""  # noqa: PLR2004
            told = ", ".join(outlets[:2]) if more else joined(outlets[:2])
            return f"also reported by {told}{more}"
        case AlertKind.MERGED:
            return "part of another story"
        case AlertKind.RETRACTED:
            return "retracted"
        case AlertKind.STAGE | AlertKind.UPDATE:
            return "; ".join(clean(change) for change in content.changes) or _move(content)
        case _:
            return clean(stage_word(content.stage))


def _move(content: AlertContent) -> str:
    stage = clean(stage_word(content.stage))
    before = clean(stage_word(content.previous_stage or ""))
    return f"{before} → {stage}" if before and stage and before != stage else stage


def _notice(content: AlertContent) -> str:
    """A sentence before all else, where the title alone would mislead."""
    note = trim(clean(content.standing_note), _LINE)
    if content.kind is AlertKind.RETRACTED or content.standing is Standing.RETRACTED:
        return "This story does not stand" + (f": {note}" if note else ".")
    if content.kind is AlertKind.MERGED or content.standing is Standing.MERGED:
        return f"This story is part of another now: {note or 'it goes on there.'}"
    if content.kind is AlertKind.OUTLET:
        return f"{_lead(content)[:1].upper()}{_lead(content)[1:]}."
    if content.kind in {AlertKind.STAGE, AlertKind.UPDATE} and _lead(content):
        return f"What changed: {trim(_lead(content), _LINE)}"
    return ""


def _facts(content: AlertContent) -> list[tuple[str, str]]:
    """Labelled values; what is not known is left out."""
    reasons = "; ".join(clean(reason) for reason in content.reasons)
    weight = f"{significance_word(content.significance)} ({content.significance} of 3)"
    outlets = f"{content.outlets} independent" if content.outlets > 1 else ""
    told = [
        ("Agreement", clean(content.agreement_name or "")),
        ("Stage", _move(content)),
        ("States", joined(tuple(clean(state_name(code)) for code in content.parties))),
        (clean(content.subject), joined(tuple(clean(name) for name in content.minerals))),
        ("Money", joined(tuple(clean(amount) for amount in content.money))),
        ("Significance", f"{weight}: {reasons}" if reasons else weight),
        ("Outlets", outlets),
        ("Published", f"{content.published_at:%-d %B %Y, %H:%M} UTC by {clean(content.outlet)}"),
        ("Looked after by", clean(content.owner)),
    ]
    return [(label, trim(value, _LINE)) for label, value in told if value]


def _reports(content: AlertContent) -> list[tuple[str, str | None, str]]:
    """(outlet, address, title) of what a reply of kind OUTLET tells; else the sources."""
    if content.kind is AlertKind.OUTLET:
        told = [(report.outlet, report.url, report.title) for report in content.reports]
        rows = told or [(content.outlet, content.url, content.title)]
    else:
        sources = content.sources or ((content.outlet, content.url),)
        rows = [(outlet, url, "") for outlet, url in sources]
    return [
        (trim(clean(outlet), 120) or "(no name)", safe_url(url), trim(clean(title), _LINE))
        for outlet, url, title in rows
    ]


def _themes(content: AlertContent) -> list[tuple[str, str]]:
    return [
        (trim(clean(title), 120), trim(clean(quote), _LINE)) for _id, title, quote in content.themes
    ]


def _why(content: AlertContent) -> str:
    return trim(f"Sent by route {content.route}: {clean(content.route_reason)}", _LINE)


def _more(count: int) -> list[str]:
    return [f"and {count - _MOST} more"] if count > _MOST else []


def _text(content: AlertContent) -> str:
    lines = [trim(clean(content.title), _LINE) or UNTITLED, ""]
    lines += [_notice(content), ""] if _notice(content) else []
    if summary := trim(clean(content.summary), _SUMMARY):
        lines += [summary, ""]
    lines += [f"{label}: {value}" for label, value in _facts(content)]
    if quote := trim(clean(content.stage_quote), _LINE):
        lines += ["", f"The step is reported by: “{quote}”"]
    if themes := _themes(content):
        told = [title + (f": “{quote}”" if quote else "") for title, quote in themes[:_MOST]]
        lines += ["", "Themes:", *(f"  - {line}" for line in told + _more(len(themes)))]
    reports = _reports(content)
    told = [
        ": ".join(part for part in (outlet, title, address) if part)
        for outlet, address, title in reports[:_MOST]
    ]
    lines += ["", f"{_heading(content)}:", *(f"  - {line}" for line in told + _more(len(reports)))]
    return "\n".join([*lines, "", _why(content), ""])


def _heading(content: AlertContent) -> str:
    return "Reports" if content.kind is AlertKind.OUTLET else "Sources, the first seen first"


def _html(content: AlertContent) -> str:
    """Every word of a feed goes through ``escape``; addresses are web addresses only."""
    title = escape(trim(clean(content.title), _LINE) or UNTITLED)
    address = safe_url(content.url)
    parts = [f'<h1 style="font-size:20px;margin:0 0 12px">{anchor(address, title)}</h1>']
    if notice := _notice(content):
        parts.append(f"<p><strong>{escape(notice)}</strong></p>")
    if summary := trim(clean(content.summary), _SUMMARY):
        parts.append(f"<p>{escape(summary)}</p>")
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left;vertical-align:top;padding:2px 16px 2px 0;'
        f'font-weight:normal;color:#666">{escape(label)}</th><td style="padding:2px 0">'
        f"{escape(value)}</td></tr>"
        for label, value in _facts(content)
    )
    parts.append(f'<table style="border-collapse:collapse">{rows}</table>')
    if quote := trim(clean(content.stage_quote), _LINE):
        parts.append(f"<p>The step is reported by: “{escape(quote)}”</p>")
    if themes := _themes(content):
        told = [
            f"<strong>{escape(title)}</strong>" + (f": “{escape(quote)}”" if quote else "")
            for title, quote in themes[:_MOST]
        ]
        parts.append(bullets("Themes", told + _more(len(themes))))
    reports = _reports(content)
    told = [
        anchor(url, escape(outlet)) + (f": {escape(title)}" if title else "")
        for outlet, url, title in reports[:_MOST]
    ]
    parts.append(bullets(_heading(content), told + _more(len(reports))))
    parts.append(f'<p style="{SMALL}">{escape(_why(content))}</p>')
    return page(title, parts)
