"""Ready-made shapes for the tests of notify: each takes what the test is about, by keyword."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from schemas.alert import AlertContent, AlertKind, Channel, OutboxMessage, Report
from schemas.article import Article
from schemas.assessment import Stage
from schemas.digest import Digest, DigestStory, RenderedDigest, StageMove, WatchState
from schemas.feed import FeedHealth
from schemas.story import Story

NOW = datetime(2025, 5, 1, 12, 0, tzinfo=UTC)
THEMES = {
    "supply_chains": "Supply chains",
    "investment_infrastructure": "Investment and infrastructure",
    "central_asia": "Central Asia",
}

_CONTENT = AlertContent(
    story_id=12,
    key="major:new:12",
    kind=AlertKind.NEW,
    title="Kyiv and Washington sign the minerals agreement",
    summary="The two sides signed in Washington. A joint fund will be set up.",
    url="https://example.org/signed",
    outlet="example.org",
    published_at=NOW,
    agreement_name="UA–US Reconstruction Investment Fund",
    stage="signed",
    previous_stage="negotiating",
    themes=(("investment_infrastructure", "Investment and infrastructure", "a joint fund"),),
    parties=("UA", "US"),
    minerals=("lithium", "titanium"),
    money=("USD 150 million",),
    significance=3,
    reasons=("signed between states",),
    route="major",
    route_reason="significance 3 (asks for 3 or more)",
    sources=(("example.org", "https://example.org/signed"),),
)

REPORTS = tuple(
    Report(f"Outlet {name}", f"https://{name.lower()}.example/story", f"Accord, says {name}")
    for name in "ABC"
)
"""Three articles that one reply tells of."""


def content(**given: Any) -> AlertContent:
    """A signing, told in full."""
    return replace(_CONTENT, **given)


def story(**given: Any) -> Story:
    """A signed agreement between Kazakhstan and the United States on uranium."""
    base = Story(
        id=12,
        title="Kazakhstan and the United States sign a memorandum",
        opened_at=NOW,
        last_at=NOW,
        agreement="us-kz",
        stage=Stage.SIGNED,
        significance=3,
        themes=("central_asia", "supply_chains"),
        parties=("KZ", "US"),
        minerals=("uranium",),
        outlets=("example.org", "example.com"),
        articles=2,
    )
    return replace(base, **given)


def article(**given: Any) -> Article:
    """The report of it, an hour old."""
    base = Article(
        id=34,
        canonical_url="https://example.org/a",
        url="https://example.org/a",
        title="Kazakhstan and the United States sign a memorandum",
        summary="",
        language="en",
        outlet="example.org",
        published_at=NOW - timedelta(hours=1),
        seen_at=NOW,
    )
    return replace(base, **given)


def message(channel: Channel = Channel.SLACK, **given: Any) -> OutboxMessage:
    """A message waiting to be sent."""
    base = OutboxMessage(
        id=1,
        key="major:new:12@slack:minerals",
        channel=channel,
        address="minerals",
        payload={"text": "Signed", "title": "Signed"},
    )
    return replace(base, **given)


def rendered(**given: Any) -> RenderedDigest:
    """A small edition with one image."""
    base = RenderedDigest(
        subject="Signed: Київ і Вашингтон — Minerals watch, 1 May",
        html='<html><body><p>Підписано</p><img src="cid:trend@mineralwatch" alt=""></body></html>',
        text="Підписано\n",
        images=(("trend@mineralwatch", b"\x89PNG\r\n\x1a\n" + b"\0" * 40),),
    )
    return replace(base, **given)


def watch(**given: Any) -> WatchState:
    """A watch that works, with one feed that fails."""
    sick = FeedHealth(
        name="Ministry of Geology",
        url="https://geology.example/rss",
        state="failing",
        reason="timeout: no answer within 30 s",
        last_success_at=NOW - timedelta(days=2),
        last_new_at=NOW - timedelta(days=3),
        next_poll_at=NOW,
        failures=12,
    )
    base = WatchState(
        feeds=50,
        feeds_healthy=49,
        polls=14_400,
        polls_failed=12,
        articles_new=1912,
        articles_assessed=1912,
        articles_relevant=23,
        articles_waiting=0,
        outbox_waiting=0,
        outbox_parked=0,
        problems=(sick,),
    )
    return replace(base, **given)


def digest_story(**given: Any) -> DigestStory:
    """A story as the digest has it; keywords change the story itself."""
    return DigestStory(
        story=story(**given),
        agreement_name="US–KZ memorandum",
        quote="signed a memorandum on uranium in Astana",
        links=(("example.org", "https://example.org/a"), ("example.com", None)),
    )


def digest(**given: Any) -> Digest:
    """A day with one move and two stories."""
    first = digest_story()
    second = digest_story(
        id=13,
        title="EU lender backs a graphite plant",
        stage=Stage.IMPLEMENTING,
        significance=2,
        themes=("supply_chains",),
        outlets=("example.com",),
        articles=1,
    )
    base = Digest(
        day=date(2025, 5, 1),
        time_zone="Europe/Kyiv",
        since=NOW - timedelta(hours=32),
        until=NOW - timedelta(hours=8),
        moves=(
            StageMove(
                agreement_name="US–KZ memorandum",
                previous="negotiating",
                stage="signed",
                at=NOW - timedelta(hours=10),
                quote="signed a memorandum on uranium in Astana",
                url="https://example.org/a",
            ),
        ),
        top=(first, second),
        by_theme=(
            ("central_asia", "Central Asia", (first,)),
            ("supply_chains", "Supply chains", (first, second)),
        ),
        trend=(
            ("central_asia", (0, 1, 0, 2, 0, 0, 1, 3, 0, 1, 0, 2, 1, 1)),
            ("supply_chains", (1, 1, 2, 2, 0, 1, 1, 3, 2, 1, 4, 2, 1, 2)),
        ),
        watch=watch(),
    )
    return replace(base, **given)
