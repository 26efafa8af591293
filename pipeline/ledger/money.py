"""What was announced, committed and paid of an agreement, no sum counted twice.

News names a sum again and again, rounds it, and names parts of it. The rules:

1. *Item*: claims of one currency and status whose amounts differ by 3 % or less, each within 180
   days of the one before, are one sum named again ("the $150 million"). Its amount is the one last
   named.
2. *Part*: within one story the largest sum of a currency and status counts; smaller ones are held
   to be parts of it. So is each item named up to then, where a sentence gives a sum as the whole
   ("brings the total to"). What is a part of anything is shown, and not added. Two sums that one
   sentence tells each with an object of its own ("A for X and B for Y", pipeline.ledger.apart) are
   not parts of each other.
3. Statuses are kept apart: what is committed was mostly announced before, and what is paid was
   committed. The three totals overlap, and are never added to each other.
4. US dollars are rough: by the last rate up to the day of the claim, whose date is given.

Reports that are denied claim nothing; what is told as planned or on hearsay is announced at most.
All this depends on the set of claims alone, never on their order.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from schemas.assessment import MoneyStatus
from schemas.ledger import (
    AgreementMoney,
    Certainty,
    Claim,
    LedgerReport,
    MoneyItem,
    MoneyTotal,
)
from schemas.ledger_config import RatesFile

ROUNDING = 0.03
AGAIN = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class _Named:
    report: LedgerReport
    claim: Claim

    def key(self) -> tuple[Any, ...]:
        return (self.report.at, self.report.article_id, self.claim.amount, self.claim.quote)


@dataclass(slots=True, eq=False)
class _Item:
    claims: list[_Named] = field(default_factory=list)
    """In the order of their keys, once `_apart` has made it."""
    within: "_Item | None" = None

    @property
    def newest(self) -> _Named:
        return self.claims[-1]

    @property
    def amount(self) -> float:
        return self.newest.claim.amount

    @property
    def first_at(self) -> datetime:
        return self.claims[0].report.at


def money_of(
    agreement_id: str, reports: Iterable[LedgerReport], rates: RatesFile
) -> AgreementMoney:
    """The totals with the rows behind them; ``reports`` are those that count."""
    groups: defaultdict[tuple[MoneyStatus, str], list[_Named]] = defaultdict(list)
    for report in reports:
        for claim in report.money:
            status = _status(report, claim)
            if status is not None and claim.amount > 0:
                told = replace(claim, status=status)
                groups[status, claim.currency].append(_Named(report, told))
    items = [
        _told(item, rates)
        for key in sorted(groups)
        for item in sorted(_items(groups[key]), key=lambda i: (i.first_at, -i.amount))
    ]
    totals = [_total(status, items) for status in MoneyStatus]
    return AgreementMoney(agreement_id, tuple(totals), tuple(items))


def _status(report: LedgerReport, claim: Claim) -> MoneyStatus | None:
    if report.certainty is Certainty.DENIED:
        return None
    return claim.status if report.certainty is Certainty.DONE else MoneyStatus.ANNOUNCED


def _items(named: Sequence[_Named]) -> list[_Item]:
    """The claims of one currency and status as items, each with what it is a part of."""
    items: list[_Item] = []
    for one in sorted(named, key=lambda n: (n.claim.amount, *n.key())):
        near = next((i for i in reversed(items) if _again(i, one)), None)
        if near is None:
            items.append(near := _Item())
        near.claims.append(one)
    items = [part for item in items for part in _apart(item)]
    for part in sorted(items, key=lambda i: (i.amount, i.first_at)):
        wholes = [i for i in items if i.amount > part.amount and _holds(i, part)]
        part.within = max(wholes, key=lambda i: (i.amount, i.first_at), default=None)
    return items


def _again(item: _Item, one: _Named) -> bool:
    """Whether the amount is the item's smallest, but for rounding."""
    return one.claim.amount <= item.claims[0].claim.amount * (1 + ROUNDING)


def _apart(item: _Item) -> list[_Item]:
    """The same amount, named again after a long silence, is another sum."""
    parts: list[_Item] = []
    for one in sorted(item.claims, key=_Named.key):
        if not parts or one.report.at - parts[-1].newest.report.at > AGAIN:
            parts.append(_Item())
        parts[-1].claims.append(one)
    return parts


def _holds(whole: _Item, part: _Item) -> bool:
    """Whether a story names both, or a sentence gives the larger as the sum of all so far."""
    stories = {one.report.story_id for one in part.claims}
    if any(one.report.story_id in stories for one in whole.claims) and not _beside(whole, part):
        return True
    return any(one.claim.whole and one.report.at >= part.first_at for one in whole.claims)


def _beside(one: _Item, other: _Item) -> bool:
    """Whether a sentence tells them as two, each with an object of its own."""
    own = {(n.report.article_id, n.claim.quote) for n in one.claims if n.claim.apart}
    return any((n.report.article_id, n.claim.quote) in own for n in other.claims if n.claim.apart)


def rate_of(currency: str, at: datetime, rates: RatesFile) -> tuple[float, date | None] | None:
    """(US dollars for a unit, the rate's date; None for the dollar itself), or None."""
    if currency == "USD":
        return 1.0, None
    known = sorted(rates.rates.get(currency, ()), key=lambda rate: rate.date)
    if not known:
        return None
    past = [rate for rate in known if rate.date <= at.date()]
    used = past[-1] if past else known[0]
    return used.usd, used.date


def _told(item: _Item, rates: RatesFile) -> MoneyItem:
    newest = item.newest
    rate = rate_of(newest.claim.currency, newest.report.at, rates)
    whole = item.within
    return MoneyItem(
        amount=item.amount,
        currency=newest.claim.currency,
        status=newest.claim.status,
        usd=round(item.amount * rate[0], 2) if rate else None,
        rate_date=rate[1] if rate else None,
        counted=whole is None,
        part_of=(whole.amount, newest.claim.currency) if whole else None,
        claims=tuple((n.report, n.claim) for n in item.claims),
    )


def _total(status: MoneyStatus, items: Iterable[MoneyItem]) -> MoneyTotal:
    sums: defaultdict[str, float] = defaultdict(float)
    usd, without = 0.0, set()
    for item in items:
        if item.status is status and item.counted:
            sums[item.currency] += item.amount
            usd += item.usd or 0.0
            if item.usd is None:
                without.add(item.currency)
    return MoneyTotal(status, tuple(sorted(sums.items())), round(usd, 2), tuple(sorted(without)))
