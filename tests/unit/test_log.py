"""No secret reaches a log."""

import json
import logging

import pytest

from pipeline.log import _Formatter, about, configure, get_logger, keep_secret, mask, use_format


@pytest.fixture
def as_json() -> None:
    use_format("json")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("token xoxb-12-ab-CD refused", "token *** refused"),
        ("smtp://me:hunter2@mail.example:587", "smtp://me:***@mail.example:587"),
        ("postgresql+psycopg://u:p%40ss@h/d", "postgresql+psycopg://u:***@h/d"),
        ("https://news.example/a?b=c@d", "https://news.example/a?b=c@d"),
        ("nothing to hide", "nothing to hide"),
        ("redis://:hunter2@h/0", "redis://:***@h/0"),
        ("https://a.example/f?x=1&token=abc#top", "https://a.example/f?x=1&token=***#top"),
        ("https://a.example/f?api_key=abc&x=1", "https://a.example/f?api_key=***&x=1"),
        ("Authorization: Bearer abcdefgh.12", "Authorization: Bearer ***"),
        ("key=story:1:new of the token ring", "key=story:1:new of the token ring"),
    ],
)
def test_secrets_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_a_secret_that_was_told_is_masked_wherever_it_stands() -> None:
    keep_secret("of-the-desk-1234", "of-the-desk-1234-and-more", "")
    assert mask("key=of-the-desk-1234, of-the-desk-1234-and-more.") == "key=***, ***."
    assert mask("") == ""


def test_a_line_begins_with_what_happened_and_masks_every_value(
    caplog: pytest.LogCaptureFixture,
) -> None:
    configure(to_stderr=False)
    with caplog.at_level("INFO"):
        get_logger("pipeline.test").info("sent", to="slack:minerals", by="xoxb-1-secret", n=2)
    assert caplog.messages == ["sent to=slack:minerals by=*** n=2"]


def test_an_error_carries_its_trace_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    configure(to_stderr=False)
    try:
        raise RuntimeError("login with smtp://u:hunter2@h refused")
    except RuntimeError:
        get_logger("pipeline.test").exception("broke", feed="a b")
    [line] = caplog.messages
    assert line.startswith('broke feed="a b"\nTraceback')
    assert "hunter2" not in line


def test_secrets_are_masked_within_what_a_value_holds(caplog: pytest.LogCaptureFixture) -> None:
    configure(to_stderr=False)
    refused = OSError("https://a.example/feed?token=abc was refused")
    with caplog.at_level("INFO"):
        get_logger("pipeline.test").info("tried", all=["xoxb-1-x", {"a": "xoxb-2-y"}], why=refused)
    [line] = caplog.messages
    assert "xoxb" not in line
    assert "token=***" in line
    assert "abc" not in line


def test_every_cause_of_an_error_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    configure(to_stderr=False)
    keep_secret("of-the-desk-1234")
    try:
        try:
            raise ConnectionError("postgresql://u:hunter2@h/d: no route")
        except ConnectionError as error:
            raise RuntimeError("signed with of-the-desk-1234, by Bearer abcdefgh.12") from error
    except RuntimeError:
        get_logger("pipeline.test").exception("broke")
    [line] = caplog.messages
    assert "ConnectionError" in line
    for secret in ("hunter2", "of-the-desk-1234", "abcdefgh.12"):
        assert secret not in line


def test_what_is_bound_stands_in_every_line_and_ends_with_its_block(
    caplog: pytest.LogCaptureFixture,
) -> None:
    configure(to_stderr=False)
    with caplog.at_level("INFO"):
        with about(article=12):
            with about(story=5):
                get_logger("pipeline.test").info("inner")
            get_logger("pipeline.test").info("outer")
        get_logger("pipeline.test").info("none")
    assert [sorted(line.split()) for line in caplog.messages] == [
        ["article=12", "inner", "story=5"],
        ["article=12", "outer"],
        ["none"],
    ]


def test_as_json_a_line_of_any_logger_is_an_object(
    as_json: None, caplog: pytest.LogCaptureFixture
) -> None:
    configure(to_stderr=False)
    with caplog.at_level("INFO"):
        get_logger("pipeline.test").info("sent", story=5, by="xoxb-1-secret")
        logging.getLogger("pipeline.other").info("by %s", "xoxb-2-secret")
    ours, other = (json.loads(_Formatter().format(record)) for record in caplog.records)
    assert (ours["event"], ours["story"], ours["by"]) == ("sent", 5, "***")
    assert (ours["level"], ours["logger"]) == ("info", "pipeline.test")
    assert (other["event"], other["logger"]) == ("by ***", "pipeline.other")
