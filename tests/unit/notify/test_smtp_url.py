"""A mail server written as an address."""

import pytest

from pipeline.errors import ConfigError
from pipeline.notify.smtp_url import Security, SmtpConfig, parse_smtp_url


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("smtp://mail.example", SmtpConfig("mail.example", 25, Security.NONE)),
        ("smtp://mail.example:2525", SmtpConfig("mail.example", 2525, Security.NONE)),
        ("smtp://mail.example?starttls=1", SmtpConfig("mail.example", 587, Security.STARTTLS)),
        ("smtp://mail.example?starttls=no", SmtpConfig("mail.example", 25, Security.NONE)),
        ("smtps://mail.example", SmtpConfig("mail.example", 465, Security.TLS)),
        (
            "smtp://me%40example.org:p%40ss%2Fword@mail.example:587/?starttls=true",
            SmtpConfig("mail.example", 587, Security.STARTTLS, "me@example.org", "p@ss/word"),
        ),
        ("smtp://[::1]:1025", SmtpConfig("::1", 1025, Security.NONE)),
    ],
)
def test_addresses_are_read(url, told):
    assert parse_smtp_url(url) == told


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("mail.example:587", "does not start with"),
        ("http://mail.example", "does not start with"),
        ("smtp://", "names no host"),
        ("smtp://mail.example:port", "MINERALWATCH_SMTP_URL"),
        ("smtp://mail.example:99999", "MINERALWATCH_SMTP_URL"),
        ("smtp://mail.example/inbox", "path"),
        ("smtp://mail.example?startls=1", "startls"),
        ("smtp://mail.example?starttls=maybe", "maybe"),
        ("smtps://mail.example?starttls=1", "encrypted already"),
        ("smtp://user@mail.example", "without a password"),
        ("smtp://[::1", "MINERALWATCH_SMTP_URL"),
    ],
)
def test_an_address_that_cannot_be_used_names_the_mend(url, named):
    with pytest.raises(ConfigError) as caught:
        parse_smtp_url(url)
    assert named in str(caught.value)
    assert caught.value.mend


def test_the_password_is_shown_nowhere():
    assert "hunter2" not in repr(parse_smtp_url("smtp://me:hunter2@mail.example"))
    with pytest.raises(ConfigError) as caught:
        parse_smtp_url("imap://me:hunter2@mail.example")
    assert "hunter2" not in str(caught.value)
