"""Whatever feeds say, an e-mail and a webhook's event carry no markup of theirs, and stay small."""

import email
import email.policy
import json
from dataclasses import replace
from html.parser import HTMLParser

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.notify.email import build_email
from pipeline.notify.email_alert import render_email_alert
from pipeline.notify.email_bundle import render_email_bundle
from pipeline.notify.text import clean, safe_url, units
from pipeline.notify.webhook import body_of
from pipeline.notify.webhook_answers import Answer, outcome
from pipeline.notify.webhook_event import MAX_BODY, render_webhook
from schemas.alert import AlertContent, AlertKind, Channel, Report, Retry, Sent, Standing
from schemas.assessment import Stage
from schemas.digest import RenderedDigest
from schemas.jsonschema import json_schema
from tests.notify_shapes import NOW, content, message

SENDER = "Minerals watch <watch@example.org>"
HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title></head>", "<!--", "]]>",
    "' onclick='x", "&amp;", "&lt;b&gt;", "&#60;", "\r\nBcc: x@evil.example\r\n\r\n",
    "=?utf-8?q?x?=", "\u202e", "\u200b", "\x00", "\ud800", "\ufeff", "a" * 900, "word " * 400,
    "угода 🇺🇦", "𝕬" * 400, '{"a": 1}', "\\", "\u2028",
]  # fmt: skip
texts = st.lists(
    st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40)), max_size=4
).map("".join)  # fmt: skip
urls = st.one_of(
    st.none(),
    texts,
    texts.map("https://example.org/".__add__),
    st.sampled_from(["javascript:alert(1)", "data:text/html,x", "https://a@b.example", "//x.org"]),
)
stages = st.sampled_from([stage.value for stage in Stage])
tuples = st.lists(texts, max_size=8).map(tuple)
contents = st.builds(
    AlertContent,
    story_id=st.integers(1, 2**63 - 1),
    key=st.just("story:1:new:email:a"),
    kind=st.sampled_from([kind for kind in AlertKind if kind is not AlertKind.DIGEST]),
    title=texts,
    summary=texts,
    url=urls,
    outlet=texts,
    published_at=st.just(NOW),
    agreement_name=st.none() | texts,
    stage=stages,
    previous_stage=st.none() | stages,
    themes=st.lists(st.tuples(st.just("supply_chains"), texts, texts), max_size=8).map(tuple),
    parties=tuples,
    minerals=tuples,
    money=tuples,
    significance=st.integers(-1, 5),
    reasons=tuples,
    route=st.just("major"),
    route_reason=texts,
    sources=st.lists(st.tuples(texts, urls), max_size=8).map(tuple),
    stage_quote=texts,
    subject=texts,
    agreement_id=st.none() | st.just("us-ua"),
    outlets=st.integers(1, 50),
    reports=st.lists(st.builds(Report, texts, urls, texts), max_size=4).map(tuple),
    changes=tuples,
    standing=st.sampled_from(Standing),
    standing_note=texts,
    owner=texts,
)


SHAPE = jsonschema.Draft202012Validator(json_schema("alert_event"))
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "Auto-Submitted",
    "MIME-Version", "Content-Type",
}  # fmt: skip


class Tags(HTMLParser):
    """The tags of a page with their attributes, and its links."""

    def __init__(self, page):
        super().__init__()
        self.found, self.links = set(), []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found |= {tag} | {f"{tag} {name}" for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]

    def handle_comment(self, data):
        self.found.add(f"comment {data}")


FULL = replace(
    content(stage_quote="x", changes=("a → b",), owner="desk", standing_note="x"), outlets=3
)
OURS = Tags(render_email_alert(FULL, sender=SENDER)["html"]).found | {"a", "a href", "strong"}


@settings(max_examples=80, deadline=None)
@given(contents)
def test_no_tag_of_a_feed_is_in_the_html_and_links_are_web_addresses(told):
    page = Tags(render_email_alert(told, sender=SENDER)["html"])
    assert page.found <= OURS
    assert all(safe_url(link) == link for link in page.links)


@settings(max_examples=40, deadline=None)
@given(st.lists(contents, min_size=1, max_size=3), texts)
def test_so_it_is_with_several_stories_in_one(several, reason):
    payload = render_email_bundle(several, route=reason, reason=reason, more=False, sender=SENDER)
    page = Tags(payload["html"])
    assert page.found <= OURS | {"span", "span style", "br", "li style"}
    assert all(safe_url(link) == link for link in page.links)
    assert 0 < units(payload["subject"]) <= 150
    for line in [payload["subject"], *payload["text"].split("\n")]:
        assert clean(line) == " ".join(line.split())


@settings(max_examples=80, deadline=None)
@given(contents)
def test_an_email_keeps_its_headers_and_what_it_says_is_visible(told):
    payload = render_email_alert(told, sender=SENDER)
    assert 0 < units(payload["subject"]) <= 150
    assert clean(payload["subject"]) == payload["subject"]
    for line in payload["text"].split("\n"):
        assert clean(line) == " ".join(line.split())
    json.dumps(payload).encode()
    mail = build_email(
        RenderedDigest(payload["subject"], payload["html"], payload["text"]),
        sender=SENDER,
        recipients=["reader@example.org"],
        key=told.key,
        sent_at=NOW,
    )
    raw = mail.as_bytes()
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert set(read.keys()) <= HEADERS
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@settings(max_examples=80, deadline=None)
@given(contents)
def test_an_event_has_the_shape_of_its_schema_and_only_web_addresses(told):
    event = render_webhook(told)
    SHAPE.validate(event)
    body = body_of(message(Channel.WEBHOOK, key=told.key, payload=event))
    assert len(body) <= MAX_BODY
    assert json.loads(body) == event
    links = [event["url"], *(source["url"] for source in event["sources"] + event["reports"])]
    assert all(link is None or safe_url(link) == link for link in links)
    for text in (event["title"], event["summary"], event["standing_note"], *event["changes"]):
        assert clean(text) == text


@given(
    st.integers(200, 999),
    st.dictionaries(st.sampled_from(["Retry-After", "location"]), st.text(max_size=60)),
    st.binary(max_size=300),
)
def test_every_answer_means_something_and_is_told_on_one_line(status, headers, body):
    told = outcome(Answer(status, headers, body), named="the webhook", key="k", now=0.0)
    if isinstance(told, Sent):
        assert status < 300
    else:
        assert clean(told.reason) == told.reason
        assert "mend: " in told.reason or isinstance(told, Retry)
