"""Words of ledger.yaml, compiled; all languages at once, since a sentence quotes in several."""

import re
from functools import lru_cache

from pipeline.ledger.apart import Apart
from schemas.ledger_config import LedgerFile, Wordings


def compiled(wordings: Wordings) -> re.Pattern[str]:
    """An expression that finds any of them; one without words finds nothing."""
    phrases = sorted({one for words in wordings.values() for one in words}, key=len, reverse=True)
    if not phrases:
        return re.compile(r"(?!)")
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(_phrase, phrases))})", re.IGNORECASE)


def _phrase(phrase: str) -> str:
    words = [
        re.escape(word[:-1]) + r"\w*" if word.endswith("*") else re.escape(word) + r"(?!\w)"
        for word in phrase.split()
    ]
    return r"\s+".join(words)


class Words:
    """What the ledger reads by."""

    def __init__(self, config: LedgerFile) -> None:
        self.instruments = {name: compiled(words) for name, words in config.instruments.items()}
        self.planned = compiled(config.certainty.planned)
        self.negated = compiled(config.certainty.negated)
        self.denied = compiled(config.certainty.denied)
        self.doubtful = compiled(config.certainty.doubtful)
        self.whole = compiled(config.whole)
        self.subjects = {
            mineral: subject for subject, own in config.subjects.items() for mineral in own
        }
        self.general = config.general
        apart = config.apart
        self.apart = Apart(compiled(apart.object), compiled(apart.joined), compiled(apart.part))

    def instrument(self, text: str) -> str | None:
        """What the agreement is called in the text, or None."""
        return next((name for name, found in self.instruments.items() if found.search(text)), None)

    def subject(self, minerals: tuple[str, ...]) -> str:
        """What an agreement on these minerals is about: one subject of its own, or the general."""
        named = {self.subjects.get(mineral, self.general) for mineral in minerals}
        return named.pop() if len(named) == 1 else self.general


@lru_cache(maxsize=4)
def words_of(dumped: str) -> Words:
    """The words of a LedgerFile given as JSON, compiled once a process."""
    return Words(LedgerFile.model_validate_json(dumped))
