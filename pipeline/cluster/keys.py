"""Index keys: a document's candidates are the stories that share one with it.

What a key is made of, and why:

    s0:1f3a … s3:…   bands of the fingerprint: reprints
    t:…              the title's words, in any order: an aggregator's copy with another summary
    a:…              the agreement meant
    p:UA+US          two or three parties, and each pair of three; of more, all together
    m:UA+lithium     a party and a mineral
    w:zvlvsk         telling words as they sound, across scripts and spellings: names mostly

Keys bear no time. The index holds a time beside each, and is asked for ``key IN (…) AND at BETWEEN
published - WINDOW AND published + WINDOW`` (`pipeline.cluster.match.WINDOW`), which costs the same
in a small and in a large archive. Stories that share most keys come first, then the newest; no more
than `MAX_CANDIDATES` are compared.
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

_MAX_WORDS = 8
_MAX_MINERALS = 6
_MIN_TITLE_WORDS = 3
_PAIRED = 3


def keys(document: ClusterDocument) -> frozenset[str]:
    """The document's keys: 24 at most, each of 120 characters at most."""
    read = profile(document)
    found = [f"s{band}" for band in bands(read.fingerprint)] if read.fingerprint else []
    if len(read.title) >= _MIN_TITLE_WORDS:
        found.append(f"t:{_digest(sorted(read.title))}")
    if document.agreement:
        found.append(f"a:{document.agreement}")
    found += [f"p:{parties}" for parties in _parties(document)]
    found += _minerals(document)
    found += [f"w:{sound}" for sound in telling_sounds(read)]
    return frozenset(key[:MAX_KEY_CHARS] for key in found[:MAX_KEYS])


def telling_sounds(read: Profile, *, most: int = _MAX_WORDS) -> list[str]:
    """The skeletons that tell most: the longest; long words are rarer."""
    return sorted(read.sounds, key=lambda sound: (-len(sound), sound))[:most]


def _parties(document: ClusterDocument) -> list[str]:
    parties = sorted(set(document.parties))
    if len(parties) <= 1:
        return []
    whole = "+".join(parties)
    pairs = ["+".join(pair) for pair in combinations(parties, 2)] if len(parties) == _PAIRED else []
    return [whole, *pairs]


def _minerals(document: ClusterDocument) -> list[str]:
    pairs = [(m, p) for m in sorted(set(document.minerals)) for p in sorted(set(document.parties))]
    return [f"m:{party}+{mineral}" for mineral, party in pairs[:_MAX_MINERALS]]


def _digest(tokens: list[str]) -> str:
    return blake2b(" ".join(tokens).encode(), digest_size=8).hexdigest()
