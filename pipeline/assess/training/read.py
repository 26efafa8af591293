"""Reading labelled items by the rules alone, on every core: what the weights are learned from."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import wait
from threading import Thread

from pipeline.assess.assessor import Assessor
from pipeline.assess.features import Found, gate_features, label_features, text_features
from pipeline.assess.learned import Floats
from pipeline.assess.party_features import party_features
from pipeline.assess.sense import sense
from pipeline.assess.training.items import Item
from schemas.assessment import Assessment, Stage
from schemas.rules import Rules

Progress = Callable[[str, int, int], None]
"""What is being done, steps done, steps in all."""

_PORTION = 200
"""Items that a process is given at once."""
_WORTH = 2000
"""Items from which a process for each core is quicker: each loads rules and languages anew."""


class _Own:
    """What a process keeps from one portion to the next."""

    assessor: Assessor


_OWN = _Own()


@dataclass(frozen=True, slots=True)
class Seen:
    """What training keeps of an item's reading."""

    item: Item
    passed: bool
    """The rules' gate lets it through."""
    assessment: Assessment
    words: tuple[Found, ...]
    text: tuple[Found, ...]
    sense: Floats
    rules: tuple[Found, ...]
    states: dict[str, tuple[Found, ...]]
    unwitnessed: frozenset[Stage]
    rules_stage: Stage


def read_items(items: Sequence[Item], rules: Rules, progress: Progress) -> list[Seen]:
    """Read every item, in the order given; the number of processes changes nothing in it."""
    portions = [items[at : at + _PORTION] for at in range(0, len(items), _PORTION)]
    seen: list[Seen] = []
    for portion in _read(portions, rules, len(items)):
        seen += portion
        progress("reading", len(seen), len(items))
    return seen


def _read(portions: Sequence[Sequence[Item]], rules: Rules, count: int) -> Iterator[list[Seen]]:
    if count < _WORTH:
        _begin(rules)
        yield from map(_portion, portions)
        return
    # Not forked: threads of the mathematics library may hold locks at that moment.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(mp_context=fresh, initializer=_begin, initargs=(rules,)) as pool:
        yield from pool.map(_portion, portions)


def _begin(rules: Rules) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    _OWN.assessor = Assessor(rules, model_folder=None)


def _end_with(parent: int) -> None:
    """A process whose parent was killed would wait for work for ever."""
    wait([parent])
    os._exit(1)


def _portion(items: Sequence[Item]) -> list[Seen]:
    return [_seen(item, _OWN.assessor) for item in items]


def _seen(item: Item, assessor: Assessor) -> Seen:
    reading = assessor.read_fully(item.document)
    return Seen(
        item=item,
        passed=reading.passed,
        assessment=Assessment(
            document_id=item.document.id,
            ruleset=assessor.ruleset,
            relevant=False,
            relevance=0.0,
            language=reading.compiled.language,
            minerals=reading.minerals,
        ),
        words=tuple(gate_features(reading)),
        text=tuple(text_features(reading)),
        sense=sense([reading.prepared])[0],
        rules=tuple(label_features(reading)),
        states={code: tuple(found) for code, found in party_features(reading).items()},
        unwitnessed=reading.unwitnessed,
        rules_stage=reading.rules_stage,
    )
