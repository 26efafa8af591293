"""How pages write times, numbers and keys."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.web.frame import ago, environment, number, short_span, when
from pipeline.web.paging import read_key, write_key

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_a_key_comes_back_as_it_was() -> None:
    for key in ((1,), (NOW, 7), ("Nëws & <b>", 3), (0.5, "x", 2)):
        text = write_key(key)
        assert text.isascii()
        assert not set(text) & set("&=+/ ")
        assert read_key(text, *(type(part) for part in key)) == key


@pytest.mark.parametrize(
    "text",
    ["", "x", "é", "bnVsbA", write_key(("a", 1)), write_key((True,)), "W3t9XQ", "A" * 3000,
     write_key((datetime(2026, 1, 1, tzinfo=UTC),)).replace("A", "B")],
)  # fmt: skip
def test_what_is_no_key_is_the_beginning(text: str) -> None:
    assert read_key(text, int) is None


def test_times_are_told_from_now() -> None:
    def told(minutes: float) -> str:
        return str(ago(NOW - timedelta(minutes=minutes), NOW)).partition(">")[2].partition("<")[0]

    assert [told(m) for m in (0.5, 5, -5, -0.5, 60 * 24 * 9)] == [
        "just now",
        "5 minutes ago",
        "in 5 minutes",
        "in a moment",
        "9 days ago",
    ]
    assert ago(None, NOW) == "never"
    assert 'datetime="2026-05-04T12:00:00+00:00"' in when(NOW)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.42, "0.4 s"), (42, "42 s"), (450, "7.5 min"), (11_520, "3.2 h"), (345_600, "4.0 d")],
)
def test_spans_are_short(seconds: float, told: str) -> None:
    assert short_span(timedelta(seconds=seconds)) == told


def test_numbers_and_addresses() -> None:
    assert (number(1_000_000), number(None)) == ("1,000,000", "–")
    out = environment().from_string("{{ url|web }}")
    assert out.render(url="https://a.example/") == "https://a.example/"
    barred = ("javascript:alert(1)", "http://[", None, "/x", "https://bank.example@evil.example")
    assert {out.render(url=url) for url in barred} == {"None"}


def test_what_comes_from_outside_is_escaped() -> None:
    template = environment().from_string(
        '{% import "parts.html.j2" as parts %}{{ parts.out(url, words) }}'
    )
    told = template.render(url='https://a.example/"><script>', words="<b>")
    assert "<script>" not in told
    assert "<b>" not in told
    assert "href" not in template.render(url="javascript:alert(1)", words="x")
