"""Statuses and errors in words."""

from datetime import UTC, datetime

import pytest

from pipeline.collect.answers import (
    MAX_RETRY_AFTER_S,
    failed_error,
    failed_status,
    retry_after_seconds,
)
from schemas.feed import FailureKind

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "120"}, 120),
        ({"retry-after": " 0 "}, 0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "99999999999999999999"}, MAX_RETRY_AFTER_S),
        ({"retry-after": "Mon, 23 Nov 2026 10:02:00 GMT"}, 120),
        ({"retry-after": "Mon, 23 Nov 2026 09:00:00 GMT"}, 0),
        ({"retry-after": "Mon, 23 Nov 2026 12:02:00 +0200"}, 120),
        ({"retry-after": "Tue, 01 Jan 2126 00:00:00 GMT"}, MAX_RETRY_AFTER_S),
        # A server whose clock is a day behind still means two minutes.
        (
            {
                "retry-after": "Sun, 22 Nov 2026 10:02:00 GMT",
                "date": "Sun, 22 Nov 2026 10:00:00 GMT",
            },
            120,
        ),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: int | None) -> None:
    assert retry_after_seconds(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (300, FailureKind.PROTOCOL, "multiple choices"),
        (401, FailureKind.CLIENT_ERROR, "login"),
        (403, FailureKind.CLIENT_ERROR, "refuses"),
        (404, FailureKind.CLIENT_ERROR, "nothing at this address"),
        (408, FailureKind.TIMEOUT, "gave up waiting"),
        (410, FailureKind.GONE, "gone"),
        (418, FailureKind.CLIENT_ERROR, "teapot"),
        (429, FailureKind.RATE_LIMITED, "fewer requests"),
        (503, FailureKind.SERVER_ERROR, "overloaded"),
        (599, FailureKind.SERVER_ERROR, "no status"),
    ],
)
def test_statuses(status: int, kind: FailureKind, words: str) -> None:
    failed = failed_status("https://example.com", status, {"retry-after": "9"}, NOW)
    assert (failed.kind, failed.status, failed.retry_after_s) == (kind, status, 9)
    assert f"HTTP {status}: " in failed.message
    assert words in failed.message


def test_passwords_in_addresses_are_not_told() -> None:
    failed = failed_error("https://x", OSError("cannot reach https://me:secret@host/feed"))
    assert "secret" not in failed.message
    assert "https://***@host/feed" in failed.message


def test_an_error_of_ours_is_named_as_such() -> None:
    failed = failed_error("https://x", KeyError("boom"))
    assert failed.kind is FailureKind.INTERNAL
    assert "KeyError" in failed.message
