"""The daily e-mail: what it says on a full, a quiet and a broken day, and how large it gets."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest

from pipeline.notify.digest import MAX_HTML, render_digest
from pipeline.notify.digest_due import digest_window
from schemas.assessment import Stage
from schemas.config import DigestConfig
from schemas.digest import StageMove
from tests.notify_shapes import NOW, THEMES, digest, digest_story, watch

CONFIG = DigestConfig()


def edition(of=None, config=CONFIG):
    return render_digest(of or digest(), config=config, theme_titles=THEMES)


def quiet(**given):
    return digest(moves=(), top=(), by_theme=(), watch=watch(articles_relevant=0, **given))


class Words(HTMLParser):
    """The words and addresses of a page, and the tags it is made of."""

    def __init__(self, page):
        super().__init__()
        self.links, self.tags, self.words, self.images = [], set(), [], []
        self._skip = 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.add(tag)
        self._skip += tag in {"style", "title"}
        self.links += [given["href"]] if "href" in given else []
        self.images += [given] if tag == "img" else []

    def handle_endtag(self, tag):
        self._skip -= tag in {"style", "title"}

    def handle_data(self, data):
        if not self._skip:
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.words))


def move(stage, hours=1, name="An agreement", **given):
    base = StageMove(name, "agreed", stage, NOW - timedelta(hours=hours), "", None)
    return replace(base, **given)


@pytest.mark.parametrize(
    ("of", "told"),
    [
        (digest(), "Signed: US–KZ memorandum; 2 stories — Minerals watch, 1 May"),
        (digest(moves=()), "Kazakhstan and the United States sign a memorandum; 1 more story — "),
        (quiet(), "Quiet day: 0 developments in 1,912 articles read — Minerals watch, 1 May"),
        (quiet(feeds_healthy=3), "Watch broken: 3 of 50 feeds healthy; no developments seen — "),
        (quiet(polls=0), "Watch broken: no feed was polled; no developments seen — "),
        (
            quiet(articles_assessed=10, articles_waiting=1902),
            "Watch behind: 1,902 articles unread; no developments seen — ",
        ),
        (
            digest(watch=watch(feeds_healthy=3)),
            "Watch broken: 3 of 50 feeds healthy; Signed: US–KZ memorandum; 2 stories — ",
        ),
    ],
)
def test_the_subject_says_the_news(of, told):
    assert edition(of).subject.startswith(told)


def test_the_move_that_binds_most_leads():
    moves = (move("negotiating"), move("stalled"), move("signed", 9, "B"), move("signed", 2, "A"))
    made = edition(digest(moves=moves))
    assert made.subject.startswith("Signed: A; 3 more moves; 2 stories")
    order = [made.text.index(stage) for stage in ("A: ", "B: ", "stalled", "-> negotiating")]
    assert order == sorted(order)


@pytest.mark.parametrize("given", [{"polls": 0}, {"feeds_healthy": 3}, {"articles_assessed": 0,
                                   "articles_waiting": 5}])  # fmt: skip
def test_a_broken_day_never_looks_quiet(given):
    made = edition(quiet(**given))
    for told in (made.subject, made.text, made.html):
        assert "uiet day" not in told
    assert "No agreement moved" not in made.text
    page = Words(made.html).text
    assert "may have happened all the same" in page or "News may be among them" in page


def test_a_quiet_day_is_shown_to_be_quiet():
    made = edition(quiet())
    for told in (made.text, Words(made.html).text):
        assert "A quiet day: 49 of 50 feeds are healthy, 1,912 articles were read" in told
        assert "No agreement moved." in told
        assert (
            "49 of 50 feeds healthy; 1 failing: Ministry of Geology; "
            "1,912 articles read, 0 relevant." in told
        )


@pytest.mark.parametrize("part", ["html", "text"])
def test_each_part_says_everything(part):
    made = edition()
    told = Words(made.html).text if part == "html" else re.sub(r"\s+", " ", made.text)
    for words in (
        "Thursday, 1 May 2025",
        "signed a memorandum on uranium in Astana",
        "Kazakhstan and the United States sign a memorandum",
        "EU lender backs a graphite plant",
        "major",
        "Kazakhstan and United States · uranium",
        "2 outlets:",
        "Central Asia",
        "Supply chains",
        "1,912 articles read, 23 relevant.",
        "14,400 polls, 12 failed; 1,912 new articles, 0 waiting to be read.",
        "Every message was sent.",
        "Ministry of Geology",
        "timeout: no answer within 30 s; last answered 29 Apr, 15:00",
        "unsubscribe",
        "30 Apr 07:00 to 1 May 07:00, Europe/Kyiv",
    ):
        assert words in told


def test_what_changed_comes_before_the_stories_and_the_watch_comes_last():
    text = Words(edition().html).text
    places = [
        text.index(head)
        for head in (
            "What changed since the last edition",
            "Top stories",
            "By theme",
            "Stories by theme, fourteen days",
            "State of the watch",
        )
    ]
    assert places == sorted(places)


def test_times_are_the_readers():
    moved = move("signed", at=datetime(2025, 5, 1, 2, 30, tzinfo=UTC))
    assert "1 May, 05:30" in edition(digest(moves=(moved,))).text


def test_waiting_and_parked_messages_are_told():
    made = edition(digest(watch=watch(outbox_waiting=4, outbox_parked=1)))
    assert "4 messages waiting to be sent, 1 parked." in made.text
    assert "Every message was sent." not in made.text


def test_the_page_loads_nothing_and_its_styles_are_in_its_elements():
    made = edition()
    page = Words(made.html)
    assert not page.tags & {"script", "link", "iframe", "form", "object", "svg", "base"}
    assert [image["src"] for image in page.images] == ["cid:trend@mineralwatch"]
    assert "url(" not in made.html
    assert "@import" not in made.html
    assert re.search(r'<h1 class="title ink" style="[^"]*font-size:24px', made.html)
    assert "prefers-color-scheme: dark" in made.html


def test_the_picture_says_in_words_what_it_shows():
    made = edition()
    ((cid, png),) = made.images
    assert cid == "trend@mineralwatch"
    assert png.startswith(b"\x89PNG")
    (image,) = Words(made.html).images
    assert (
        "Supply chains: 23, 2 on the last day; Central Asia: 12, 1 on the last day"
        in (image["alt"])
    )


def test_without_a_trend_there_is_no_picture():
    made = edition(digest(trend=()))
    assert made.images == ()
    assert "<img" not in made.html


def test_feed_text_is_escaped_and_addresses_are_web_links():
    hostile = '<script>alert(1)</script><img src="https://evil.example/x.png">\u202e'
    bad = replace(
        digest_story(title=hostile, minerals=(hostile,), parties=(hostile,)),
        agreement_name=hostile,
        quote=hostile,
        links=((hostile, "javascript:alert(1)"), ("evil", "https://a@evil.example/")),
    )
    sick = replace(watch().problems[0], name=hostile, reason=hostile)
    made = edition(
        digest(
            top=(bad,),
            by_theme=(("x", hostile, (bad,)),),
            moves=(move(hostile, name=hostile, quote=hostile, url="javascript:x"),),
            watch=watch(problems=(sick,)),
        )
    )
    page = Words(made.html)
    assert "script" not in page.tags
    assert len(page.images) == 1
    assert page.links == []
    assert "javascript:" not in made.html
    assert "\u202e" not in made.html + made.text + made.subject
    assert "{{" not in made.html


def test_template_marks_in_feed_text_are_text():
    made = edition(digest(top=(digest_story(title="{{ 7 * 7 }} {% raw %}"),)))
    assert "{{ 7 * 7 }} {% raw %}" in Words(made.html).text


@pytest.mark.parametrize("count", [50, 500])
def test_the_page_stays_below_what_mail_programs_cut_off(count):
    links = tuple((f"outlet{k}.example", f"https://o{k}.example/{'x' * 500}") for k in range(8))
    title = "Угода про корисні копалини №{} " + "дуже довга назва " * 12
    wide = tuple(
        replace(digest_story(id=n, title=title.format(n)), quote="підписано " * 40, links=links)
        for n in range(count)
    )
    of = digest(top=wide[:50], by_theme=tuple((t, name, wide) for t, name in THEMES.items()))
    made = edition(of, DigestConfig(top=50, per_theme=20))
    assert len(made.html.encode()) <= MAX_HTML
    assert "more, some of them in the text part of this message" in made.html
    assert "№49 " in made.text
    assert f"{count} stories" in Words(made.html).text


def test_no_more_stories_are_shown_than_asked_for():
    many = tuple(digest_story(id=n, title=f"Story number {n}.") for n in range(9))
    of = digest(top=many, by_theme=(("central_asia", "Central Asia", many),))
    made = edition(of, DigestConfig(top=2, per_theme=1))
    assert "Story number 1." in made.text
    assert "Story number 2." not in made.text
    assert "And 7 more." in made.text
    assert "and 8 more" in made.text
    assert made.subject.startswith("Signed: US–KZ memorandum; 9 stories")


def test_a_theme_without_stories_is_left_out():
    made = edition(digest(by_theme=(("reconstruction", "Reconstruction", ()),)))
    assert "Reconstruction" not in made.text


def test_a_long_subject_is_cut_at_a_word():
    made = edition(digest(moves=(move("signed", name="word " * 80),)))
    assert len(made.subject) < 200
    assert made.subject.startswith("Signed: word word")
    assert made.subject.endswith(" — Minerals watch, 1 May")


def test_a_story_with_no_outlet_named_by_a_link_counts_its_outlets():
    lone = replace(digest_story(outlets=("a", "b", "c")), links=())
    assert "3 outlets:" in edition(digest(top=(lone,))).text


def test_themes_in_the_trend_without_a_title_are_shown_by_id():
    made = edition(digest(trend=(("some_theme", (1, 2)),)))
    assert "some_theme" in made.text
    assert "OVER 2 DAYS" in made.text


def test_stage_none_is_not_shown():
    made = edition(digest(moves=(), top=(digest_story(stage=Stage.NONE),), by_theme=()))
    assert "none" not in made.text.replace("themes with none", "")


def test_the_window_ends_at_the_hour_of_the_day():
    since, until = digest_window(date(2025, 5, 12), "Europe/Kyiv", 7)
    assert (since, until) == (
        datetime(2025, 5, 11, 4, tzinfo=UTC),
        datetime(2025, 5, 12, 4, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2025, 3, 30), "Europe/Kyiv", 23),
        (date(2025, 10, 26), "Europe/Kyiv", 25),
        (date(2025, 10, 26), "Asia/Almaty", 24),
        (date(2025, 4, 6), "Australia/Lord_Howe", 24.5),
    ],
)
def test_a_day_on_which_the_clocks_change_is_longer_or_shorter(day, zone, hours):
    since, until = digest_window(day, zone, 7)
    assert until - since == timedelta(hours=hours)


def test_an_hour_that_does_not_exist_or_comes_twice_still_makes_one_window():
    _since, gap = digest_window(date(2025, 3, 30), "Europe/Kyiv", 3)
    assert gap == datetime(2025, 3, 30, 1, tzinfo=UTC)
    _since, twice = digest_window(date(2025, 10, 26), "Europe/Kyiv", 3)
    assert twice == datetime(2025, 10, 26, 0, tzinfo=UTC)
