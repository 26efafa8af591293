"""No secret reaches a log."""

import pytest

from pipeline.log import configure, get_logger, keep_secret, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("token xoxb-12-ab-CD refused", "token *** refused"),
        ("smtp://me:hunter2@mail.example:587", "smtp://me:***@mail.example:587"),
        ("postgresql+psycopg://u:p%40ss@h/d", "postgresql+psycopg://u:***@h/d"),
        ("https://news.example/a?b=c@d", "https://news.example/a?b=c@d"),
        ("nothing to hide", "nothing to hide"),
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
