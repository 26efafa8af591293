"""Shapes of ledger.yaml (words that the ledger reads by) and rates.yaml (rough US dollars)."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.config import Slug, Strict

Wordings = dict[str, tuple[str, ...]]
"""Language → words and phrases. A word that ends in ``*`` stands for all that begin so."""


class CertaintyWords(Strict):
    """How a sentence shows that what it names has not happened, or may not have."""

    planned: Wordings
    """Within four words before the step that is named."""
    negated: Wordings
    """Within three words before it."""
    denied: Wordings
    """Anywhere in the sentence."""
    doubtful: Wordings
    """Anywhere in the sentence."""


class ApartWords(Strict):
    """How a sentence tells two sums as two, each for an object of its own."""

    object: Wordings = Field(default_factory=dict)
    """Before what a sum is for: "for" in "$150 million for X"."""
    joined: Wordings = Field(default_factory=dict)
    """Between the first object and the second sum."""
    part: Wordings = Field(default_factory=dict)
    """Anywhere from the first sum on: one may be a part of the other after all."""


class LedgerFile(Strict):
    """ledger.yaml."""

    instruments: dict[Slug, Wordings]
    """What agreements are called; where several are named the first in this order counts."""
    subjects: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Minerals that have agreements of their own: subject → minerals. All else is ``general``."""
    general: str = Field(default="minerals", min_length=1, max_length=40)
    certainty: CertaintyWords
    whole: Wordings
    """A sum in a sentence with one of these is the sum of all so far."""
    apart: ApartWords = ApartWords()
    """Two sums of one sentence that are told so are two, and both count."""


UNCHECKED = "unchecked"
"""The source of a rate that has none."""


class Rate(Strict):
    """What a unit was in US dollars, on average up to that date."""

    date: date
    usd: Annotated[float, Field(gt=0)]
    source: str = UNCHECKED
    """One of the file's ``sources``, or ``unchecked``: entered by hand, no page read for it."""


class RatesFile(Strict):
    """rates.yaml."""

    source: str
    sources: dict[Slug, Annotated[str, Field(pattern=r"^https?://[^\s/]")]] = Field(
        default_factory=dict
    )
    """What rates are taken from: a short name → the page."""
    rates: dict[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], tuple[Rate, ...]]

    @model_validator(mode="after")
    def _named_sources(self) -> Self:
        for code, rates in self.rates.items():
            for rate in rates:
                if rate.source != UNCHECKED and rate.source not in self.sources:
                    raise ValueError(
                        f"{code} {rate.date}: no source {rate.source!r} under sources; "
                        f"name its page there, or leave the source out"
                    )
        return self
