"""Whether what was read out of a page is the text of the article. Pure.

text ─ consent wordings out ─ what other pages of the host have, out ─ enough left? on topic? ─▶
"""

import re
from collections.abc import Container, Iterable, Sequence
from itertools import islice

from pipeline.collect.wordings import said
from schemas.page import KnownText, PageText, Refusal, Refused

MIN_TEXT = 200
"""Characters: less is a caption or the feed's own summary again."""
TEASER = 1_200
"""A shorter text on a page that asks for a subscription is its teaser."""
_MOSTLY = 0.4
_SEVERAL = 3
_A_PART = 0.15
_SHARED = 0.5
_SAME = 0.6
"""Share of runs of five words that two texts have in common, of the shorter one's: the same page
with another date or name in it has 0.8 and more, two reports of one event 0.1."""
_RUN = 5
_LEAST_RUNS = 10
_LEAST_PARAGRAPH = 40
_TITLE_WORDS_MIN = 3
_TITLE_SHARE = 0.2
_WORD = re.compile(r"[^\W\d_]{4,}")
_STEM = 5

_WORDS = {
    Refusal.CONSENT: "a request for consent to cookies in place of the article",
    Refusal.PAYWALL: "a teaser: the article is for subscribers",
    Refusal.LOGIN: "a login page, or a guard against robots, in place of the article",
}


def accepted(
    page: PageText, *, title: str, known: Sequence[KnownText]
) -> tuple[str | Refused, tuple[int, ...]]:
    """Return the text to keep, or why there is none; and the known texts found to be boilerplate.

    Args:
        page: as it was read.
        title: of the article, as its feed has it.
        known: texts of other articles that were taken from this host.
    """
    others = [other for other in known if not _alike(other.title, title)]
    refusal = _walled(page) or _foreign(page, title)
    if refusal is not None:
        return refusal, ()
    lines = [line for line in page.extracted.text.split("\n") if not said(Refusal.CONSENT, line)]
    common = {line for other in others for line in other.text.split("\n")}
    own = _without(lines, common)
    doubled = tuple(other.article_id for other in others if _doubles(other, lines, own))
    if _mostly_gone(own, lines) or any(_same(other, lines, own) for other in others):
        words = "much the same text is on other pages of this site"
        return Refused(page.url, Refusal.BOILERPLATE, words), doubled
    kept = "\n".join(own)
    return (kept, doubled) if len(kept) >= MIN_TEXT else (_short(page, kept), doubled)


def _doubles(other: KnownText, lines: Sequence[str], own: Sequence[str]) -> bool:
    """Whether a text that was taken before has little but what this page has too."""
    theirs = other.text.split("\n")
    return _mostly_gone(_without(theirs, set(lines)), theirs) or _same(other, lines, own)


def _same(other: KnownText, lines: Sequence[str], own: Sequence[str]) -> bool:
    """Whether two pages are much the same beside the paragraphs that they share."""
    theirs = _without(other.text.split("\n"), set(lines))
    return same_text("\n".join(own), "\n".join(theirs))


def _without(lines: Sequence[str], common: Container[str]) -> list[str]:
    return [line for line in lines if len(line) < _LEAST_PARAGRAPH or line not in common]


def _mostly_gone(left: Sequence[str], of: Sequence[str]) -> bool:
    return _size(left) < _size(of) * (1 - _SHARED)


def same_text(one: str, other: str) -> bool:
    """Whether two texts are much the same, names and dates aside."""
    runs, others = _runs(one), _runs(other)
    least = min(len(runs), len(others))
    return least >= _LEAST_RUNS and len(runs & others) / least >= _SAME


def _walled(page: PageText) -> Refused | None:
    """Refuse a text that is mostly what consent, paywall and login pages say."""
    text = page.extracted.text
    lines = text.split("\n")
    for kind in (Refusal.CONSENT, Refusal.LOGIN, Refusal.PAYWALL):
        told = [line for line in lines if said(kind, line)]
        share = _size(told) / max(1, _size(lines))
        if share >= _MOSTLY or (share >= _A_PART and len(said(kind, text)) >= _SEVERAL):
            return Refused(page.url, kind, _WORDS[kind])
    walled = Refusal.PAYWALL in page.extracted.signs or said(Refusal.PAYWALL, text)
    if walled and len(text) < TEASER:
        return Refused(page.url, Refusal.PAYWALL, _WORDS[Refusal.PAYWALL])
    return None


def _short(page: PageText, text: str) -> Refused:
    """Say why too little is left, by what the page says beside it."""
    for kind in (Refusal.CONSENT, Refusal.LOGIN):
        if kind in page.extracted.signs and not text:
            return Refused(page.url, kind, _WORDS[kind])
    if not text:
        return Refused(page.url, Refusal.NO_TEXT, "no article was found on the page")
    words = f"{len(text)} characters of text, {MIN_TEXT} are the least"
    return Refused(page.url, Refusal.TOO_SHORT, words)


def _foreign(page: PageText, title: str) -> Refused | None:
    """Refuse a text in which the words of the title are not: another page than the article's."""
    text = page.extracted.text
    wanted = _stems(title)
    if len(text) < MIN_TEXT or len(wanted) < _TITLE_WORDS_MIN:
        return None
    # The headline that heads the text proves nothing: a page for subscribers has it too.
    body = "\n".join(line for line in text.split("\n") if not _alike(line, title))
    found = wanted & _stems(body or text)
    if len(found) / len(wanted) >= _TITLE_SHARE:
        return None
    return Refused(page.url, Refusal.OFF_TOPIC, "the words of the article's title are not in it")


def _alike(one: str, other: str) -> bool:
    """Whether two titles are of one article: most of their words are the same."""
    first, second = _stems(one), _stems(other)
    least = min(len(first), len(second))
    if not least:
        return one.strip().casefold() == other.strip().casefold()
    return len(first & second) / max(len(first), len(second)) >= _SAME


def _stems(text: str) -> set[str]:
    """The beginnings of longer words: languages change the ends."""
    return {word[:_STEM] for word in _WORD.findall(text.casefold())}


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    runs = zip(*(islice(words, start, None) for start in range(_RUN)), strict=False)
    return set(runs)


def _size(lines: Iterable[str]) -> int:
    return sum(map(len, lines))
