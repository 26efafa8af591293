"""Several stories in one message."""

import json

import pytest

from pipeline.notify.render import render_bundle, render_bundle_preview
from tests.notify_shapes import content
from tests.slack_messages import faults, told

FUND = "UA–US Reconstruction Investment Fund"
ABOUT = {
    "key": "bundle:major:7",
    "route": "Major moves",
    "reason": "up within 30 minutes",
    "more": False,
}
STORIES = (
    content(story_id=1, title="Accord on graphite", significance=2, url="https://e.example/1",
            stage="negotiating", previous_stage=None),
    content(story_id=2, title="Fund <opens>", significance=3, url="javascript:x", parties=("KZ",)),
    content(story_id=3, title="Talks resume", significance=2, agreement_name=None, stage="none"),
)  # fmt: skip


def bundle(stories=STORIES, **given):
    return render_bundle(stories, **(ABOUT | given))


def test_each_story_is_an_entry_with_the_weightiest_first():
    message = bundle()
    assert faults(message) == []
    assert told(message).split("\n") == [
        "3 developments: Major moves",
        "🔴 Fund &lt;opens&gt;",
        f"{FUND}: negotiating → *signed* · 🇰🇿 Kazakhstan · example.org",
        "🟠 <https://e.example/1|Accord on graphite>",
        f"{FUND}: *negotiating* · 🇺🇦 Ukraine, 🇺🇸 United States · example.org",
        "🟠 <https://example.org/signed|Talks resume>",
        "🇺🇦 Ukraine, 🇺🇸 United States · example.org",
        "Sent by route *Major moves*: up within 30 minutes",
    ]


def test_the_notification_names_the_stories():
    assert bundle()["text"] == (
        "3 developments: Major moves. Fund &lt;opens&gt; (example.org); "
        "Accord on graphite (example.org); Talks resume (example.org)"
    )


def test_what_an_hour_had_no_room_for_says_so():
    message = bundle(more=True)
    assert message["blocks"][0]["text"]["text"] == "and 3 more in the last hour"
    assert message["text"].startswith("and 3 more in the last hour. Fund")


def test_one_story_is_one_development():
    assert bundle(STORIES[:1])["blocks"][0]["text"]["text"] == "1 development: Major moves"


def test_the_metadata_names_key_route_and_stories():
    assert bundle()["metadata"] == {
        "event_type": "mineralwatch_alert",
        "event_payload": {
            "key": "bundle:major:7", "kind": "new", "route": "Major moves", "story_ids": "2,1,3",
        },
    }  # fmt: skip


def test_the_metadata_stays_small():
    many = tuple(content(story_id=2**62 + n) for n in range(500))
    message = bundle(many, route="r" * 5000)
    assert len(json.dumps(message["metadata"])) < 2500


@pytest.mark.parametrize("title", ["Talks resume", "Talks resume in Astana on uranium " * 12])
def test_what_does_not_fit_is_counted_and_none_is_cut(title):
    message = bundle([content(title=title)] * 120)
    entries = [line for line in told(message).split("\n") if line.startswith("🔴 <")]
    assert all(line.endswith(">") for line in entries)
    assert f"and {120 - len(entries)} more" in told(message)
    assert faults(message) == []


def test_entries_of_nothing_but_quotation_marks_fit():
    full = '"\\' * 3000
    story = content(title=full, agreement_name=full, outlet=full, parties=(full,) * 30)
    message = bundle([story] * 100, route=full, reason=full)
    assert faults(message) == []


def test_a_group_is_called_once_for_all():
    called = content(mention="S0123ABC")
    message = bundle([called, called, content(mention="<!channel>")])
    assert message["blocks"][0]["text"]["text"] == "<!subteam^S0123ABC>"
    assert message["text"].startswith("<!subteam^S0123ABC> 3 developments")
    assert "channel" not in json.dumps(message)


def test_the_route_is_escaped_once():
    message = bundle(route="R&D")
    assert message["blocks"][0]["text"]["text"] == "3 developments: R&amp;D"
    assert "*R&amp;D*" in told(message)
    assert message["metadata"]["event_payload"]["route"] == "R&D"


def test_no_story_is_no_message():
    with pytest.raises(ValueError, match="one story at least"):
        bundle(())
    with pytest.raises(ValueError, match="one story at least"):
        render_bundle_preview((), **ABOUT)


def test_the_preview_is_the_same_news():
    text = render_bundle_preview(STORIES, **ABOUT)
    assert text.split("\n") == [
        "3 developments: Major moves",
        "",
        "- Fund <opens>",
        f"  major (3 of 3) · {FUND}: negotiating → signed · Kazakhstan · example.org",
        "- Accord on graphite",
        f"  notable (2 of 3) · {FUND}: negotiating · Ukraine and United States · example.org",
        "  https://e.example/1",
        "- Talks resume",
        "  notable (2 of 3) · Ukraine and United States · example.org",
        "  https://example.org/signed",
        "",
        "Sent by route Major moves: up within 30 minutes",
        "Key: bundle:major:7",
        "",
    ]
    assert render_bundle_preview(STORIES, **(ABOUT | {"more": True})).startswith(
        "and 3 more in the last hour\n"
    )
