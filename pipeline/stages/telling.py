"""All that a renderer needs to tell of a story, gathered from its rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from pipeline.cluster.independence import independent_outlets
from pipeline.notify.text import clean
from pipeline.stages.context import Context
from pipeline.stages.storytelling import leading
from pipeline.store import agreements, stories
from pipeline.store.assessments import ReadArticle
from schemas.alert import Alert, AlertContent, AlertKind, Report, Standing
from schemas.assessment import Stage
from schemas.routes import RouteConfig
from schemas.routing import Happening
from schemas.story import Story


@dataclass(frozen=True, slots=True)
class Teller:
    """Makes the contents of messages, within the caller's transaction."""

    context: Context
    session: Session
    _reads: dict[int, list[ReadArticle]] = field(default_factory=dict)

    def reads(self, story_id: int) -> list[ReadArticle]:
        """The story's articles with their newest readings, the first published first.

        Those that are read as irrelevant by now are left out, where others are left.
        """
        if story_id not in self._reads:
            found = stories.read_articles([story_id], session=self.session)[story_id]
            self._reads[story_id] = [one for one in found if one.assessment.relevant] or found
        return self._reads[story_id]

    def story(self, story_id: int) -> Story:
        """The story as it stands; it is there, since an alert's row depends on it."""
        return stories.require_story(story_id, session=self.session)

    def previous_stage(self, story: Story, reads: Sequence[ReadArticle]) -> Stage | None:
        """Where its agreement stood before this story moved it; else the story's own first stage.

        None where nothing moved.
        """
        if story.agreement is not None:
            before = agreements.stage_before(
                story.agreement, story_id=story.id, stage=story.stage, session=self.session
            )
            if before is not None:
                return before
        told = [read.assessment.stage for read in reads if read.assessment.stage is not Stage.NONE]
        return told[0] if told and told[0] is not story.stage else None

    def happening(
        self, story: Story, read: ReadArticle, reads: Sequence[ReadArticle] | None = None
    ) -> Happening:
        """The story with its newest report, as rules are asked about it.

        ``reads`` are its reports so far; None: all that there are.
        """
        reads = self.reads(story.id) if reads is None else reads
        return Happening(
            story,
            read.article,
            previous_stage=self.previous_stage(story, reads),
            outlets=independent(reads),
            tier=min(one.article.tier for one in reads),
        )

    def content(
        self,
        alert: Alert,
        *,
        key: str,
        changes: tuple[str, ...] = (),
    ) -> AlertContent:
        """What the message with ``key`` says of the alert's story."""
        story = self.story(alert.story_id)
        reads = self.reads(story.merged_into or story.id)
        standing, note = self._standing(story)
        read = next((one for one in reads if one.article.id == alert.article_id), reads[0])
        first = alert.kind in _OF_THE_STORY
        before = self.previous_stage(story, reads)
        known = agreements.get_agreement(story.agreement or "", session=self.session)
        lead = leading(reads)
        rule = self.rule(alert.route)
        told = _of_the_report(alert, key, read, title=story.title if first else read.article.title)
        return replace(
            told,
            agreement_name=known.name if known else None,
            agreement_id=story.agreement,
            stage=story.stage.value,
            previous_stage=before.value if before else None,
            themes=_themes(story, reads, self.context),
            parties=story.parties,
            minerals=story.minerals,
            money=_money(reads),
            significance=story.significance,
            reasons=_reasons(story, read, reads),
            sources=_sources(reads),
            stage_quote=lead.quote if lead else "",
            subject=self.context.catalog.rules.lexicon.minerals.title,
            outlets=independent(reads),
            changes=changes,
            standing=standing,
            standing_note=note,
            owner=rule.owner if rule else "",
            mention=_mention(rule, story),
            link_buttons=self.context.catalog.routing.link_buttons,
        )

    def _standing(self, story: Story) -> tuple[Standing, str]:
        if story.merged_into is not None:
            return Standing.MERGED, self.story(story.merged_into).title
        if story.retracted_reason is not None:
            return Standing.RETRACTED, story.retracted_reason
        return Standing.STANDS, ""

    def rule(self, name: str) -> RouteConfig | None:
        """The route of that name, or None where it is in the file no more."""
        return next((rule for rule in self.context.catalog.routes if rule.name == name), None)


_OF_THE_STORY = frozenset({AlertKind.NEW, AlertKind.UPDATE, AlertKind.MERGED, AlertKind.RETRACTED})
"""Messages that speak of the story as a whole; others speak of one report."""


def independent(reads: Sequence[ReadArticle]) -> int:
    """How many outlets tell it in words of their own."""
    return independent_outlets(
        (read.article.outlet, stories.cluster_document(read)) for read in reads
    )


def _of_the_report(alert: Alert, key: str, read: ReadArticle, *, title: str) -> AlertContent:
    """What the report alone says; the rest is the story's."""
    article = read.article
    return AlertContent(
        story_id=alert.story_id,
        key=key,
        kind=alert.kind,
        title=title,
        summary=article.summary,
        url=article.url,
        outlet=article.outlet,
        published_at=article.published_at,
        agreement_name=None,
        stage=read.assessment.stage.value,
        previous_stage=None,
        themes=(),
        parties=(),
        minerals=(),
        money=(),
        significance=read.assessment.significance,
        reasons=(),
        route=alert.route,
        route_reason=alert.reason,
        reports=(report_of(read),) if alert.kind is AlertKind.OUTLET else (),
    )


def report_of(read: ReadArticle) -> Report:
    """The article as a source."""
    return Report(read.article.outlet, read.article.url, read.article.title)


def _mention(rule: RouteConfig | None, story: Story) -> str | None:
    mention = rule.mention if rule else None
    return mention.group if mention and story.significance >= mention.min_significance else None


def _sources(reads: Sequence[ReadArticle]) -> tuple[tuple[str, str | None], ...]:
    """(outlet, address) once an outlet, the first seen first."""
    first: dict[str, str | None] = {}
    for read in reads:
        first.setdefault(read.article.outlet, read.article.url)
    return tuple(first.items())


def _money(reads: Sequence[ReadArticle]) -> tuple[str, ...]:
    """Sums as the reports word them, each once."""
    told = (clean(money.evidence.text) for read in reads for money in read.assessment.money)
    return tuple(dict.fromkeys(told))


def _reasons(story: Story, read: ReadArticle, reads: Sequence[ReadArticle]) -> tuple[str, ...]:
    """Why the story is as significant as it is: of the report that makes it so."""
    if read.assessment.significance == story.significance:
        return read.assessment.reasons
    best = max(reads, key=lambda one: one.assessment.significance)
    return best.assessment.reasons


def _themes(
    story: Story, reads: Sequence[ReadArticle], context: Context
) -> tuple[tuple[str, str, str], ...]:
    """(id, title, quoted evidence), the first article that shows a theme giving the quote."""
    titles = context.catalog.theme_titles
    quotes: dict[str, str] = {}
    for read in reads:
        for theme in read.assessment.themes:
            if theme.evidence:
                quotes.setdefault(theme.id, theme.evidence[0].text)
    return tuple((t, titles.get(t, t), quotes.get(t, "")) for t in story.themes)
