"""Finding every expression of the rules in a text, and turning the hits into cues by class."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from pipeline.assess.compiled import Compiled
from pipeline.assess.patterns import Span
from pipeline.assess.reading import Mention

_END = frozenset(".!?…。")
_PLACE = frozenset({"in", "at", "near", "from", "across", "outside", "inside", "в", "у"})
"""Prepositions after which a state is a place."""
_OPENING = frozenset("\"'«“‘([-–—")


class Finder:
    """PhraseMatchers over expressions: by lemma, and exact with and without regard to case."""

    def __init__(self, nlp: Language, expressions: dict[str, tuple[str, ...]]) -> None:
        self._matchers: list[PhraseMatcher] = []
        wanted: dict[str, dict[str, list[Doc]]] = defaultdict(lambda: defaultdict(list))
        for key, wordings in expressions.items():
            for wording in wordings:
                text = wording.replace("=", "").replace("-", " ")
                attribute = "NORM"
                if "=" in wording:
                    attribute = "LOWER" if text == text.lower() else "ORTH"
                wanted[attribute][key].append(nlp.make_doc(text))
        for attribute, keys in wanted.items():
            matcher = PhraseMatcher(nlp.vocab, attr=attribute)
            for key, docs in keys.items():
                matcher.add(key, docs)
            self._matchers.append(matcher)
        self._names = {nlp.vocab.strings.add(key): key for key in expressions}

    def keys(self, doc: Doc) -> set[str]:
        """The keys that occur at all."""
        return {self._names[hit[0]] for matcher in self._matchers for hit in matcher(doc)}

    def cues(self, doc: Doc) -> dict[str, list[Span]]:
        """Key → token spans, in order of the text, the longer first where two start together."""
        found: dict[str, set[Span]] = defaultdict(set)
        for matcher in self._matchers:
            for key, start, end in matcher(doc):
                found[self._names[key]].add((start, end))
        return {key: sorted(spans, key=_by_start) for key, spans in found.items()}


def _by_start(span: Span) -> tuple[int, int]:
    return span[0], -span[1]


def sentences(doc: Doc, border: int) -> list[int]:
    """Number each token's sentence; the title is one of its own (or several)."""
    numbers: list[int] = []
    number, closed, broken = 0, False, False
    for token in doc:
        text = token.text
        if (
            token.i == border
            or broken
            or (closed and (text[:1].isupper() or text[:1].isdigit() or text[:1] in _OPENING))
        ):
            number += 1
            closed = False
        elif closed and not token.is_space:
            closed = text in {"'", '"', "»", ")", "”"}
        numbers.append(number)
        if text in _END or (text[-1:] == "." and text[:-1].isdigit()):
            closed = True
        broken = "\n" in text  # a paragraph of the page ends here, or what is before the page
    return numbers


def resolve(
    doc: Doc, found: dict[str, list[Span]], compiled: Compiled, sentence: Sequence[int]
) -> tuple[Mention, ...]:
    """Drop look-alikes, add the general classes (``state`` …), return the states' mentions."""
    _drop_noise(found, "mineral:", "mineral_noise")
    for barred in [key for key in found if key.endswith("_not")]:
        _drop_noise(found, barred.removesuffix("_not"), barred, whole=True)
    mentions = _mentions(found, compiled)
    for mention in mentions:
        found.setdefault("state", []).append(mention.span)
        found.setdefault(f"state:{mention.code}", []).append(mention.span)
    actors = tuple(mention for mention in mentions if _acts(mention, doc))
    for name, chosen in (("state_pair", mentions), ("actor_pair", actors)):
        pairs = _pairs(chosen, sentence)
        if pairs:
            found[name] = pairs
    if actors:
        found["actor"] = sorted({mention.span for mention in actors}, key=_by_start)
    subject = {
        f"mineral:{m.id.replace(' ', '_')}"
        for m in compiled.rules.lexicon.minerals.minerals
        if m.subject
    }
    _gather(found, "mineral", [key for key in found if key.startswith("mineral:")])
    _gather(found, "mineral_subject", [key for key in found if key in subject])
    _gather(found, "agreement_named", [key for key in found if key.startswith("agreement:")])
    _gather(found, "group", [key for key in found if key.startswith("group:")])
    bodies = {body.id: body for body in compiled.rules.lexicon.bodies.bodies}
    named = [key for key in found if key.startswith("body:")]
    private = [key for key in named if bodies[key[5:]].kind == "private"]
    _gather(found, "body", named)
    _gather(found, "private_body", private)
    _gather(found, "state_body", [key for key in named if key not in private])
    return mentions


def _gather(found: dict[str, list[Span]], name: str, keys: Iterable[str]) -> None:
    spans = {span for key in keys for span in found[key]}
    if spans:
        found[name] = sorted(spans, key=_by_start)


def _drop_noise(
    found: dict[str, list[Span]], prefix: str, noise: str, *, whole: bool = False
) -> None:
    """Drop what lies inside the noise, of keys with the prefix or of the one key."""
    barred = found.get(noise, [])
    if not barred:
        return
    for key in [k for k in found if (k == prefix if whole else k.startswith(prefix))]:
        kept = [span for span in found[key] if not any(_inside(span, other) for other in barred)]
        if kept:
            found[key] = kept
        else:
            del found[key]


def _inside(span: Span, other: Span) -> bool:
    return other[0] <= span[0] and span[1] <= other[1]


def _mentions(found: dict[str, list[Span]], compiled: Compiled) -> tuple[Mention, ...]:
    """States, the longest name winning ("DR Congo" is not Congo), and what bodies stand for."""
    candidates: list[Mention] = []
    bodies: list[Mention] = []
    states = {body.id: body.state or "" for body in compiled.rules.lexicon.bodies.bodies}
    for key, spans in found.items():
        if key.startswith("state."):
            _, code, kind = key.split(".")
            candidates += [Mention(code, kind, span) for span in spans]
        elif key.startswith("body:"):
            bodies += [Mention(states[key[5:]], "body", span) for span in spans]
    barred = [*found.get("state_noise", ()), *(mention.span for mention in bodies)]
    candidates = [m for m in candidates if not any(_inside(m.span, other) for other in barred)]
    for group in compiled.rules.lexicon.states.groups:
        for span in found.get(f"group:{group.id}", ()):
            candidates += [Mention(code, "group", span) for code in group.members]
    candidates += [mention for mention in bodies if mention.code]
    return tuple(sorted(_longest(candidates), key=lambda m: (m.span, m.code)))


def _acts(mention: Mention, doc: Doc) -> bool:
    """Whether it is the state itself: not an adjective, a place, or "Japan's Marubeni"."""
    start, end = mention.span
    if mention.kind == "adjective":
        return False
    if mention.kind in {"name", "capital"} and start and doc[start - 1].lower_ in _PLACE:
        return False
    owns = end + 1 < len(doc) and doc[end].lower_ in {"'s", "'"}
    return not (owns and doc[end + 1].text[:1].isupper() and mention.kind in {"name", "capital"})


def _pairs(mentions: tuple[Mention, ...], sentence: Sequence[int]) -> list[Span]:
    """Neighbouring mentions of two different states in one sentence, as one span each."""
    return [
        (a.span[0], b.span[1])
        for a, b in pairwise(mentions)
        if a.code != b.code
        and a.span[1] <= b.span[0]
        and sentence[a.span[0]] == sentence[b.span[0]]
    ]


def _longest(mentions: list[Mention]) -> list[Mention]:
    spans = {mention.span for mention in mentions}
    return [
        m
        for m in mentions
        if not any(m.span != other and _inside(m.span, other) for other in spans)
    ]


def token_span(doc: Any, start: int, end: int) -> Span | None:
    """The tokens that cover characters start…end."""
    span = doc.char_span(start, end, alignment_mode="expand")
    return None if span is None else (span.start, span.end)
