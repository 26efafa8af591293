"""Feeds files: OPML, YAML, and what is wrong with them."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.opml import read_feeds, read_opml
from pipeline.settings import PACKAGE_CONFIG
from schemas.config import FeedConfig
from schemas.feed import FeedKind

OPML = """<?xml version="1.0" encoding="utf-8"?>
<opml version="2.0"><head><title>Mine</title></head><body>
  <outline text="Ukraine">
    <outline text="Agencies"><outline type="rss" text="short" title="Ukrinform"
      xmlUrl="https://www.ukrinform.net/rss" htmlUrl="https://www.ukrinform.net"/></outline>
    <outline type="rss" text="НВ" xmlUrl=" https://nv.ua/rss/all.xml " language="uk-UA"/>
  </outline>
  <outline type="rss" xmlUrl="feed://example.com/feed" language="English"/>
  <OUTLINE TEXT="Upper" XMLURL="feed:http://example.org/feed"/>
  <outline text="again" xmlUrl="https://nv.ua/rss/all.xml"/>
  <outline text="a note"/>
</body></opml>
"""


def write(folder: Path, text: str | bytes, name: str = "feeds.opml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def fault(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_feeds(path)
    assert caught.value.mend
    assert str(path) in caught.value.message
    return caught.value.message


def test_outlines_however_deep(tmp_path: Path) -> None:
    assert read_opml(write(tmp_path, OPML)) == (
        FeedConfig(
            name="Ukrinform",
            url="https://www.ukrinform.net/rss",
            site="https://www.ukrinform.net",
            region="Ukraine/Agencies",
        ),
        FeedConfig(name="НВ", url="https://nv.ua/rss/all.xml", language="uk", region="Ukraine"),
        FeedConfig(name="example.com", url="https://example.com/feed"),
        FeedConfig(name="Upper", url="http://example.org/feed"),
    )


@pytest.mark.parametrize("name", ["feeds.xml", "feeds.OPML", "export", "feeds.txt"])
def test_opml_is_known_by_name_or_content(tmp_path: Path, name: str) -> None:
    assert (
        len(read_feeds(write(tmp_path, b"\xef\xbb\xbf\n" + OPML.split("?>\n")[1].encode(), name)))
        == 4
    )


@pytest.mark.parametrize("name", ["feeds.yaml", "feeds.yml", "feeds", "my.feeds"])
def test_yaml_is_known_by_name_or_content(tmp_path: Path, name: str) -> None:
    text = "feeds:\n  - {name: X, url: 'https://x.org/feed', kind: ifi}\n"
    assert read_feeds(write(tmp_path, text, name)) == (
        FeedConfig(name="X", url="https://x.org/feed", kind=FeedKind.IFI),
    )


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1251"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    text = OPML.replace("utf-8", encoding)
    assert read_opml(write(tmp_path, text.encode(encoding)))[1].name == "НВ"


def test_missing_file_is_named(tmp_path: Path) -> None:
    assert "no such file" in fault(tmp_path / "none.opml")
    assert "no such file" in fault(tmp_path / "none")
    assert "cannot be read" in fault(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<opml><body><outline></opml>", ":1: not well-formed XML: mismatched tag"),
        ("<opml>\n<body>\n", ":3: not well-formed XML"),
        ("", "not well-formed"),
        ("<html/>", "its root element is <html>"),
        ("<opml><body/></opml>", "no feed in it"),
        (
            "<opml>\n<outline text='A' xmlUrl='ftp://x.org/a'/></opml>",
            ":2: A: xmlUrl: a feed's url",
        ),
        ("<opml><outline xmlUrl='x'/></opml>", "xmlUrl"),
        ("<?xml version='1.0' encoding='nonsense'?><opml/>", "unknown encoding"),
    ],
)
def test_faults_are_named_with_their_line(tmp_path: Path, text: str, words: str) -> None:
    assert words in fault(write(tmp_path, text))


def test_all_wrong_addresses_are_named_at_once(tmp_path: Path) -> None:
    text = "<opml><outline xmlUrl='ftp://a.org/'/>\n<outline xmlUrl='ftp://b.org/'/></opml>"
    assert len(fault(write(tmp_path, text)).splitlines()) == 2


def test_entities_are_refused_before_they_grow(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE opml [\n<!ENTITY e0 "ha">{levels}]><opml><outline text="&e9;"/></opml>'
    assert ":2: it declares the XML entity 'e0'" in fault(write(tmp_path, bomb))


def test_packaged_feeds_are_right() -> None:
    feeds = read_feeds(PACKAGE_CONFIG / "feeds.yaml")
    assert len(feeds) >= 40
    assert len({feed.url for feed in feeds}) == len({feed.name for feed in feeds}) == len(feeds)
    assert {feed.language for feed in feeds} >= {"en", "uk", "ru"}
    for feed in feeds:
        is_search = "news.google.com" in feed.url or "gdeltproject" in feed.url
        assert (feed.kind is FeedKind.AGGREGATOR) == (feed.tier == 3) == is_search, feed.name
        if "news.google.com" in feed.url:
            assert "when:" in feed.url, feed.name
            assert f"hl={feed.language}" in feed.url, feed.name
