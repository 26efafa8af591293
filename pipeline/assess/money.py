"""Sums of money: a currency's mark, a number, a power of ten."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from pipeline.assess.cues import token_span
from pipeline.assess.patterns import Span
from pipeline.assess.reading import Reading
from schemas.assessment import Money, MoneyStatus
from schemas.rules import MoneyFile

_NUMBER = r"(?:\d{1,3}(?:[,. ]\d{3}){1,5}(?:[.,]\d{1,2})?|\d{1,15}(?:[.,]\d{1,15})?)(?!\d)"


class MoneyReader:
    """Finds sums in text by the marks and words of money.yaml."""

    def __init__(self, config: MoneyFile) -> None:
        self._codes = {m.lower(): c.code for c in config.currencies for m in c.marks}
        self._usd = {c.code: c.usd for c in config.currencies}
        self._powers = {w.lower(): float(p) for p, ws in config.multipliers.items() for w in ws}
        self._large = config.large_usd
        marks = _any_of(self._codes)
        powers = _any_of(self._powers)
        self._before = re.compile(
            rf"(?<!\w)(?P<mark>{marks})\s?(?P<number>{_NUMBER})(?:\s?(?P<power>{powers})(?!\w))?",
            re.IGNORECASE,
        )
        self._after = re.compile(
            rf"(?<![\w.,])(?P<number>{_NUMBER})(?:\s?(?P<power>{powers})(?!\w))?"
            rf"\s?(?P<mark>{marks})(?!\w)",
            re.IGNORECASE,
        )

    def read(self, reading: Reading) -> None:
        """Fill ``reading.money`` and the cues ``money`` and ``money_large``."""
        text = reading.prepared.text
        if not any(character.isdigit() for character in text):
            return
        sums: list[Money] = []
        for found in self._found(text):
            amount = _amount(found["number"]) * self._powers.get((found["power"] or "").lower(), 1)
            code = self._codes[found["mark"].lower()]
            span = token_span(reading.doc, found.start(), found.end())
            if span is None:
                continue
            reading.cues.setdefault("money", []).append(span)
            reading.largest_usd = max(reading.largest_usd, amount * self._usd[code])
            if amount * self._usd[code] >= self._large:
                reading.cues.setdefault("money_large", []).append(span)
            evidence = reading.prepared.evidence(found.start(), found.end(), "money")
            sums.append(Money(amount, code, evidence))
        reading.money = tuple(sums)

    def _found(self, text: str) -> Iterator[re.Match[str]]:
        taken: list[tuple[int, int]] = []
        for pattern in (self._before, self._after):
            for found in pattern.finditer(text):
                if all(found.end() <= start or end <= found.start() for start, end in taken):
                    taken.append(found.span())
                    yield found


def read_money_status(reading: Reading) -> None:
    """Tell of each sum whether it was handed over or committed; else it stays announced."""
    spans = reading.cues.get("money", ())
    said: dict[Span, MoneyStatus] = {}
    for status, patterns in reading.compiled.money:
        for weighted in patterns:
            for match in reading.matches(weighted):
                said.update(dict.fromkeys(match.steps, status))
    reading.money = tuple(
        replace(one, status=said.get(span, one.status))
        for span, one in zip(spans, reading.money, strict=True)
    )


def _any_of(words: dict[str, str] | dict[str, float]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@lru_cache(maxsize=1024)
def _amount(number: str) -> float:
    compact = number.replace(" ", "")
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", compact):
        return float(re.sub(r"[.,]", "", compact))
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+[.,]\d{1,2}", compact):
        head, tail = re.split(r"[.,](?=\d{1,2}$)", compact)
        return float(re.sub(r"[.,]", "", head) + "." + tail)
    return float(compact.replace(",", "."))
