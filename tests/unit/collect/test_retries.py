"""What a try makes of an article's text."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.collect.retries import FIRST_WAIT, LONGEST_WAIT, MAX_TRIES, TEMPORARY, after_try
from schemas.feed import Failed, FailureKind
from schemas.page import PageTask, Refusal, Refused, TextState

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def tried(result, tries=0):
    return after_try(PageTask(7, "https://a.example/1", "Deal", tries), "a.example", result, NOW)


def failed(kind, retry_after_s=None):
    return Failed("https://a.example/1", kind, "so it is", retry_after_s=retry_after_s)


def test_a_text_is_read_and_never_asked_for_again():
    record = tried("The text.")
    assert (record.state, record.text, record.next_at) == (TextState.READ, "The text.", None)


def test_a_refusal_is_for_good_and_keeps_no_text():
    record = tried(Refused("https://a.example/1", Refusal.CONSENT, "a request for consent"))
    assert (record.state, record.text, record.next_at) == (TextState.REFUSED, None, None)
    assert (record.kind, record.reason) == ("consent", "a request for consent")


@pytest.mark.parametrize("kind", sorted(TEMPORARY))
def test_a_temporary_failure_is_tried_again_later_and_later_and_then_no_more(kind):
    waits = []
    for tries in range(MAX_TRIES - 1):
        record = tried(failed(kind), tries)
        assert record.state is TextState.WAITING
        assert record.next_at is not None
        waits.append(record.next_at - NOW)
    assert waits == [FIRST_WAIT, FIRST_WAIT * 3, FIRST_WAIT * 9]
    last = tried(failed(kind), MAX_TRIES - 1)
    assert (last.state, last.next_at, last.tries) == (TextState.FAILED, None, MAX_TRIES)


@pytest.mark.parametrize("kind", sorted(set(FailureKind) - TEMPORARY))
def test_other_failures_are_for_good(kind):
    assert tried(failed(kind)).state is TextState.FAILED


def test_retry_after_is_obeyed_within_reason():
    assert tried(failed(FailureKind.RATE_LIMITED, 3600)).next_at == NOW + timedelta(hours=1)
    assert tried(failed(FailureKind.RATE_LIMITED, 10)).next_at == NOW + FIRST_WAIT
    assert tried(failed(FailureKind.RATE_LIMITED, 10**6)).next_at == NOW + LONGEST_WAIT
