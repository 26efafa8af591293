"""Parts of the digest: readers' verdicts, tables, pictures, bands, the week."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.notify.digest import MAX_HTML
from schemas.digest import AgreementLine, ThemeMove, Week
from schemas.feedback import Feedback, Precision
from tests.notify_shapes import NOW, THEMES, digest, digest_story
from tests.unit.notify.test_digest import Words, edition, move, quiet


def said(**given):
    base = Feedback(
        since=NOW - timedelta(days=14),
        until=NOW,
        all=Precision(41, 3, 2),
        by_route=(("kz", "Kazakhstan", Precision(20, 1)), ("major", "major", Precision(21, 2))),
        by_theme=(("central_asia", "Central Asia", Precision(20, 1)),),
    )
    return digest(feedback=replace(base, **given))


@pytest.mark.parametrize("part", ["html", "text"])
def test_what_readers_said_is_told_by_rule_and_by_theme(part):
    made = edition(said())
    told = Words(made.html).text if part == "html" else made.text
    assert "Readers called 41 of 44 alerts right (93 %) in the last 14 days." in told
    assert "By rule: Kazakhstan 20 of 21; major 21 of 23." in told
    assert "By theme: Central Asia 20 of 21." in told


def test_where_readers_said_nothing_there_is_no_section():
    made = edition()
    for told in (made.text, Words(made.html).text):
        assert "eaders" not in told
        assert "READERS" not in told


def test_of_many_rules_the_first_are_told_and_those_without_a_verdict_are_not():
    many = tuple((f"r{n}", f"rule {n}", Precision(2, 1)) for n in range(14))
    split = ("split", "split", Precision(disputed=1))
    made = edition(said(by_route=(split, *many), by_theme=()))
    assert "rule 11 2 of 3; and 2 more." in made.text
    assert "split" not in made.text
    assert "By theme:" not in made.text


def test_one_alert_is_told_in_the_singular():
    made = edition(said(all=Precision(1, 0), since=NOW - timedelta(hours=20)))
    assert "Readers called 1 of 1 alert right (100 %) in the last 1 day." in made.text


def test_a_rules_title_is_escaped():
    made = edition(said(by_route=(("x", "<script>\u202e", Precision(1, 0)),)))
    assert "script" not in Words(made.html).tags
    assert "\u202e" not in made.html + made.text


def test_a_day_on_which_everything_moves_still_fits():
    name = "Угода про корисні копалини " * 20
    moves = tuple(
        move("signed", n, name, quote="підписано " * 40, url=f"https://x.example/{'y' * 1500}")
        for n in range(300)
    )
    lines = tuple(AgreementLine(f"{n} {name}", "signed", NOW, "agreed") for n in range(300))
    week = Week(NOW, moves, 900, 800, (digest_story(),) * 6, 90_000, 8_000)
    score = tuple(ThemeMove(theme, name, 5, 4, 3, 2) for theme in THEMES)
    of = digest(moves=moves, agreements=lines, week=week, score=score, steps=moves)
    made = edition(of)
    assert len(made.html.encode()) <= MAX_HTML
    page = Words(made.html).text
    assert re.search(r"And \d+ more moves, in the text part of this message", page)
    assert made.text.count("* Угода") == 600
    assert "- 299 Угода" in made.text
    assert page.count("299 Угода") == 0


def test_the_agreements_stand_in_a_table_those_that_moved_first():
    lines = (
        AgreementLine("Quiet one", "negotiating", NOW - timedelta(days=400)),
        AgreementLine("Unknown one", "none", None),
        AgreementLine("Bare one", "agreed", NOW, checked=False),
        AgreementLine("Moved one", "stalled", NOW, "implementing"),
    )
    made = edition(digest(agreements=lines))
    table = made.text.split("AGREEMENTS\n")[1].split("\n\n")[0].splitlines()
    assert table == [
        "- Moved one: stalled since 1 May 2025 (from implementing)",
        "- Bare one: agreed since 1 May 2025 (source not checked)",
        "- Quiet one: negotiating since 27 Mar 2024",
        "- Unknown one: not known",
    ]
    page = Words(made.html)
    assert "th" in page.tags
    assert "Moved one" in page.text


def test_the_scorecard_shows_the_movement_and_for_and_against_where_judged():
    plain = edition(digest(score=(ThemeMove("central_asia", "x", 12, 7),)))
    assert "- Central Asia: 12, before 7 (+5)\n" in plain.text
    assert "Its claim" not in plain.html
    judged = edition(digest(score=(ThemeMove("central_asia", "x", 2, 7, 1, 1),)))
    assert "- Central Asia: 2, before 7 (−5); 1 for, 1 against\n" in judged.text
    assert "Its claim" in judged.html


def test_the_moves_of_fourteen_days_are_a_picture_that_is_told_in_words():
    steps = (move("negotiating", 200, "A"), move("signed", 30, "A"), move("stalled", 60, "B"))
    made = edition(digest(steps=steps))
    assert [cid for cid, _png in made.images] == ["steps@mineralwatch", "trend@mineralwatch"]
    alt = (
        "Moves of agreements in the 14 days to 1 May 2025. "
        "A: negotiating on 23 April, signed on 30 April; B: stalled on 29 April."
    )
    assert next(image["alt"] for image in Words(made.html).images) == alt
    assert alt in made.text
    assert edition(digest()).images[0][0] == "trend@mineralwatch"


def test_outlets_that_copy_are_not_counted_as_independent():
    story = replace(digest_story(outlets=("a", "b", "c")), independent=1, links=())
    assert "3 outlets, 1 independent:" in edition(digest(top=(story,))).text
    story = replace(story, independent=3)
    assert "3 outlets:" in edition(digest(top=(story,))).text


@pytest.mark.parametrize(
    ("given", "short", "long"),
    [
        ({"polls": 9, "polls_failed": 9}, "no feed answered", "of 9 polls not one succeeded"),
        ({"articles_assessed": 0}, "none of 1,912 new articles read", "not one was read"),
        (
            {"gap": (NOW - timedelta(hours=20), NOW - timedelta(hours=9))},
            "Watch interrupted: 11 hours without an answer",
            "no feed answered from 30 Apr 19:00 to 1 May 06:00",
        ),
        ({"articles_unlinked": 5}, "5 relevant articles in no story", "News is among them"),
        ({"outbox_late": 12}, "Watch stuck: 12 messages not sent", "Messages do not leave"),
    ],
)
def test_each_way_to_break_is_told_in_the_subject_and_at_the_top(given, short, long):
    made = edition(quiet(**given))
    assert short in made.subject.split(";")[0]
    page = Words(made.html).text
    assert page.index(long) < page.index("stage moves")
    assert "!! " in made.text
    for told in (made.subject, made.text, page):
        assert "uiet day" not in told
        assert "No agreement moved" not in told


def test_a_list_on_some_themes_says_so_on_a_quiet_day():
    made = edition(replace(quiet(), only=("Central Asia",)))
    assert "0 developments on its themes in 1,912 articles read" in made.subject
    assert "no development on the themes of this list was found in them" in made.text
    assert "On: Central Asia" in made.text


def test_a_weekly_edition_begins_with_the_week():
    week = Week(NOW, (move("agreed", 90, "B"),), 57, 41, (digest_story(title="Old one"),), 9, 2)
    made = edition(digest(week=week))
    assert made.subject.startswith("The week: 2 moves, 57 stories; Signed: US–KZ memorandum; ")
    page = Words(made.html).text
    assert page.index("Top stories") < page.index("The week Since") < page.index("By theme")
    for told in (page, made.text):
        assert "57 stories in seven days; 41 stories in the seven before." in told
        assert "Old one" in told
