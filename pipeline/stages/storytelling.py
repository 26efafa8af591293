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
        title=article.title or article.summary[:200],
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
    """The story with one article more: it keeps its title and gathers all else."""
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
    """The story made anew of the articles that are left; its title and its agreement stay."""
    first, *others = reads
    made = opened(first, story.agreement)
    for read in others:
        made = grown(made, read, story.agreement)
    lead = leading(reads)
    return replace(
        made,
        id=story.id,
        title=story.title,
        stage=lead.stage if lead else made.stage,
        outlets=tuple(dict.fromkeys(read.article.outlet for read in reads)),
        articles=len(reads),
    )


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
