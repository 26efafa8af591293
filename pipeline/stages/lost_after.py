"""Where an article that was seen stopped, or where and when it was sent."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from pipeline.stages.context import Context
from pipeline.stages.route_account import account
from pipeline.store import assessments, messages, stories
from pipeline.store.messages import StoryMessage
from schemas.alert import AlertKind, OutboxState
from schemas.article import Article
from schemas.assessment import Assessment, Document
from schemas.coverage import Asked, Fate, Traced
from schemas.routing import RouteAccount
from schemas.story import Story

if TYPE_CHECKING:
    from pipeline.assess.assessor import Assessor

_AGAINST = 3
"""What spoke against relevance, as many as are named."""


class After:
    """Traces stored articles, within the caller's transaction."""

    def __init__(
        self, context: Context, session: Session, assessor: "Callable[[], Assessor]"
    ) -> None:
        self._context = context
        self._session = session
        self._assessor = assessor
        self._accounts: dict[int, str] = {}

    def trace(self, asked: Asked, article: Article) -> Traced:
        """Follow the article from its reading to its messages."""
        readings = assessments.newest_readings([article.id], session=self._session)
        reading = readings.get(article.id)
        if reading is None:
            return Traced(
                asked, Fate.UNREAD, f"seen {article.seen_at:%d %b %Y %H:%M} UTC, not read yet"
            )
        story_id = stories.story_of_article(article.id, session=self._session)
        story = stories.get_story(story_id, session=self._session) if story_id else None
        sent = story is not None and self._sent(story)
        if not reading.relevant and not sent:
            fate = Fate.GATED_CHEAP if reading.gated else Fate.GATED_FULL
            return Traced(asked, fate, self._against(article, reading), story_id=story_id)
        if story is None:
            return Traced(asked, Fate.UNLINKED, "relevant, and waits to be worked into a story")
        fate, why = self._told(story)
        return Traced(asked, fate, f"story {story.id}: {why}", story_id=story.id)

    def _sent(self, story: Story) -> bool:
        return any(line.sent_at for line in self._lines(story))

    def _lines(self, story: Story) -> list[StoryMessage]:
        """The messages that told it as new."""
        found = messages.story_messages(story.id, session=self._session)
        return [line for line in found if line.kind == AlertKind.NEW.value]

    def _told(self, story: Story) -> tuple[Fate, str]:
        lines = self._lines(story)
        sent = [line for line in lines if line.sent_at is not None]
        if sent:
            told = (f"{_place(line)} {line.sent_at:%d %b %Y %H:%M} UTC" for line in sent)
            return Fate.SENT, "sent to " + ", ".join(dict.fromkeys(told))
        refused = (OutboxState.PARKED.value, OutboxState.DISCARDED.value)
        parked = [line for line in lines if line.state in refused]
        waiting = [line for line in lines if line not in parked]
        if waiting:
            told = (
                f"{_place(one)} until {one.next_attempt_at:%d %b %Y %H:%M} UTC" for one in waiting
            )
            return Fate.WAITING, "waits for " + ", ".join(dict.fromkeys(told))
        if parked:
            return Fate.PARKED, "; ".join(f"{_place(one)}: {one.last_error}" for one in parked)
        if story.retracted_reason is not None:
            return Fate.NOT_ROUTED, f"retracted before it was sent: {story.retracted_reason}"
        return Fate.NOT_ROUTED, self._not_routed(story)

    def _not_routed(self, story: Story) -> str:
        if story.id not in self._accounts:
            rules = account(self._context, story, self._session)
            told = "; ".join(f"{rule.route}: {_refusal(rule)}" for rule in rules)
            self._accounts[story.id] = told or "routes.yaml has no rule"
        return self._accounts[story.id]

    def _against(self, article: Article, stored: Assessment) -> str:
        """The score, and what spoke against relevance, by the rules in force."""
        assessor = self._assessor()
        document = Document(
            str(article.id), article.title, article.summary, article.language, article.text
        )
        explanation = assessor.explain(document)
        other = "" if stored.ruleset == assessor.ruleset else "; it was read under other rules"
        if explanation.assessment.relevant:
            return f"score {stored.relevance:.2f}; under the rules in force it is relevant{other}"
        if stored.gated or explanation.assessment.gated:
            return f"{explanation.gate.reason}{other}"
        label = explanation.labels[0]
        speaking = sorted(
            (told for told in label.contributions if told.weight < 0), key=lambda told: told.weight
        )[:_AGAINST]
        against = ", ".join(f"{told.feature} ({told.weight:+.2f})" for told in speaking)
        told = f"score {stored.relevance:.2f}, {label.threshold:.2f} needed"
        return f"{told}; against: {against or 'nothing, there is too little for it'}{other}"


def _place(line: StoryMessage) -> str:
    return f"{line.channel}:{line.address}"


def _refusal(rule: RouteAccount) -> str:
    """Why the rule sent nothing: what the last report that it was asked about lacked."""
    if rule.considered and not any(one.verdict.taken for one in rule.considered):
        unmet = rule.considered[-1].verdict.unmet
        return ", ".join(f"{one.what} {one.given or 'none'}, asked {one.asked}" for one in unmet)
    return rule.note
