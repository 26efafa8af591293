"""The steps of a reading as spaCy components: a cheap gate for all, then the fuller reading.

Each factory takes the key of a compiled ruleset (see ``publish``), as factories are configured by
plain values. A component returns at once where the gate has not let the text pass.
"""

from collections.abc import Callable
from math import inf
from typing import TypeAlias
from weakref import WeakValueDictionary

from spacy.attrs import NORM  # type: ignore[import-not-found]
from spacy.language import Language
from spacy.tokens import Doc

from pipeline.assess.agreement import read_agreement
from pipeline.assess.compiled import Compiled
from pipeline.assess.cues import Finder, resolve, sentences
from pipeline.assess.gate import members
from pipeline.assess.judge import judge_labels, judge_parties, judge_relevance, labels_vector
from pipeline.assess.labels import read_relevance, read_themes
from pipeline.assess.learned import Model
from pipeline.assess.money import MoneyReader
from pipeline.assess.parties import read_parties
from pipeline.assess.prepare import Prepared
from pipeline.assess.reading import Reading
from pipeline.assess.significance import read_significance
from pipeline.assess.stage import read_stage

Component: TypeAlias = Callable[[Doc], Doc]

PIPES = (
    "mineralwatch_gate",
    "mineralwatch_cues",
    "mineralwatch_relevance",
    "mineralwatch_labels",
    "mineralwatch_learned",
)

_published: WeakValueDictionary[str, "Published"] = WeakValueDictionary()

for _extension, _default in (("prepared", None), ("reading", None), ("forced", False)):
    if not Doc.has_extension(_extension):
        Doc.set_extension(_extension, default=_default)


class Published:
    """A compiled ruleset that factories can look up by key as long as its owner keeps it."""

    def __init__(self, key: str, compiled: Compiled, model: Model | None) -> None:
        self.key = key
        self.compiled = compiled
        self.model = model
        self.money = MoneyReader(compiled.rules.lexicon.money)
        _published[key] = self


@Language.factory("mineralwatch_gate", assigns=["doc._.reading"])
def make_gate(nlp: Language, name: str, rules: str) -> Component:  # noqa: ARG001
    """Let a text pass that has a class of each group of relevance.yaml's gate.

    Or one whose words, weighed as learned, are those of such news: it may name no mineral at all.
    """
    compiled, model = _published[rules].compiled, _published[rules].model
    groups = [members(group, compiled) for group in compiled.rules.lexicon.relevance.gate]
    wanted = {key for group in groups for key in group}
    finder = Finder(
        nlp, {key: forms for key, forms in compiled.expressions.items() if key in wanted}
    )
    words, limit = model.gate_weights() if model else ({}, inf)
    weights = {nlp.vocab.strings.add(word): weight for word, weight in words.items()}

    def passes(doc: Doc) -> bool:
        found = finder.keys(doc)
        if found and all(not group.isdisjoint(found) for group in groups):
            return True
        norms = set(doc.to_array([NORM]).tolist()) if weights else ()
        return sum(weights[norm] for norm in norms if norm in weights) >= limit

    def gate(doc: Doc) -> Doc:
        let_through = passes(doc)
        if let_through or doc._.forced:
            prepared: Prepared = doc._.prepared
            border = sum(1 for token in doc if token.idx < prepared.border)
            doc._.reading = Reading(prepared, doc, compiled, {}, (), border)
            doc._.reading.passed = let_through
        return doc

    return gate


@Language.factory("mineralwatch_cues", requires=["doc._.reading"])
def make_cues(nlp: Language, name: str, rules: str) -> Component:  # noqa: ARG001
    """Find every expression of the rules: states, minerals, bodies, money, classes, literals."""
    published = _published[rules]
    finder = Finder(nlp, published.compiled.expressions)

    def cues(doc: Doc) -> Doc:
        reading: Reading | None = doc._.reading
        if reading is None:
            return doc
        reading.cues = finder.cues(doc)
        reading.sentence = sentences(doc, reading.border)
        published.money.read(reading)
        reading.mentions = resolve(doc, reading.cues, published.compiled, reading.sentence)
        reading.minerals = tuple(
            sorted(k[8:].replace("_", " ") for k in reading.cues if k.startswith("mineral:"))
        )
        reading.bodies = tuple(sorted(k[5:] for k in reading.cues if k.startswith("body:")))
        return doc

    return cues


@Language.factory("mineralwatch_relevance", requires=["doc._.reading"])
def make_relevance(nlp: Language, name: str, rules: str) -> Component:  # noqa: ARG001
    """Weigh whether it is about an agreement on minerals: by the rules, then as learned."""
    model = _published[rules].model

    def relevance(doc: Doc) -> Doc:
        if doc._.reading is not None:
            read_relevance(doc._.reading)
            if model is not None:
                judge_relevance(doc._.reading, model)
        return doc

    return relevance


@Language.factory("mineralwatch_labels", requires=["doc._.reading"])
def make_labels(nlp: Language, name: str, rules: str) -> Component:  # noqa: ARG001
    """Where relevant: parties, agreement, stage, themes, significance as the rules say."""

    def labels(doc: Doc) -> Doc:
        reading: Reading | None = doc._.reading
        if reading is None or not (reading.relevant or doc._.forced):
            return doc
        read_parties(reading)
        read_agreement(reading)
        read_stage(reading)
        read_themes(reading)
        read_significance(reading)
        return doc

    return labels


@Language.factory("mineralwatch_learned", requires=["doc._.reading"])
def make_learned(nlp: Language, name: str, rules: str) -> Component:  # noqa: ARG001
    """Where relevant: the same labels by learned weights, to which the rules' are features."""
    model = _published[rules].model

    def learned(doc: Doc) -> Doc:
        reading: Reading | None = doc._.reading
        if model is None or reading is None or not (reading.relevant or doc._.forced):
            return doc
        features = labels_vector(reading, model)
        judge_parties(reading, model)
        read_agreement(reading)
        judge_labels(reading, model, features)
        return doc

    return learned
