"""An explained article as a page."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from pipeline.commands.explain_html import render
from schemas.article import Article

MARKS = [
    ("party", "KE", "title", "Kenya"),
    ("stage", "signed", "title", "sign memorandum"),
    ("theme", "supply_chains", "title", "memorandum on lithium"),
    ("mineral", "lithium", "title", "lithium"),
]
NOW = datetime(2026, 5, 4, tzinfo=UTC)


class Page(HTMLParser):
    """Tags with their attributes, and the text of the marked paragraphs without labels."""

    def __init__(self, source):
        super().__init__()
        self.tags = []
        self.open = []
        self.words = {"h1": "", "p": ""}
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        inside = [tag for tag, attrs in self.open if "text" in attrs.get("class", "").split()]
        if inside and not any(tag == "b" for tag, _ in self.open):
            self.words[inside[0]] += data

    def all(self, tag, cls=""):
        return [a for t, a in self.tags if t == tag and cls in [*a.get("class", "").split(), ""]]


def test_the_page_is_well_formed_and_has_the_text_letter_for_letter(explain):
    explained = explain(marks=MARKS)
    page = Page(render(explained))
    assert page.open == []
    assert page.words["h1"] == explained.explanation.document.title
    assert page.words["p"] == explained.explanation.document.summary


def test_nothing_is_asked_of_any_server_and_nothing_runs(explain):
    source = render(explain(marks=MARKS))
    tags = {tag for tag, _ in Page(source).tags}
    assert not tags & {"script", "link", "img", "iframe", "object", "base", "form"}
    assert "url(" not in source
    assert "@import" not in source
    assert not re.search(r"\son\w+=", source)
    assert "default-src 'none'" in source
    assert "prefers-color-scheme: dark" in source


def test_hostile_text_is_shown_and_does_nothing(explain):
    title = "<script>alert(1)</script> & \"pact\" \x1b \u202e \ud800 'x'"
    marks = [("party", '"><img src=x>', "title", "<script>alert")]
    explained = explain(title=title, summary="</p><b onclick=x>", marks=marks, problems=("<i>",))
    source = render(explained)
    source.encode()
    page = Page(source)
    assert page.words["h1"].startswith('<script>alert(1)</script> & "pact" \ufffd')
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img"})
    assert "onclick" not in {name for _, attrs in page.tags for name in attrs}


def test_overlapping_marks_get_lanes_and_each_label_stands_once(explain):
    source = render(explain(marks=MARKS))
    labels = re.findall(r"<b>([^<]+)</b>", source)
    assert sorted(labels) == ["KE", "lithium", "signed", "supply_chains"]
    bars = [attrs["style"] for attrs in Page(source).all("span", "bar")]
    assert {"--lane:0;--c:var(--stage)", "--lane:1;--c:var(--c0)"} <= set(bars)


def test_the_legend_names_what_is_marked_and_no_more(explain):
    source = render(explain(marks=MARKS))
    legend = re.findall(r"</i>([^<]+)</li>", source)
    assert legend == ["Supply chains (supply_chains)", "stage", "state", "mineral"]
    assert "legend" not in [a.get("class") for _, a in Page(render(explain())).tags]


@pytest.mark.parametrize("relevant", [True, False])
def test_reasons_are_there_for_and_against(explain, relevant):
    source = render(explain(relevant=relevant))
    assert "pattern market" in source
    assert "−2.50" in source
    assert "Weighed and not given: Supply chains" in source
    assert "and 8 more, of less weight" in source
    assert ("were it relevant" in source) is not relevant


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://news.example.org/a?b=1&c=2", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        (None, False),
    ],
)
def test_only_web_addresses_are_links(explain, url, linked):
    article = Article(4, "x", url, "t", "s", "en", "Daily <b>", NOW, NOW)
    page = Page(render(replace(explain(), article=article)))
    assert [a["href"] for a in page.all("a")] == ([url] if linked else [])


def test_bars_without_colour_still_say_which_label_they_are(explain):
    source = render(explain(marks=[("theme", "gone_theme", "title", "Kenya")]))
    assert "<b>gone_theme</b>" in source
