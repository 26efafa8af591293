"""Fakes that stand for judgement, so that a test of the flow says itself what an item means."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from schemas.assessment import Assessment, Document, Evidence, Stage, ThemeLabel

RULESET = "fake-1"


@dataclass(frozen=True)
class Meaning:
    """What the fake assessor reads in a title."""

    stage: Stage = Stage.SIGNED
    parties: tuple[str, ...] = ("JP", "KZ")
    minerals: tuple[str, ...] = ("uranium",)
    significance: int = 3


class FakeAssessor:
    """Reads what it was told each title means; a title it was not told of is not relevant."""

    ruleset = RULESET

    def __init__(self, meanings: Mapping[str, Meaning]) -> None:
        self.meanings = dict(meanings)

    def assess(self, documents: Iterable[Document]) -> Iterator[Assessment]:
        """One reading a document, in order."""
        for document in documents:
            yield self._read(document)

    def _read(self, document: Document) -> Assessment:
        meaning = self.meanings.get(document.title)
        if meaning is None:
            return Assessment(document.id, RULESET, relevant=False, relevance=0.0, language="en")
        quote = Evidence("title", 0, len(document.title), document.title, "fake")
        return Assessment(
            document.id,
            RULESET,
            relevant=True,
            relevance=1.0,
            language="en",
            themes=(ThemeLabel("central_asia", 1.0, (quote,)),),
            stage=meaning.stage,
            stage_evidence=(quote,),
            parties=meaning.parties,
            minerals=meaning.minerals,
            significance=meaning.significance,
            reasons=("told so",),
        )
