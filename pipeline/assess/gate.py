"""What the gate asks for: the words behind its groups of classes."""

from pipeline.assess.compiled import Compiled
from pipeline.assess.patterns import Span
from pipeline.assess.reading import Reading

_PREFIXES = {
    "state": ("state.", "group:"),
    "mineral": ("mineral:",),
    "body": ("body:",),
    "agreement_named": ("agreement:",),
}
"""General classes that a gate may name, and the keys of expressions behind them."""


def groups_met(reading: Reading) -> list[tuple[tuple[str, ...], list[Span]]]:
    """Each of the gate's groups with the places where one of its classes occurs."""
    compiled = reading.compiled
    return [
        (group, sorted(s for key in members(group, compiled) for s in reading.cues.get(key, ())))
        for group in compiled.rules.lexicon.relevance.gate
    ]


def members(group: tuple[str, ...], compiled: Compiled) -> frozenset[str]:
    """The keys of expressions behind the classes of a gate's group."""
    keys: set[str] = set()
    subjects = {
        f"mineral:{m.id.replace(' ', '_')}"
        for m in compiled.rules.lexicon.minerals.minerals
        if m.subject
    }
    for name in group:
        if name == "mineral_subject":
            keys |= subjects
        elif name in _PREFIXES:
            keys |= {key for key in compiled.expressions if key.startswith(_PREFIXES[name])}
        else:
            keys.add(name)
    return frozenset(keys)
