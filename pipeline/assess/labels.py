"""Relevance and themes: weighted patterns, squeezed into a score with its evidence."""

import math
from collections.abc import Iterable

from pipeline.assess.compiled import CompiledTheme
from pipeline.assess.reading import Reading, best
from schemas.assessment import Evidence, ThemeLabel

_NO_SINGLE_SURE = 0.99


def read_relevance(reading: Reading) -> None:
    """Sum the weights of the patterns that match over the bias; logistic."""
    config = reading.compiled.rules.lexicon.relevance
    total = config.bias
    for weighted in reading.compiled.relevance:
        found = reading.matches(weighted)
        if not found:
            continue
        total += weighted.weight
        if weighted.weight > 0:
            reading.speaking += [(match, weighted.id) for match in found[:2]]
    for lacking in config.lacking:
        if reading.cues.keys().isdisjoint(lacking.classes):
            total += lacking.weight
    reading.rules_logit = total
    reading.relevance = round(1 / (1 + math.exp(-total)), 4)
    reading.relevant = reading.relevance >= config.threshold


def read_themes(reading: Reading) -> None:
    """Give every theme whose patterns, taken as independent witnesses, reach its threshold."""
    labels = {
        label.id: label
        for theme in reading.compiled.themes
        if (label := _read_theme(reading, theme)) is not None
    }
    for theme in reading.compiled.themes:
        if theme.id not in labels and _implied(reading, theme, labels):
            labels[theme.id] = _implied_label(reading, theme)
    reading.themes = tuple(
        labels[theme.id] for theme in reading.compiled.themes if theme.id in labels
    )


def _read_theme(reading: Reading, theme: CompiledTheme) -> ThemeLabel | None:
    doubt = 1.0
    against = 0.0
    evidence: list[Evidence] = []
    for weighted in theme.patterns:
        found = reading.matches(weighted)
        if not found:
            continue
        if weighted.weight < 0:
            against -= weighted.weight
            continue
        doubt *= 1 - min(weighted.weight, _NO_SINGLE_SURE)
        evidence += [reading.evidence(match, weighted.id) for match in found[:2]]
    score = (1 - doubt) - against
    if score < theme.threshold:
        return None
    return ThemeLabel(theme.id, round(score, 4), best(evidence))


def _implied(reading: Reading, theme: CompiledTheme, labels: Iterable[str]) -> bool:
    by = theme.implied_by
    return bool(
        set(by.minerals) & set(reading.minerals)
        or set(by.parties) & set(reading.parties)
        or set(by.bodies) & set(reading.bodies)
        or set(by.themes) & set(labels)
    )


def _implied_label(reading: Reading, theme: CompiledTheme) -> ThemeLabel:
    """Point at the words of the mineral, party or body that implied the theme."""
    by = theme.implied_by
    keys = [f"mineral:{name.replace(' ', '_')}" for name in by.minerals]
    keys += [f"state:{code}" for code in by.parties]
    keys += [f"body:{name}" for name in by.bodies]
    evidence = [
        reading.span_evidence(span, f"implied-{key.replace(':', '-').lower()}")
        for key in keys
        for span in reading.cues.get(key, ())
    ]
    return ThemeLabel(theme.id, 0.9, best(evidence))
