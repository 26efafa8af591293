"""An explained article in the terminal: spans under the text, and the reasons of each label."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from pipeline.commands.explain_view import (
    Placed,
    excerpt,
    label,
    marks_in,
    notes,
    outcome,
    pieces,
    place,
    quote,
    shown,
    signed,
    telling,
    verdict,
)
from schemas.explained import Explained, Mark
from schemas.explanation import Contribution, LabelExplanation, PartyExplanation

_THEME_COLOURS = ("cyan", "magenta", "yellow", "bright_blue", "bright_green", "bright_magenta")
_COLOURS = {
    "stage": "red",
    "party": "blue",
    "mineral": "green",
    "body": "bright_cyan",
    "money": "bright_yellow",
    "agreement": "bright_red",
    "for": "green",
    "against": "red",
}
_WEIGHED = 6
"""Contributions shown of a label."""
_MIN_WIDTH, _MAX_WIDTH = 40, 100


def show(explained: Explained, console: Console) -> None:
    """Print all of it."""
    width = max(_MIN_WIDTH, min(_MAX_WIDTH, console.width))
    _head(explained, console)
    document = explained.explanation.document
    for field, text in (
        ("title", document.title),
        ("summary", document.summary),
        ("text", document.text),
    ):
        if text.strip():
            style = "bold" if field == "title" else ""
            part, left = excerpt(explained, field, text)
            for line in _marked(explained, field, part, width, style):
                console.print(line, highlight=False, soft_wrap=True)
            if left:
                console.print(Text(f"… and {left:,} characters more", style="dim"))
            console.print()
    console.print(Text(verdict(explained), style="bold"))
    for note in notes(explained):
        console.print(Text(f"note: {note}", style="yellow"))
    _reasons(explained, console)


def _head(explained: Explained, console: Console) -> None:
    article = explained.article
    if article is None:
        return
    told = f"article {article.id} · {article.outlet} · {article.published_at:%Y-%m-%d %H:%M} UTC"
    console.print(Text(shown(told), style="dim"))
    if article.url:
        console.print(Text(shown(article.url), style="dim"))
    console.print()


# ---- the text with its spans ---------------------------------------------------------------------


def _marked(explained: Explained, field: str, text: str, width: int, style: str) -> list[Text]:
    """The lines of a text, each followed by the lanes of its marks."""
    order = [theme for theme, _ in explained.themes]
    marks = marks_in(explained, field)
    lines = []
    for start, end in _lines(shown(text), width):
        clipped = [
            mark for mark in marks if mark.evidence.start < end and mark.evidence.end > start
        ]
        placed = place(clipped)
        line = Text()
        for piece in pieces(text, placed, start, end):
            colour = _colour(piece.marks[0].mark, order) if piece.marks else ""
            line.append(shown(piece.text), f"{style} {colour}".strip())
        lines.append(line)
        lines += _lanes(text, start, end, placed, order)
    return lines


def _lines(text: str, width: int) -> list[tuple[int, int]]:
    """Where the lines of ``text`` begin and end: broken at blanks, in long words where needed."""
    found = []
    start = at = 0
    broken = start
    used = 0
    while at < len(text):
        used += cell_len(text[at])
        if used > width and at > start:
            end = broken if broken > start else at
            found.append((start, end))
            start = at = broken = end
            used = 0
            continue
        at += 1
        if text[at - 1] == " ":
            broken = at
    return [*found, (start, len(text))]


def _lanes(
    text: str, start: int, end: int, placed: Sequence[Placed], order: Sequence[str]
) -> list[Text]:
    """A row for each lane: a label where its mark begins, a rule as far as the mark goes."""
    rows = [Text() for _ in range(1 + max((one.lane for one in placed), default=-1))]
    for one in placed:
        row, piece = rows[one.lane], one.mark.evidence
        left = cell_len(shown(text[start : max(piece.start, start)]))
        right = cell_len(shown(text[start : min(piece.end, end)]))
        row.append(" " * max(left - row.cell_len, 0))
        name = shown(label(one.mark))
        # A label that is longer than its words goes on over the blank beside them.
        rule = "─" * max(right - left - cell_len(name), 0)
        row.append(name + rule, _colour(one.mark, order))
    return rows


def _colour(mark: Mark, order: Sequence[str]) -> str:
    if mark.kind != "theme":
        return _COLOURS[mark.kind]
    place_of = order.index(mark.id) if mark.id in order else 0
    return _THEME_COLOURS[place_of % len(_THEME_COLOURS)]


# ---- the reasons ---------------------------------------------------------------------------------


def _reasons(explained: Explained, console: Console) -> None:
    told = explained.explanation
    titles = dict(explained.themes)
    _section("Relevance", console)
    console.print(Text(f"  the gate: {shown(told.gate.reason)}"))
    for one in _of(told.labels, "relevance"):
        _label("relevant", one, explained, console)
    would = "" if told.assessment.relevant else " (what they would be, were it relevant)"
    _section(f"Themes{would}", console)
    named = [(f"{t.id} · {titles.get(t.id, '')}", t) for t in _of(told.labels, "theme")]
    _several(named, explained, console)
    _section(f"Stage{would}", console)
    _several([(t.id, t) for t in _of(told.labels, "stage")], explained, console)
    _section(f"Parties{would}", console)
    for party in sorted(told.parties, key=lambda p: (not p.given, -p.score, p.code)):
        _label(party.code, party, explained, console)
    _rest(explained, console)


def _rest(explained: Explained, console: Console) -> None:
    reading = explained.explanation.assessment
    _section("Significance", console)
    for reason in reading.reasons or ("none: not relevant",):
        console.print(Text(f"  {reading.significance} of 3: {shown(reason)}"))
    _section("Agreement", console)
    named = f"{explained.agreement_name} ({reading.agreement})" if reading.agreement else ""
    console.print(Text(f"  {named or 'none that is followed by name'}"))
    found = {
        "Minerals": reading.minerals,
        "Bodies": reading.bodies,
        "Money": tuple(f"{m.amount:,.0f} {m.currency} ({m.status.value})" for m in reading.money),
    }
    for name, values in found.items():
        if values:
            _section(name, console)
            console.print(Text(f"  {', '.join(values)}"))
    console.print(Text(f"\nread as {reading.language} by rules {reading.ruleset}", style="dim"))


def _section(name: str, console: Console) -> None:
    console.print(Text(f"\n{name}", style="bold underline"))


def _of(labels: Iterable[LabelExplanation], kind: str) -> list[LabelExplanation]:
    return [one for one in labels if one.kind == kind]


def _several(
    labels: Sequence[tuple[str, LabelExplanation]], explained: Explained, console: Console
) -> None:
    """Those that something spoke for with their reasons, the others in a line."""
    names = {one.id: name for name, one in labels}
    weighed = telling(one for _, one in labels)
    for one in weighed:
        _label(names[one.id], one, explained, console)
    silent = [one.id for _, one in labels if one not in weighed]
    if silent:
        console.print(Text(f"  nothing spoke for: {', '.join(silent)}", style="dim"))


def _label(
    name: str, one: LabelExplanation | PartyExplanation, explained: Explained, console: Console
) -> None:
    line = Text("  ").append("✓ " if one.given else "✗ ", "green" if one.given else "dim")
    line.append(shown(name), "bold" if one.given else "").append(f" — {outcome(one, explained)}")
    console.print(line)
    for contribution in one.contributions[:_WEIGHED]:
        console.print(_contribution(contribution))
    left = len(one.contributions) - _WEIGHED
    if left > 0:
        console.print(Text(f"      … and {left} more", style="dim"))


def _contribution(one: Contribution) -> Text:
    colour = "green" if one.weight > 0 else "red"
    line = Text("      ").append(f"{signed(one.weight):>6} ", colour).append(shown(one.feature))
    return line.append(f" {quote(one)}", "italic") if one.evidence is not None else line
