"""Where a page says its feeds are."""

import pytest

from pipeline.collect.page_links import MAX_CANDIDATES, common_paths, links_in_page
from schemas.kept_feed import FoundBy

URL = "https://site.example/news/today.html"


def links(
    page: str | bytes, headers: dict[str, str] | None = None, url: str = URL
) -> list[tuple[str, str]]:
    body = page.encode() if isinstance(page, str) else page
    found = links_in_page(body, url=url, headers=headers or {})
    return [(one.url, one.found_by.value) for one in found]


def link(href: str, kind: str = "application/rss+xml", rel: str = "alternate") -> str:
    return f'<link rel="{rel}" type="{kind}" href="{href}" title="News">'


@pytest.mark.parametrize(
    "kind",
    [
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "APPLICATION/RSS+XML; charset=utf-8",
        "application/json",
    ],
)
def test_link_elements_of_every_kind(kind: str) -> None:
    page = f"<html><head>{link('/feed', kind)}</head></html>"
    assert links(page) == [("https://site.example/feed", "link")]


def test_what_is_no_feed_is_passed_over() -> None:
    page = "".join(
        [
            link("/uk", "text/html"),
            link("/style", "application/rss+xml", rel="stylesheet"),
            link("/wp-json/wp/v2/posts/1", "application/json"),
            '<link rel="alternate" hreflang="uk" href="/uk/">',
            link("mailto:feed@site.example"),
            link(""),
        ]
    )
    assert links(page) == []


def test_addresses_are_taken_against_the_base_of_the_page() -> None:
    assert links(f'<base href="/en/">{link("feed.xml")}') == [
        ("https://site.example/en/feed.xml", "link")
    ]
    assert links(link("//cdn.example/feed#top")) == [("https://cdn.example/feed", "link")]
    assert links(f'<base href="http://[broken">{link("feed")}') == [
        ("https://site.example/news/feed", "link")
    ]


def test_feeds_of_comments_come_last() -> None:
    page = link("/comments/feed/") + link("/feed/")
    assert [url for url, _ in links(page)] == [
        "https://site.example/feed/",
        "https://site.example/comments/feed/",
    ]


def test_link_headers() -> None:
    header = (
        '</a.xml>; rel="alternate"; type="application/rss+xml"; title="a, b; c",'
        " <https://other.example/p?x=1,2>; type=application/feed+json; rel=alternate,"
        ' </style.css>; rel=preload, </page>; rel="alternate"; type="text/html"'
    )
    assert links("", {"link": header}) == [
        ("https://site.example/a.xml", "header"),
        ("https://other.example/p?x=1,2", "header"),
    ]
    assert links("", {"link": "<" * 5000 + ';,"' * 5000}) == []


def test_ordinary_links_that_look_like_a_feed() -> None:
    page = """<body>
      <a href="/rss/">RSS</a> <a href="/news.rss">all</a> <a href="?format=feed">f</a>
      <a href="feed://site.example/atom.xml">reader</a>
      <a href="/feedback">write to us</a> <a href="/img/rss.png">icon</a>
      <a href="https://www.feedly.com/i/subscription/feed/x">Feedly</a>
      <a href="https://phoenix.com/feed">another site</a>
      <a href="http://[bad/rss">broken</a> <a>none</a> <a href="/atomic-energy">atoms</a>
    </body>"""
    assert [url for url, _ in links(page)] == [
        "https://site.example/rss/",
        "https://site.example/news.rss",
        "https://site.example/news/today.html?format=feed",
        "https://site.example/atom.xml",
        "https://phoenix.com/feed",
    ]


def test_surer_ways_come_first_and_each_address_once() -> None:
    page = f'<a href="/feed">RSS</a><a href="/rss">RSS</a>{link("/feed")}'
    header = {"link": '</rss>; rel="alternate"; type="application/rss+xml"'}
    assert links(page, header) == [
        ("https://site.example/feed", "link"),
        ("https://site.example/rss", "header"),
    ]


def test_the_page_itself_is_no_candidate_and_there_are_not_too_many() -> None:
    page = link(URL) + "".join(f'<a href="/{n}/rss">x</a>' for n in range(100))
    found = links(page)
    assert len(found) == MAX_CANDIDATES
    assert URL not in [url for url, _ in found]


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"   ",
        b"\x00\xff<<<>",
        b"<!-- only a comment -->",
        b'<?xml version="1.0" encoding="koi8-r"?><html/>',
        b"<div>" * 5000,
        '<link rel="alternate"'.encode("utf-16"),
    ],
)
def test_nothing_raises(page: bytes) -> None:
    assert links(page) == []


def test_pages_in_other_encodings_are_read() -> None:
    page = f"<meta charset=windows-1251>{link('/лента')}".encode("windows-1251")
    assert links(page, {"content-type": "text/html; charset=windows-1251"}) == [
        ("https://site.example/лента", "link")
    ]


def test_usual_paths_stand_at_the_root_and_two_in_the_folder() -> None:
    assert all(one.found_by is FoundBy.PATH for one in common_paths(URL))
    at_root = [one.url for one in common_paths("https://site.example")]
    assert at_root[0] == "https://site.example/feed"
    assert "https://site.example/feeds/posts/default" in at_root
    assert len(at_root) == len(set(at_root)) <= 16
    inside = [one.url for one in common_paths("https://site.example/blog/?page=2")]
    assert inside[:2] == ["https://site.example/blog/feed", "https://site.example/blog/rss"]
    assert inside[2:] == at_root
