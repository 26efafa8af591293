"""Agreements that nobody follows by name, proposed from what is reported.

A report of two to `MOST` states that no known agreement covers has a *proposal*: a key made of the
states and the subject ("jp-kz-rare-earths"), so that whoever tells of them, and whenever, tells of
the same. A proposal becomes a *candidate* when a report that names an instrument (memorandum,
treaty …) says that it is agreed or further, or when two outlets name one in words of their own.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from pipeline.ledger.derive import derive
from pipeline.ledger.timeline import PROGRESS
from schemas.agreement import Agreement
from schemas.assessment import Stage
from schemas.config import AgreementConfig
from schemas.ledger import Candidate, Certainty, LedgerReport

LEAST, MOST = 2, 8
"""Parties of a proposal: one state alone makes none, and more than that is a conference."""

_FAR_ENOUGH = frozenset(PROGRESS[PROGRESS.index(Stage.AGREED) :])


def proposal_of(parties: Iterable[str], subject: str) -> str | None:
    """The key of what these states may agree on, or None where they are too few or too many."""
    named = sorted(set(parties))
    if not LEAST <= len(named) <= MOST:
        return None
    return "-".join([*(party.lower() for party in named), *subject.lower().split()])


def covered(
    parties: Iterable[str], minerals: Sequence[str], known: Iterable[AgreementConfig]
) -> bool:
    """Whether a known agreement has these parties and may be about these minerals.

    One that names no minerals may be about any, and so may a report that names none.
    """
    named = frozenset(parties)
    return any(
        frozenset(one.parties) == named
        and (not one.minerals or not minerals or bool(set(one.minerals) & set(minerals)))
        for one in known
    )


def candidates(reports: Iterable[LedgerReport]) -> list[Candidate]:
    """What is to be proposed, the newest first; ``reports`` are of proposals not decided on."""
    groups: defaultdict[str, list[LedgerReport]] = defaultdict(list)
    for report in reports:
        if report.proposal is not None:
            groups[report.proposal].append(report)
    found = [_candidate(key, own) for key, own in groups.items()]
    return sorted(
        (one for one in found if one is not None),
        key=lambda one: (-one.last_at.timestamp(), one.proposal),
    )


def _candidate(proposal: str, reports: list[LedgerReport]) -> Candidate | None:
    reports = sorted(reports, key=lambda r: (r.at, r.article_id))
    why = _why(reports)
    if why is None:
        return None
    named = Counter(one.instrument for one in reports if one.instrument)
    first = reports[0]
    empty = Agreement(proposal, proposal, first.parties)
    return Candidate(
        proposal=proposal,
        parties=first.parties,
        subject=first.subject,
        instrument=min(named, key=lambda name: (-named[name], name)),
        stage=derive(empty, reports).agreement.stage,
        first_at=first.at,
        last_at=reports[-1].at,
        why=why,
        reports=tuple(reports),
    )


def _why(reports: Sequence[LedgerReport]) -> str | None:
    """What makes it more than talk, or None."""
    telling = [report for report in reports if report.instrument]
    for report in telling:
        if report.certainty is Certainty.DONE and report.stage in _FAR_ENOUGH:
            return f"{report.outlet} reports it as {report.stage.value}"
    # A reprint under another name is the same sentence again.
    independent: dict[str, str] = {}
    for report in telling:
        if report.quote not in independent.values():
            independent.setdefault(report.outlet, report.quote)
    if len(independent) >= 2:  # noqa: PLR2004 - two witnesses
        return f"{' and '.join([*independent][:2])} tell of it"
    return None
