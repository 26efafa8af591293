"""No secret reaches a log."""

import pytest

from pipeline.log import mask


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
