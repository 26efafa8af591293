"""The steps of a reading as spaCy components: a cheap gate for all, then the fuller reading.

Each factory takes the key of a compiled ruleset (see ``publish``), as factories are configured by
plain values. A component returns at once where the gate has not let the text pass.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from math import inf, sqrt
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

from spacy.attrs import NORM  # type: ignore[import-not-found]
from spacy.language import Language
from spacy.tokens import Doc

from pipeline.assess.agreement import read_agreement
from pipeline.assess.compiled import Compiled
from pipeline.assess.cues import Finder, resolve, sentences
from pipeline.assess.gate import members
from pipeline.assess.judge import (
    judge_labels,
    judge_parties,
    judge_relevance,
    labels_vector,
    show_relevance,
)
from pipeline.assess.labels import read_relevance, read_themes
from pipeline.assess.learned import Model, gate_weights
from pipeline.assess.money import MoneyReader, read_money_status
from pipeline.assess.parties import read_parties
from pipeline.assess.polarity import read_polarity
from pipeline.assess.polarity_rules import compile_polarity
from pipeline.assess.prepare import Prepared
from pipeline.assess.reading import Reading
from pipeline.assess.significance import read_significance
from pipeline.assess.stage import read_stage

Component: TypeAlias = Callable[[Doc], Doc]

_READING, _PREPARED, _FORCED = (
    ("._.", name, None, None) for name in ("reading", "prepared", "forced")
)
"""Where spaCy keeps ``doc._.reading`` … in ``doc.user_data``; its underscore costs more than it."""

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
        self.polarity = compile_polarity(compiled.rules, compiled.language)
        self._finder: Finder | None = None
        self._polarity_finder: Finder | None = None
        _published[key] = self

    def finder(self, nlp: Language) -> Finder:
        """The one finder of all expressions: gate and cues share it, as it takes some MB."""
        self._finder = self._finder or Finder(nlp, self.compiled.expressions)
        return self._finder

    def polarity_finder(self, nlp: Language) -> Finder:
        """The finder of what only polarity asks for: apart, as few texts come that far."""
        if self._polarity_finder is None:
            self._polarity_finder = Finder(nlp, self.polarity.expressions)
        return self._polarity_finder


@Language.factory("mineralwatch_gate", assigns=["doc._.reading"])
def make_gate(nlp: Language, name: str, rules: str) -> Component:  # noqa: ARG001
    """Let a text pass that has a class of each group of relevance.yaml's gate.

    Where weights are learned, its words must not be far from those of such news as well; and words
    that are surely of such news pass alone: a text may name no mineral at all.
    """
    compiled, model = _published[rules].compiled, _published[rules].model
    groups = [members(group, compiled) for group in compiled.rules.lexicon.relevance.gate]
    finder = _published[rules].finder(nlp)
    weights, floor, enough = gate_weights(model) if model else ({}, -inf, inf)
    weight_of = weights.get

    def passes(doc: Doc) -> bool:
        if weights:
            norms = set(doc.to_array([NORM]).tolist())
            added = sum(filter(None, map(weight_of, norms)), 0j)
            weight = added.real / sqrt(added.imag) if added else 0.0
            if weight < floor or weight >= enough:
                return weight >= enough
        found = finder.keys(doc)
        return all(not group.isdisjoint(found) for group in groups)

    def gate(doc: Doc) -> Doc:
        let_through, forced = passes(doc), is_forced(doc)
        if let_through or forced:
            prepared: Prepared = doc._.prepared
            border = sum(1 for token in doc if token.idx < prepared.border)
            doc._.reading = Reading(prepared, doc, compiled, {}, (), border, let_through, forced)
        return doc

    return gate


@Language.factory("mineralwatch_cues", requires=["doc._.reading"])
def make_cues(nlp: Language, name: str, rules: str) -> Component:  # noqa: ARG001
    """Find every expression of the rules: states, minerals, bodies, money, classes, literals."""
    published = _published[rules]
    finder = published.finder(nlp)

    def cues(reading: Reading) -> None:
        reading.cues = finder.cues(reading.doc)
        reading.sentence = sentences(reading.doc, reading.border)
        published.money.read(reading)
        reading.mentions = resolve(reading.doc, reading.cues, published.compiled, reading.sentence)
        reading.minerals = tuple(
            sorted(k[8:].replace("_", " ") for k in reading.cues if k.startswith("mineral:"))
        )
        reading.bodies = tuple(sorted(k[5:] for k in reading.cues if k.startswith("body:")))

    return _over_readings(cues)


@Language.factory("mineralwatch_relevance", requires=["doc._.reading"])
def make_relevance(nlp: Language, name: str, rules: str) -> "Relevance":  # noqa: ARG001
    """Weigh whether it is about an agreement on minerals: by the rules, then as learned."""
    return Relevance(_published[rules].model)


class Relevance:
    """The component of relevance; of a batch, the likely texts are encoded together."""

    def __init__(self, model: Model | None) -> None:
        self._model = model

    def __call__(self, doc: Doc) -> Doc:
        """Read one document."""
        return next(self.pipe(iter((doc,)), batch_size=1))

    def pipe(self, stream: Iterable[Doc], batch_size: int) -> Iterator[Doc]:
        """Read a stream of documents, ``batch_size`` at a time; the order is kept."""
        source = iter(stream)
        while batch := list(islice(source, batch_size)):
            readings = [r for doc in batch if (r := reading_of(doc)) is not None]
            for reading in readings:
                read_relevance(reading)
            if self._model is not None:
                judge_relevance(readings, self._model)
            for reading in readings:
                if reading.relevant:
                    show_relevance(reading, self._model)
            yield from batch


@Language.factory("mineralwatch_labels", requires=["doc._.reading"])
def make_labels(nlp: Language, name: str, rules: str) -> Component:  # noqa: ARG001
    """Where relevant: parties, agreement, stage, themes, significance as the rules say."""

    def labels(reading: Reading) -> None:
        if reading.relevant or reading.forced:
            read_parties(reading)
            read_agreement(reading)
            read_stage(reading)
            read_themes(reading)
            read_significance(reading)
            read_money_status(reading)

    return _over_readings(labels)


@Language.factory("mineralwatch_learned", requires=["doc._.reading"])
def make_learned(nlp: Language, name: str, rules: str) -> Component:  # noqa: ARG001
    """Where relevant: the same labels by learned weights, to which the rules' are features."""
    model = _published[rules].model

    def learned(reading: Reading) -> None:
        if model is not None and (reading.relevant or reading.forced):
            features = labels_vector(reading, model)
            judge_parties(reading, model)
            read_agreement(reading)
            judge_labels(reading, model, features)

    return _over_readings(learned)


@Language.factory("mineralwatch_polarity", requires=["doc._.reading"])
def make_polarity(nlp: Language, name: str, rules: str) -> Component:  # noqa: ARG001
    """Where relevant: which side the item takes on the claim of each of its themes."""
    published = _published[rules]

    def polarity(reading: Reading) -> None:
        if published.polarity.themes and (reading.relevant or reading.forced):
            reading.add_cues(published.polarity_finder(nlp).cues(reading.doc))
        if reading.relevant or reading.forced:
            read_polarity(reading, published.polarity)

    return _over_readings(polarity)


def _over_readings(work: Callable[[Reading], None]) -> Component:
    """A component that does ``work`` where the gate has let the text pass."""

    def component(doc: Doc) -> Doc:
        reading = reading_of(doc)
        if reading is not None:
            work(reading)
        return doc

    return component


def reading_of(doc: Doc) -> Reading | None:
    """Return ``doc._.reading``."""
    found: Reading | None = _kept(doc).get(_READING)
    return found


def is_forced(doc: Doc) -> bool:
    """Whether every label is asked for: ``doc._.forced``."""
    return bool(_kept(doc).get(_FORCED))


def give(doc: Doc, prepared: Prepared, *, forced: bool) -> None:
    """Set ``doc._.prepared`` and ``doc._.forced``."""
    _kept(doc)[_PREPARED] = prepared
    if forced:
        _kept(doc)[_FORCED] = True


def _kept(doc: Doc) -> dict[Any, Any]:
    kept: dict[Any, Any] = doc.user_data
    return kept
