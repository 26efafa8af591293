"""What is exported comes back as it was, as OPML and as YAML, whatever names and addresses hold."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.opml import list_feeds, read_feeds
from pipeline.opml_write import to_opml, to_yaml
from schemas.config import FeedConfig
from schemas.feed import FeedKind

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
# What XML 1.0 can carry, with what it has to escape in plenty.
carried = st.text(
    st.one_of(
        st.sampled_from("&<>\"'\t\n /,;:]éЖ中😀\u202e"),
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
    ),
    max_size=60,
)
names = carried.map(str.strip).filter(bool)
paths = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), max_size=40).filter(
    lambda text: text == text.strip() and text.isprintable()
)
urls = st.builds(
    lambda scheme, path: f"{scheme}://feeds.example/{path}",
    st.sampled_from(["http", "https", "HTTP"]),
    paths,
)
feeds = st.lists(
    st.builds(
        FeedConfig,
        name=names,
        url=urls,
        language=st.from_regex(r"[a-z]{2,3}", fullmatch=True),
        region=st.one_of(st.just("global"), carried.map(str.strip)),
        kind=st.sampled_from(FeedKind),
        tier=st.integers(1, 3),
        enabled=st.booleans(),
        site=st.none() | urls,
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda feed: feed.url,
)


def read_back(text: str, name: str) -> tuple[FeedConfig, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8", newline="")
        listing = list_feeds(path)
        assert not listing.refused
        found = read_feeds(path)
    assert tuple(line.config for line in listing.feeds) == found
    return found


@given(feeds)
@settings(deadline=None)
def test_opml(given_feeds: list[FeedConfig]) -> None:
    text = to_opml(given_feeds, title="Ours & <theirs>", now=NOW)
    found = read_back(text, "feeds.opml")
    assert sorted(found, key=str) == sorted(given_feeds, key=str)
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert root.get("version") == "2.0"
    folders = root.findall("body/outline")
    assert len(folders) == len({feed.region for feed in given_feeds})
    again = to_opml(found, title="Ours & <theirs>", now=NOW)
    assert again == text


@given(feeds)
@settings(deadline=None)
def test_yaml(given_feeds: list[FeedConfig]) -> None:
    assert list(read_back(to_yaml(given_feeds), "feeds.yaml")) == given_feeds


@given(st.text(max_size=40).filter(lambda text: bool(text.strip())))
@settings(deadline=None)
def test_what_xml_cannot_carry_does_not_spoil_the_file(name: str) -> None:
    feed = FeedConfig.model_construct(name=name, url="https://feeds.example/a", region=name)
    text = to_opml([feed], title=name, now=NOW)
    read = ET.fromstring(text.encode("utf-8"))  # noqa: S314 - our own
    assert [one.get("xmlUrl") for one in read.iter("outline") if one.get("xmlUrl")] == [feed.url]
