"""An explained article in the terminal."""

import io
import re

import pytest
from rich.console import Console

from pipeline.commands.explain_terminal import show

MARKS = [
    ("party", "KE", "title", "Kenya"),
    ("party", "IT", "title", "Italy"),
    ("stage", "signed", "title", "sign memorandum"),
    ("theme", "supply_chains", "title", "memorandum on lithium"),
    ("mineral", "lithium", "title", "lithium"),
    ("theme", "localization", "summary", "refinery"),
]


def told(explained, *, width=100, colour=False):
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, force_terminal=colour, color_system="standard" if colour else None
    )
    show(explained, console)
    return stream.getvalue()


def under(text, words, line):
    """What stands in ``line`` under ``words``."""
    start = text.index(words)
    return line[start : start + len(words)]


def test_labels_stand_under_their_words_in_as_many_lanes_as_overlap(explain):
    title, first, second, *_ = told(explain(marks=MARKS)).splitlines()
    assert title == "Kenya, Italy sign memorandum on lithium"
    assert under(title, "Kenya", first) == "KE───"
    assert under(title, "Italy", first) == "IT───"
    assert under(title, "sign memorandum", first) == "signed─────────"
    assert under(title, "memorandum on lithium", second) == "supply_chains────────"
    assert under(title, "lithium", first) == "lithium"


def test_every_label_is_given_with_its_reasons_and_what_was_weighed_against_it(explain):
    text = told(explain(marks=MARKS))
    assert "✗ CN — not given: −0.20 < 0.50" in text
    assert "−0.80 opponent" in text
    assert "✓ localization · Localization — given: 0.65 ≥ 0.50" in text
    assert "✗ agreed — not given: 0.60 ≥ 0.50, but signed prevails" in text
    assert "−2.50 pattern market “Kenya”" in text
    assert "… and 14 more" in text
    assert "nothing spoke for: ratified" in text
    assert "3 of 3: an agreement signed" in text
    assert "none that is followed by name" in text
    assert "by rules r1-abc" in text


def test_what_was_not_relevant_says_what_it_would_have_been(explain):
    marks = [("for", "state", "title", "Kenya"), ("against", "market", "title", "lithium")]
    text = told(explain(marks=marks, relevant=False))
    assert "not relevant (0.20)" in text
    assert "+ state" in text.splitlines()[1]
    assert "− market" in text.splitlines()[1]
    assert "Themes (what they would be, were it relevant)" in text
    assert "0 of 3: none: not relevant" in text


def test_colours_are_by_label_and_only_where_wanted(explain):
    explained = explain(marks=MARKS)
    assert "\x1b[" not in told(explained)
    coloured = told(explained, colour=True)
    assert re.search(r"\x1b\[1;34mKenya", coloured)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == told(explained)


def test_no_escape_of_the_text_reaches_the_terminal(explain):
    text = told(explain(title="Kenya\x1b[2J\u202e \ud800 [bold]pact[/]", problems=("\x07bell",)))
    assert not set(text) & set("\x1b\u202e\ud800\x07")
    assert "[bold]pact[/]" in text


@pytest.mark.parametrize("width", [40, 60, 100])
def test_long_texts_are_broken_at_blanks_and_long_words_anywhere(explain, width):
    summary = "word " * 40 + "x" * 250 + " 漢字" * 30 + " refinery end"
    marks = [("theme", "localization", "summary", "refinery")]
    lines = told(explain(summary=summary, marks=marks), width=width).splitlines()
    body = lines[lines.index("") + 1 :]
    body = body[: body.index("")]
    labels = [n for n, line in enumerate(body) if line.strip().startswith("localization")]
    assert len(labels) == 1
    assert "".join(line for n, line in enumerate(body) if n not in labels) == summary
    assert max(map(len, body)) <= width


def test_a_mark_over_two_lines_is_labelled_on_both(explain):
    words = "refinery " * 12
    marks = [("theme", "localization", "summary", words.strip())]
    text = told(explain(summary=f"A {words}", marks=marks), width=60)
    assert len(re.findall(r"^ *localization─+ *$", text, re.MULTILINE)) == 2


def test_a_long_text_is_cut(explain):
    text = told(explain(summary="word " * 2_000))
    assert "… and 6,000 characters more" in text
