"""How much an item matters, 1–3, and why."""

from pipeline.assess.compiled import CompiledSignificance
from pipeline.assess.reading import Reading


def read_significance(reading: Reading) -> None:
    """Give the level of the first rule that is met, with the reason in words."""
    config = reading.compiled.rules.lexicon.significance
    for compiled in reading.compiled.significance:
        if _met(compiled, reading):
            reading.significance = compiled.rule.level
            reading.reasons = (_reason(compiled, reading),)
            return
    reading.significance = config.default
    reading.reasons = (config.default_reason,)


def _met(compiled: CompiledSignificance, reading: Reading) -> bool:
    rule = compiled.rule
    if rule.stages and reading.stage not in rule.stages:
        return False
    if len(reading.parties) < rule.min_parties or reading.largest_usd < rule.min_money_usd:
        return False
    if compiled.patterns and not _any(compiled, reading):
        return False
    return not any(reading.find(pattern) for pattern in compiled.unless)


def _any(compiled: CompiledSignificance, reading: Reading) -> bool:
    matches = [match for pattern in compiled.patterns for match in reading.find(pattern)]
    if compiled.rule.where == "any":
        return bool(matches)
    return any(reading.in_title(m) == (compiled.rule.where == "title") for m in matches)


def _reason(compiled: CompiledSignificance, reading: Reading) -> str:
    said = f"{compiled.rule.reason} (stage: {reading.stage.value}"
    if reading.parties:
        said += f"; parties: {', '.join(reading.parties)}"
    if reading.money and compiled.rule.min_money_usd:
        said += f"; {max(reading.money, key=lambda m: m.amount).evidence.text}"
    return said + ")"
