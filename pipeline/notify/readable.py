"""An alert as a readable text file, for the preview channel."""

from typing import Final

from pipeline.notify.blocks import source_name
from pipeline.notify.kinds import BEFORE, reports
from pipeline.notify.text import clean, head, safe_url, trim
from pipeline.notify.words import counted, joined, significance_word, stage_word, state_name
from schemas.alert import AlertContent, AlertKind, Standing

LONG: Final = 4000
LINE: Final = 1000


def render_preview(content: AlertContent) -> str:
    """Return the alert as a readable text; every line of it is clean."""
    told = [*_opening(content), *_body(content)]
    told += ["", f"Sent by route {line(content.route)}: {line(content.route_reason)}"]
    if owner := line(content.owner):
        told.append(f"Looked after by {owner}")
    return "\n".join([*told, f"Key: {line(content.key)}", ""])


def line(text: str, limit: int = LINE) -> str:
    """Feed text as part of a line."""
    return trim(clean(head(text)), limit)


def stage_moved(content: AlertContent) -> str:
    """``negotiating → signed``, ``signed``, or nothing."""
    stage, before = line(stage_word(content.stage)), line(stage_word(content.previous_stage or ""))
    return f"{before} → {stage}" if stage and before not in {"", stage} else stage


def _opening(content: AlertContent) -> list[str]:
    """The title, and what this kind of alert has to tell."""
    title = line(content.title) or "(no title)"
    changes = "; ".join(change for item in content.changes if (change := line(item)))
    match content.kind:
        case AlertKind.OUTLET:
            told = reports(content)
            names = tuple(dict.fromkeys(line(source_name(r.outlet, r.url)) for r in told))
            return [title, "", f"Also reported by {joined(names)}.", ""]
        case AlertKind.STAGE:
            return [title, "", *([f"Changed: {changes}", ""] if changes else [])]
        case AlertKind.MERGED | AlertKind.RETRACTED:
            return [title, "", _standing(content), ""]
        case _:
            lines = [f"{BEFORE[content.standing]}{title}", ""]
            if content.standing is not Standing.STANDS:
                return [*lines, _standing(content), ""]
            if content.mention:
                lines += [f"Calls the Slack group {line(content.mention)}.", ""]
            return [*lines, *([f"Updated: {changes}", ""] if changes else [])]


def _standing(content: AlertContent) -> str:
    note = line(content.standing_note)
    if content.standing is Standing.RETRACTED or content.kind is AlertKind.RETRACTED:
        return f"Retracted: {note}" if note else "Retracted. Do not rely on it."
    return f"Part of another story: {note}" if note else "Part of another story."


def _body(content: AlertContent) -> list[str]:
    if content.reports:
        lines = ["Reports:"]
        for report in content.reports:
            told = (
                f"{line(report.title) or '(no title)'} ({source_name(report.outlet, report.url)})"
            )
            lines.append(_entry(told, report.url))
        return lines
    lines = [summary, ""] if (summary := line(content.summary, LONG)) else []
    lines += [f"{label + ':':<14}{value}" for label, value in _facts(content)]
    if quote := line(content.stage_quote):
        lines += ["", f"The step is reported by: “{quote}”"]
    if content.themes:
        lines += ["", "Themes:"]
        lines += [
            f"  - {line(title)}" + (f": “{told}”" if (told := line(quote)) else "")
            for _id, title, quote in content.themes
        ]
    independent = (
        f"; {counted(content.outlets, 'independent outlet')}" if content.outlets > 1 else ""
    )
    lines += ["", f"Sources, the first seen first{independent}:"]
    named = content.sources or ((content.outlet, content.url),)
    return lines + [_entry(line(source_name(outlet, url)), url) for outlet, url in named]


def _entry(told: str, url: str | None) -> str:
    address = safe_url(url)
    return f"  - {told}" + (f": {address}" if address else "")


def _facts(content: AlertContent) -> list[tuple[str, str]]:
    outlet = line(source_name(content.outlet, content.url))
    told = [
        ("Agreement", line(content.agreement_name or "")),
        ("Stage", stage_moved(content)),
        ("States", joined(tuple(line(state_name(code)) for code in content.parties))),
        (line(content.subject), joined(tuple(line(name) for name in content.minerals))),
        ("Money", joined(tuple(line(sum_) for sum_ in content.money))),
        ("Significance", _significance(content)),
        ("Published", f"{content.published_at:%-d %B %Y, %H:%M} UTC by {outlet}"),
    ]
    return [(label, value) for label, value in told if value]


def _significance(content: AlertContent) -> str:
    told = f"{significance_word(content.significance)} ({content.significance} of 3)"
    reasons = "; ".join(reason for item in content.reasons if (reason := line(item)))
    return f"{told}: {reasons}" if reasons else told
