"""Two sums of one sentence: told as two, each with its own object, or one as a part of the other.

Only the plainest form counts as two, "A for X and B for Y", with no word that makes B a part of A:
the ledger rather leaves a sum out than counts it twice.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

_LONGEST = 80
"""Characters of an object: what is longer tells more than what a sum is for."""


class Apart:
    """What finds them: the words before an object, between two sums, and of a part."""

    def __init__(
        self, before: re.Pattern[str], joined: re.Pattern[str], part: re.Pattern[str]
    ) -> None:
        to = before.pattern
        what = rf"[^.;:!?\n]{{2,{_LONGEST}}}?"
        self._between = re.compile(
            rf"\s*{to}\s+(?P<what>{what})\s*,?\s+{joined.pattern}\s*", re.IGNORECASE
        )
        self._after = re.compile(rf"\s*{to}\s+(?P<what>\w[^,.;:!?\n]*)", re.IGNORECASE)
        self._part = part

    def told(self, text: str, sums: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
        """Those of the sums, given as ``text[start:end]``, that stand beside another as two."""
        found: set[tuple[int, int]] = set()
        for one, other in pairwise(sorted(sums)):
            between = self._between.fullmatch(text, one[1], other[0])
            after = self._after.match(text, other[1])
            if between is None or after is None:
                continue
            if self._part.search(text, one[1], after.end()) or _same(between, after):
                continue
            found |= {one, other}
        return found


def _same(between: re.Match[str], after: re.Match[str]) -> bool:
    return bool(between["what"].strip().casefold() == after["what"].strip().casefold())
