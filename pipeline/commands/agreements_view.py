"""What is known of an agreement, as JSON and on the terminal."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.markup import escape
from rich.table import Table

from pipeline.commands.common import out
from pipeline.stages.agreement_desk import Account
from pipeline.stages.agreement_words import TIERS, amount, says, sources
from schemas.agreement import StageTransition
from schemas.assessment import Stage
from schemas.ledger import (
    AgreementMoney,
    Candidate,
    Certainty,
    Conflict,
    Correction,
    LedgerReport,
    MoneyItem,
)

UNCHECKED = "source not checked"
"""Of a stage in agreements.yaml that no page backs."""


def account_json(account: Account) -> dict[str, Any]:
    """The account of an agreement; its timeline's steps with all their sources by tier."""
    known = account.known
    return {
        **asdict(account.ledger.agreement),
        "instrument": known.instrument if known else None,
        "source": known.source if known else None,
        "source_checked": known.checked if known else None,
        "facts": [fact.model_dump(mode="json") for fact in known.facts] if known else [],
        "timeline": [step_json(step, account) for step in account.ledger.steps],
        "conflicts": [conflict_json(one) for one in account.ledger.conflicts],
        "corrections": [asdict(one) for one in account.corrections],
        "reports": [report_json(one) for one in account.reports],
        "money": money_json(account.money),
    }


def step_json(step: StageTransition, account: Account) -> dict[str, Any]:
    """A step, its certainty, and who reported it, the most credible first."""
    by_hand = step.story_id is None
    return {
        **asdict(step),
        "certainty": "set by hand" if by_hand else Certainty.DONE.value,
        "sources": [] if by_hand else [report_json(one) for one in sources(step, account.reports)],
    }


def report_json(report: LedgerReport) -> dict[str, Any]:
    """A report; its sums are among the agreement's money."""
    told = asdict(report)
    told.pop("money")
    return told


def conflict_json(conflict: Conflict) -> dict[str, Any]:
    """A conflict, and what settled it."""
    by = conflict.settled_by
    if isinstance(by, LedgerReport):
        settled: dict[str, Any] | None = report_json(by)
    else:
        settled = asdict(by) if by else None
    return {
        "open": by is None,
        "held": report_json(conflict.held),
        "against": report_json(conflict.against),
        "settled_by": settled,
    }


def money_json(money: AgreementMoney) -> dict[str, Any]:
    """The totals, and each sum with the rows that name it."""
    return {
        "agreement_id": money.agreement_id,
        "totals": [
            {**asdict(total), "by_currency": dict(total.by_currency)} for total in money.totals
        ],
        "items": [
            {
                **{key: value for key, value in asdict(item).items() if key != "claims"},
                "claims": [
                    {**report_json(report), **asdict(claim)} for report, claim in item.claims
                ],
            }
            for item in money.items
        ],
    }


def candidate_json(candidate: Candidate) -> dict[str, Any]:
    """A candidate with the reports behind it."""
    return {**asdict(candidate), "reports": [report_json(one) for one in candidate.reports]}


def show_account(account: Account) -> None:
    """The account on the terminal."""
    agreement, known = account.ledger.agreement, account.known
    out.print(f"[bold]{escape(agreement.name)}[/] — {agreement.stage.value}", highlight=False)
    if known and not known.checked:
        out.print(f"{UNCHECKED}: {known.stage.value} in agreements.yaml", highlight=False)
    if known and known.source and all(known.source != fact.source for fact in known.facts):
        out.print(f"on it: {escape(known.source)}", highlight=False)
    for fact in known.facts if known else ():
        note = f" {escape(fact.note)}" if fact.note else ""
        out.print(
            f"{fact.date} on record: [bold]{fact.stage.value}[/]{note} {escape(fact.source)}",
            highlight=False,
        )
    for step in account.ledger.steps:
        _show_step(step, account.reports)
    for conflict in account.ledger.conflicts:
        show_conflict(conflict)
    for correction in account.corrections:
        _show_correction(correction)
    show_money(account.money)


def _show_step(step: StageTransition, reports: Sequence[LedgerReport]) -> None:
    what = "set by hand: " if step.story_id is None else ""
    out.print(
        f"{step.at:%Y-%m-%d} {step.previous.value} → [bold]{step.stage.value}[/]"
        f" {what}“{escape(step.quote)}” {escape(step.article_url or '')}",
        highlight=False,
    )
    told = sources(step, reports) if step.story_id is not None else []
    for tier in sorted({one.tier for one in told}):
        names = dict.fromkeys(_named(one) for one in told if one.tier == tier)
        out.print(f"    {TIERS.get(tier, tier)}: {escape(', '.join(names))}", highlight=False)


def _named(report: LedgerReport) -> str:
    doubt = "" if report.certainty is Certainty.DONE else f", {report.certainty.value}"
    return f"{report.outlet} (article {report.article_id}{doubt})"


def show_conflict(conflict: Conflict) -> None:
    """Both sides and how it ended, in a line."""
    by = conflict.settled_by
    if by is None:
        end = "[bold red]open[/]"
    elif isinstance(by, LedgerReport):
        end = f"settled by {escape(by.outlet)}, {by.at:%Y-%m-%d}"
    else:
        end = f"settled by correction {by.id}"
    out.print(
        f"conflict: {escape(says(conflict.held))}; {escape(says(conflict.against))}: {end}",
        highlight=False,
    )


def _show_correction(one: Correction) -> None:
    what = (
        f"article {one.article_id} is no report"
        if one.article_id is not None
        else f"{one.stage.value} from {one.at:%Y-%m-%d} on"
    )
    undone = f" [dim](undone {one.undone_at:%Y-%m-%d})[/]" if one.undone_at else ""
    out.print(f"correction {one.id}: {what}: {escape(one.reason)}{undone}", highlight=False)


def show_money(money: AgreementMoney) -> None:
    """Totals and the sums behind them."""
    for total in money.totals:
        if not total.by_currency:
            continue
        sums = " + ".join(amount(value, code) for code, value in total.by_currency)
        without = f", without {', '.join(total.without_rate)}" if total.without_rate else ""
        out.print(
            f"[bold]{total.status.value}[/]: {sums} (≈ {amount(total.usd, 'USD')}{without})",
            highlight=False,
        )
        for item in money.items:
            if item.status is total.status:
                _show_item(item)


def _show_item(item: MoneyItem) -> None:
    report, claim = item.claims[-1]
    rate = f" ≈ {amount(item.usd, 'USD')}" if item.usd is not None and item.rate_date else ""
    rate += f" at the rate of {item.rate_date}" if item.rate_date else ""
    part = f" part of {amount(*item.part_of)}, not added" if item.part_of else ""
    times = f", named {len(item.claims)} times" if len(item.claims) > 1 else ""
    out.print(
        f"    {amount(item.amount, item.currency)}{rate}{part}{times}: “{escape(claim.quote)}”"
        f" {escape(report.outlet)} (article {report.article_id})",
        highlight=False,
    )


def show_candidates(found: Sequence[Candidate]) -> None:
    """Candidates in a table."""
    table = Table("proposal", "states", "subject", "instrument", "stage", "last", "reports", "why")
    for one in found:
        stage = one.stage.value if one.stage is not Stage.NONE else ""
        table.add_row(
            one.proposal,
            " ".join(one.parties),
            escape(one.subject),
            one.instrument,
            stage,
            f"{one.last_at:%Y-%m-%d}",
            str(len(one.reports)),
            escape(one.why),
        )
    out.print(table)
