"""Three days of the digest as its pictures in docs/images and the checks of its page use them.

    python -m tests.digest_days FOLDER      writes normal.html, quiet.html, broken.html (and .eml)

Their news is sample news.
"""

import random
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from pipeline.catalog import load_catalog
from pipeline.notify.digest import render_digest
from pipeline.notify.email import build_email, email_payload
from pipeline.notify.preview import html_with_images
from pipeline.settings import Settings
from schemas.assessment import Stage
from schemas.config import DigestConfig
from schemas.digest import AgreementLine, Digest, RenderedDigest, StageMove, ThemeMove, Week
from schemas.feedback import Feedback, Precision
from tests.notify_shapes import NOW, digest, digest_story, watch

SENDER = "Minerals watch <watch@example.org>"
TITLES = load_catalog(Settings()).theme_titles
AT = NOW - timedelta(hours=9)
SILENT = replace(
    watch().problems[0],
    name="Steppe Mining Bulletin",
    state="silent",
    reason="nothing new for 9 days, twice its usual gap",
    last_success_at=AT,
)
WATCH = watch(feeds_healthy=48, problems=(SILENT, watch().problems[0]))


def _story(number: int, title: str, quote: str, links: int, **given: object) -> object:
    outlets = ("meridian-wire.example", "kyiv-ledger.example", "astana-desk.example", "ore.example")
    base = digest_story(id=number, title=title, outlets=outlets[:links], articles=links, **given)
    named = tuple((name, f"https://{name}/{number}") for name in outlets[:links])
    name = base.agreement_name if given.get("agreement", "us-kz") else None
    return replace(base, quote=quote, links=named, independent=links, agreement_name=name)


STORIES = (
    _story(
        1, "Kazakhstan and the United States sign a memorandum on critical minerals",
        "The two signed a memorandum on uranium and rare earths in Astana on Wednesday.",
        4, minerals=("uranium", "rare earths"),
    ),
    _story(
        2, "Reconstruction fund pays out its first money for a lithium deposit in Ukraine",
        "The fund disbursed 75 million dollars for the first stage at Dobra.", 3,
        agreement=None, stage=Stage.IMPLEMENTING, themes=("investment_infrastructure",
        "reconstruction"), parties=("UA", "US"), minerals=("lithium",),
    ),
    _story(
        3, "EU lender backs a graphite plant at Balakhivka",
        "The bank will lend 40 million euros once the licence is confirmed.", 2, agreement=None,
        stage=Stage.AGREED, significance=2, themes=("ifi_integration", "supply_chains"),
        parties=("UA", "EU"), minerals=("graphite",),
    ),
    _story(
        4, "Tashkent asks for smelters before it ships tungsten",
        "Uzbekistan wants half of the ore to be processed at home by 2030.", 1, agreement=None,
        stage=Stage.NEGOTIATING, significance=1, themes=("localization", "central_asia"),
        parties=("UZ",), minerals=("tungsten",),
    ),
)  # fmt: skip


def _move(name: str, before: str, stage: str, hours: int, quote: str = "") -> StageMove:
    return StageMove(
        name, before, stage, NOW - timedelta(hours=hours), quote, "https://astana-desk.example/1"
    )


MOVES = (
    _move(
        "US–Kazakhstan memorandum on critical minerals", "negotiating", "signed", 10,
        "The two signed a memorandum on uranium and rare earths in Astana on Wednesday.",
    ),
    _move(
        "EU–Serbia partnership on raw materials", "implementing", "stalled", 20,
        "Belgrade has put the permit for Jadar on hold, the ministry said.",
    ),
)  # fmt: skip
STEPS = (
    _move("UA–US Reconstruction Investment Fund", "ratified", "implementing", 260),
    _move("US–Uzbekistan memorandum", "proposed", "negotiating", 190),
    _move("EU–Serbia partnership on raw materials", "agreed", "implementing", 150),
    _move("US–Kazakhstan memorandum on critical minerals", "proposed", "negotiating", 120),
    _move("Japan–Kazakhstan agreement on rare metals", "negotiating", "agreed", 70),
    *MOVES[::-1],
)
LINES = (
    AgreementLine(
        "UA–US Reconstruction Investment Fund", "implementing", NOW - timedelta(hours=260)
    ),
    AgreementLine(MOVES[0].agreement_name, "signed", MOVES[0].at, "negotiating"),
    AgreementLine(MOVES[1].agreement_name, "stalled", MOVES[1].at, "implementing"),
    AgreementLine("US–Uzbekistan memorandum", "negotiating", NOW - timedelta(hours=190)),
    AgreementLine("EU–Kazakhstan strategic partnership", "signed", NOW - timedelta(days=905)),
    AgreementLine("UK–Ukraine agreement on critical minerals", "none", None),
)
SCORE = tuple(
    ThemeMove(theme, title, now, before)
    for (theme, title), (now, before) in zip(
        TITLES.items(),
        (
            (23, 17),
            (14, 15),
            (9, 4),
            (6, 6),
            (2, 5),
            (4, 3),
            (3, 1),
            (5, 2),
            (4, 0),
            (1, 2),
            (12, 7),
        ),
        strict=True,
    )
)
_CHANCE = random.Random(7)  # noqa: S311 - sample news, the same each time
TREND = tuple(
    (theme, tuple(max(0, round(_CHANCE.gauss(rate, 1.2))) for _ in range(14)))
    for theme, rate in zip(TITLES, (3, 2, 1, 0.8, 0.4, 0.6, 0.5, 0.7, 0.3, 0.2, 1.6), strict=True)
)
SAID = Feedback(
    since=NOW - timedelta(days=14),
    until=NOW,
    all=Precision(41, 3, 2),
    by_route=(("ca", "Central Asia", Precision(20, 1)), ("major", "Major", Precision(21, 2))),
    by_theme=(("central_asia", "Central Asia", Precision(20, 1)),),
)


def normal() -> Digest:
    """A day with moves, stories, tables and both pictures."""
    by_theme = tuple(
        (theme, title, tuple(s for s in STORIES if theme in s.story.themes))
        for theme, title in TITLES.items()
    )
    return digest(
        moves=MOVES, top=STORIES, by_theme=by_theme, trend=TREND, steps=STEPS, agreements=LINES,
        score=SCORE, watch=WATCH, feedback=SAID,
    )  # fmt: skip


def quiet() -> Digest:
    """A day that brought nothing, and the proof of it."""
    before = {move.agreement_name: move for move in STEPS[:5]}
    lines = tuple(
        replace(line, stage=before[line.name].stage, since=before[line.name].at, previous="")
        if line.name in before
        else line
        for line in LINES
    )
    trend = tuple((theme, (*counts[:-1], 0)) for theme, counts in TREND)
    return replace(
        normal(), moves=(), top=(), by_theme=(), feedback=None, agreements=lines,
        steps=STEPS[:5], trend=trend, watch=replace(WATCH, articles_relevant=0),
    )  # fmt: skip


def broken() -> Digest:
    """A day on which most feeds failed, the watch stood still, and messages did not leave."""
    sick = tuple(
        replace(SILENT, name=name, state="failing", reason="connect: the name cannot be resolved")
        for name in ("Kyiv Ledger", "Meridian Wire", "Astana Desk", "Ore Weekly", "Steppe Bulletin")
    )
    state = replace(
        WATCH, feeds=8, feeds_healthy=3, polls=4_212, polls_failed=3_988, articles_new=96,
        articles_assessed=96, articles_relevant=0, problems=sick, outbox_waiting=12, outbox_late=12,
        gap=(NOW - timedelta(hours=19), NOW - timedelta(hours=8)),
    )  # fmt: skip
    return replace(quiet(), watch=state)


def weekly() -> Digest:
    """A Monday."""
    week = Week(
        since=NOW - timedelta(days=7), moves=STEPS[2:5], stories=57, stories_before=41,
        top=STORIES[2:], read=13_204, relevant=171,
    )  # fmt: skip
    return replace(normal(), top=STORIES[:2], week=week)


DAYS = {"normal": normal, "quiet": quiet, "broken": broken, "weekly": weekly}


def rendered(name: str) -> RenderedDigest:
    """The edition of that day."""
    return render_digest(DAYS[name](), config=DigestConfig(), theme_titles=TITLES)


def main() -> None:
    """Write each day as a page and as a message."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in DAYS:
        made = rendered(name)
        to = ("reader@example.org",)
        payload = email_payload(made, sender=SENDER, recipients=to, sent_at=NOW)
        (folder / f"{name}.html").write_text(html_with_images(payload), encoding="utf-8")
        (folder / f"{name}.mail.html").write_text(made.html, encoding="utf-8")
        mail = build_email(made, sender=SENDER, recipients=to, key=name, sent_at=NOW)
        (folder / f"{name}.eml").write_bytes(mail.as_bytes())


if __name__ == "__main__":
    main()
