"""Block Kit blocks of an alert, each within Slack's limits.

Limits are those of Slack's Block Kit reference: header 150 characters, section text 3,000, ten
fields of 2,000, 50 blocks. The blocks of one message together stay under 13,000 characters of
JSON text, beyond which Slack answers ``msg_blocks_too_long`` (observed at 13,172 to 13,297), so
each part here has a budget well under its own limit.
"""

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from pipeline.notify.text import link, mrkdwn, plain, units
from pipeline.notify.words import significance_word, stage_word, state_with_flag
from schemas.alert import AlertContent

HEADER = 150
SUMMARY = 600
FIELD = 500
THEMES = 2000
QUOTE = 240
SOURCES = 1200
REASON = 600

_MARK = {3: "🔴", 2: "🟠", 1: "⚪"}


def header(title: str) -> Block:
    """The headline: what happened, in one line."""
    told = plain(title, HEADER) or "(no title)"
    return HeaderBlock(text=PlainTextObject(text=told, emoji=False))


def section(text: str) -> Block:
    """A paragraph of mrkdwn that is already safe."""
    return SectionBlock(text=_literal(text))


def fields(pairs: list[tuple[str, str]]) -> Block:
    """Up to ten labelled values in two columns; values are already safe mrkdwn."""
    return SectionBlock(fields=[_literal(f"*{label}*\n{value}") for label, value in pairs[:10]])


def context(text: str) -> Block:
    """Small print; ``text`` is already safe mrkdwn."""
    return ContextBlock(elements=[_literal(text)])


def facts(content: AlertContent) -> list[tuple[str, str]]:
    """The labelled values of an alert; what is not known is left out."""
    told: list[tuple[str, str]] = []
    if content.agreement_name:
        told.append(("Agreement", mrkdwn(content.agreement_name, FIELD)))
    if stage_word(content.stage):
        told.append(("Stage", stage_move(content)))
    if content.parties:
        told.append(("States", _list([state_with_flag(code) for code in content.parties])))
    if content.minerals:
        told.append((mrkdwn(content.subject, FIELD), _list(list(content.minerals))))
    if content.money:
        told.append(("Money", _list(list(content.money))))
    told.append(("Significance", significance(content)))
    return told


def stage_move(content: AlertContent) -> str:
    """``negotiating → *signed*``, or ``*signed*`` where nothing is known of before."""
    now = f"*{mrkdwn(content.stage, 40)}*"
    before = stage_word(content.previous_stage or "")
    if not before or before == content.stage:
        return now
    return f"{mrkdwn(before, 40)} → {now}"


def significance(content: AlertContent) -> str:
    """The mark and the word for the significance, with the reasons for it."""
    mark = _MARK.get(content.significance, "⚪")
    told = f"{mark} {significance_word(content.significance)}"
    reasons = "; ".join(content.reasons)
    return f"{told}: {mrkdwn(reasons, FIELD - 60)}" if reasons else told


def themes(content: AlertContent) -> str:
    """A line for each theme with the words it was read from; whole lines only."""
    lines: list[str] = []
    room = THEMES
    for _id, title, quote in content.themes:
        line = f"• *{mrkdwn(title, 80)}*"
        if told := mrkdwn(quote, QUOTE):
            line += f": “{told}”"
        room -= units(line) + 1
        if room < 0:
            lines.append(f"• and {len(content.themes) - len(lines)} more")
            break
        lines.append(line)
    return "\n".join(lines)


def sources(content: AlertContent) -> str:
    """Who reported it, the first seen first, as links; whole entries only."""
    named = content.sources or ((content.outlet, content.url),)
    told = "First seen at " + link(named[0][1], named[0][0], SOURCES // 2)
    room = SOURCES - units(told)
    for index, (outlet, url) in enumerate(named[1:], start=1):
        entry = link(url, outlet, SOURCES // 2)
        joint = "; also " if index == 1 else ", "
        room -= units(entry) + len(joint)
        if room < len(", and 99 more"):
            return f"{told}{joint}{len(named) - index} more"
        told += joint + entry
    return told


def why(content: AlertContent) -> str:
    """The route that sent it and why."""
    return f"Sent by route *{mrkdwn(content.route, 80)}*: {mrkdwn(content.route_reason, REASON)}"


def when(content: AlertContent) -> str:
    """The time of publication, in the reader's own time zone where Slack can show it."""
    at = content.published_at
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%-d %b %Y, %H:%M} UTC>"


def _list(words: list[str]) -> str:
    """``a, b and 3 more`` within a field."""
    told = ""
    for index, word in enumerate(words):
        entry = mrkdwn(word, 120)
        joined = f"{told}, {entry}" if told else entry
        if units(joined) > FIELD - 20:
            return f"{told} and {len(words) - index} more"
        told = joined
    return told


def _literal(text: str) -> MarkdownTextObject:
    """``verbatim``: Slack makes no links or mentions of its own out of the text."""
    return MarkdownTextObject(text=text, verbatim=True)
