"""Which known agreement a story speaks of."""

from collections.abc import Iterable, Sequence

from schemas.config import AgreementConfig


def agreement_of(
    reading_agreement: str | None,
    parties: Iterable[str],
    minerals: Iterable[str],
    known: Sequence[AgreementConfig],
) -> str | None:
    """The id of the agreement meant, or None.

    The one that the assessor named, if it is known. Otherwise the one whose parties are exactly
    those named (two at least: one state alone says too little). Where several have these parties,
    the one that alone shares a mineral with the story; if that does not settle it, none.
    """
    if any(agreement.id == reading_agreement for agreement in known):
        return reading_agreement
    named = frozenset(parties)
    if len(named) < 2:  # noqa: PLR2004 - an agreement has two sides
        return None
    same = [agreement for agreement in known if frozenset(agreement.parties) == named]
    if len(same) > 1:
        told = frozenset(minerals)
        same = [agreement for agreement in same if told & frozenset(agreement.minerals)]
    return same[0].id if len(same) == 1 else None
