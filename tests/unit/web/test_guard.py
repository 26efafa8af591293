"""Which forms are ours."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.web.guard import LIFETIME, is_own_origin, is_token, make_token

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
SECRET = b"a secret"


def good(token: str, user: str = "ann", *, after: timedelta = timedelta(0)) -> bool:
    return is_token(token, user, secret=SECRET, now=NOW + after)


def test_a_token_is_good_for_its_user_for_half_a_day() -> None:
    token = make_token("ann", secret=SECRET, now=NOW)
    assert good(token)
    assert good(token, after=LIFETIME)
    assert not good(token, after=LIFETIME + timedelta(seconds=1))
    assert not good(token, after=-timedelta(hours=1)), "made by a clock that is wrong"
    assert not good(token, "bob")
    assert not is_token(token, "ann", secret=b"another", now=NOW)


@pytest.mark.parametrize("token", ["", ".", "1", "x.y", "²³.a", "9" * 40 + ".a", "1.é", "-1.a"])
def test_what_is_no_token_is_refused(token: str) -> None:
    assert not good(token)


def test_a_user_cannot_stand_for_another_by_a_name_with_a_line_in_it() -> None:
    made = int(NOW.timestamp())
    token = make_token("ann", secret=SECRET, now=NOW)
    assert not good(token, f"{made}\nann")


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"origin": "http://a.example:8080"}, True),
        ({"origin": "https://A.example:8080"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"origin": "http://a.example:8080", "sec-fetch-site": "same-origin"}, True),
        ({}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://a.example"}, False),
        ({"origin": "http://b.example:8080"}, False),
        ({"origin": "http://[bad"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://a.example:8080", "sec-fetch-site": "cross-site"}, False),
    ],
)
def test_the_sender_is_a_page_of_this_server(headers: dict[str, str], own: bool) -> None:
    assert is_own_origin({"host": "a.example:8080", **headers}) is own


def test_without_a_host_nobody_is_ours() -> None:
    assert not is_own_origin({"origin": "http://a.example"})
