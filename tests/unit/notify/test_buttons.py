"""Buttons that are links."""

from pipeline.notify.render import render_slack
from tests.notify_shapes import content
from tests.slack_messages import buttons, faults


def test_buttons_lead_to_the_article_and_to_three_other_sources():
    many = tuple((f"Outlet {n}", f"https://o{n}.example/s") for n in range(9))
    message = render_slack(content(outlet="AT&T News", sources=many))
    assert buttons(message) == [
        ("read", "Read at AT&amp;T News", "https://example.org/signed"),
        ("source_1", "Outlet 0", "https://o0.example/s"),
        ("source_2", "Outlet 1", "https://o1.example/s"),
        ("source_3", "Outlet 2", "https://o2.example/s"),
    ]


def test_a_source_is_not_offered_twice():
    assert [action for action, *_ in buttons(render_slack(content()))] == ["read"]


def test_a_button_has_no_address_that_is_unsafe_or_too_long():
    message = render_slack(
        content(
            url="javascript:alert(1)",
            sources=(
                ("Data", "data:text/html,x"),
                ("Long", "https://long.example/" + "a" * 3000),
                ("User", "https://bank.example@evil.example/"),
                ("Good", "https://good.example/"),
            ),
        )
    )
    assert buttons(message) == [("source_1", "Good", "https://good.example/")]


def test_long_addresses_of_buttons_do_not_fill_the_message():
    many = tuple((f"o{n}", f"https://o{n}.example/" + "a" * 1900) for n in range(9))
    message = render_slack(content(sources=many))
    assert len(buttons(message)) == 2
    assert faults(message) == []


def test_with_no_address_there_are_no_buttons():
    assert buttons(render_slack(content(url=None, sources=()))) == []


def test_buttons_can_be_left_away_and_the_links_stay():
    message = render_slack(content(link_buttons=False))
    assert buttons(message) == []
    assert "https://" in str(message["blocks"])
