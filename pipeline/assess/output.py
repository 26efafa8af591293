"""An assessment as the line that ``mineralwatch classify`` writes."""

from typing import Any

from schemas.assessment import Assessment, Evidence, Polarity


def to_line(assessment: Assessment) -> dict[str, Any]:
    """Return a JSON-safe dict: the keys that checks rely on first, then what else was read."""
    return {
        "id": assessment.document_id,
        "relevant": assessment.relevant,
        "relevance": assessment.relevance,
        "themes": [
            {
                "id": t.id,
                "score": t.score,
                "evidence": [_evidence(e) for e in t.evidence],
                "polarity": _polarity(t.polarity) if t.polarity else None,
            }
            for t in assessment.themes
        ],
        "stage": assessment.stage.value,
        "parties": list(assessment.parties),
        "minerals": list(assessment.minerals),
        "significance": assessment.significance,
        "agreement": assessment.agreement,
        "language": assessment.language,
        "bodies": list(assessment.bodies),
        "money": [
            {
                "amount": m.amount,
                "currency": m.currency,
                "status": m.status.value,
                "evidence": _evidence(m.evidence),
            }
            for m in assessment.money
        ],
        "relevance_evidence": [_evidence(e) for e in assessment.relevance_evidence],
        "stage_evidence": [_evidence(e) for e in assessment.stage_evidence],
        "stage_sentence": (
            _evidence(assessment.stage_sentence) if assessment.stage_sentence else None
        ),
        "reasons": list(assessment.reasons),
        "ruleset": assessment.ruleset,
        "problems": list(assessment.problems),
    }


def _polarity(polarity: Polarity) -> dict[str, Any]:
    return {
        "side": polarity.side.value,
        "score": polarity.score,
        "evidence": [_evidence(e) for e in polarity.evidence],
        "reason": polarity.reason,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "field": evidence.field,
        "start": evidence.start,
        "end": evidence.end,
        "text": evidence.text,
        "pattern": evidence.pattern,
    }
