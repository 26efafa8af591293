"""Feed text made safe: invisible characters, markup, lengths, addresses."""

import pytest

from pipeline.notify.text import clean, escape, link, mrkdwn, plain, safe_url, slug, trim, units


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("ly\u200bthi\u200dum\ufeff", "lythium"),
        ("safe\u202egnp.exe\u202c", "safegnp.exe"),
        ("\u2066isolated\u2069", "isolated"),
        ("two\u00a0words\r\n\tand \u3000more ", "two words and more"),
        ("bell\x07 and tag\U000e0041", "bell and tag"),
        ("blank\u2800\u3164letters", "blankletters"),
        ("lone \ud800surrogate", "lone surrogate"),
        ("e\u0301te\u0301", "e\u0301te\u0301"),
        ("Z" + "\u0300" * 40 + "algo", "Z" + "\u0300" * 4 + "algo"),
        ("Україна 🇺🇦 йод", "Україна 🇺🇦 йод"),
    ],
)
def test_clean_leaves_what_can_be_seen_on_one_line(given, told):
    assert clean(given) == told


def test_escape_turns_the_three_control_characters_into_entities():
    assert escape("<!channel> & <@U123>") == "&lt;!channel&gt; &amp; &lt;@U123&gt;"


def test_units_count_as_utf_16_does():
    assert units("a🇺🇦") == len("a🇺🇦".encode("utf-16-le")) // 2 == 5


def test_trim_cuts_after_a_sentence():
    text = "The fund was set up. It will take its first project in May and report on it."
    assert trim(text, 40) == "The fund was set up. …"


def test_trim_cuts_between_words_where_no_sentence_ends_in_time():
    assert trim("Negotiators have met in Astana for three days", 24) == "Negotiators have met…"


def test_trim_does_not_take_the_dot_of_a_number_for_a_sentence():
    assert trim("A loan of 1.5 billion dollars was agreed by both", 30) == "A loan of 1.5 billion…"


def test_trim_leaves_what_fits():
    assert trim("short", 5) == "short"


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_trim_to_next_to_nothing_is_nothing(limit):
    assert trim("word", limit) == ""


def test_trim_never_splits_a_character_of_two_units():
    assert trim("🇺🇦" * 10, 8) == "🇺🇦🇺…"


def test_mrkdwn_shows_formatting_characters_as_look_alikes():
    assert mrkdwn("*bold* `code` ~gone~ a|b _soft_ snake_case", 100) == (
        "∗bold∗ 'code' ∼gone∼ a¦b soft snake_case"
    )


def test_mrkdwn_counts_the_length_after_escaping():
    told = mrkdwn("&" * 100, 50)
    assert units(told) <= 50
    assert told.startswith("&amp;&amp;")
    assert told.replace("&amp;", "") == "…"


def test_plain_text_is_escaped_too():
    assert plain("AT&T <!here>", 150) == "AT&amp;T &lt;!here&gt;"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/a",
        "//example.org/a",
        "https://",
        "https://bank.example@evil.example/",
        "https://user:pass@example.org/",
        "https://exam ple.org/",
        "https://example.org/a\nb",
        "https://example.org/\u202egpj.exe",
        "https://[half/",
        "https://evil.example|x/",
        "https://example.org/" + "a" * 2100,
        None,
    ],
)
def test_addresses_that_are_no_plain_web_links_are_refused(url):
    assert safe_url(url) is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://example.org/a?b=1&c=2#d", "https://example.org/a?b=1&c=2#d"),
        ("HTTP://example.org:8080/", "http://example.org:8080/"),
        ('https://example.org/<b>|"x"', "https://example.org/%3Cb%3E%7C%22x%22"),
        ("https://приклад.укр/новини", None),
        ("https://example.org/новини", "https://example.org/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8"),
    ],
)
def test_web_addresses_pass_with_dangerous_characters_encoded(url, told):
    if told is None:
        told = safe_url(url)
        assert told is not None
        assert told.isascii()
    assert safe_url(url) == told


def test_link_escapes_the_address_and_the_label():
    assert link("https://example.org/?a=1&b=2", "A & B | <C>", 200) == (
        "<https://example.org/?a=1&amp;b=2|A &amp; B ¦ &lt;C&gt;>"
    )


def test_a_link_that_is_not_safe_or_does_not_fit_is_its_label():
    assert link("javascript:x", "Reuters", 100) == "Reuters"
    assert link("https://example.org/" + "a" * 100, "Reuters", 100) == "Reuters"


def test_slug_is_lower_case_words_within_the_limit():
    assert slug("Kyiv & Washington: <signed>! today", 24) == "kyiv-washington-signed"
    assert slug("Україна і США", 16) == "україна"
    assert slug("a" * 100, 10) == "a" * 10
    assert slug("鉱" * 100, 10) == "鉱鉱鉱"
    assert slug("…") == ""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("> quoted", "› quoted"),
        (">>> quoted", "››› quoted"),
        ("a > b", "a &gt; b"),
        (":rotating_light: News", "∶rotating_light∶ News"),
        ("at 10:30:45 sharp", "at 10:30:45 sharp"),
        ("note: this", "note: this"),
        ("_" * 50_000 + "a" + "_" * 50_000 + "b", ""),
    ],
)
def test_mrkdwn_leaves_no_quotation_and_no_emoji_code(given, told):
    assert mrkdwn(given, 100) == told


def test_a_megabyte_is_not_read_to_its_end():
    assert mrkdwn("word " * 200_000, 20) == "word word word…"
    assert mrkdwn("\u200b" * 1_000_000 + "word", 20) == ""
