"""Whatever the address, its identity is a fixed point, bounded, and blind to how it was reached."""

import string
from collections import Counter
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.collect.canonical import MAX_IDENTITY, article_identity, canonical_url
from schemas.feed import FeedEntry

_CORPUS = Path(__file__).parents[1] / "data" / "addresses.txt"
_PARTS = ["1", "2", "10", "amp", "rss", "utm", "m", "lithium", "Lithium", "feed", "7a", "mobile"]
_TEXT = st.text(max_size=60)
_SEGMENT = st.text(
    alphabet=string.ascii_letters + string.digits + "-._~%+ &=;:@/?#é'(),!*іŽ\\", max_size=25
)
_HOSTS = st.sampled_from(
    [
        "example.com",
        "WWW.Example.COM",
        "m.example.co.uk",
        "amp.www.example.org.",
        "www.google.com",
        "bing.com",
        "news.google.com",
        "a-b.cdn.ampproject.org",
        "xn--e1afmkfd.xn--p1ai",
        "новини.укр",
        "[2001:db8::1]",
        "192.0.2.7",
        "m.me",
        "en.m.m.wikipedia.org",
        "google.co.uk",
        "da.feedsportal.com",
        "www-x--y-org.translate.goog",
        "r.search.yahoo.com",
        "go.theregister.com",
        "href.li",
        "feeds.feedblitz.com",
    ]
)


_PATHS = [
    *("", "/url", "/amp/", "/amp/s/", "/c/s/", "/articles/", "/amp/amp/url", "/out", "/feed/a.b"),
    *(
        "/l/0L0Sx0Borg0Ca0Damp",
        "/_/RU=http%3a%2f%2fx.org",
        "/web/1/https://x.org/amp",
        "/x.amp/amp",
    ),
    *("/a/amp.html", "/*http://y.org", "/~/t/~https%3A%2F%2Fz.org"),
]


@st.composite
def urls(draw: st.DrawFn) -> str:
    scheme = draw(st.sampled_from(["http", "https", "HTTP", "Https"]))
    port = draw(st.sampled_from(["", ":80", ":443", ":8080", ":"]))
    path = draw(st.sampled_from(_PATHS))
    query = draw(st.lists(st.tuples(_SEGMENT, _SEGMENT), max_size=4))
    tail = "&".join(f"{name}={value}" for name, value in query)
    return f"{scheme}://{draw(_HOSTS)}{port}{path}/{draw(_SEGMENT)}?{tail}#{draw(_SEGMENT)}"


@given(st.one_of(urls(), _TEXT, _TEXT.map(lambda t: "https://example.com/" + t)))
@example("ht tp://EXAMPLE.com")
@example("http://ho\ud800st/")
@example("https://example.com/%%34%31/a%2")
@example(
    "https://www.google.com/url?q=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttp%3A%2F%2Fa.b%2Fc"
)
@example("https://example.com/" + "a/%2F" * 800)
@example("https://example.com/?" + "&".join(f"b={n}" for n in range(1000)))
@example("https://" + "h" * 3000 + "/")
def test_identity_is_a_fixed_point_and_bounded(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once
    assert len(once) <= MAX_IDENTITY
    once.encode("utf-8")


@given(
    urls(),
    st.sampled_from(["utm_source=x", "fbclid=Iw", "UTM_Medium=rss", "gclid=", "at_campaign=rss"]),
)
def test_tracking_never_changes_identity(url: str, tracking: str) -> None:
    bare = url.partition("#")[0].rstrip()
    joint = "&" if "?" in bare else "?"
    assert canonical_url(f"{bare}{joint}{tracking}#top") == canonical_url(bare)


@given(
    st.lists(st.sampled_from(_PARTS), min_size=1, max_size=3),
    st.lists(st.sampled_from(_PARTS), min_size=1, max_size=3),
    st.sampled_from(["/news/{}", "/?p={}", "/a.php?id={}&x=1", "/live#post-2026{}", "/#!/news/{}"]),
)
def test_what_tells_articles_apart_is_kept(one: list[str], two: list[str], shape: str) -> None:
    """The same place of an address filled in two ways: two articles."""
    a, b = "-".join(one), "-".join(two)
    same = canonical_url(f"https://example.com{shape.format(a)}") == canonical_url(
        f"https://www.example.com{shape.format(b)}"
    )
    assert same is (a == b)


def test_no_two_articles_of_the_corpus_are_one() -> None:
    links = _CORPUS.read_text(encoding="utf-8").split()
    assert len(links) > 60
    identities = [canonical_url(link) for link in links]
    assert [i for i, times in Counter(identities).items() if times > 1] == []


@given(urls())
def test_scheme_does_not_change_identity(url: str) -> None:
    rest = url.partition("://")[2]
    assert canonical_url(f"http://{rest}") == canonical_url(f"https://{rest}")


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("0123456789")), max_size=6))
def test_order_of_the_query_does_not_change_identity(pairs: list[tuple[str, str]]) -> None:
    shown = [f"{name}={value}" for name, value in pairs]
    one = canonical_url("https://example.com/a?" + "&".join(shown))
    assert one == canonical_url("https://example.com/a?" + "&".join(reversed(shown)))
    assert all(part in one for part in shown)


@given(_TEXT, _TEXT, st.none() | _TEXT, st.none() | _TEXT)
def test_every_item_has_an_identity(
    title: str, summary: str, guid: str | None, link: str | None
) -> None:
    entry = FeedEntry(title=title, summary=summary, guid=guid, link=link)
    identity = article_identity(entry, "https://example.com/feed")
    assert identity
    assert len(identity) <= MAX_IDENTITY
    assert identity == article_identity(entry, "http://www.example.com/feed/")
