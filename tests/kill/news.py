"""News for the kill test: stories that move on from wave to wave, told by several outlets.

Everything follows from the seed. A story has at most one item in a wave, and the next wave comes
out when this one has been told: so the order in which a story is told is the same in every run,
wherever the process was killed, and two runs can be compared message by message.
"""

import itertools
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final
from xml.sax.saxutils import escape

OUTLETS: Final = 5
SHOWN: Final = 15
"""Items that a feed shows; older ones have left it."""
_ACTIVE: Final = 6
"""Stories that are told at a time."""

_STATES: Final = (
    "Kazakhstan", "Uzbekistan", "Mongolia", "Japan", "Germany", "France", "Chile", "Zambia",
    "Canada", "Australia", "India", "Argentina", "Norway", "Serbia", "Rwanda", "Namibia",
    "the United States", "the European Union", "Ukraine", "South Korea", "Indonesia", "Brazil",
)  # fmt: skip
_NAMED: Final = (
    ("Uzbekistan", "the United States", "copper"), ("the European Union", "Serbia", "lithium"),
    ("the European Union", "Norway", "graphite"), ("Canada", "Germany", "cobalt"),
    ("the United States", "Pakistan", "antimony"), ("the European Union", "Chile", "lithium"),
    ("the United Kingdom", "Kazakhstan", "tungsten"), ("France", "Kazakhstan", "uranium"),
    ("the United States", "Saudi Arabia", "uranium"), ("France", "Mongolia", "uranium"),
)  # fmt: skip
"""Parties of agreements that agreements.yaml follows: their timelines move."""
_MINERALS: Final = (
    "lithium", "copper", "cobalt", "graphite", "uranium", "rare earths", "nickel", "tungsten",
)  # fmt: skip
_STEPS: Final = (
    ("{a} and {b} open talks on a {m} agreement",
     "Ministers of {a} and {b} began negotiations on an agreement on {m}."),
    ("{a} and {b} agree on the text of a {m} agreement",
     "The governments of {a} and {b} agreed on the text of an agreement on {m}, officials said."),
    ("{a} and {b} sign {m} agreement",
     "{a} and {b} signed an agreement on {m}."),
    ("{a} and {b} sign accord on {m}, reports say",
     "The agreement on {m} was signed by the governments of {a} and {b}, local media reported."),
    ("Parliament ratifies {m} agreement of {a} with {b}",
     "Lawmakers ratified the agreement on {m} between {a} and {b}."),
    ("{a} and {b} begin to implement {m} agreement",
     "The first projects under the agreement on {m} between {a} and {b} have started."),
    ("{m} agreement of {a} and {b} is suspended",
     "{a} and {b} suspended the agreement on {m}, the two governments said."),
)  # fmt: skip
_NOISE: Final = (
    ("Football: {a} beat {b}", "The match ended {n}-1 after extra time."),
    ("{a} raises the tax on fuel", "The government of {a} raised the tax by {n} per cent."),
    ("Storm number {n} of the season reaches {a}", "Schools stay closed, the weather office said."),
)  # fmt: skip
_WORDS: Final = (
    "street", "river", "garden", "evening", "morning", "summer", "window", "table", "letter",
    "music", "dinner", "concert", "village", "bridge", "harvest", "weather", "visitors", "guests",
    "children", "teachers", "painters", "walked", "stood", "waited", "arrived", "looked",
    "carried", "opened", "closed", "heard", "green", "quiet", "long", "early", "late", "small",
    "wide", "old", "warm", "bright", "slowly", "again", "often", "nearly", "seldom",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a feed; ``number`` is unique, ``outlet`` is the feed that carries it."""

    number: int
    outlet: int
    title: str
    summary: str
    about_agreement: bool

    @property
    def path(self) -> str:
        """The end of its address."""
        return f"/item-{self.number}"


def waves(seed: int) -> Iterator[list[Item]]:
    """Waves of news; some 250, until every pair of states has had its agreement."""
    dice = random.Random(seed)  # noqa: S311
    pairs = [(a, b, dice.choice(_MINERALS)) for a, b in itertools.combinations(_STATES, 2)]
    named = {frozenset(pair[:2]) for pair in _NAMED}
    others = [pair for pair in pairs if frozenset(pair[:2]) not in named]
    dice.shuffle(others)
    first = [*_NAMED, *others[: len(_NAMED)]]
    dice.shuffle(first)
    fresh = itertools.chain(first, others[len(_NAMED) :])
    numbers = itertools.count(1)
    active = [_script(dice, next(fresh)) for _ in range(_ACTIVE)]
    while True:
        wave = []
        for place in sorted(dice.sample(range(_ACTIVE), dice.randint(2, 4))):
            title, summary = active[place].popleft()
            wave.append(Item(next(numbers), dice.randrange(OUTLETS), title, summary, True))
            if not active[place]:
                active[place] = _script(dice, next(fresh))
        for _ in range(dice.randint(0, 2)):
            number, (a, b) = next(numbers), dice.sample(_STATES, 2)
            title, summary = (part.format(a=a, b=b, n=number) for part in dice.choice(_NOISE))
            wave.append(Item(number, dice.randrange(OUTLETS), title, summary, False))
        dice.shuffle(wave)
        yield wave


def _script(dice: random.Random, pair: tuple[str, str, str]) -> deque[tuple[str, str]]:
    """What will be reported of one agreement, in order."""
    told = dict(zip("abm", pair, strict=True))
    steps = sorted(dice.sample(range(len(_STEPS)), dice.randint(2, len(_STEPS))))
    return deque(
        (title.format(**told), summary.format(**told))
        for title, summary in (_STEPS[step] for step in steps)
    )


def rss(outlet: str, items: list[tuple[Item, str, datetime]]) -> str:
    """A feed of (item, address, time), the newest first."""
    told = "".join(
        f"<item><title>{escape(item.title)}</title><link>{link}</link><guid>{link}</guid>"
        f"<description>{escape(item.summary)}</description>"
        f"<pubDate>{format_datetime(at)}</pubDate></item>"
        for item, link, at in reversed(items[-SHOWN:])
    )
    head = f"<title>{outlet}</title><link>https://{outlet}/</link><description>.</description>"
    return f'<rss version="2.0"><channel>{head}{told}</channel></rss>'


def page(item: Item) -> str:
    """The page behind an item: its summary, and enough beside it to be taken for an article."""
    # Pages that are much alike would be refused as such.
    dice = random.Random(item.number)  # noqa: S311
    more = " ".join(" ".join(dice.choices(_WORDS, k=14)).capitalize() + "." for _ in range(12))
    return (
        f'<!doctype html><html lang="en"><head><title>{escape(item.title)}</title></head><body>'
        f"<article><h1>{escape(item.title)}</h1><p>{escape(item.summary)}</p><p>{more}</p>"
        "</article></body></html>"
    )
