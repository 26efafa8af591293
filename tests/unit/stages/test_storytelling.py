"""How a story follows from its articles."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.stages.storytelling import (
    grown,
    leading,
    opened,
    quote_of,
    sentence_around,
    settled,
)
from pipeline.store.assessments import ReadArticle
from schemas.article import Article
from schemas.assessment import Assessment, Evidence, Stage, ThemeLabel

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def _read(
    *,
    article_id: int = 1,
    at: datetime = NOON,
    stage: Stage = Stage.SIGNED,
    tier: int = 2,
    themes: tuple[str, ...] = (),
    parties: tuple[str, ...] = (),
    significance: int = 2,
    title: str = "Ministers sign accord",
    evidence: tuple[Evidence, ...] = (),
    language: str = "en",
) -> ReadArticle:
    article = Article(
        article_id, f"https://a.example/{article_id}", None, title, "", "en", "a", at, at, tier=tier
    )
    reading = Assessment(
        str(article_id),
        "r",
        relevant=True,
        relevance=0.9,
        language=language,
        themes=tuple(ThemeLabel(t, 0.8) for t in themes),
        stage=stage,
        stage_evidence=evidence,
        parties=parties,
        significance=significance,
    )
    return ReadArticle(article, reading)


def test_a_story_gathers_what_its_articles_say_and_keeps_its_title() -> None:
    first = _read(themes=("central_asia",), parties=("KZ",), significance=1)
    second = _read(
        article_id=2,
        at=NOON - timedelta(hours=2),
        themes=("localization", "central_asia"),
        parties=("JP", "KZ"),
        significance=3,
        title="Another title",
    )
    story = grown(opened(first, None), second, "jp-kz")
    assert story.title == "Ministers sign accord"
    assert story.themes == ("central_asia", "localization")
    assert story.parties == ("JP", "KZ")
    assert story.significance == 3
    assert (story.opened_at, story.last_at) == (NOON - timedelta(hours=2), NOON)
    assert story.agreement == "jp-kz"


def test_the_title_follows_the_stage() -> None:
    talks = _read(stage=Stage.NEGOTIATING, title="Firm in talks on tungsten")
    russian = _read(article_id=2, title="Подписали", language="ru", at=NOON + timedelta(hours=1))
    signed = _read(article_id=3, title="Tungsten deal signed", at=NOON + timedelta(hours=2))
    story = opened(talks, None)
    assert settled(story, [talks]).title == "Firm in talks on tungsten"
    alone = settled(story, [talks, russian])
    assert (alone.stage, alone.title) == (Stage.SIGNED, "Подписали")
    both = settled(story, [talks, russian, signed])
    assert (both.stage, both.title) == (Stage.SIGNED, "Tungsten deal signed"), "its own language"
    # It stays, whoever tells the same stage later.
    assert settled(both, [talks, signed, russian]).title == "Tungsten deal signed"


def test_the_title_of_a_report_that_is_gone_stays() -> None:
    story = opened(_read(title="Talks", stage=Stage.NEGOTIATING), None)
    assert settled(story, [_read(article_id=2)]).title == "Talks"
    assert settled(story, [_read(stage=Stage.NONE)]) == story


def test_a_story_keeps_the_agreement_that_it_was_tied_to_first() -> None:
    story = opened(_read(), "jp-kz")
    assert grown(story, _read(article_id=2), "other").agreement == "jp-kz"


def test_the_better_source_leads() -> None:
    lead = leading([_read(stage=Stage.SIGNED, tier=3), _read(stage=Stage.AGREED, tier=1)])
    assert lead is not None
    assert lead.stage is Stage.AGREED
    assert leading([_read(stage=Stage.NONE)]) is None


def test_the_quote_is_the_sentence_with_the_evidence() -> None:
    title = "Talks go on. Ministers signed it today. More follows"
    start = title.index("signed")
    evidence = Evidence("title", start, start + 6, "signed", "p")
    assert quote_of(_read(title=title, evidence=(evidence,))) == "Ministers signed it today."
    assert quote_of(_read(title=title)) == title


@pytest.mark.parametrize(
    ("text", "word", "sentence"),
    [
        ("One.", "One", "One."),
        ("The U.S. signed. Then left.", "Then", "Then left."),
        ("No stop here", "stop", "No stop here"),
        ("Is it? It is! Yes.", "It", "It is!"),
    ],
)
def test_a_sentence_goes_from_stop_to_stop(text: str, word: str, sentence: str) -> None:
    start = text.index(word)
    assert sentence_around(text, start, start + len(word)) == sentence
