"""Whatever feeds say, a message keeps Slack's limits and carries no markup of theirs."""

import json
import re
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.demo.slack_blocks import MAX_BLOCKS_JSON, block_faults
from pipeline.notify.render import FALLBACK, MAX_BLOCKS, render_preview, render_slack
from pipeline.notify.text import clean, escape, mrkdwn, safe_url, trim, units
from schemas.alert import AlertContent, AlertKind

HOSTILE = [
    "<!channel>", "<!here|x>", "<@U123ABC>", "<#C123>", "<https://evil.example|click here>",
    "&amp;", "&lt;!everyone&gt;", "*", "_", "~", "`", "```", "\n> quote", "|", "]]>",
    "<script>alert(1)</script>", "a" * 400, "word " * 300, "Sentence. " * 300, "&" * 900,
    "\u202e", "\u2066", "\u200b", "\ufeff", "\x00", "\ud800", "🇺🇦", "\U0001f469\u200d\U0001f467",
    "اتفاقية", "угода", "協定",
    "<" * 900, "𝕬" * 900,
]  # fmt: skip
texts = st.lists(
    st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60)), max_size=6
).map("".join)  # fmt: skip
urls = st.one_of(
    st.none(),
    texts,
    texts.map("https://example.org/".__add__),
    st.sampled_from(["javascript:alert(1)", "https://a@b.example", "https://e.org/|x>", "http://"]),
)
contents = st.builds(
    AlertContent,
    story_id=st.integers(1, 2**63 - 1),
    key=st.just("major:new:1"),
    kind=st.sampled_from([AlertKind.NEW, AlertKind.OUTLET, AlertKind.STAGE]),
    title=texts,
    summary=texts,
    url=urls,
    outlet=texts,
    published_at=st.integers(10**8, 4 * 10**9).map(lambda s: datetime.fromtimestamp(s, UTC)),
    agreement_name=st.none() | texts,
    stage=st.sampled_from(["none", "signed", "stalled"]) | texts,
    previous_stage=st.none() | texts,
    themes=st.lists(st.tuples(texts, texts, texts), max_size=12).map(tuple),
    parties=st.lists(st.sampled_from(["UA", "US", "KZ"]) | texts, max_size=30).map(tuple),
    minerals=st.lists(texts, max_size=30).map(tuple),
    money=st.lists(texts, max_size=10).map(tuple),
    significance=st.integers(-1, 5),
    reasons=st.lists(texts, max_size=6).map(tuple),
    route=st.just("major"),
    route_reason=texts,
    sources=st.lists(st.tuples(texts, urls), max_size=30).map(tuple),
    stage_quote=texts,
)

ALLOWED_ANGLE = re.compile(r"<(https?://[^\s<>|]+\|[^<>|]*|!date\^\d+\^[^<>|]*\|[^<>|]*)>")


def all_texts(message):
    yield message["text"]
    for block in message["blocks"]:
        parts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        yield from (part["text"] for part in parts if part)


@settings(max_examples=80, deadline=None)
@given(contents)
def test_a_message_keeps_every_limit_of_slack(content):
    message = render_slack(content)
    assert block_faults(message["blocks"]) == []
    assert len(message["blocks"]) <= MAX_BLOCKS
    assert len(json.dumps(message["blocks"], ensure_ascii=False)) <= MAX_BLOCKS_JSON
    assert 0 < units(message["text"]) <= FALLBACK
    json.dumps(message).encode()


@settings(max_examples=80, deadline=None)
@given(contents)
def test_no_markup_of_a_feed_survives(content):
    for text in all_texts(render_slack(content)):
        rest = ALLOWED_ANGLE.sub("", text)
        assert "<" not in rest
        assert ">" not in rest
        assert re.sub(r"&(amp|lt|gt);", "", rest).count("&") == 0
        assert clean(text.replace("\n", " ")) == " ".join(text.split())


@settings(max_examples=40, deadline=None)
@given(contents)
def test_links_are_web_addresses_only(content):
    for text in all_texts(render_slack(content)):
        for link in re.findall(r"<([^!|>][^|>]*)\|", text):
            assert link.startswith(("http://", "https://", "HTTP://", "HTTPS://"))
            assert "@" not in link.split("/")[2]


@settings(max_examples=40, deadline=None)
@given(contents)
def test_the_preview_has_nothing_invisible_in_it(content):
    for line in render_preview(content).split("\n"):
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
