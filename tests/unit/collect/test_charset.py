"""Encodings: stated rightly, wrongly, or not at all."""

import pytest

from pipeline.collect.charset import decode

TEXT = "<rss><title>Угода про корисні копалини підписана у Києві</title></rss>"
FRENCH = "<rss><title>Accord signé à Kiev : les minéraux, l'été dernier</title></rss>"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be",
                 "utf-32-le"],
)  # fmt: skip
@pytest.mark.parametrize("label", [None, "text/xml; charset=iso-8859-1", "text/xml; charset=utf-8"])
def test_unicode_is_known_by_its_bytes(encoding: str, label: str | None) -> None:
    assert decode(TEXT.encode(encoding), label) == (TEXT, None)


def test_utf16_big_endian_with_mark() -> None:
    assert decode(b"\xfe\xff" + TEXT.encode("utf-16-be"), None) == (TEXT, None)


@pytest.mark.parametrize("name", ["windows-1251", "koi8-u", "iso-8859-5", "x-mac-cyrillic"])
def test_encoding_that_the_document_states(name: str) -> None:
    codec = {"x-mac-cyrillic": "mac-cyrillic"}.get(name, name)
    stated = {"x-mac-cyrillic": "maccyrillic"}.get(name, name)
    whole = f"<?xml version='1.0' encoding='{stated}'?>{TEXT}"
    assert decode(whole.encode(codec), "text/xml; charset=utf-8") == (whole, None)


def test_encoding_that_the_server_states() -> None:
    body = TEXT.encode("cp1251")
    assert decode(body, 'text/xml; charset="Windows-1251"') == (TEXT, None)


@pytest.mark.parametrize(("text", "guess"), [(TEXT, "cp1251"), (FRENCH, "cp1252")])
def test_mislabelled_bytes_are_guessed_and_told(text: str, guess: str) -> None:
    whole = f"<?xml version='1.0' encoding='utf-8'?>{text}"
    read, problem = decode(whole.encode(guess), "text/xml; charset=nonsense")
    assert read == whole
    assert problem is not None
    assert guess in problem


def test_one_broken_byte_costs_one_character() -> None:
    body = TEXT.encode()
    read, problem = decode(body[:30] + b"\xff" + body[30:], None)
    assert read.replace("\ufffd", "") == TEXT
    assert problem == "a few bytes are not UTF-8"


def test_seven_bit_japanese_is_read_as_stated() -> None:
    whole = "<?xml version='1.0' encoding='iso-2022-jp'?><rss>重要鉱物</rss>"
    assert decode(whole.encode("iso-2022-jp"), None) == (whole, None)


@pytest.mark.parametrize("name", ["utf-7", "unicode_escape", "zip", "rot13", "punycode"])
def test_decoders_that_make_markup_are_never_used(name: str) -> None:
    body = f"<?xml version='1.0' encoding='{name}'?>+ADwAIQ-ENTITY \\x3c".encode() + b"\xff"
    read, _ = decode(body, f"text/xml; charset={name}")
    assert "+ADwAIQ-ENTITY \\x3c" in read


def test_nothing() -> None:
    assert decode(b"", None) == ("", None)
