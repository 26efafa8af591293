"""Which known agreement is meant: by a name of it, else by its parties."""

from pipeline.assess.reading import Reading


def read_agreement(reading: Reading) -> None:
    """Fill ``reading.agreement`` with an id of agreements.yaml, or None."""
    named = [
        (span[0], -(span[1] - span[0]), agreement.id)
        for agreement in reading.compiled.rules.agreements
        for span in reading.cues.get(f"agreement:{agreement.id}", ())
    ]
    if named:
        reading.agreement = min(named)[2]
        return
    parties = set(reading.parties)
    same = [a for a in reading.compiled.rules.agreements if set(a.parties) == parties]
    if len(same) > 1 and reading.minerals:
        same = [a for a in same if set(a.minerals) & set(reading.minerals)]
    reading.agreement = same[0].id if len(same) == 1 else None
