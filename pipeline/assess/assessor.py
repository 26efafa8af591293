"""The assessor: documents in, assessments out, in order and lazily."""

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from pipeline.assess.compiled import compile_rules
from pipeline.assess.components import Published, give, is_forced, reading_of
from pipeline.assess.detect import detect
from pipeline.assess.explain import explain_gate, explain_labels, explain_parties
from pipeline.assess.learned import load_model
from pipeline.assess.model_files import PACKAGE_MODEL
from pipeline.assess.nlp import build_nlp
from pipeline.assess.page_text import goes_on, widened
from pipeline.assess.polarity_rules import compile_polarity
from pipeline.assess.prepare import Prepared, prepare
from pipeline.assess.reading import Reading
from pipeline.assess.ruleset import ruleset_id
from pipeline.garbage import SELDOM
from schemas.assessment import Assessment, Document
from schemas.explanation import Explanation
from schemas.rules import Rules

_BATCH = 128
_MAX_VOCABULARY = 200_000
"""Word forms kept before a language's pipeline is built afresh: a bound on memory."""


class Assessor:
    """Reads documents under one ruleset. Pipelines of languages are built when first met."""

    def __init__(self, rules: Rules, model_folder: Path | None = PACKAGE_MODEL) -> None:
        """``model_folder`` None: the rules alone judge.

        Raises:
            ConfigError: the model cannot be read.
        """
        self._rules = rules
        model = load_model(model_folder) if model_folder else None
        themes = (theme.id for theme in rules.themes)
        self.model = model if model is not None and model.reads(themes) else None
        self.ruleset = ruleset_id(rules, model_folder)
        self._pipelines: dict[str, tuple[Language, Published]] = {}

    def assess(self, documents: Iterable[Document]) -> Iterator[Assessment]:
        """Read documents in batches; the order is kept, and no more than a batch is held."""
        source = iter(documents)
        while batch := list(islice(source, _BATCH)):
            yield from self._widened(batch, self._assess_batch(batch))

    def assess_one(self, document: Document) -> Assessment:
        """Read one document."""
        return next(self.assess((document,)))

    def read_fully(self, document: Document, *, whole: bool = False) -> Reading:
        """Read a document with every label, relevant or not: to test rules and to explain.

        Of its text the lead is read, or (``whole``) the first part.
        """
        ready = prepare(document, whole=whole)
        language, _ = detect(ready.text, document.language)
        nlp = self._pipeline(language)
        doc = self._doc(nlp, ready, forced=True)
        reading: Reading = nlp(doc)._.reading
        return reading

    def explain(self, document: Document) -> Explanation:
        """Assess a document and tell what was weighed for every label, given or not."""
        reading = self.read_fully(document)
        assessment = self.assess_one(document)
        labels = explain_labels(reading, self.model)
        given = {theme.id for theme in assessment.themes}
        if any(label.kind == "theme" and label.given != (label.id in given) for label in labels):
            # What the text adds beyond its lead was weighed over its first part.
            whole = explain_labels(self.read_fully(document, whole=True), self.model)
            beyond = {label.id: label for label in whole if label.kind == "theme"}
            labels = tuple(
                beyond[label.id]
                if label.kind == "theme" and label.id in given and not label.given
                else label
                for label in labels
            )
        return Explanation(
            document=document,
            assessment=assessment,
            gate=explain_gate(reading),
            labels=labels,
            parties=explain_parties(reading, self.model),
        )

    def _widened(self, batch: list[Document], read: list[Assessment]) -> list[Assessment]:
        """With what the texts of the relevant ones add beyond their leads."""
        longer = {
            place: document
            for place, document in enumerate(batch)
            if document.text and read[place].relevant and goes_on(document)
        }
        if longer:
            whole = self._assess_batch([*longer.values()], whole=True)
            for place, reading in zip(longer, whole, strict=True):
                read[place] = widened(read[place], reading)
        return read

    def _assess_batch(self, batch: list[Document], *, whole: bool = False) -> list[Assessment]:
        prepared: list[tuple[Prepared, str, tuple[str, ...]]] = []
        places: dict[str, list[int]] = defaultdict(list)
        for place, document in enumerate(batch):
            ready = prepare(document, whole=whole)
            language, problems = detect(ready.text, document.language)
            prepared.append((ready, language, problems))
            places[language].append(place)
        done: dict[int, Assessment] = {}
        for language, indexes in places.items():
            nlp = self._pipeline(language)
            docs = (self._doc(nlp, prepared[index][0], forced=whole) for index in indexes)
            for index, doc in zip(indexes, nlp.pipe(docs, batch_size=_BATCH), strict=True):
                done[index] = self._assessment(doc, *prepared[index])
        return [done[place] for place in range(len(batch))]

    @staticmethod
    def _doc(nlp: Language, ready: Prepared, *, forced: bool = False) -> Doc:
        doc = nlp.make_doc(ready.text)
        give(doc, ready, forced=forced)
        return doc

    def _pipeline(self, language: str) -> Language:
        built = self._pipelines.get(language)
        if built is None or len(built[0].vocab) > _MAX_VOCABULARY:
            compiled = compile_rules(self._rules, language)
            published = Published(f"{self.ruleset}:{language}:{id(self)}", compiled, self.model)
            built = self._pipelines[language] = (build_nlp(compiled, published), published)
            # What is loaded by now stays. The garbage collector need not go through it again and
            # again, which took a sixth of the time of reading.
            gc.collect()
            gc.freeze()
            # Nor look at its usual pace, which takes a seventh of it: reading leaves few cycles.
            gc.set_threshold(*SELDOM)
        return built[0]

    def _assessment(
        self, doc: Doc, ready: Prepared, language: str, problems: tuple[str, ...]
    ) -> Assessment:
        reading = reading_of(doc)
        told = (*ready.problems, *problems)
        if reading is None or not (reading.relevant or is_forced(doc)):
            return Assessment(
                document_id=ready.document.id,
                ruleset=self.ruleset,
                relevant=False,
                relevance=reading.relevance if reading else 0.0,
                language=language,
                minerals=reading.minerals if reading else (),
                problems=told,
                gated=reading is None,
            )
        return Assessment(
            document_id=ready.document.id,
            ruleset=self.ruleset,
            relevant=True,
            relevance=reading.relevance,
            language=language,
            themes=reading.themes,
            stage=reading.stage,
            stage_evidence=reading.stage_evidence,
            stage_sentence=(
                reading.sentence_of(reading.stage_evidence[0]) if reading.stage_evidence else None
            ),
            parties=reading.parties,
            minerals=reading.minerals,
            bodies=reading.bodies,
            money=reading.money,
            significance=reading.significance,
            reasons=reading.reasons,
            agreement=reading.agreement,
            relevance_evidence=reading.relevance_evidence,
            problems=told,
        )


def build_assessor(rules: Rules, model_folder: Path | None = PACKAGE_MODEL) -> Assessor:
    """Build the assessor, its English pipeline at once so that a faulty pattern is told now.

    Raises:
        ConfigError: a pattern cannot be read or names an unknown class; the model cannot be read.
    """
    for language in ("uk", "ru"):
        compile_rules(rules, language)
        compile_polarity(rules, language)
    assessor = Assessor(rules, model_folder)
    assessor.assess_one(Document(id="warm-up", title="warm-up", language="en"))
    return assessor
