"""The digest's two tables: the agreements as they stand, and the scorecard's movement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.notify.digest_words import rank
from pipeline.notify.text import clean, trim
from pipeline.notify.words import stage_word
from schemas.digest import AgreementLine, ThemeMove

PILLS: Final = {"stalled": "warn", "terminated": "warn", "signed": "good", "ratified": "good"}
_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class AgreementView:
    """A row of the agreements' table."""

    name: str
    stage: str
    pill: str
    since: str
    move: str
    """Where it came from, where it moved in the edition's span; a stage that no page backs."""


@dataclass(frozen=True, slots=True)
class ScoreView:
    """A row of the scorecard."""

    title: str
    now: str
    before: str
    change: str
    support: str
    """``3 for, 1 against``, where that is judged."""


def agreement_rows(lines: Sequence[AgreementLine], zone: ZoneInfo) -> tuple[AgreementView, ...]:
    """Those that moved first, then by how far they are, then by name; without a stage last."""
    ordered = sorted(lines, key=lambda one: (not one.previous, rank(one.stage), one.name))
    return tuple(
        AgreementView(
            name=trim(clean(one.name), _NAME),
            stage=clean(stage_word(one.stage)),
            pill=PILLS.get(one.stage, "step"),
            since=f"{one.since.astimezone(zone):%-d %b %Y}" if one.since else "",
            move=_aside(one),
        )
        for one in ordered
    )


def _aside(one: AgreementLine) -> str:
    came = f"from {clean(stage_word(one.previous)) or 'nothing known'}" if one.previous else ""
    doubt = "" if one.checked else "source not checked"
    return "; ".join(part for part in (came, doubt) if part)


def score_rows(moves: Sequence[ThemeMove], titles: Mapping[str, str]) -> tuple[ScoreView, ...]:
    """Themes that the news spoke of in either week, in the order of the thesis."""
    return tuple(
        ScoreView(
            title=trim(clean(titles.get(one.id, one.title)), _NAME),
            now=f"{one.now:,}",
            before=f"{one.before:,}",
            change=_change(one.now - one.before),
            support=_support(one),
        )
        for one in moves
        if one.now or one.before
    )


def _change(by: int) -> str:
    """With a true minus sign."""
    if by == 0:
        return "±0"
    return f"+{by:,}" if by > 0 else f"−{-by:,}"


def _support(one: ThemeMove) -> str:
    if one.support is None or one.against is None:
        return ""
    return f"{one.support:,} for, {one.against:,} against"
