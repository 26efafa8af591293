"""The text of an article out of its page."""

import pytest

from pipeline.collect.extract import MAX_TEXT, extract, not_a_page
from schemas.page import Refusal
from tests.article_pages import CONSENT, PARAGRAPHS, TEASER, page

UKRAINIAN = (
    (
        "Україна та Японія підписали меморандум про спільну розвідку рідкісноземельних металів, "
        "повідомило міністерство економіки після переговорів у Києві в понеділок."
    ),
    (
        "Документ передбачає геологічні дослідження у трьох областях та створення спільного "
        "підприємства з державною компанією. Роботи мають розпочатися наступного року."
    ),
)


def test_the_article_is_found_and_what_stands_around_it_is_not():
    found = extract(page().encode(), "text/html")
    assert all(paragraph in found.text.split("\n") for paragraph in PARAGRAPHS)
    for other in ("Most read", "Cotton", "cookies", "newsletter", "Home", "Ivan"):
        assert other not in found.text


@pytest.mark.parametrize(
    ("codec", "content_type", "charset"),
    [
        ("utf-8", "text/html; charset=iso-8859-1", ""),
        ("utf-8", None, '<meta charset="windows-1251">'),
        ("cp1251", "text/html; charset=utf-8", ""),
        ("cp1251", "text/html", '<meta charset="windows-1251">'),
        (
            "cp1251",
            "text/html",
            '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
        ),
        ("cp1251", None, ""),
        ("utf-16", "text/html", ""),
    ],
)
def test_a_wrong_charset_is_seen_through(codec, content_type, charset):
    text = page(UKRAINIAN, title="Україна та Японія підписали меморандум", charset=charset)
    # Cyrillic pages in that encoding have "i" only where it is in the code page.
    assert UKRAINIAN[0].replace("  ", " ") in extract(text.encode(codec), content_type).text


def test_signs_are_those_of_the_whole_page():
    free = extract(page().encode(), None)
    assert Refusal.PAYWALL not in free.signs
    flagged = page(
        head='<script type="application/ld+json">{"isAccessibleForFree": "False"}</script>'
    )
    assert Refusal.PAYWALL in extract(flagged.encode(), None).signs
    assert Refusal.PAYWALL in extract(page(TEASER).encode(), None).signs
    assert Refusal.CONSENT in extract(page(CONSENT).encode(), None).signs


@pytest.mark.parametrize("body", [b"", b" ", b"\x00\x00", b"<", b"plain words", b"<html></html>"])
def test_what_is_no_page_has_no_text(body):
    assert extract(body, "text/html").text in {"", "plain words"}


def test_signs_of_less_and_ampersands_stay_what_they_are():
    lines = (
        *PARAGRAPHS,
        "Grades of &lt;0.5 % U3O8 &amp; 1 &lt; 2 are <b>common</b> there, they say.",
    )
    text = extract(page(lines).encode(), None).text
    assert "Grades of <0.5 % U3O8 & 1 < 2 are common there, they say." in text


def test_a_text_is_bounded_at_a_paragraph():
    lines = [f"{n} {PARAGRAPHS[0]}" for n in range(400)]
    text = extract(page(lines).encode(), None).text
    assert MAX_TEXT - 400 < len(text) <= MAX_TEXT
    assert text.endswith("Astana.")


def test_deeply_nested_markup_is_survived():
    found = extract(b"<div>" * 20_000 + page().encode(), None)
    assert found is not None


@pytest.mark.parametrize(
    ("content_type", "body", "words"),
    [
        ("application/pdf", b"%PDF-1.7", "PDF"),
        ("text/html", b"%PDF-1.7", "PDF"),
        ("image/jpeg", b"\xff\xd8", "image/jpeg"),
        ("application/json", b"{}", "application/json"),
        ("text/html", b"PK\x03\x04", "ZIP"),
    ],
)
def test_what_is_not_html_is_named(content_type, body, words):
    told = not_a_page({"content-type": content_type}, body)
    assert told is not None
    assert words in told


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/xhtml+xml", ""])
def test_html_is_a_page(kind):
    assert not_a_page({"content-type": kind} if kind else {}, b"<html>") is None
