"""Several stories in one e-mail."""

import pytest

from pipeline.notify.email_bundle import MOST, render_email_bundle
from schemas.alert import AlertContent
from tests.notify_shapes import content

SENDER = "watch@example.org"


def bundle(*told: AlertContent, more: bool = False) -> dict[str, str]:
    payload: dict[str, str] = render_email_bundle(
        told, route="Central Asia", reason="three within an hour", more=more, sender=SENDER
    )
    return payload


def test_the_weightiest_comes_first_and_gives_the_subject() -> None:
    told = bundle(content(title="Small", significance=1), content(title="Great", significance=3))
    assert told["subject"] == "2 developments (Central Asia): Great"
    for part in (told["text"], told["html"]):
        assert part.index("Great") < part.index("Small")
        assert "major (3 of 3) · signed · UA–US Reconstruction Investment Fund" in part
        assert "https://example.org/signed" in part
        assert "Sent by route Central Asia: three within an hour" in part
    assert (told["sender"], told["list"]) == (SENDER, "alerts")


def test_what_a_full_hour_left_over_says_so() -> None:
    assert bundle(content(), more=True)["subject"].startswith("And 1 more in the last hour: Kyiv")


def test_the_rest_is_counted_and_the_page_is_not_cut_off_by_mail_programs() -> None:
    long, url = "協" * 900, "https://example.org/" + "x" * 300
    told = bundle(*[content(title=long, agreement_name=long, url=url)] * (MOST + 7))
    for part in (told["text"], told["html"]):
        assert "and 7 more" in part
    assert len(told["html"].encode()) < 180_000
    usual = bundle(*[content(url=url)] * (MOST + 7))
    assert len(usual["html"].encode()) < 102_000


def test_no_story_is_no_message() -> None:
    with pytest.raises(ValueError, match="one story at least"):
        bundle()
