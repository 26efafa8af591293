"""The line of agreements.yaml that an agreement's ledger makes: its facts, each with its page."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from schemas.agreement import StageTransition
from schemas.assessment import Stage
from schemas.config import AgreementConfig
from schemas.ledger import Ledger, LedgerReport
from schemas.ledger_config import LedgerFile

NOTE = 200
"""Characters of the sentence that is kept as a fact's note."""


def entry_of(
    ledger: Ledger, reports: Sequence[LedgerReport], config: LedgerFile
) -> tuple[dict[str, Any], AgreementConfig]:
    """Return the line as it is to be written, and what it says.

    A step told by a page under https is a fact; the others are not. Where the last step is none of
    these (it was set by hand, or its page is not under https), the stage is marked as unverified.
    Instrument and minerals are what most reports name; a general subject names no minerals.
    """
    agreement = ledger.agreement
    facts = [_fact(step) for step in ledger.steps if _paged(step)]
    line: dict[str, Any] = {
        "id": agreement.id,
        "name": agreement.name,
        "parties": list(agreement.parties),
        "aliases": [],
        "minerals": list(config.subjects.get(_most(one.subject for one in reports) or "", ())),
        "instrument": _most(one.instrument for one in reports),
    }
    line = {key: value for key, value in line.items() if value or key == "aliases"}
    told = (agreement.stage.value, f"{agreement.stage_at:%Y-%m-%d}" if agreement.stage_at else None)
    if agreement.stage is not Stage.NONE and (
        not facts or (facts[-1]["stage"], facts[-1]["date"]) != told
    ):
        line |= {"stage": told[0], "stage_date": told[1], "unverified": True}
        if told[1] is None:
            del line["stage_date"]
    if facts:
        line["facts"] = facts
    return line, AgreementConfig.model_validate(line)


def _paged(step: StageTransition) -> bool:
    return (step.article_url or "").startswith("https://")


def _fact(step: StageTransition) -> dict[str, str]:
    note = " ".join(step.quote.split())
    return {
        "stage": step.stage.value,
        "date": f"{step.at:%Y-%m-%d}",
        "source": step.article_url or "",
        "note": note if len(note) <= NOTE else f"{note[: NOTE - 1]}…",
    }


def _most(named: Iterable[str | None]) -> str | None:
    """The one named most often; of equals the first by the alphabet."""
    counted = Counter(name for name in named if name)
    return min(counted, key=lambda name: (-counted[name], name), default=None)
