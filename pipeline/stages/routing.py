"""Which alerts a story's change makes, and the messages that carry them."""

from dataclasses import replace

from sqlalchemy.orm import Session

from pipeline.notify.render import render_payload
from pipeline.notify.route import route
from pipeline.stages.context import Context
from pipeline.stages.storytelling import leading
from pipeline.store import outbox, stories
from pipeline.store.assessments import ReadArticle
from schemas.alert import Alert, AlertContent, AlertKind, Destination
from schemas.story import Story


def alert(
    before: Story | None, story: Story, read: ReadArticle, context: Context, session: Session
) -> int:
    """Store the alerts that this article causes and their messages; returns how many messages.

    A place that has not had this story yet gets it as new. In places that have, another outlet
    and a move of the stage are replies in its thread.
    """
    messages = 0
    told = outbox.told_destinations(story.id, session=session)
    for kind in _kinds(before, story, read):
        for made in _routed(kind, story, read, told, context):
            alert_id = outbox.add_alert(made, now=context.now, session=session)
            if alert_id is None:
                continue
            content = _content(made, before, story, read, context, session)
            for destination in made.destinations:
                message = _message(made, destination, content)
                messages += outbox.add_message(
                    message, now=context.now, alert_id=alert_id, session=session
                )
    return messages


def _kinds(before: Story | None, story: Story, read: ReadArticle) -> list[AlertKind]:
    """What there may be to tell: a move of the stage says more than one outlet more."""
    if before is None:
        return [AlertKind.NEW]
    if story.stage is not before.stage:
        return [AlertKind.NEW, AlertKind.STAGE]
    if read.article.outlet not in before.outlets:
        return [AlertKind.NEW, AlertKind.OUTLET]
    return [AlertKind.NEW]


def _routed(
    kind: AlertKind,
    story: Story,
    read: ReadArticle,
    told: frozenset[Destination],
    context: Context,
) -> tuple[Alert, ...]:
    return route(
        story,
        read.article,
        kind=kind,
        routes=context.catalog.routes,
        now=context.now,
        slack=context.settings.slack_token is not None,
        default_address=context.settings.slack_channel,
        alerted=told,
    )


def _message(made: Alert, destination: Destination, content: AlertContent) -> outbox.NewMessage:
    """The message for one place; its key is unique there, whichever route sends it."""
    place = f"{destination.channel.value}:{destination.address}"
    root = f"story:{made.story_id}:new:{place}"
    if made.kind is AlertKind.NEW:
        key, thread = root, None
    else:
        detail = made.article_id if made.kind is AlertKind.OUTLET else content.stage
        key, thread = f"story:{made.story_id}:{made.kind.value}:{detail}:{place}", root
    return outbox.NewMessage(
        key=key,
        channel=destination.channel,
        address=destination.address,
        payload=render_payload(replace(content, key=key), destination.channel),
        thread_key=thread,
    )


def _content(
    made: Alert,
    before: Story | None,
    story: Story,
    read: ReadArticle,
    context: Context,
    session: Session,
) -> AlertContent:
    """All that a renderer needs; the evidence of every theme comes from the story's articles."""
    reads = stories.read_articles([story.id], session=session)[story.id]
    told = next((a for a in context.catalog.agreements if a.id == story.agreement), None)
    lead = leading(reads)
    return AlertContent(
        story_id=story.id,
        key=made.key,
        kind=made.kind,
        title=read.article.title if made.kind is not AlertKind.NEW else story.title,
        summary=read.article.summary,
        url=read.article.url,
        outlet=read.article.outlet,
        published_at=read.article.published_at,
        agreement_name=told.name if told else None,
        stage=story.stage.value,
        previous_stage=before.stage.value if before else None,
        themes=_themes(story, reads, context),
        parties=story.parties,
        minerals=story.minerals,
        money=tuple(money.evidence.text for money in read.assessment.money),
        significance=story.significance,
        reasons=read.assessment.reasons,
        route=made.route,
        route_reason=made.reason,
        sources=tuple(
            {r.article.outlet: (r.article.outlet, r.article.url) for r in reversed(reads)}.values()
        )[::-1],
        stage_quote=lead.quote if lead else "",
        subject=context.catalog.rules.lexicon.minerals.title,
    )


def _themes(
    story: Story, reads: list[ReadArticle], context: Context
) -> tuple[tuple[str, str, str], ...]:
    """(id, title, quoted evidence), the first article that shows a theme giving the quote."""
    titles = context.catalog.theme_titles
    quotes: dict[str, str] = {}
    for read in reads:
        for theme in read.assessment.themes:
            if theme.evidence:
                quotes.setdefault(theme.id, theme.evidence[0].text)
    return tuple((t, titles.get(t, t), quotes.get(t, "")) for t in story.themes)
