"""Whatever feeds say, a message keeps Slack's limits and carries no markup of theirs."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.demo.slack_blocks import MAX_BLOCKS_JSON
from pipeline.notify.render import (
    FALLBACK,
    MAX_BLOCKS,
    render_bundle,
    render_bundle_preview,
    render_preview,
    render_slack,
)
from pipeline.notify.text import clean, escape, mrkdwn, safe_url, trim, units
from schemas.alert import AlertContent, AlertKind, Report, Standing
from tests.slack_messages import all_texts, buttons, faults, mrkdwn_texts

HOSTILE = [
    "<!channel>", "<!here|x>", "<@U123ABC>", "<#C123>", "<https://evil.example|click here>",
    "<!subteam^S0123ABC>", "&amp;", "&lt;!everyone&gt;", "*", "_", "~", "`", "```", "\n> quote",
    "|", "]]>", "*_~bold~_*", ":rotating_light:", "> ", '"', "\\", '"\\' * 700,
    "<script>alert(1)</script>", "a" * 400, "word " * 300, "Sentence. " * 300, "&" * 900,
    "\u202e", "\u2066", "\u200b", "\ufeff", "\x00", "\ud800", "\udc00\ud800", "\u0301" * 300,
    "Z\u0335\u0322\u0489" * 40, "🇺🇦", "\U0001f469\u200d\U0001f467", "اتفاقية", "угода", "協定",
    "<" * 900, "𝕬" * 900, "@channel @here", "javascript:alert(1)", "_" * 900 + "a",
]  # fmt: skip
texts = st.lists(
    st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60)), max_size=6
).map("".join)  # fmt: skip
urls = st.one_of(
    st.none(),
    texts,
    texts.map("https://example.org/".__add__),
    st.integers(0, 3000).map(lambda length: "https://example.org/" + "a" * length),
    st.sampled_from(
        ["javascript:alert(1)", "JavaScript://e.org/%0aalert(1)", "data:text/html,<script>",
         "https://a@b.example", "https://e.org/|x>", "http://", "HTTPS://E.ORG/", "//e.org/"]
    ),
)  # fmt: skip


def many(item, most):
    """Some of a kind, or the same over and over up to ``most``, as from a feed gone wild."""
    return st.lists(item, max_size=8).flatmap(
        lambda told: st.sampled_from([1, 1, 1, most // max(1, len(told))]).map(
            lambda times: tuple(told * times)
        )
    )


contents = st.builds(
    AlertContent,
    story_id=st.integers(1, 2**63 - 1),
    key=st.just("major:new:1"),
    kind=st.sampled_from([kind for kind in AlertKind if kind is not AlertKind.DIGEST]),
    title=texts,
    summary=texts,
    url=urls,
    outlet=texts,
    published_at=st.integers(10**8, 4 * 10**9).map(lambda s: datetime.fromtimestamp(s, UTC)),
    agreement_name=st.none() | texts,
    stage=st.sampled_from(["none", "signed", "stalled"]) | texts,
    previous_stage=st.none() | texts,
    themes=many(st.tuples(texts, texts, texts), 200),
    parties=many(st.sampled_from(["UA", "US", "KZ"]) | texts, 200),
    minerals=many(texts, 200),
    money=many(texts, 50),
    significance=st.integers(-1, 5),
    reasons=many(texts, 50),
    route=texts,
    route_reason=texts,
    sources=many(st.tuples(texts, urls), 200),
    stage_quote=texts,
    subject=texts,
    agreement_id=st.none() | texts,
    outlets=st.integers(0, 10**6),
    reports=many(st.builds(Report, texts, urls, texts), 200),
    changes=many(texts, 50),
    standing=st.sampled_from(Standing),
    standing_note=texts,
    owner=texts,
    mention=st.none() | texts | st.just("S0123ABC"),
)


def _bundled(stories, route, reason, more, times):
    told = tuple(stories) * times
    return render_bundle(told, key="bundle:1", route=route, reason=reason, more=more)


bundles = st.builds(
    _bundled,
    st.lists(contents, min_size=1, max_size=3),
    texts,
    texts,
    st.booleans(),
    st.sampled_from([1, 1, 1, 40]),
)
messages = st.one_of(contents.map(render_slack), bundles)

ALLOWED_ANGLE = re.compile(
    r"<(https?://[^\s<>|]+\|[^<>|]+|!date\^\d+\^[^<>|]*\|[^<>|]*|!subteam\^S[A-Z0-9]+)>"
)


@settings(max_examples=80, deadline=None)
@given(messages)
def test_a_message_keeps_every_limit_of_slack(message):
    assert faults(message) == []
    assert len(message["blocks"]) <= MAX_BLOCKS
    assert len(json.dumps(message["blocks"], ensure_ascii=False)) <= MAX_BLOCKS_JSON
    assert 0 < units(message["text"]) <= FALLBACK
    assert len(json.dumps(message["metadata"])) <= 30_000


@settings(max_examples=80, deadline=None)
@given(messages)
def test_no_markup_of_a_feed_survives(message):
    for text in all_texts(message):
        rest = ALLOWED_ANGLE.sub("", text)
        assert "<" not in rest
        assert ">" not in rest
        assert re.sub(r"&(amp|lt|gt);", "", rest).count("&") == 0
        assert clean(text.replace("\n", " ")) == " ".join(text.split())


@settings(max_examples=50, deadline=None)
@given(messages)
def test_no_formatting_of_a_feed_survives(message):
    """What is left of ``*`` and ``~`` is ours, in pairs."""
    for text in mrkdwn_texts(message):
        assert "`" not in text
        assert text.count("*") % 2 == 0
        assert text.count("~") % 2 == 0
        assert not any(line.startswith("&gt;") for line in text.split("\n"))
        assert ":rotating_light:" not in text


@settings(max_examples=50, deadline=None)
@given(messages)
def test_links_are_web_addresses_only(message):
    links = [url for _action, _text, url in buttons(message)]
    for text in all_texts(message):
        links += re.findall(r"<([^!|>][^|>]*)\|", text)
    for link in links:
        assert link.startswith(("http://", "https://"))
        assert "@" not in link.split("/")[2]


@settings(max_examples=50, deadline=None)
@given(messages)
def test_nobody_is_called_but_the_group_and_it_once(message):
    for told in (json.dumps(message["blocks"]), message["text"]):
        calls = re.findall(r"<!(?!date)[^>]*>|<@[^>]*>|<#[^>]*>", told)
        assert calls in ([], ["<!subteam^S0123ABC>"])


@settings(max_examples=40, deadline=None)
@given(contents)
def test_an_edit_takes_the_place_of_the_first_message(content):
    """Nothing but the line of changes tells an edit from the message that it replaces."""
    new = render_slack(replace(content, kind=AlertKind.NEW, changes=()))
    edit = render_slack(replace(content, kind=AlertKind.UPDATE, changes=()))
    assert (edit["text"], edit["blocks"]) == (new["text"], new["blocks"])


@settings(max_examples=40, deadline=None)
@given(contents, texts)
def test_the_preview_has_nothing_invisible_in_it(content, route):
    bundle = render_bundle_preview(
        (content, content), key="bundle:1", route=route, reason=route, more=False
    )
    for text in (render_preview(content), bundle):
        for line in text.split("\n"):
            assert clean(line) == " ".join(line.split())


@given(texts, st.integers(0, 300))
def test_trim_keeps_a_head_of_the_text_within_the_limit(text, limit):
    text = clean(text)
    told = trim(text, limit)
    assert units(told) <= max(limit, 0)
    assert told in (text, "") or text.startswith(told.removesuffix("…").rstrip())


@given(texts, st.integers(0, 300))
def test_mrkdwn_is_escaped_and_within_the_limit(text, limit):
    told = mrkdwn(text, limit)
    assert units(told) <= limit
    assert escape(told).count("&amp;") == len(re.findall("&(?:amp|lt|gt);", told))


@given(texts)
def test_clean_is_idempotent(text):
    assert clean(clean(text)) == clean(text)


@given(urls)
def test_a_safe_address_stays_the_same_when_checked_again(url):
    safe = safe_url(url)
    assert safe is None or safe_url(safe) == safe
