"""From what happened to what is shown: Slack messages and readable text files."""

from typing import Any

from slack_sdk.models.blocks import Block

from pipeline.notify import blocks
from pipeline.notify.text import clean, link, mrkdwn, safe_url, trim
from pipeline.notify.words import joined, significance_word, stage_word, state_name
from schemas.alert import AlertContent, AlertKind, Channel

EVENT_TYPE = "mineralwatch_alert"
"""The type of the metadata by which a message is found again in a channel's history."""
FALLBACK = 4000
MAX_BLOCKS = 50


def render_slack(content: AlertContent) -> dict[str, Any]:
    """Return the arguments of chat.postMessage for an alert, but for channel and thread.

    ``text`` is what notifications and screen readers say; ``metadata`` carries the alert's key.
    """
    built = _BUILD[content.kind](content)
    for block in built:
        block.validate_json()
    return {
        "text": fallback(content),
        "blocks": [block.to_dict() for block in built],
        "metadata": {
            "event_type": EVENT_TYPE,
            "event_payload": {
                "key": content.key,
                "kind": content.kind.value,
                "story_id": content.story_id,
                "route": content.route,
            },
        },
        "unfurl_links": False,
        "unfurl_media": False,
    }


def render_preview(content: AlertContent) -> str:
    """Return the alert as a readable text file."""
    lines = [clean(content.title) or "(no title)", ""]
    if content.kind is AlertKind.OUTLET:
        lines += [f"Also reported by {clean(content.outlet)}.", ""]
    if content.summary:
        lines += [clean(content.summary), ""]
    lines += [f"{label + ':':<14}{value}" for label, value in _plain_facts(content)]
    if content.stage_quote:
        lines += ["", f"The step is reported by: “{clean(content.stage_quote)}”"]
    if content.themes:
        lines += ["", "Themes:"]
        lines += [
            f"  - {clean(title)}" + (f": “{clean(quote)}”" if quote else "")
            for _id, title, quote in content.themes
        ]
    lines += ["", "Sources, the first seen first:"]
    for outlet, url in content.sources or ((content.outlet, content.url),):
        address = safe_url(url)
        lines.append(f"  - {clean(outlet)}" + (f": {address}" if address else ""))
    lines += ["", f"Sent by route {content.route}: {clean(content.route_reason)}"]
    lines += [f"Key: {content.key}", ""]
    return "\n".join(lines)


def render_payload(content: AlertContent, channel: Channel) -> dict[str, Any]:
    """Return the payload of the outbox message that carries this alert by ``channel``."""
    if channel is Channel.SLACK:
        return render_slack(content)
    return {"title": clean(content.title), "text": render_preview(content)}


def fallback(content: AlertContent) -> str:
    """Return the message in one paragraph of escaped text, for notifications."""
    title = mrkdwn(content.title, 400) or "(no title)"
    outlet = mrkdwn(content.outlet, 100)
    if content.kind is AlertKind.OUTLET:
        return f"Also reported by {outlet}: {title}"
    stage = stage_word(content.stage)
    if content.kind is AlertKind.STAGE:
        return f"Stage {blocks.stage_move(content).replace('*', '')}: {title} ({outlet})"
    lead = f"{mrkdwn(stage.capitalize(), 40)}: " if stage else ""
    summary = mrkdwn(content.summary, 1000)
    return trim(f"{lead}{title} ({outlet})" + (f". {summary}" if summary else ""), FALLBACK)


def _new(content: AlertContent) -> list[Block]:
    built: list[Block] = [blocks.header(content.title)]
    if summary := mrkdwn(content.summary, blocks.SUMMARY):
        built.append(blocks.section(summary))
    built.append(blocks.fields(blocks.facts(content)))
    if told := blocks.themes(content):
        built.append(blocks.section(f"*Themes*\n{told}"))
    built.append(blocks.context(f"{blocks.sources(content)} · {blocks.when(content)}"))
    built.append(blocks.context(blocks.why(content)))
    return built


def _outlet(content: AlertContent) -> list[Block]:
    told = f"Also reported by {link(content.url, content.outlet, 1000)}"
    if title := mrkdwn(content.title, 300):
        told += f": “{title}”"
    return [blocks.section(told), blocks.context(blocks.when(content))]


def _stage(content: AlertContent) -> list[Block]:
    told = f"*Stage:* {blocks.stage_move(content)}"
    if content.agreement_name:
        told += f" · {mrkdwn(content.agreement_name, 200)}"
    if quote := mrkdwn(content.stage_quote or content.title, 300):
        told += f"\n“{quote}”"
    return [
        blocks.section(told),
        blocks.context(f"{link(content.url, content.outlet, 1000)} · {blocks.when(content)}"),
        blocks.context(blocks.why(content)),
    ]


_BUILD = {AlertKind.NEW: _new, AlertKind.OUTLET: _outlet, AlertKind.STAGE: _stage}


def _plain_facts(content: AlertContent) -> list[tuple[str, str]]:
    stage = clean(stage_word(content.stage))
    before = clean(stage_word(content.previous_stage or ""))
    told = [
        ("Agreement", clean(content.agreement_name or "")),
        ("Stage", f"{before} → {stage}" if before and before != stage and stage else stage),
        ("States", joined(tuple(clean(state_name(code)) for code in content.parties))),
        (clean(content.subject), joined(tuple(clean(name) for name in content.minerals))),
        ("Money", joined(tuple(clean(sum_) for sum_ in content.money))),
        ("Significance", _plain_significance(content)),
        ("Published", f"{content.published_at:%-d %B %Y, %H:%M} UTC by {clean(content.outlet)}"),
    ]
    return [(label, value) for label, value in told if value]


def _plain_significance(content: AlertContent) -> str:
    told = f"{significance_word(content.significance)} ({content.significance} of 3)"
    reasons = "; ".join(clean(reason) for reason in content.reasons)
    return f"{told}: {reasons}" if reasons else told
