"""Index keys: a document's candidates are the stories that share one with it.

What a key is made of, and why:

    s0:1f3a … s3:…   bands of the fingerprint: reprints
    t:…              the title's words, in any order: an aggregator's copy with another summary
    a:…              the agreement meant
    p:UA+US          two or three parties, and each pair of three; of more, all together
    m:UA+lithium     a party and a mineral
    x:dobra:5081:0   the heaviest words of the title within a span of four days
    w:zvlvsk         telling words as they sound, across scripts and spellings: names mostly

Most keys bear no time. The index holds a time beside each and is asked for ``key IN (…) AND at
BETWEEN published - WINDOW AND published + WINDOW`` (`pipeline.cluster.match.WINDOW`), which costs
the same in a small and in a large archive. Stories that share most keys come first, then the
newest; no more than `MAX_CANDIDATES` are compared.
"""

from hashlib import blake2b
from itertools import combinations

from pipeline.cluster.fingerprint import bands
from pipeline.cluster.profile import Profile, profile
from schemas.story import ClusterDocument

MAX_KEYS = 24
MAX_KEY_CHARS = 120
MAX_CANDIDATES = 64
"""Articles compared at most for one document."""

_SOUNDS = 5
_TITLE_WORDS = 4
_MINERALS = 3
_CELL_DAYS = 4
_SECONDS_A_DAY = 86_400
_MIN_TITLE_WORDS = 3
_PAIRED = 3


def keys(document: ClusterDocument) -> frozenset[str]:
    """The document's keys: 24 at most, each of 120 characters at most."""
    read = profile(document)
    found = [
        *_whole(document, read),
        *_parties(document),
        *_minerals(document),
        *_title_words(document, read, _TITLE_WORDS),
        *[f"w:{sound}" for sound in [*read.sounds][:_SOUNDS]],
    ]
    return frozenset(key[:MAX_KEY_CHARS] for key in found[:MAX_KEYS])


def wide_keys(document: ClusterDocument) -> frozenset[str]:
    """`keys`, and one for every word: for an index in memory, where they cost nothing to keep."""
    read = profile(document)
    more = [f"w:{sound}" for sound in read.sounds]
    more += _title_words(document, read, len(read.title))
    return keys(document) | frozenset(key[:MAX_KEY_CHARS] for key in more)


def _whole(document: ClusterDocument, read: Profile) -> list[str]:
    found = [f"s{band}" for band in bands(read.fingerprint)] if read.fingerprint else []
    if len(read.title) >= _MIN_TITLE_WORDS:
        found.append(f"t:{_digest(sorted(read.title))}")
    if document.agreement:
        found.append(f"a:{document.agreement}")
    return found


def _parties(document: ClusterDocument) -> list[str]:
    parties = sorted(set(document.parties))
    if len(parties) <= 1:
        return []
    pairs = [*combinations(parties, 2)] if len(parties) == _PAIRED else []
    return [f"p:{'+'.join(together)}" for together in ([tuple(parties), *pairs])]


def _minerals(document: ClusterDocument) -> list[str]:
    pairs = [(m, p) for m in sorted(set(document.minerals)) for p in sorted(set(document.parties))]
    return [f"m:{party}+{mineral}" for mineral, party in pairs[:_MINERALS]]


def _title_words(document: ClusterDocument, read: Profile, most: int) -> list[str]:
    """The title's heaviest words with the days around; two cells a word, half a cell apart."""
    day = int(document.published_at.timestamp() // _SECONDS_A_DAY)
    heavy = sorted(read.title, key=lambda word: (-read.title[word], word))[:most]
    cells = [(day + shift * _CELL_DAYS // 2) // _CELL_DAYS for shift in (0, 1)]
    return [f"x:{word}:{cell}:{shift}" for word in heavy for shift, cell in enumerate(cells)]


def _digest(tokens: list[str]) -> str:
    return blake2b(" ".join(tokens).encode(), digest_size=8).hexdigest()
