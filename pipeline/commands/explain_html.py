"""An explained article as one HTML page: no script, no request to anywhere, light and dark."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.commands.explain_view import (
    excerpt,
    label,
    marks_in,
    notes,
    outcome,
    pieces,
    place,
    shown,
    signed,
    telling,
    verdict,
)
from schemas.explained import Explained, Mark
from schemas.explanation import Contribution, LabelExplanation, PartyExplanation

_TEMPLATES = Path(__file__).parent / "templates"
_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_THEME_COLOURS = 8
_LABEL_ROOM = 0.85
"""How wide a label's letter is beside one of the text."""
_METER = 50.0
"""Per cent of a meter to either side of its middle."""
_KINDS = {
    "stage": "stage",
    "party": "state",
    "mineral": "mineral",
    "body": "body",
    "money": "money",
    "agreement": "agreement",
    "for": "for relevance",
    "against": "against relevance",
}


def render(explained: Explained) -> str:
    """The page."""
    told = explained.explanation
    document, reading = told.document, told.assessment
    css = (_TEMPLATES / "explain.css").read_text(encoding="utf-8")
    return _ENVIRONMENT.get_template("explain.html.j2").render(
        page_title=shown(document.title or document.summary[:80] or document.id),
        css=Markup(css),  # noqa: S704 - our own file
        article=_article(explained),
        texts=[
            _text(explained, field, text, tag)
            for field, text, tag in (
                ("title", document.title, "h1"),
                ("summary", document.summary, "p"),
                ("text", document.text, "p"),
            )
            if text.strip()
        ],
        language=reading.language,
        verdict=verdict(explained),
        notes=notes(explained),
        legend=_legend(explained),
        gate=told.gate,
        would="" if reading.relevant else ", were it relevant",
        relevance=[
            _label(one, "relevant", explained) for one in told.labels if one.kind == "relevance"
        ],
        themes=_group(explained, "theme", dict(explained.themes)),
        stages=_group(explained, "stage", {}),
        parties=_parties(explained),
        facts=_facts(explained),
    )


def _article(explained: Explained) -> dict[str, Any] | None:
    article = explained.article
    if article is None:
        return None
    url = shown(article.url or "")
    safe = url.isascii() and urlsplit(url).scheme in {"http", "https"} if url else False
    return {
        "id": article.id,
        "outlet": shown(article.outlet),
        "published": f"{article.published_at:%Y-%m-%d %H:%M} UTC",
        "url": url if safe else "",
        "plain_url": url,
    }


# ---- the text with its spans ---------------------------------------------------------------------


def _text(explained: Explained, field: str, text: str, tag: str) -> dict[str, Any]:
    part, left = excerpt(explained, field, text)
    placed = place(marks_in(explained, field), room=_LABEL_ROOM)
    order = [theme for theme, _ in explained.themes]
    return {
        "tag": tag,
        "left": left,
        "pieces": [
            {
                "text": shown(piece.text),
                "lanes": 1 + max((one.lane for one in piece.marks), default=-1),
                "bars": [
                    {
                        "lane": one.lane,
                        "colour": _colour(one.mark, order),
                        "label": shown(label(one.mark))
                        if piece.start == one.mark.evidence.start
                        else "",
                        "last": piece.start + len(piece.text) == one.mark.evidence.end,
                    }
                    for one in piece.marks
                ],
            }
            for piece in pieces(part, placed)
        ],
    }


def _legend(explained: Explained) -> list[dict[str, str]]:
    """The labels that are marked, each once: themes in the thesis' order, then the kinds."""
    order = [theme for theme, _ in explained.themes]
    marked = {mark.id for mark in explained.marks if mark.kind == "theme"}
    entries = [
        {"colour": f"c{order.index(theme) % _THEME_COLOURS}", "name": f"{title} ({theme})"}
        for theme, title in explained.themes
        if theme in marked
    ]
    kinds = {mark.kind for mark in explained.marks}
    return entries + [{"colour": k, "name": name} for k, name in _KINDS.items() if k in kinds]


def _colour(mark: Mark, order: Sequence[str]) -> str:
    if mark.kind != "theme":
        return mark.kind
    return f"c{(order.index(mark.id) if mark.id in order else 0) % _THEME_COLOURS}"


# ---- the reasons ---------------------------------------------------------------------------------


def _group(explained: Explained, kind: str, titles: dict[str, str]) -> dict[str, Any]:
    labels = [one for one in explained.explanation.labels if one.kind == kind]
    weighed = telling(labels)
    given = [one for one in labels if one.given]
    return {
        "given": [_label(one, titles.get(one.id, one.id), explained) for one in given],
        "weighed": [
            _label(one, titles.get(one.id, one.id), explained) for one in weighed if not one.given
        ],
        "silent": [titles.get(o.id, o.id) for o in labels if o not in weighed and not o.given],
    }


def _parties(explained: Explained) -> dict[str, Any]:
    ordered = sorted(explained.explanation.parties, key=lambda p: (-p.score, p.code))
    return {
        "given": [_label(one, one.code, explained) for one in ordered if one.given],
        "weighed": [_label(one, one.code, explained) for one in ordered if not one.given],
        "silent": [],
    }


def _label(
    one: LabelExplanation | PartyExplanation, name: str, explained: Explained
) -> dict[str, Any]:
    code = one.code if isinstance(one, PartyExplanation) else one.id
    most = max((abs(c.weight) for c in one.contributions), default=1.0) or 1.0
    return {
        "name": name,
        "id": "" if code in {name, "relevant"} else code,
        "given": one.given,
        "outcome": outcome(one, explained),
        "contributions": [_contribution(c, most) for c in one.contributions],
    }


def _contribution(one: Contribution, most: float) -> dict[str, Any]:
    width = abs(one.weight) / most * _METER
    side = "left" if one.weight > 0 else "right"
    return {
        "weight": one.weight,
        "signed": signed(one.weight),
        "meter": f"{side}:{_METER:.0f}%;width:{width:.0f}%",
        "feature": shown(one.feature),
        "words": shown(one.evidence.text) if one.evidence is not None else "",
    }


def _facts(explained: Explained) -> list[tuple[str, str]]:
    reading = explained.explanation.assessment
    reasons = "; ".join(reading.reasons) or "not relevant"
    named = f"{explained.agreement_name} ({reading.agreement})" if reading.agreement else ""
    facts = [
        ("Significance", f"{reading.significance} of 3: {reasons}"),
        ("Agreement", named or "none that is followed by name"),
        ("Minerals", ", ".join(reading.minerals)),
        ("Bodies", ", ".join(reading.bodies)),
        (
            "Money",
            ", ".join(f"{m.amount:,.0f} {m.currency} ({m.status.value})" for m in reading.money),
        ),
        ("Read as", f"{reading.language}, by rules {reading.ruleset}"),
    ]
    return [(name, shown(value)) for name, value in facts if value]
