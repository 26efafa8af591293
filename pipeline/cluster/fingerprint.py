"""Fingerprints of near-copies: 64-bit simhash over shingles of words.

Source: M. Charikar, "Similarity Estimation Techniques from Rounding Algorithms", STOC 2002; bands
as in G. S. Manku, A. Jain, A. Das Sarma, "Detecting Near-Duplicates for Web Crawling", WWW 2007.
"""

from hashlib import blake2b

from pipeline.cluster.text import own_summary, plain, without_outlet, words

BITS = 64
BANDS = 4
BAND_BITS = BITS // BANDS
_LOW = (1 << BAND_BITS) - 1
_LANE = 16
_SPREAD = tuple(
    sum(1 << bit * _LANE for bit in range(8) if value >> bit & 1) for value in range(256)
)
"""A byte with each of its bits in a lane of 16 bits, so that one addition counts eight bits."""
_MOST = (1 << _LANE) - 1
"""Features counted at most: what a lane holds."""


def simhash(text: str, *, shingle: int = 2) -> int:
    """The 64-bit simhash of ``text``'s words and its runs of ``shingle`` words; 0 of no words.

    Case, punctuation, entities, tags and spaces do not count. Single words are counted beside the
    runs, so that short headlines with one word changed stay near.
    """
    return simhash_of(words(plain(text)), shingle=shingle)


def simhash_of(tokens: list[str], *, shingle: int = 2) -> int:
    """The simhash of words already cut."""
    if not tokens:
        return 0
    runs = [" ".join(tokens[i : i + shingle]) for i in range(len(tokens) - shingle + 1)]
    features = sorted({*tokens, *runs})[:_MOST]
    lanes = [0] * (BITS // 8)
    for feature in features:
        for place, value in enumerate(blake2b(feature.encode(), digest_size=BITS // 8).digest()):
            lanes[place] += _SPREAD[value]
    counts = [lane >> bit * _LANE & _MOST for lane in lanes for bit in range(8)]
    return sum(1 << bit for bit, count in enumerate(counts) if 2 * count > len(features))


def document_simhash(title: str, summary: str, *, shingle: int = 2) -> int:
    """The simhash of an item: the outlet's name on the title and a repeated title do not count."""
    title, summary = plain(title), plain(summary)
    return simhash_of(
        words(f"{without_outlet(title)} {own_summary(title, summary)}"), shingle=shingle
    )


def bands(fingerprint: int) -> tuple[str, ...]:
    """Its four 16-bit bands as keys; fingerprints at most three bits apart share one at least."""
    return tuple(f"{place}:{fingerprint >> place * BAND_BITS & _LOW:04x}" for place in range(BANDS))


def distance(one: int, other: int) -> int:
    """In how many of the 64 bits two fingerprints differ."""
    return (one ^ other).bit_count()
