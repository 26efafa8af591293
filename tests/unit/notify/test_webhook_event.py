"""What a program is told, and that the page shows the very thing."""

import json
import re
from pathlib import Path

import pytest

from pipeline.notify.render import render_payload
from pipeline.notify.webhook import body_of
from pipeline.notify.webhook_event import MAX_BODY, render_webhook
from schemas.alert import AlertKind, Channel, Report, Standing
from schemas.webhook import AlertEvent
from tests.notify_shapes import content, message

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text("utf-8")
KEY = "story:12:new:webhook:desk"


def test_the_page_shows_what_is_sent() -> None:
    shown = re.search(r"^```json\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert shown
    quote = "The two sides signed in Washington."
    told = content(key=KEY, agreement_id="us-ua", stage_quote=quote)
    assert json.loads(shown[1]) == render_payload(told, Channel.WEBHOOK)


def test_the_page_names_every_event_and_the_limit_that_is_kept() -> None:
    rows = set(re.findall(r"^\| `(story\.\w+)` \|", PAGE, re.MULTILINE))
    kinds = set(AlertKind) - {AlertKind.DIGEST}
    assert rows == {render_webhook(content(kind=kind))["event"] for kind in kinds}
    assert f"under {MAX_BODY // 1024} KiB" in PAGE


def test_an_event_reads_back_as_its_shape_and_knows_later_fields() -> None:
    sent = render_webhook(content(kind=AlertKind.STAGE, changes=("negotiating → signed",)))
    read = AlertEvent.model_validate({**sent, "added_later": 1})
    assert read.changes == ("negotiating → signed",)
    assert read.previous_stage == "negotiating"
    assert read.published_at == content().published_at


def test_what_is_not_known_is_null() -> None:
    told = render_webhook(
        content(agreement_name=None, stage="none", previous_stage=None, url="javascript:alert(1)")
    )
    assert told["agreement"] is None
    assert told["stage"] is None
    assert told["previous_stage"] is None
    assert told["url"] is None


def test_an_agreement_without_a_name_has_its_id() -> None:
    told = render_webhook(content(agreement_name=None, agreement_id="us-ua"))
    assert told["agreement"] == {"id": "us-ua", "name": "us-ua"}


def test_an_outlet_that_joins_is_a_report() -> None:
    own = render_webhook(content(kind=AlertKind.OUTLET))["reports"]
    assert [report["outlet"] for report in own] == ["example.org"]
    reports = (Report("a.example", "https://a.example/1", "A"), Report("b.example", None, "B"))
    told = render_webhook(content(kind=AlertKind.OUTLET, reports=reports))["reports"]
    assert told == [
        {"outlet": "a.example", "url": "https://a.example/1", "title": "A"},
        {"outlet": "b.example", "url": None, "title": "B"},
    ]
    assert render_webhook(content())["reports"] == []


def test_a_retraction_says_why() -> None:
    told = render_webhook(
        content(kind=AlertKind.RETRACTED, standing=Standing.RETRACTED, standing_note="a hoax")
    )
    assert (told["event"], told["standing"]) == ("story.retracted", "retracted")
    assert told["standing_note"] == "a hoax"


def test_a_body_stays_under_its_limit_whatever_comes() -> None:
    long, many = "協" * 9000, 500
    url = "https://example.org/" + "x" * 1900
    huge = content(
        kind=AlertKind.OUTLET,
        title=long,
        summary=long,
        url=url,
        outlet=long,
        agreement_name=long,
        stage_quote=long,
        themes=(("supply_chains", long, long),) * many,
        reports=(Report(long, url, long),) * many,
        sources=((long, url),) * many,
        standing_note=long,
        owner=long,
        route_reason=long,
        **dict.fromkeys(("parties", "minerals", "money", "reasons", "changes"), (long,) * many),
    )
    body = body_of(message(Channel.WEBHOOK, payload=render_webhook(huge)))
    assert MAX_BODY // 2 < len(body) <= MAX_BODY


def test_a_digest_is_nothing_for_a_webhook() -> None:
    with pytest.raises(ValueError, match="not of 'digest'"):
        render_webhook(content(kind=AlertKind.DIGEST))
