"""What readers' verdicts are worth for judgement: the present rules scored, labelled items made."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pipeline.stages.context import Context
from pipeline.store import reactions
from schemas.alert import AlertKind
from schemas.article import Article
from schemas.assessment import Assessment, Document
from schemas.feedback import Judged

MACHINE = ("themes", "stage", "parties", "minerals", "significance")
"""Labels of an item called right that no reader has checked."""


class Assessor(Protocol):
    """What reads documents."""

    def assess(self, documents: Iterable[Document]) -> Iterable[Assessment]:
        """One reading a document, in order."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """An article whose alerts readers judged with one voice."""

    article: Article
    story_id: int
    right: bool
    routes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Judged, and yet no ground truth; each is counted once, under the first that holds."""

    several_stories: int = 0
    """Messages that tell several stories."""
    replies: int = 0
    """Alerts in a thread: wrong may be the stage or the story that the report was put into."""
    no_article: int = 0
    contradicting: int = 0
    """Articles that some readers call right and others wrong."""


@dataclass(frozen=True, slots=True)
class Retrial:
    """The present rules beside the readers: how many of each verdict they still call relevant."""

    right: int
    right_kept: int
    """Called right, and still relevant."""
    wrong: int
    wrong_kept: int
    """Called wrong, and still relevant: false alarms that stay."""
    wrong_alerted: int
    """Of those, still significant enough for a rule that sent them."""
    left_out: LeftOut
    missed: tuple[str, ...]
    """Titles called right that are no longer relevant."""
    false_alarms: tuple[str, ...]
    """Titles called wrong that still are."""


def labelled(context: Context, *, since: datetime | None = None) -> tuple[list[Labelled], LeftOut]:
    """The articles of judged alerts sent since then (or ever), by id; and what is left out."""
    with context.database.read() as session:
        found = reactions.judgements(since=since, session=session)
    return gather(found.alerts, several=found.several)


def gather(alerts: Sequence[Judged], *, several: int = 0) -> tuple[list[Labelled], LeftOut]:
    """Join the alerts by article: two rules may have sent the same one to two channels."""
    left: Counter[str] = Counter()
    by_article: defaultdict[int, list[Judged]] = defaultdict(list)
    for judged in alerts:
        if judged.kind is not AlertKind.NEW:
            left["replies"] += 1
        elif judged.article is None:
            left["no_article"] += 1
        else:
            by_article[judged.article.id].append(judged)
    told: list[Labelled] = []
    for _id, own in sorted(by_article.items()):
        article = own[0].article
        verdicts = {judged.right > 0 for judged in own}
        if article is None or len(verdicts) > 1 or not all(judged.unanimous for judged in own):
            left["contradicting"] += 1
            continue
        routes = tuple(sorted({judged.route for judged in own}))
        told.append(Labelled(article, own[0].story_id, verdicts.pop(), routes))
    return told, LeftOut(several_stories=several, **left)


def try_again(
    items: Sequence[Labelled], left_out: LeftOut, assessor: Assessor, asked: Mapping[str, int]
) -> Retrial:
    """Read the articles again, as ``assess`` does, and compare with the verdicts.

    Args:
        items: what readers judged.
        left_out: what they judged and is not among them.
        assessor: the rules to be tried.
        asked: the least significance that each rule in force asks for; one that is gone asks none.
    """
    readings = list(assessor.assess(_document(item.article) for item in items))
    pairs = list(zip(items, readings, strict=True))
    kept = [(item, reading) for item, reading in pairs if reading.relevant]
    false_alarms = [(item, reading) for item, reading in kept if not item.right]
    return Retrial(
        right=sum(item.right for item in items),
        right_kept=sum(item.right for item, _ in kept),
        wrong=sum(not item.right for item in items),
        wrong_kept=len(false_alarms),
        wrong_alerted=sum(
            any(reading.significance >= asked.get(route, 1) for route in item.routes)
            for item, reading in false_alarms
        ),
        left_out=left_out,
        missed=tuple(i.article.title for i, r in pairs if i.right and not r.relevant),
        false_alarms=tuple(item.article.title for item, _ in false_alarms),
    )


def gold_lines(items: Sequence[Labelled], assessor: Assessor) -> list[dict[str, Any]]:
    """Labelled items in the form of docs/labelling.md, with no more than readers have said.

    Wrong is ``relevant: false``. Right is ``relevant: true``; its other labels are what the
    present rules read in title and summary, and ``machine`` names them as unchecked. ``verdict``
    says where the line is from. Items of one story bear the same ``event``.
    """
    documents = [_document(item.article, with_text=False) for item in items]
    shared = Counter(item.story_id for item in items)
    return [
        {
            "id": f"feedback-{item.article.id}",
            "title": item.article.title,
            "summary": item.article.summary,
            "url": item.article.url,
            "source": item.article.outlet,
            "published": f"{item.article.published_at:%Y-%m-%d}",
            "lang": item.article.language,
            **_labels(item, reading),
            "event": f"feedback-story-{item.story_id}" if shared[item.story_id] > 1 else None,
            "verdict": "right" if item.right else "wrong",
        }
        for item, reading in zip(items, assessor.assess(documents), strict=True)
    ]


def _labels(item: Labelled, reading: Assessment) -> dict[str, Any]:
    if not item.right:
        return {
            "relevant": False,
            "themes": [],
            "stage": "none",
            "parties": [],
            "minerals": [],
            "significance": 0,
            "machine": [],
        }
    return {
        "relevant": True,
        "themes": [theme.id for theme in reading.themes],
        "stage": reading.stage.value,
        "parties": list(reading.parties),
        "minerals": list(reading.minerals),
        # What is relevant is at least routine, even where the rules miss it.
        "significance": max(1, reading.significance),
        "machine": list(MACHINE),
    }


def _document(article: Article, *, with_text: bool = True) -> Document:
    return Document(
        str(article.id),
        article.title,
        article.summary,
        article.language,
        article.text if with_text else "",
    )
