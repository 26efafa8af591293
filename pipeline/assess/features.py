"""What the learned weights see of a reading: named features, each with its place in the text.

A feature's name is ``group:place:what``. Groups: ``g`` a word as the gate sees it, ``w`` a word by
lemma, ``x`` the beginning of a word (languages with endings), ``c`` a class of words.yaml, ``p`` a
pattern of the rules, ``n`` a number; and for the labels, which turn on wording, ``b`` two words in
a row, ``s`` a shape of two or three places in a row with states, minerals and sums put as STATE,
MINERAL, MONEY, ``k`` two such places with a gap. Places: ``t`` in the title, ``a`` anywhere.
Classes and patterns carry what was learned from one language to the others.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

from pipeline.assess.compiled import Weighted
from pipeline.assess.patterns import Span
from pipeline.assess.reading import Reading

Found: TypeAlias = tuple[str, float, Span | None]
"""Name, value, place (None: the whole text)."""

_SHAPES = (
    ("money", "MONEY"),
    ("state", "STATE"),
    ("group", "GROUP"),
    ("state_body", "STATE_BODY"),
    ("private_body", "COMPANY"),
    ("agreement_named", "NAMED"),
    ("mineral", "MINERAL"),
    ("minerals_general", "MINERALS"),
)
"""Classes that stand as one word in shapes; the first that covers a word wins."""
_KINDS = {
    "p": "pattern",
    "c": "class",
    "s": "shape",
    "k": "shape",
    "x": "stem",
}
_STEM = 5
_REACH = 4
"""How far apart the two places of a shape with a gap may be."""
_MAX_WORDS = 400
"""Words from which features are made: what comes later than that tells no news."""
_COUNTS = 4


def gate_features(reading: Reading) -> Iterator[Found]:
    """Each word once, wherever it stands: what the gate looks at."""
    for token in reading.doc:
        if not (token.is_punct or token.is_space or token.norm_[:1].isdigit()):
            yield f"g:a:{token.norm_}", 1.0, (token.i, token.i + 1)


def text_features(reading: Reading) -> Iterator[Found]:
    """Words, classes and patterns: the named part of what the relevance heads see."""
    yield from _placed(_words(reading), reading.border)
    yield from _placed(_classes(reading), reading.border)
    yield from _patterns(reading, "relevance", reading.compiled.relevance)
    yield "n:a:rules' relevance", reading.rules_logit / 4, None
    yield f"n:a:language {reading.compiled.language}", 1.0, None
    states = len({mention.code for mention in reading.mentions})
    yield f"n:a:states {min(states, _COUNTS)}", 1.0, None


def label_features(reading: Reading) -> Iterator[Found]:
    """Wording, and what the rules for themes, stages, parties and significance found and gave."""
    yield from _placed(_pairs(reading), reading.border)
    yield from _placed(_shapes(reading), reading.border)
    yield "n:a:length", min(len(reading.doc) / 60, 2.0), None
    if reading.border >= len(reading.doc):
        yield "n:a:no summary", 1.0, None
    compiled = reading.compiled
    for theme in compiled.themes:
        yield from _patterns(reading, theme.id, theme.patterns)
    for stage in compiled.stages:
        yield from _patterns(reading, stage.stage.value, stage.patterns)
    yield from _patterns(reading, "shield", compiled.shields)
    for telling in reading.tellings:
        name = f"{telling.stage.stage.value} {telling.stage.order}"
        if telling.title > 0:
            yield f"n:t:stage {name}", telling.title, None
        if telling.summary > 0:
            yield f"n:a:stage {name}", telling.summary, None
    yield f"n:a:rules' stage {reading.stage.value}", 1.0, None
    for label in reading.themes:
        yield f"n:a:rules' theme {label.id}", label.score, None
    yield f"n:a:rules' significance {reading.significance}", 1.0, None
    yield f"n:a:parties {min(len(reading.parties), _COUNTS)}", 1.0, None
    yield f"n:a:money {_size(reading)}", 1.0, None


def _patterns(reading: Reading, owner: str, patterns: Iterable[Weighted]) -> Iterator[Found]:
    for weighted in patterns:
        for match in reading.matches(weighted)[:2]:
            span = (match.start, match.end)
            yield f"p:a:{owner}/{weighted.id}", 1.0, span
            if reading.in_title(match):
                yield f"p:t:{owner}/{weighted.id}", 1.0, span


def _placed(found: Iterator[tuple[str, str, int, int]], border: int) -> Iterator[Found]:
    for group, name, start, end in found:
        yield f"{group}:a:{name}", 1.0, (start, end)
        if start < border:
            yield f"{group}:t:{name}", 1.0, (start, end)


def _words(reading: Reading) -> Iterator[tuple[str, str, int, int]]:
    stems = reading.compiled.language != "en"
    for token in reading.doc[:_MAX_WORDS]:
        if token.is_punct or token.is_space:
            continue
        word = _word(token)
        yield "w", word, token.i, token.i + 1
        if stems and len(word) > _STEM:
            yield "x", word[:_STEM], token.i, token.i + 1


def _pairs(reading: Reading) -> Iterator[tuple[str, str, int, int]]:
    sentence = reading.sentence
    words = [t for t in reading.doc[:_MAX_WORDS] if not (t.is_punct or t.is_space)]
    for one, other in pairwise(words):
        if sentence[one.i] == sentence[other.i]:
            yield "b", f"{_word(one)} {_word(other)}", one.i, other.i + 1


def _word(token: Any) -> str:
    norm: str = token.norm_
    return "#" if norm[:1].isdigit() else norm


def _shapes(reading: Reading) -> Iterator[tuple[str, str, int, int]]:
    row = _symbols(reading)
    for place, (symbol, start, _) in enumerate(row):
        near = [
            near
            for near in row[place + 1 : place + 1 + _REACH]
            if reading.sentence[near[1]] == reading.sentence[start]
        ]
        for gap, (other, _, end) in enumerate(near):
            if symbol.isupper() or other.isupper():
                group, mark = ("s", "") if gap == 0 else ("k", "… ")
                yield group, f"{symbol} {mark}{other}", start, end
        if len(near) > 1:
            yield "s", f"{symbol} {near[0][0]} {near[1][0]}", start, near[1][2]


def _symbols(reading: Reading) -> Sequence[tuple[str, int, int]]:
    """The words with numbers, states, minerals … put as what they are."""
    doc = reading.doc[:_MAX_WORDS]
    covered: dict[int, tuple[str, int, int]] = {}
    for key, symbol in _SHAPES:
        for start, end in reading.cues.get(key, ()):
            if not any(place in covered for place in range(start, end)):
                for place in range(start, end):
                    covered[place] = (symbol, start, end)
    row: list[tuple[str, int, int]] = []
    for token in doc:
        found = covered.get(token.i)
        if found is not None:
            if found[1] == token.i:
                row.append(found)
        elif not (token.is_punct or token.is_space):
            word = token.norm_
            row.append(("#" if word[:1].isdigit() else word, token.i, token.i + 1))
    return row


def _classes(reading: Reading) -> Iterator[tuple[str, str, int, int]]:
    for key, spans in reading.cues.items():
        if not key.startswith("~"):
            for start, end in spans[:1]:
                yield "c", key, start, end


def _size(reading: Reading) -> str:
    if not reading.largest_usd:
        return "none"
    for limit, name in ((1e9, "1,000m"), (1e8, "100m"), (1e7, "10m")):
        if reading.largest_usd >= limit:
            return name
    return "small"


def in_words(name: str) -> str:
    """A feature's name as an explanation shows it."""
    group, place, what = name.split(":", 2)
    where = " in the title" if place == "t" else ""
    if group == "n":
        return f"{what}{where}"
    kind = _KINDS.get(group)
    return f"{kind} {what}{where}" if kind else f'"{what}"{where}'
