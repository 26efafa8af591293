"""Addresses that are asked as they are written: the short way says what the long way would."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.fetch import _PLAIN_URL, _normal

PARTS = ["a", "b1", "-", ".", "..", "/", "//", "?", "&", "=", ":", "80", "0", "01", "127", "0x7f"]
PARTS += ["example", "org", "com", "@", "#", "%2F", "é", " ", "[", "~", "A", "99999"]


@given(st.sampled_from(["http", "https", "HTTP"]), st.lists(st.sampled_from(PARTS), max_size=12))
def test_a_plain_address_is_left_as_the_long_way_leaves_it(scheme: str, parts: list[str]) -> None:
    url = f"{scheme}://{''.join(parts)}"
    if _PLAIN_URL.fullmatch(url):
        assert _normal(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://site.example/feed.xml",
        "http://127.0.0.1:8080/feed/12?page=2&of=3",
        "https://a-b.site.example/",
    ],
)
def test_most_addresses_are_plain(url: str) -> None:
    assert _PLAIN_URL.fullmatch(url)
    assert _normal(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.01/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://127.1/",
        "http://a@site.example/",
        "https://site.example",
        "https://site.example//x",
        "https://site.example/?",
        "https://site.example/#x",
        "https://site.example:99999/",
        "http://1.2.3.4.5/",
    ],
)
def test_what_needs_a_second_look_is_not_plain(url: str) -> None:
    assert not _PLAIN_URL.fullmatch(url)
