"""Which known agreement is meant: by a name of it, else by its parties, two at least.

A state's own programme (``parties: [US]``) is meant by its name alone: news of that state and no
other is not news of it.
"""

from pipeline.assess.reading import Reading


def read_agreement(reading: Reading) -> None:
    """Fill ``reading.agreement`` with an id of agreements.yaml, or None.

    Where one is meant, the cue ``agreement_known`` stands on the first word, for patterns to ask.
    """
    reading.agreement = _meant(reading)
    if reading.agreement is not None and len(reading.doc):
        reading.cues["agreement_known"] = [(0, 1)]


def _meant(reading: Reading) -> str | None:
    named = [
        (span[0], -(span[1] - span[0]), agreement.id)
        for agreement in reading.compiled.rules.agreements
        for span in reading.cues.get(f"agreement:{agreement.id}", ())
    ]
    if named:
        return min(named)[2]
    parties = set(reading.parties)
    if len(parties) < 2:  # noqa: PLR2004 - one state alone says too little
        return None
    same = [a for a in reading.compiled.rules.agreements if set(a.parties) == parties]
    if len(same) > 1 and reading.minerals:
        same = [a for a in same if set(a.minerals) & set(reading.minerals)]
    return same[0].id if len(same) == 1 else None
