"""What was found in one text: cues by class, sentences, and the way back to the document."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pipeline.assess.compiled import Compiled, CompiledStage, Weighted
from pipeline.assess.patterns import Match, Pattern, Span, find
from pipeline.assess.prepare import Prepared
from schemas.assessment import Evidence, Money, Polarity, Stage, ThemeLabel

if TYPE_CHECKING:
    from pipeline.assess.learned import Floats, Vector


@dataclass(slots=True)
class Reading:
    """The state that the components of the pipeline hand on; kept in ``doc._.reading``."""

    prepared: Prepared
    doc: Any
    compiled: Compiled
    cues: dict[str, list[Span]]
    sentence: Sequence[int]
    border: int
    """The first token of the summary."""
    passed: bool = True
    """Whether the gate let it through; False where it was read all the same."""
    forced: bool = False
    """Whether every label is asked for, relevant or not."""
    mentions: tuple["Mention", ...] = ()
    minerals: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()
    money: tuple[Money, ...] = ()
    largest_usd: float = 0.0
    """The largest sum named, in US dollars, roughly."""
    rules_logit: float = 0.0
    """What the rules alone say of relevance, before the logistic function."""
    speaking: list[tuple[Match, str]] = field(default_factory=list)
    """What the rules found for relevance, with the names of the rules."""
    relevance: float = 0.0
    relevant: bool = False
    relevance_evidence: tuple[Evidence, ...] = ()
    themes: tuple[ThemeLabel, ...] = ()
    tellings: tuple["Telling", ...] = ()
    stage: Stage = Stage.NONE
    stage_evidence: tuple[Evidence, ...] = ()
    rules_stage: Stage = Stage.NONE
    """The stage by the rules alone."""
    unwitnessed: frozenset[Stage] = frozenset()
    """Steps beyond what the headline tells, with no word of them: see `stage.unwitnessed`."""
    parties: tuple[str, ...] = ()
    agreement: str | None = None
    polarities: dict[str, Polarity] = field(default_factory=dict)
    """By theme, given or not where every label is asked for."""
    significance: int = 0
    reasons: tuple[str, ...] = ()
    found: list[tuple[str, float, Span | None]] = field(default_factory=list)
    """The features of the text, where weights have been learned."""
    vectors: dict[str, "Vector"] = field(default_factory=dict)
    """By name of the space: what the learned heads saw, kept to be explained."""
    sense: "Floats | None" = None
    """The numbers of the whole text, where they were asked for."""
    keys: frozenset[str] = frozenset()
    """The keys of ``cues``, once patterns are asked for."""
    memo: dict[str, list[Match]] = field(default_factory=dict)

    def add_cues(self, more: dict[str, list[Span]]) -> None:
        """Give the words that only a later judgement asks for; what is known stays."""
        self.cues = {**more, **self.cues}
        self.keys = frozenset(self.cues)

    def find(self, pattern: Pattern) -> list[Match]:
        """The matches of a pattern, looked up once."""
        found = self.memo.get(pattern.source)
        if found is None:
            self.keys = self.keys or frozenset(self.cues)
            possible = pattern.possible(self.keys)
            found = find(pattern, self.cues, self.sentence) if possible else []
            self.memo[pattern.source] = found
        return found

    def matches(self, weighted: Weighted) -> list[Match]:
        """The matches of a weighted pattern in its field, without those that are cancelled."""
        found = [match for pattern in weighted.patterns for match in self.find(pattern)]
        if weighted.where != "any":
            found = [m for m in found if (m.start < self.border) == (weighted.where == "title")]
        if found and weighted.unless:
            barred = {self.sentence[m.start] for p in weighted.unless for m in self.find(p)}
            found = [match for match in found if self.sentence[match.start] not in barred]
        return found

    def evidence(self, match: Match, pattern: str) -> Evidence:
        """The words of a match, as a place in the document."""
        start = self.doc[match.start].idx
        last = self.doc[match.end - 1]
        if match.start < self.border < match.end:
            # A match over both fields is shown by its part in the title.
            inside = [end for begin, end in match.steps if begin < self.border]
            last = self.doc[max(inside) - 1]
            start = self.doc[min(begin for begin, _ in match.steps)].idx
        return self.prepared.evidence(start, last.idx + len(last), pattern)

    def span_evidence(self, span: Span, pattern: str) -> Evidence:
        """The words of a cue, as a place in the document."""
        return self.evidence(Match(*span, (span,)), pattern)

    def sentence_of(self, piece: Evidence) -> Evidence | None:
        """The whole sentence in which a piece of evidence begins."""
        first = 0
        for number, tokens in groupby(range(len(self.doc)), key=self.sentence.__getitem__):
            count = len(list(tokens))
            whole = self.span_evidence((first, first + count), f"sentence-{number}")
            if whole.field == piece.field and whole.start <= piece.start < whole.end:
                return whole
            first += count
        return None

    def in_title(self, match: Match) -> bool:
        """Whether a match begins in the title."""
        return match.start < self.border


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where a state is named, or something that stands for it."""

    code: str
    kind: str
    """name, adjective, capital, leader, body or group."""
    span: Span


@dataclass(frozen=True, slots=True)
class Telling:
    """How surely the title and the summary tell a stage, each 0–1, and what speaks against it."""

    stage: CompiledStage
    title: float
    summary: float
    against: float
    evidence: tuple[Evidence, ...]

    def score(self, summary_factor: float) -> float:
        """Both parts taken as independent witnesses."""
        return 1 - (1 - self.title) * (1 - self.summary * summary_factor) - self.against


def best(evidence: Iterable[Evidence], limit: int = 4) -> tuple[Evidence, ...]:
    """A few pieces of evidence, each place once, the title's first."""
    ordered = sorted(evidence, key=lambda e: (e.field != "title", e.start, e.end))
    kept: dict[tuple[str, int, int], Evidence] = {}
    for piece in ordered:
        kept.setdefault((piece.field, piece.start, piece.end), piece)
    return tuple(kept.values())[:limit]
