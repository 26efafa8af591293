"""Fingerprints of near-copies: 64-bit simhash over shingles of words.

Source: M. Charikar, "Similarity Estimation Techniques from Rounding Algorithms", STOC 2002; bands
as in G. S. Manku, A. Jain, A. Das Sarma, "Detecting Near-Duplicates for Web Crawling", WWW 2007.
"""

from hashlib import blake2b

from pipeline.cluster.text import own_summary, plain, without_outlet, words

BITS = 64
BANDS = 4
BAND_BITS = BITS // BANDS
_BYTES = BITS // 8
_LOW = (1 << BAND_BITS) - 1


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
    features = {*tokens, *runs}
    digests = b"".join(blake2b(f.encode(), digest_size=_BYTES).digest() for f in features)
    ones = int.from_bytes(b"\x01" * len(features))
    found = 0
    for place in range(_BYTES):
        column = int.from_bytes(digests[place::_BYTES])
        for bit in range(8):
            # How many features have this bit: the columns are counted whole, not bit by bit.
            if 2 * (column >> bit & ones).bit_count() > len(features):
                found |= 1 << place * 8 + bit
    return found


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
