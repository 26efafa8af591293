"""HTML to plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.clean import to_text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", ""),
        ("  plain \n\t text ", "plain text"),
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("a<br>b<br/>c", "a b c"),
        ("<ul><li>one</li><li>two</li></ul>", "one two"),
        ("<td>5</td><td>6</td>", "5 6"),
        ("mine<b>r</b>als", "minerals"),
        ("<a href='javascript:x'>deal</a>", "deal"),
        ("before<script>alert('x')</script><style>p{}</style> after", "before after"),
        ("<!-- hidden -->shown", "shown"),
        ("AT&amp;T &lt;3 &#8212; 5&nbsp;bn &euro;", "AT&T <3 — 5 bn €"),
        ("&amp;lt;p&amp;gt;twice&amp;lt;/p&amp;gt;", "<p>twice</p>"),
        ("&lt;p&gt;escaped&lt;/p&gt;&lt;p&gt;again&lt;/p&gt;", "escaped again"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ("spending of <5% of GDP", "spending of <5% of GDP"),
        ("<img src=x onerror=alert(1)>text", "text"),
        ("<p>unclosed <b>tags", "unclosed tags"),
        ("ли\u00adтий ура\u200bн\ufeff \u202eевил\u202c \x00\x07нуль", "литий уран евил нуль"),
        ("line\u2028line\x85line\x0bline", "line line line line"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("cafe\u0301", "café"),
        ("&#0;&#x110000;&#55296;x", "���x"),
        ("\U000e0041tag\U000e007f characters", "tag characters"),
    ],
)
def test_to_text(source: str, text: str) -> None:
    assert to_text(source, 100) == text


def test_limit_cuts_between_words() -> None:
    assert to_text("word " * 50, 102) == ("word " * 20).strip()
    assert to_text("abcdefghij klm", 10) == "abcdefghij"
    assert to_text("x" * 500, 100) == "x" * 100


def test_huge_markup_around_little_text_stays_cheap() -> None:
    assert len(to_text("<div>" * 1_000_000 + "text", 500)) <= 500


@given(st.text(max_size=300), st.integers(1, 200))
def test_whatever_comes_in_is_one_bounded_line_that_can_be_stored(source: str, limit: int) -> None:
    text = to_text(source, limit)
    assert len(text) <= limit
    assert text == " ".join(text.split())
    text.encode("utf-8")
    assert "\x00" not in text
