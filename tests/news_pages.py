"""A small archive for the operators' pages: a signing that two outlets tell, and hostile texts."""

from datetime import datetime, timedelta

from pipeline.app import open_app
from pipeline.settings import Settings
from pipeline.store import articles, assessments, editions, gates
from pipeline.store.engine import Database
from schemas.article import NewArticle
from schemas.assessment import (
    Assessment,
    Evidence,
    Money,
    MoneyStatus,
    Polarity,
    Side,
    Stage,
    ThemeLabel,
)
from schemas.coverage import Gate
from schemas.digest import RenderedDigest

TITLE = "Kazakhstan and US sign lithium memorandum"
HOSTILE = '<script>alert("t")</script><img src=x onerror=alert(1)> \u202egnp.exe\u202c {{ 7*7 }}'
LONG = "Ninety nine " * 900
AGREEMENT = "eu-uz-raw-materials"


def fill(settings: Settings, now: datetime) -> None:
    """Store, read, link and count; made by hand are only the readings."""
    with open_app(settings) as app:
        _read(app.database, app.ruleset, now)
        app.run("link", now=now)
        _archive(app.database, now)


def _read(database: Database, ruleset: str, now: datetime) -> None:
    told = [
        ("a", TITLE, "The fund gets $500 million. <b>Done</b>", AGREEMENT, "sign", "wire.example"),
        ("b", f"{TITLE} in Astana", "It was signed today.", AGREEMENT, "sign", "daily.example"),
        ("c", HOSTILE, HOSTILE, None, "script", '"><script>.example'),
        ("d", LONG, LONG, None, "Ninety", "long.example"),
    ]
    new = [
        NewArticle(
            canonical_url=f"https://{name}.example/", title=title, summary=summary, language="en",
            url="javascript:alert(1)" if name == "c" else f"https://{name}.example/",
            outlet=outlet, published_at=now - timedelta(hours=2), dated=True, content_hash=name,
        )
        for name, title, summary, _, _, outlet in told
    ]  # fmt: skip
    with database.write() as session:
        articles.store_articles(new, feed_id=None, now=now - timedelta(hours=1), session=session)
        stored = articles.articles_after(0, since=now - timedelta(days=1), limit=9, session=session)
        of = {one.canonical_url: one for one in stored}
        readings = []
        for name, title, summary, agreement, word, _ in told:
            article = of[f"https://{name}.example/"]
            party = "KZ" if agreement else "CL" if name == "c" else "AU"
            reading = _reading(article.id, ruleset, title, summary, word, party, agreement)
            readings.append((article.id, reading))
        assessments.save_assessments(readings, now=now, session=session)


def _reading(
    number: int, ruleset: str, title: str, summary: str, word: str, party: str, known: str | None
) -> Assessment:
    at = title.index(word)
    piece = Evidence("title", at, at + len(word), word, "stage/signed")
    money: tuple[Money, ...] = ()
    if "$500 million" in summary:
        begin = summary.index("$500 million")
        sum_ = Evidence("summary", begin, begin + 12, "$500 million", "money")
        money = (Money(5e8, "USD", sum_, MoneyStatus.ANNOUNCED),)
    side = Polarity(Side.FOR, 0.9, (piece,), "a step was taken")
    return Assessment(
        str(number), ruleset, relevant=True, relevance=0.9, language="en",
        themes=(ThemeLabel("central_asia", 0.9, (piece,), side),), stage=Stage.RATIFIED,
        stage_evidence=(piece,), parties=(party, "US"), minerals=("lithium",), money=money,
        significance=3, reasons=("signed between states",), agreement=known,
    )  # fmt: skip


def _archive(database: Database, now: datetime) -> None:
    page = RenderedDigest(
        subject=f"Digest {HOSTILE}",
        html='<html><body><h1>Edition one</h1><script>document.title="ran"</script>'
        '<img src="cid:trend@mineralwatch" alt="Trend"></body></html>',
        text="Edition one",
        images=(("trend@mineralwatch", b"\x89PNG\r\n\x1a\n"),),
    )
    with database.write() as session:
        editions.add_edition(
            page, list_name="desk", day=now.date(), span=(now - timedelta(days=1), now), now=now,
            session=session,
        )  # fmt: skip
        counts = {Gate.ANSWERED: 3, Gate.PARSED: 9, Gate.NEW: 9}
        gates.add({(now.date(), 0): counts}, session=session)
