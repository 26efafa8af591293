"""How a story follows from its articles; pure."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.ledger.story_stage import StageReport, leading_report
from pipeline.store.assessments import ReadArticle
from schemas.assessment import Evidence
from schemas.story import Story


def opened(read: ReadArticle, agreement: str | None) -> Story:
    """A new story from its first article (id 0: not stored yet)."""
    article, reading = read.article, read.assessment
    return Story(
        id=0,
        title=_headline(read),
        opened_at=article.published_at,
        last_at=article.published_at,
        agreement=agreement,
        stage=reading.stage,
        significance=reading.significance,
        themes=tuple(theme.id for theme in reading.themes),
        parties=reading.parties,
        minerals=reading.minerals,
    )


def grown(story: Story, read: ReadArticle, agreement: str | None) -> Story:
    """The story with one article more; stage and title are `settled` over all of them."""
    article, reading = read.article, read.assessment
    themes = (theme.id for theme in reading.themes)
    return replace(
        story,
        opened_at=min(story.opened_at, article.published_at),
        last_at=max(story.last_at, article.published_at),
        agreement=story.agreement or agreement,
        significance=max(story.significance, reading.significance),
        themes=tuple(dict.fromkeys((*story.themes, *themes))),
        parties=tuple(sorted({*story.parties, *reading.parties})),
        minerals=tuple(sorted({*story.minerals, *reading.minerals})),
        retracted_reason=None,  # a report that counts makes it stand again
    )


def regrown(story: Story, reads: Sequence[ReadArticle]) -> Story:
    """The story made anew of the articles that are left; its agreement stays."""
    first, *others = reads
    made = opened(first, story.agreement)
    for read in others:
        made = grown(made, read, story.agreement)
    whole = replace(
        made,
        id=story.id,
        title=story.title,
        outlets=tuple(dict.fromkeys(read.article.outlet for read in reads)),
        articles=len(reads),
    )
    return settled(whole, reads)


def settled(story: Story, reads: Sequence[ReadArticle]) -> Story:
    """The story with the stage that its reports lead to, and a title that tells that stage.

    It keeps its title while the report that bears it tells the stage: under "Signed", a headline of
    talks would be read as a mistake. Else it takes the headline of the leading report, or of the
    first one of that stage in the old headline's language.
    """
    lead = leading(reads)
    if lead is None:
        return story
    moved = replace(story, stage=lead.stage)
    bearing = next((read for read in reads if _headline(read) == story.title), None)
    if bearing is None or bearing.assessment.stage is lead.stage:
        return moved
    told = [read for read in reads if read.assessment.stage is lead.stage]
    told.sort(key=lambda read: read.article.url != lead.article_url)  # the leading one first
    language = bearing.assessment.language
    alike = [read for read in told if read.assessment.language == language]
    return replace(moved, title=_headline((alike or told)[0]))


def _headline(read: ReadArticle) -> str:
    return read.article.title or read.article.summary[:200]


def leading(reads: Sequence[ReadArticle]) -> StageReport | None:
    """The report that the story's stage rests on, or None where no article reports a stage."""
    return leading_report(
        StageReport(
            stage=read.assessment.stage,
            at=read.article.published_at,
            tier=read.article.tier,
            quote=quote_of(read),
            article_url=read.article.url,
        )
        for read in reads
    )


def quote_of(read: ReadArticle) -> str:
    """The sentence that reports the stage, or the title."""
    for evidence in read.assessment.stage_evidence:
        return quoted(read, evidence)
    return read.article.title


def quoted(read: ReadArticle, evidence: Evidence) -> str:
    """The sentence of the article in which a piece of evidence stands."""
    text: str = getattr(read.article, evidence.field)
    return sentence_around(text, evidence.start, evidence.end) or evidence.text


def sentence_around(text: str, start: int, end: int) -> str:
    """The sentence around ``text[start:end]``: from full stop to full stop, within its line."""
    stops = [
        at + 1
        for at, mark in enumerate(text[:-1])
        if mark == "\n" or (mark in ".!?" and text[at + 1].isspace())
    ]
    begin = max((stop for stop in stops if stop <= start), default=0)
    finish = min((stop for stop in stops if stop >= end), default=len(text))
    return text[begin:finish].strip()
