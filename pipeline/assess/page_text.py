"""What is read of an article's text: the lead for every judgement, the first part for themes. Pure.

News tells what happened first, and then what happened before. So the lead alone takes part in
judging relevance, stage, parties and significance; what follows it can add a theme or a sum, and
takes nothing away (docs/why.md).
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from schemas.assessment import Assessment, Document, Evidence, ThemeLabel

LEAD = 300
"""Characters that are judged beside the title, the summary's among them: about as much as the items
have from which judgement was learned (docs/fulltext.md has what more of them does)."""
OWN_LEAD = 200
"""Of these, what the text is given at least where the summary is not its beginning."""
FIRST_PART = 4_000
"""Characters of the text that are read at all."""

_LINE = re.compile(r"[^\n]+")
_STOP = re.compile(r"[.!?…][\"'»”’)]*\s+")
_SURELY = 0.97
_SURE = 60
_NEAR = 1_000
"""Letters by which a summary is known to be the beginning of the text, and how far in it may be:
a headline and a by-line stand before it."""
_LEAST = 80
"""Of a paragraph that is cut at the end of a sentence, this much is left at least."""


def lead_of(document: Document) -> list[tuple[int, int]]:
    """(start, end) of the paragraphs in ``document.text`` that every judgement reads."""
    if not document.text:
        return []
    begins = _letters(document.summary)[:_SURE] in _letters(document.text[:_NEAR])
    least = 0 if document.summary and begins else OWN_LEAD
    return list(_bounded(document, max(LEAD - len(document.summary), least)))


def first_part(document: Document) -> list[tuple[int, int]]:
    """(start, end) of the paragraphs that are read for themes and sums; the lead is their head."""
    return list(_bounded(document, FIRST_PART)) if document.text else []


def goes_on(document: Document) -> bool:
    """Whether more of the text is read than its lead."""
    return bool(document.text) and first_part(document) != lead_of(document)


def widened(lead: Assessment, whole: Assessment) -> Assessment:
    """The reading of the lead with what the first part adds to it.

    Themes are added where they are sure, and a pattern of the rules stands in the text for them: a
    longer text would be given more of them whatever it says. Their words also take the place of
    words that only weights point at. Sums are added where the lead names none.
    """
    if not lead.relevant:
        return lead
    sure = {theme.id: told for theme in whole.themes if (told := _sure(theme)) is not None}
    given = tuple(
        replace(theme, evidence=sure[theme.id].evidence)
        if theme.id in sure and all(_is_learned(piece) for piece in theme.evidence)
        else theme
        for theme in lead.themes
    )
    known = {theme.id for theme in given}
    added = tuple(theme for theme in sure.values() if theme.id not in known)
    return replace(lead, themes=(*given, *added), money=lead.money or whole.money)


def _sure(theme: ThemeLabel) -> ThemeLabel | None:
    """The theme by what rules find in the text, where that and the weights leave little doubt."""
    told = tuple(p for p in theme.evidence if p.field == "text" and not _is_learned(p))
    return replace(theme, evidence=told) if told and theme.score >= _SURELY else None


def _is_learned(piece: Evidence) -> bool:
    return piece.pattern.startswith("learned-")


def _bounded(document: Document, limit: int) -> Iterator[tuple[int, int]]:
    """Paragraphs with something new in them, whole sentences, ``limit`` characters in all."""
    left = limit
    for start, end in _paragraphs(document):
        if end - start > left:
            stops = [s.end() for s in _STOP.finditer(document.text, start, start + left)]
            cut = stops[-1] if stops else start
            if cut - start < _LEAST and left == limit:
                cut = document.text.rfind(" ", start, start + left)
                cut = cut if cut > start else start + left
            if cut - start >= _LEAST:
                yield start, cut
            return
        yield start, end
        left -= end - start


def _paragraphs(document: Document) -> Iterator[tuple[int, int]]:
    """The paragraphs of the text without what title and summary say already."""
    title, summary = _letters(document.title), _letters(document.summary)
    for found in _LINE.finditer(document.text, 0, FIRST_PART * 2):
        start, end = found.span()
        told = _letters(found.group())
        if not told or told in title or told in summary:
            continue
        if summary and told.startswith(summary):
            start = _behind(document.text, start, end, len(summary))
        if start < end:
            yield start, end


def _behind(text: str, start: int, end: int, letters: int) -> int:
    """Where the sentence begins in which the first ``letters`` letters of a paragraph end."""
    at = start
    for at in range(start, end):
        letters -= len(_letters(text[at]))
        if letters <= 0:
            break
    following = _STOP.match(text, at + 1, end)
    if following:
        return following.end()
    stops = [s.end() for s in _STOP.finditer(text, start, at + 1)]
    return end if at + 2 >= end else stops[-1] if stops else start


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
