"""`mineralwatch agreements …`: the ledger: look at it, decide on candidates, put it right."""

import re
from dataclasses import asdict
from datetime import UTC, datetime, time
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pipeline import log
from pipeline.app import App, open_app
from pipeline.commands import agreements_view as view
from pipeline.commands.agreements_export import export
from pipeline.commands.common import Json, day_option, out, print_json, told_errors, utc_now
from pipeline.stages import agreement_desk as desk
from pipeline.stages import ledger as ledger_stage
from pipeline.store import agreements as agreement_store
from pipeline.store import ledger as ledger_store
from schemas.assessment import Stage
from schemas.ledger import Correction, Decided

agreements = typer.Typer(
    no_args_is_help=True, help="The ledger of agreements: stages, conflicts, money, candidates."
)

AgreementId = Annotated[str, typer.Argument(metavar="ID", help="The agreement's id.")]
Proposal = Annotated[str, typer.Argument(help="As `agreements candidates` names it.")]


def _synced(app: App) -> None:
    desk.sync(app.context(utc_now()))


@agreements.command("list")
def list_agreements(as_json: Json = False) -> None:
    """List the agreements that are followed and where each stands.

    Example: mineralwatch agreements list
    """
    with told_errors(), open_app() as app:
        _synced(app)
        with app.database.read() as session:
            found = agreement_store.list_agreements(session=session)
    if as_json:
        print_json(found)
        return
    table = Table("id", "agreement", "parties", "stage", "since")
    for agreement in found:
        when = f"{agreement.stage_at:%Y-%m-%d}" if agreement.stage_at else ""
        parties = " ".join(agreement.parties)
        table.add_row(agreement.id, escape(agreement.name), parties, agreement.stage.value, when)
    out.print(table)


@agreements.command("show")
def show_agreement(agreement_id: AgreementId, as_json: Json = False) -> None:
    """Show an agreement: each step with its words and sources, conflicts, corrections, money.

    Example: mineralwatch agreements show ua-us-minerals
    """
    with told_errors(), open_app() as app:
        _synced(app)
        with app.database.read() as session:
            found = desk.account(app.context(utc_now()), agreement_id, session)
    if as_json:
        print_json(view.account_json(found))
    else:
        view.show_account(found)


@agreements.command("conflicts")
def list_conflicts(
    everything: Annotated[bool, typer.Option("--all", help="Those settled as well.")] = False,
    as_json: Json = False,
) -> None:
    """List reports that contradict each other and that no better source has settled.

    Example: mineralwatch agreements conflicts
    """
    with told_errors(), open_app() as app:
        _synced(app)
        found = [
            conflict
            for account in _accounts(app)
            for conflict in account.ledger.conflicts
            if everything or conflict.settled_by is None
        ]
    if as_json:
        print_json([{"agreement_id": one.agreement_id, **view.conflict_json(one)} for one in found])
        return
    for one in found:
        out.print(f"[bold]{escape(one.agreement_id)}[/]", highlight=False)
        view.show_conflict(one)


def _accounts(app: App, agreement_id: str | None = None) -> list[desk.Account]:
    """The account of one agreement, or of all by name."""
    context = app.context(utc_now())
    with app.database.read() as session:
        known = agreement_store.list_agreements(session=session)
        ids = [agreement_id] if agreement_id else [one.id for one in known]
        return [desk.account(context, one, session) for one in ids]


@agreements.command("money")
def money(
    agreement_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One agreement; without it, all.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what was announced, committed and paid, with the sentences that say so.

    Example: mineralwatch agreements money ua-us-minerals --json
    """
    with told_errors(), open_app() as app:
        _synced(app)
        found = _accounts(app, agreement_id)
    if as_json:
        told = [view.money_json(one.money) for one in found]
        print_json(told[0] if agreement_id else told)
        return
    for one in found:
        if agreement_id or one.money.items:
            out.print(f"[bold]{escape(one.ledger.agreement.name)}[/]", highlight=False)
            view.show_money(one.money)


@agreements.command("candidates")
def list_candidates(
    decided: Annotated[bool, typer.Option("--decided", help="Those decided on.")] = False,
    as_json: Json = False,
) -> None:
    """List agreements that the news tells of and agreements.yaml does not know.

    Example: mineralwatch agreements candidates
    """
    with told_errors(), open_app() as app, app.database.read() as session:
        if decided:
            _show_decisions(ledger_store.decisions(session=session), as_json=as_json)
            return
        found = desk.candidates(session)
    if as_json:
        print_json([view.candidate_json(one) for one in found])
    else:
        view.show_candidates(found)


def _show_decisions(found: list[Decided], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    table = Table("proposal", "decision", "agreement", "on", "reason")
    for one in found:
        day = f"{one.at:%Y-%m-%d}"
        table.add_row(
            one.proposal, one.decision.value, one.agreement_id or "", day, escape(one.reason)
        )
    out.print(table)


@agreements.command("confirm")
def confirm(
    proposal: Proposal,
    name: Annotated[str, typer.Option(help="What it is called.")],
    new_id: Annotated[
        str | None, typer.Option("--id", help="Its id; without it, the proposal's key.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Follow a candidate as an agreement of its own; later news of it is filed there.

    Example: mineralwatch agreements confirm jp-kz-minerals --name "Japan-Kazakhstan memorandum"
    """
    log.configure()
    if new_id is not None and not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,79}", new_id):
        raise typer.BadParameter(f"{new_id!r}: an id is small letters, digits, - and _")
    with told_errors(), open_app() as app:
        made = desk.confirm(
            app.context(utc_now()), proposal, agreement_id=new_id or proposal, name=name
        )
    told = f"{made.id} is followed, and stands at {made.stage.value}"
    hint = f"to name it in routes.yaml: mineralwatch agreements export {made.id} --write"
    _done(made, f"{told}; {hint}", as_json=as_json)


agreements.command("export")(export)


@agreements.command("merge")
def merge(
    proposal: Proposal,
    into: Annotated[str, typer.Argument(help="The id of the agreement that it is.")],
    reason: Annotated[str, typer.Option(help="Why, for those who look later.")] = "",
    as_json: Json = False,
) -> None:
    """Let a candidate be news of a known agreement: its reports move there, and later ones.

    Example: mineralwatch agreements merge kz-us-uranium us-kz-minerals-mou
    """
    log.configure()
    with told_errors(), open_app() as app:
        known = desk.merge(app.context(utc_now()), proposal, into=into, reason=reason)
    _done(known, f"{proposal} is {into}, which stands at {known.stage.value}", as_json=as_json)


@agreements.command("reject")
def reject(
    proposal: Proposal,
    reason: Annotated[str, typer.Option(help="Why it is none.")],
    as_json: Json = False,
) -> None:
    """Propose a candidate no more, whatever news comes of it.

    Example: mineralwatch agreements reject cn-us-minerals --reason "Tariffs, no agreement."
    """
    log.configure()
    with told_errors(), open_app() as app:
        desk.reject(app.context(utc_now()), proposal, reason=reason)
    _done({"rejected": proposal}, f"{proposal} is proposed no more", as_json=as_json)


@agreements.command("reopen")
def reopen(proposal: Proposal, as_json: Json = False) -> None:
    """Take the decision on a candidate back.

    Example: mineralwatch agreements reopen cn-us-minerals
    """
    log.configure()
    with told_errors(), open_app() as app:
        was = desk.reopen(app.context(utc_now()), proposal)
    _done(was, f"{proposal} was {was.decision.value}, and is a proposal again", as_json=as_json)


@agreements.command("correct")
def correct(
    agreement_id: AgreementId,
    reason: Annotated[str, typer.Option(help="Why; it is shown with the correction.")],
    stage: Annotated[Stage | None, typer.Option(help="The stage that it reached.")] = None,
    day: Annotated[str | None, typer.Option("--date", help="The day it did: 2026-05-01.")] = None,
    not_a_report: Annotated[
        int | None, typer.Option(metavar="ARTICLE", help="An article that is not to count.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put an agreement's ledger right; it holds through every rebuilding, until it is undone.

    Example: mineralwatch agreements correct us-uz-minerals --stage signed --date 2025-04-08
    --reason "The ministry's page."
    """
    log.configure()
    at = day_option(day)
    if (stage is None) is (not_a_report is None) or (stage is None) is not (at is None):
        raise typer.BadParameter("give --stage with --date, or --not-a-report")
    with told_errors(), open_app() as app:
        context = app.context(utc_now())
        if not_a_report is not None:
            made = desk.strike(context, agreement_id, article_id=not_a_report, reason=reason)
        elif stage is not None and at is not None:
            moment = datetime.combine(at, time.min, UTC)
            made = desk.correct(context, agreement_id, stage=stage, at=moment, reason=reason)
    _corrected(made, "made", as_json=as_json)


@agreements.command("undo")
def undo(
    correction: Annotated[int, typer.Argument(help="The correction's number.")],
    as_json: Json = False,
) -> None:
    """Undo a correction.

    Example: mineralwatch agreements undo 3
    """
    log.configure()
    with told_errors(), open_app() as app:
        undone = desk.undo(app.context(utc_now()), correction)
    _corrected(undone, "undone", as_json=as_json)


@agreements.command("rebuild")
def rebuild(as_json: Json = False) -> None:
    """File and derive the whole ledger anew from articles, readings and corrections.

    Example: mineralwatch agreements rebuild
    """
    log.configure()
    with told_errors(), open_app() as app:
        report = ledger_stage.rebuild(app.context(utc_now()))
    _done(
        report.counts,
        f"{report.counts['stories']} stories filed, {report.counts['steps']} steps changed",
        as_json=as_json,
    )


def _corrected(made: Correction, what: str, *, as_json: bool) -> None:
    _done(asdict(made), f"correction {made.id} of {made.agreement_id} is {what}", as_json=as_json)


def _done(told: object, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        out.print(escape(what), highlight=False)
