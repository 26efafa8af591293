"""The newsroom over real HTTP: what a reader of its feeds gets."""

import gzip
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import feedparser
import pytest
import yaml

from pipeline.demo.newsroom import Newsroom, NewsroomThread
from pipeline.demo.samples import (
    Fault,
    Format,
    ItemQuirk,
    Outlet,
    OutletQuirk,
    SampleItem,
    load_items,
    load_outlets,
)
from pipeline.errors import PermanentError
from schemas.config import FeedsFile
from schemas.feed import FeedKind

NOW = datetime(2026, 5, 20, 15, 0, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def outlet(slug: str = "wire", **changes) -> Outlet:
    given = {"name": slug.title(), "language": "en", "region": "global", "tier": 2}
    return Outlet(slug=slug, kind=FeedKind.NEWS, **{**given, **changes})


def item(id_: str, *, feed: str = "wire", day: int = -1, **changes) -> SampleItem:
    given = {
        "title": f"Title of {id_}",
        "summary": f"Summary of {id_} & more",
        "outlet": feed.title(),
        "language": "en",
        "time": time(10, 30),
        "event": None,
        "relevant": True,
    }
    return SampleItem(id=id_, feed=feed, day=day, **{**given, **changes})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def newsroom(clock: Clock) -> Iterator[Newsroom]:
    items = [
        item("old", day=-5),
        item("yesterday"),
        item("today", day=0, time=time(23, 59)),
        item("soon", day=0, live=20),
    ]
    with NewsroomThread(Newsroom(items, [outlet()], clock=clock)) as served:
        yield served.newsroom


def get(url: str, **headers: str):
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - loopback only
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def titles(newsroom: Newsroom, slug: str = "wire") -> list[str]:
    _, _, body = get(newsroom.feed_url(slug))
    return [entry.title for entry in feedparser.parse(body).entries]


def test_items_come_newest_first_and_none_from_the_future(newsroom: Newsroom):
    _, _, body = get(newsroom.feed_url("wire"))
    entries = feedparser.parse(body).entries
    assert [e.title for e in entries] == ["Title of today", "Title of yesterday", "Title of old"]
    dates = [datetime(*e.published_parsed[:6], tzinfo=UTC) for e in entries]
    assert all(date <= NOW for date in dates)
    assert NOW - dates[0] < timedelta(minutes=5)
    assert dates[1].astimezone(KYIV) == datetime(2026, 5, 19, 10, 30, tzinfo=KYIV)


def test_todays_items_lie_within_today_even_just_after_midnight(clock: Clock):
    clock.now = datetime(2026, 5, 20, 0, 2, tzinfo=KYIV)
    newsroom = Newsroom([item("noon", day=0, time=time(12))], [outlet()], clock=clock)
    assert newsroom.stories("wire")[0].at == datetime(2026, 5, 20, 0, 1, tzinfo=KYIV)


def test_an_unchanged_feed_is_304_by_either_validator(newsroom: Newsroom):
    status, headers, _ = get(newsroom.feed_url("wire"))
    assert status == 200
    assert get(newsroom.feed_url("wire"), **{"If-None-Match": headers["ETag"]})[0] == 304
    assert (
        get(newsroom.feed_url("wire"), **{"If-Modified-Since": headers["Last-Modified"]})[0] == 304
    )
    assert get(newsroom.feed_url("wire"), **{"If-None-Match": '"other"'})[0] == 200
    assert get(newsroom.feed_url("wire"), **{"If-Modified-Since": "nonsense"})[0] == 200


def test_held_items_come_out_after_the_live_clock_starts(newsroom: Newsroom, clock: Clock):
    _, headers, _ = get(newsroom.feed_url("wire"))
    clock.now += timedelta(hours=1)
    assert "Title of soon" not in titles(newsroom)
    newsroom.start_live()
    assert "Title of soon" not in titles(newsroom)
    assert get(f"{newsroom.url}/wire/soon")[0] == 404
    clock.now += timedelta(seconds=20)
    assert titles(newsroom)[0] == "Title of soon"
    assert newsroom.stories("wire")[0].at == NOW + timedelta(hours=1, seconds=20)
    status, newer, _ = get(newsroom.feed_url("wire"), **{"If-None-Match": headers["ETag"]})
    assert status == 200
    assert newer["Last-Modified"] != headers["Last-Modified"]


def test_starting_the_live_clock_twice_starts_it_once(clock: Clock):
    newsroom = Newsroom([item("soon", day=0, live=20)], [outlet()], clock=clock)
    newsroom.start_live()
    clock.now += timedelta(seconds=15)
    newsroom.start_live()
    clock.now += timedelta(seconds=5)
    assert [story.item.id for story in newsroom.stories("wire")] == ["soon"]


def test_an_item_can_be_published_by_hand(newsroom: Newsroom, clock: Clock):
    clock.now += timedelta(minutes=3)
    newsroom.publish(item("by-hand"))
    assert titles(newsroom)[0] == "Title of by-hand"
    assert newsroom.stories("wire")[0].at == clock.now
    assert get(f"{newsroom.url}/wire/by-hand")[0] == 200


def test_gzip_is_sent_to_those_who_take_it(newsroom: Newsroom):
    _, headers, packed = get(newsroom.feed_url("wire"), **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    _, plain_headers, plain = get(newsroom.feed_url("wire"), **{"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain_headers
    assert gzip.decompress(packed) == plain


def test_links_lead_to_pages_on_loopback(newsroom: Newsroom):
    port = newsroom.url.rsplit(":", 1)[1]
    link = newsroom.stories("wire")[0].url
    assert link == f"http://wire.localhost:{port}/wire/today"
    status, _, page = get(newsroom.url + "/wire/today", Host=f"wire.localhost:{port}")
    assert status == 200
    assert b"Summary of today &amp; more" in page
    assert get(newsroom.url + "/nobody/feed.xml")[0] == 404
    assert get(newsroom.url + "/nobody/page")[0] == 404


def test_index_and_opml_name_every_feed(newsroom: Newsroom):
    assert b"/wire/feed.xml" in get(newsroom.url + "/")[2]
    assert newsroom.feed_url("wire").encode() in get(newsroom.url + "/feeds.opml")[2]


def test_the_feeds_file_has_the_shape_of_feeds_yaml(newsroom: Newsroom, tmp_path: Path):
    path = newsroom.feeds_yaml(tmp_path / "feeds.yaml")
    feeds = FeedsFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).feeds
    assert [feed.url for feed in feeds] == [newsroom.feed_url("wire")]


@pytest.mark.parametrize("format_", list(Format))
@pytest.mark.parametrize("quirks", [set(), set(OutletQuirk) - {OutletQuirk.SOURCE}])
def test_every_format_says_the_same(format_: Format, quirks: set[OutletQuirk]):
    told = outlet("paper", format=format_, quirks=frozenset(quirks), language="uk")
    story = item("i1", feed="paper", title="A <b> & 'c' ]]> \"d\"", summary="Copper & tin: 5 < 6")
    with NewsroomThread(Newsroom([story], [told])) as served:
        _, headers, body = get(served.newsroom.feed_url("paper"))
        told_type = {"content-type": headers["Content-Type"]}
        parsed = feedparser.parse(body, response_headers=told_type, sanitize_html=False)
        link = served.newsroom.site("paper") + "paper/i1"
    assert not parsed.bozo
    [entry] = parsed.entries
    assert entry.title == story.title
    assert entry.link.split("?")[0] == link
    assert entry.get("published_parsed") or entry.get("updated_parsed")  # dc:date is the latter
    assert "Copper & tin: 5 < 6" in entry.summary.replace("&amp;", "&").replace("&lt;", "<")
    assert ("<p>" in entry.summary) is (OutletQuirk.HTML in quirks)


def test_odd_items_are_odd():
    stories = [
        item("a", quirk=ItemQuirk.NO_DATE),
        item("b", quirk=ItemQuirk.NO_LINK),
        item("c", quirk=ItemQuirk.RELATIVE_LINK),
        item("d", quirk=ItemQuirk.SHARED_GUID),
        item("e", quirk=ItemQuirk.SHARED_GUID),
    ]
    with NewsroomThread(Newsroom(stories, [outlet()])) as served:
        _, _, body = get(served.newsroom.feed_url("wire"))
    found = {entry.title[-1]: entry for entry in feedparser.parse(body).entries}
    assert "published" not in found["a"]
    assert "link" not in found["b"]
    assert found["c"].link == "/wire/c"
    assert found["d"].id == found["e"].id != found["a"].id


def test_an_aggregator_names_the_source_and_its_site():
    hub = outlet("hub", quirks=frozenset({OutletQuirk.SOURCE}))
    story = item("i", feed="hub", outlet="Wire")
    with NewsroomThread(Newsroom([story], [hub, outlet("wire")])) as served:
        _, _, body = get(served.newsroom.feed_url("hub"))
        site = served.newsroom.site("wire")
    [entry] = feedparser.parse(body).entries
    assert entry.source == {"title": "Wire", "href": site}


def test_sick_feeds_are_sick():
    outlets = [
        outlet("gone", fault=Fault.MISSING),
        outlet("gate", fault=Fault.HTML),
        outlet("snail", fault=Fault.SLOW),
    ]
    with NewsroomThread(Newsroom([], outlets, slow_s=60)) as served:
        assert get(served.newsroom.feed_url("gone"))[0] == 404
        status, headers, _ = get(served.newsroom.feed_url("gate"))
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        with pytest.raises(TimeoutError):
            urllib.request.urlopen(served.newsroom.feed_url("snail"), timeout=0.2)  # noqa: S310


def test_a_taken_port_is_named():
    with NewsroomThread(Newsroom([], [])) as first:
        port = int(first.url.rsplit(":", 1)[1])
        with pytest.raises(PermanentError, match=f"port {port}"), NewsroomThread(port=port):
            pass


def test_the_whole_month_is_served_and_well_formed():
    newsroom = Newsroom(clock=lambda: NOW)
    held = sum(item.live is not None for item in load_items())
    with NewsroomThread(newsroom):
        carried = 0
        for known in load_outlets():
            if known.fault is not None:
                continue
            parsed = feedparser.parse(get(newsroom.feed_url(known.slug))[2])
            assert not parsed.bozo, known.slug
            carried += len(parsed.entries)
    assert carried == len(load_items()) - held
