"""Measuring assessments against gold labels: pure functions, no files.

A gold line is one JSON object as docs/quality.md describes it: ``id``, ``title``, ``summary``,
``lang``, ``relevant``, ``themes``, ``stage``, ``parties``, ``minerals``, ``significance``.
Relevance is measured over all lines, everything else over the lines whose gold is relevant, so that
an article missed costs its labels too.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from pipeline.assess.calibration import Calibration, calibration
from schemas.assessment import Assessment, Evidence

Gold: TypeAlias = Mapping[str, Any]
Pair: TypeAlias = tuple[Gold, Assessment]


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 with the counts behind them; 0 where nothing was there to count."""

    precision: float
    recall: float
    f1: float
    right: int
    wrong: int
    missed: int


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one group of lines: all, or one language."""

    lines: int
    relevant: int
    relevance: Score
    themes_micro: Score
    themes_macro_f1: float
    stage_accuracy: float
    parties: Score
    minerals: Score
    significance_within_one: float


@dataclass(frozen=True, slots=True)
class Report:
    """What ``mineralwatch evaluate`` prints. ``confusion``: (gold stage, read stage) to count."""

    all: Group
    by_language: Mapping[str, Group]
    by_theme: Mapping[str, Score]
    by_stage: Mapping[str, Score]
    confusion: Mapping[tuple[str, str], int]
    calibration: Mapping[str, Calibration]
    """Of ``relevance`` over all lines, and of ``themes`` over the labels given to relevant ones."""
    errors: tuple[Mapping[str, Any], ...]
    """The lines most in error, the worst first: id, what was missed and what was wrongly given,
    with the words that the wrong labels point at."""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-safe dict."""
        return {
            "all": asdict(self.all),
            "by_language": {name: asdict(group) for name, group in self.by_language.items()},
            "by_theme": {name: asdict(score) for name, score in self.by_theme.items()},
            "by_stage": {name: asdict(score) for name, score in self.by_stage.items()},
            "confusion": [
                {"gold": gold, "read": read, "count": count}
                for (gold, read), count in sorted(self.confusion.items())
            ],
            "calibration": {name: asdict(one) for name, one in self.calibration.items()},
            "errors": [dict(error) for error in self.errors],
        }


def evaluate(gold: Sequence[Gold], assessments: Sequence[Assessment], *, worst: int = 20) -> Report:
    """Compare gold lines with the assessments of the same documents, in the same order.

    Raises:
        ValueError: the two do not belong together.
    """
    pairs = list(zip(gold, assessments, strict=True))
    for line, assessment in pairs:
        if str(line["id"]) != assessment.document_id:
            raise ValueError(
                f"gold {line['id']!r} stands beside assessment {assessment.document_id!r}"
            )
    relevant = [pair for pair in pairs if pair[0]["relevant"]]
    languages = sorted({str(line.get("lang", "")) for line, _ in pairs})
    return Report(
        all=_group(pairs),
        by_language={
            name: _group([pair for pair in pairs if str(pair[0].get("lang", "")) == name])
            for name in languages
        },
        by_theme=_per_label(relevant, _gold_themes, _read_themes),
        by_stage=_per_label(relevant, _gold_stage, _read_stage),
        confusion=Counter((str(g["stage"]), a.stage.value) for g, a in relevant),
        calibration={
            "relevance": calibration((a.relevance, bool(g["relevant"])) for g, a in pairs),
            "themes": calibration(
                (theme.score, theme.id in g["themes"]) for g, a in relevant for theme in a.themes
            ),
        },
        errors=_errors(pairs)[:worst],
    )


def score(right: int, wrong: int, missed: int) -> Score:
    """Make a Score of its counts."""
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = right / (right + missed) if right + missed else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Score(round(precision, 4), round(recall, 4), round(f1, 4), right, wrong, missed)


def _group(pairs: Sequence[Pair]) -> Group:
    relevant = [pair for pair in pairs if pair[0]["relevant"]]
    per_theme = _per_label(relevant, _gold_themes, _read_themes)
    themes = [theme.f1 for theme in per_theme.values()]
    return Group(
        lines=len(pairs),
        relevant=len(relevant),
        relevance=score(
            sum(bool(g["relevant"]) and a.relevant for g, a in pairs),
            sum(not g["relevant"] and a.relevant for g, a in pairs),
            sum(bool(g["relevant"]) and not a.relevant for g, a in pairs),
        ),
        themes_micro=_micro(relevant, _gold_themes, _read_themes),
        themes_macro_f1=round(sum(themes) / len(themes), 4) if themes else 0.0,
        stage_accuracy=_share(relevant, lambda g, a: g["stage"] == a.stage.value),
        parties=_micro(relevant, lambda g: set(g["parties"]), lambda a: set(a.parties)),
        minerals=_micro(relevant, lambda g: set(g["minerals"]), lambda a: set(a.minerals)),
        significance_within_one=_share(
            relevant, lambda g, a: abs(int(g["significance"]) - a.significance) <= 1
        ),
    )


def _share(pairs: Sequence[Pair], met: Callable[[Gold, Assessment], bool]) -> float:
    return round(sum(met(g, a) for g, a in pairs) / len(pairs), 4) if pairs else 0.0


def _micro(
    pairs: Iterable[Pair],
    wanted: Callable[[Gold], set[str]],
    given: Callable[[Assessment], set[str]],
) -> Score:
    right = wrong = missed = 0
    for line, assessment in pairs:
        want, give = wanted(line), given(assessment)
        right += len(want & give)
        wrong += len(give - want)
        missed += len(want - give)
    return score(right, wrong, missed)


def _per_label(
    pairs: Sequence[Pair],
    wanted: Callable[[Gold], set[str]],
    given: Callable[[Assessment], set[str]],
) -> dict[str, Score]:
    counts: dict[str, list[int]] = {}
    for line, assessment in pairs:
        want, give = wanted(line), given(assessment)
        for label in want | give:
            place = 0 if label in want & give else 1 if label in give else 2
            counts.setdefault(label, [0, 0, 0])[place] += 1
    return {label: score(*counts[label]) for label in sorted(counts)}


def _gold_themes(line: Gold) -> set[str]:
    return set(line["themes"])


def _read_themes(assessment: Assessment) -> set[str]:
    return {theme.id for theme in assessment.themes}


def _gold_stage(line: Gold) -> set[str]:
    return {str(line["stage"])}


def _read_stage(assessment: Assessment) -> set[str]:
    return {assessment.stage.value}


def _errors(pairs: Iterable[Pair]) -> tuple[Mapping[str, Any], ...]:
    """Lines with something wrong, those with wrong relevance and most wrong labels first."""
    told: list[tuple[int, Mapping[str, Any]]] = []
    for line, assessment in pairs:
        if bool(line["relevant"]) != assessment.relevant:
            what = "missed" if line["relevant"] else "false alarm"
            weight, detail = 100, {"relevance": what, "score": assessment.relevance}
            if assessment.relevant:
                detail["evidence"] = {"relevance": _quotes(assessment.relevance_evidence)}
        elif not line["relevant"]:
            continue
        else:
            detail = _differences(line, assessment)
            weight = len(detail.keys() - {"evidence"})
        if detail:
            told.append((weight, {"id": line["id"], "title": line["title"], **detail}))
    return tuple(error for _, error in sorted(told, key=lambda pair: -pair[0]))


def _differences(line: Gold, assessment: Assessment) -> dict[str, Any]:
    detail: dict[str, Any] = {}
    for name, want, give in (
        ("themes", set(line["themes"]), _read_themes(assessment)),
        ("parties", set(line["parties"]), set(assessment.parties)),
        ("minerals", set(line["minerals"]), set(assessment.minerals)),
    ):
        if want != give:
            detail[name] = {"missed": sorted(want - give), "wrong": sorted(give - want)}
    evidence = {
        theme.id: _quotes(theme.evidence)
        for theme in assessment.themes
        if theme.id not in line["themes"]
    }
    if line["stage"] != assessment.stage.value:
        detail["stage"] = {"gold": line["stage"], "read": assessment.stage.value}
        evidence["stage"] = _quotes(assessment.stage_evidence)
    return {**detail, "evidence": evidence} if evidence else detail


def _quotes(evidence: Iterable[Evidence]) -> list[str]:
    return [piece.text for piece in evidence]
