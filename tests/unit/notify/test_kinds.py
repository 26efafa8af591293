"""What each kind of alert looks like in Slack: edits, replies, stories that do not stand."""

import json

import pytest

from pipeline.notify.render import render_slack
from schemas.alert import AlertKind, Standing
from tests.notify_shapes import REPORTS, content
from tests.slack_messages import faults, told


def test_another_outlet_is_a_short_reply():
    message = render_slack(
        content(
            kind=AlertKind.OUTLET,
            title="Minerals accord reached",
            outlet="The Example Times",
            url="https://times.example/accord",
        )
    )
    assert "Also reported by <https://times.example/accord|The Example Times>: “Minerals" in told(
        message
    )
    assert len(message["blocks"]) == 2
    assert message["text"] == "Also reported by The Example Times: Minerals accord reached"


def test_a_move_of_stage_is_a_reply_with_the_words_that_report_it():
    message = render_slack(
        content(kind=AlertKind.STAGE, stage_quote="the Rada voted to ratify", stage="ratified",
                previous_stage="signed")
    )  # fmt: skip
    text = told(message)
    assert "*Stage:* signed → *ratified* · UA–US Reconstruction Investment Fund" in text
    assert "“the Rada voted to ratify”" in text
    assert message["text"].startswith("Stage signed → ratified: ")


def test_a_group_is_called_once_at_the_top_and_in_the_notification():
    message = render_slack(content(mention="S0123ABC"))
    assert message["blocks"][0]["text"]["text"] == "<!subteam^S0123ABC>"
    assert json.dumps(message["blocks"]).count("subteam") == 1
    assert message["text"].startswith("<!subteam^S0123ABC> Signed: ")


@pytest.mark.parametrize("mention", ["channel", "S0123>", "<!here>", "s0123", "", "S0123ABC\n"])
def test_what_is_no_group_is_not_called(mention):
    message = render_slack(content(mention=mention))
    assert "<!" not in message["text"]
    assert message["blocks"][0]["type"] == "header"


@pytest.mark.parametrize("kind", [AlertKind.OUTLET, AlertKind.STAGE, AlertKind.RETRACTED])
def test_a_reply_calls_nobody(kind):
    message = render_slack(content(kind=kind, mention="S0123ABC"))
    assert "subteam" not in json.dumps(message)


def test_an_edit_is_the_message_as_it_stands_with_what_changed():
    changes = ("negotiating → signed", "significance 2 → 3")
    new = render_slack(content(mention="S0123ABC"))
    edit = render_slack(content(kind=AlertKind.UPDATE, changes=changes, mention="S0123ABC"))
    line = edit["blocks"].pop(2)
    assert line["elements"][0]["text"] == "Updated: negotiating → signed; significance 2 → 3"
    assert edit["blocks"] == new["blocks"]
    assert edit["text"] == f"{new['text']} Updated: negotiating → signed; significance 2 → 3"


def test_a_retracted_story_says_so_and_is_struck_through():
    message = render_slack(
        content(
            kind=AlertKind.UPDATE, standing=Standing.RETRACTED, mention="S0123ABC",
            standing_note="The ministry denies it.",
        )
    )  # fmt: skip
    text = told(message)
    assert text.startswith("Retracted: Kyiv and Washington sign the minerals agreement\n")
    assert "*Retracted:* The ministry denies it." in text
    assert "~The two sides signed in Washington. A joint fund will be set up.~" in text
    assert "*Stage*\n~negotiating → signed~" in text
    assert "• ~Investment and infrastructure: “a joint fund”~" in text
    assert message["text"] == (
        "Retracted: Kyiv and Washington sign the minerals agreement (example.org). "
        "Retracted: The ministry denies it."
    )
    assert "subteam" not in json.dumps(message)


def test_a_merged_story_says_of_which_it_is_part_and_stays_readable():
    message = render_slack(
        content(
            kind=AlertKind.UPDATE, standing=Standing.MERGED, standing_note="Kyiv <signs>",
        )
    )  # fmt: skip
    text = told(message)
    assert text.startswith("Part of another story: Kyiv and Washington")
    assert "*Part of another story*: “Kyiv &lt;signs&gt;”" in text
    assert "~" not in text
    assert message["text"].startswith("Part of another story: Kyiv and Washington")


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (AlertKind.RETRACTED, "*Retracted:* told by mistake\n~“Kyiv and Washington sign"),
        (AlertKind.MERGED, "*Part of another story*: “told by mistake”"),
    ],
)
def test_the_thread_hears_that_a_story_does_not_stand(kind, line):
    message = render_slack(content(kind=kind, standing_note="told by mistake"))
    assert line in told(message)
    assert len(message["blocks"]) == 2
    assert "told by mistake" in message["text"]
    assert "*" not in message["text"]


@pytest.mark.parametrize("kind", [AlertKind.RETRACTED, AlertKind.MERGED])
def test_a_story_that_does_not_stand_needs_no_reason(kind):
    message = render_slack(content(kind=kind, title="", standing_note=""))
    assert faults(message) == []
    assert "“”" not in told(message)


def test_several_outlets_are_one_reply_with_titles_as_links():
    message = render_slack(content(kind=AlertKind.OUTLET, reports=REPORTS))
    assert message["blocks"][0]["text"]["text"] == (
        "Also reported by *Outlet A*, *Outlet B* and *Outlet C*"
    )
    assert message["blocks"][1]["text"]["text"].split("\n")[1] == (
        "• <https://b.example/story|Accord, says B> (Outlet B)"
    )
    assert message["text"] == ("Also reported by Outlet A, Outlet B and Outlet C: Accord, says A")


def test_reports_that_do_not_fit_are_counted_and_none_is_cut():
    many = REPORTS * 40
    lines = render_slack(content(kind=AlertKind.OUTLET, reports=many))["blocks"][1]["text"]["text"]
    *entries, last = lines.split("\n")
    assert all(entry.startswith("• <") and entry.endswith(")") for entry in entries)
    assert last == f"• and {len(many) - len(entries)} more"


def test_one_report_is_told_as_itself():
    one = render_slack(content(kind=AlertKind.OUTLET, reports=REPORTS[:1]))
    assert "Also reported by <https://a.example/story|Outlet A>: “Accord, says A”" in told(one)


def test_a_reply_on_a_step_says_all_that_changed():
    message = render_slack(
        content(kind=AlertKind.STAGE, changes=("negotiating → signed", "significance 2 → 3"))
    )
    assert "*Changed:* negotiating → signed; significance 2 → 3 · UA–US" in told(message)
    assert message["text"].startswith("Changed: negotiating → signed; significance 2 → 3: Kyiv")
