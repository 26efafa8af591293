"""Reader lists on both databases: each at its hour, once a day, archived, told what went wrong."""

import email
import email.policy
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from pipeline.app import App, open_app
from pipeline.assess.assessor import Assessor
from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.slack_server import DEMO_TOKEN, SlackServerThread
from pipeline.errors import ConfigError
from pipeline.settings import Settings
from pipeline.stages import digest as stage
from pipeline.stages.edition_files import edition_path
from pipeline.store import articles, editions, feeds
from schemas.article import NewArticle
from schemas.config import FeedConfig
from schemas.feed import PollOutcome, PollRecord
from schemas.tables import EditionRow, FeedRow, OutboxRow
from tests.slack_messages import told

LISTS = """
lists:
  - {name: kyiv, to: [a@example.org, b@example.org], time_zone: Europe/Kyiv, hour: 7}
  - name: delhi
    to: [c@example.org]
    time_zone: Asia/Kolkata
    hour: 7
    themes: [central_asia]
    weekly: false
    slack: "#minerals"
    unsubscribe: https://lists.example.org/leave
"""
TUESDAY = date(2026, 5, 5)
KYIV = datetime(2026, 5, 5, 4, tzinfo=UTC)
DELHI = datetime(2026, 5, 5, 1, 30, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
Open = Callable[..., App]


@pytest.fixture
def opened(
    database_url: str, make_settings: Callable[..., Settings], tmp_path: Path, assessor: Assessor
) -> Iterator[Open]:
    apps = []

    def make(yaml: str = LISTS, **given: Any) -> App:
        config = tmp_path / "config"
        config.mkdir(exist_ok=True)
        (config / "digest.yaml").write_text(yaml)
        (config / "routes.yaml").write_text("routes: []\n")
        settings = make_settings(
            database_url=database_url,
            config_dir=config,
            digest_from="watch@example.org",
            digest_to="desk@example.org",
            **given,
        )
        context = open_app(settings)
        app = context.__enter__()
        app._loaded.assessor = assessor
        apps.append(context)
        return app

    yield make
    for context in apps:
        context.__exit__(None, None, None)


def watched(app: App, since: datetime, until: datetime, *, failed: bool = False) -> None:
    """A feed that is polled each hour."""
    outcome = PollOutcome.FAILED if failed else PollOutcome.NOT_MODIFIED
    with app.database.write() as session:
        wire = FeedConfig(name="wire", url="https://wire.example/feed")
        feeds.sync_feeds([wire], keep_others=True, now=since, session=session)
        (state,) = feeds.due_feeds(now=until, session=session)
        hours = int((until - since) / timedelta(hours=1))
        polls = [
            PollRecord(state.feed_id, since + timedelta(hours=n), outcome) for n in range(hours)
        ]
        feeds.add_polls(polls, session=session)
        if not failed:
            session.execute(
                update(FeedRow).values(last_success_at=until, last_new_at=until, next_poll_at=until)
            )


def _article(title: str, at: datetime, outlet: str = "Daily") -> NewArticle:
    slug = f"{title}-{outlet}".lower().replace(" ", "-")
    return NewArticle(
        canonical_url=f"https://example.org/{slug}",
        url=f"https://example.org/{slug}",
        title=title,
        summary="",
        language="en",
        outlet=outlet,
        published_at=at,
        dated=True,
        content_hash=hashlib.sha256(slug.encode()).hexdigest(),
    )


def write(app: App, title: str, at: datetime, outlet: str = "Daily") -> None:
    """An article that is read and worked into its story."""
    new = _article(title, at, outlet)
    with app.database.write() as session:
        articles.store_articles([new], feed_id=None, now=at, session=session)
    app.run("assess", now=at)
    app.run("link", now=at)


def tick(app: App, at: datetime) -> int:
    return app.run("digest", now=at, due=True).counts["editions"]


def made(app: App) -> list[tuple[str, date]]:
    with app.database.read() as session:
        query = select(EditionRow.list_name, EditionRow.day).order_by(EditionRow.id)
        return [(name, day) for name, day in session.execute(query)]


def begin(app: App) -> None:
    """Each list has had an edition the day before."""
    for at in (DELHI, KYIV):
        tick(app, at - timedelta(days=1))


def test_each_list_is_made_at_its_own_hour_and_once(opened: Open) -> None:
    app = opened()
    begin(app)
    at, ticks = DELHI - timedelta(hours=3), []
    while at < KYIV + timedelta(hours=3):
        if tick(app, at):
            ticks.append(at)
        at += QUARTER
    assert ticks == [DELHI, KYIV]
    assert made(app)[2:] == [("delhi", TUESDAY), ("kyiv", TUESDAY)]


def test_a_missed_hour_is_caught_up_the_same_day_and_not_after(opened: Open) -> None:
    app = opened()
    begin(app)
    assert tick(app, datetime(2026, 5, 5, 18, 20, tzinfo=UTC)) == 2
    assert tick(app, datetime(2026, 5, 6, 21, 5, tzinfo=UTC)) == 0, "a new day in both zones"
    with app.database.read() as session:
        row = session.scalars(select(EditionRow).order_by(EditionRow.id.desc())).first()
    assert row is not None
    assert row.until in {KYIV, DELHI}, "it ends at its hour, however late it is made"


def test_a_day_without_edition_is_told_by_the_next(opened: Open) -> None:
    app = opened()
    begin(app)
    later = KYIV + timedelta(days=2)
    assert tick(app, later) == 2
    with app.database.read() as session:
        row = session.scalars(
            select(EditionRow).where(EditionRow.list_name == "kyiv").order_by(EditionRow.id.desc())
        ).first()
    assert row is not None
    assert (row.since, row.until) == (KYIV - timedelta(days=1), later)


def test_a_first_start_at_noon_sends_nothing_of_the_morning(opened: Open) -> None:
    app = opened()
    assert tick(app, KYIV + timedelta(hours=5)) == 0
    assert tick(app, KYIV + timedelta(days=1)) == 1


def test_windows_meet_over_a_night_on_which_the_clocks_change(opened: Open) -> None:
    app = opened()
    first = datetime(2026, 3, 27, 5, tzinfo=UTC)  # 07:00 in Kyiv, winter time
    at = first
    while at < first + timedelta(days=4):
        tick(app, at)
        at += QUARTER
    with app.database.read() as session:
        query = select(EditionRow).where(EditionRow.list_name == "kyiv").order_by(EditionRow.day)
        spans = [(row.since, row.until) for row in session.scalars(query)]
    assert len(spans) == 5
    assert all(one[1] == two[0] for one, two in pairwise(spans))
    assert [(until - since) / timedelta(hours=1) for since, until in spans] == [24, 24, 23, 24, 24]


def test_mail_and_short_form_go_once_whatever_is_run_again(opened: Open, tmp_path: Path) -> None:
    with (
        MailCatcher(tmp_path / "mail") as mail,
        SlackServerThread(channels=["minerals"]) as slack,
    ):
        app = opened(
            smtp_url=mail.url,
            slack_channel="#minerals",
            slack_token=DEMO_TOKEN,
            slack_base_url=slack.base_url,
        )
        watched(app, DELHI - timedelta(days=1), DELHI + timedelta(hours=3))
        write(app, "Kazakhstan and the United States sign memorandum on uranium", DELHI - QUARTER)
        begin(app)
        app.run("deliver", now=KYIV - timedelta(days=1))
        before = len(mail.messages), len(slack.messages)
        for at in (DELHI, DELHI + QUARTER, KYIV, KYIV + QUARTER):
            tick(app, at)
            app.run("digest", now=at)  # by hand, beside the clock
            app.run("deliver", now=at)
        letters = [
            email.message_from_bytes(one.path.read_bytes(), policy=email.policy.default)
            for one in mail.messages[before[0] :]
        ]
        assert [one["To"] for one in letters] == ["c@example.org", "a@example.org, b@example.org"]
        assert len({one["Message-ID"] for one in letters}) == 2
        assert letters[0]["List-Unsubscribe"].startswith("<https://lists.example.org/leave>, <mail")
        assert (
            letters[0]["List-Id"]
            == "mineralwatch delhi.digest <delhi.digest.mineralwatch.example.org>"
        )
        (short,) = slack.messages[before[1] :]
        message = {"channel": "x", "text": short.text, "blocks": short.blocks}
        assert "Kazakhstan and the United States sign memorandum" in told(message)


def test_killed_between_edition_and_mail_it_is_sent_at_the_next_run(
    opened: Open, tmp_path: Path
) -> None:
    with MailCatcher(tmp_path / "mail") as mail:
        app = opened("time_zone: Europe/Kyiv\n", smtp_url=mail.url)
        tick(app, KYIV)
        # The process that made the row is gone; another one delivers, and runs the stage again.
        app = opened("time_zone: Europe/Kyiv\n", smtp_url=mail.url)
        assert mail.messages == []
        assert tick(app, KYIV + QUARTER) == 0
        app.run("deliver", now=KYIV + QUARTER)
        tick(app, KYIV + 2 * QUARTER)
        app.run("deliver", now=KYIV + 2 * QUARTER)
        assert len(mail.messages) == 1


def test_killed_before_the_commit_nothing_is_kept_and_the_next_run_makes_it(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened("time_zone: Europe/Kyiv\n")

    def dies(*_: Any, **__: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.store.messages.add_message", dies)
        with pytest.raises(KeyboardInterrupt):
            tick(app, KYIV)
    assert made(app) == [], "edition and mail are one transaction"
    assert tick(app, KYIV + QUARTER) == 1
    with app.database.read() as session:
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == 1


def test_the_page_is_kept_and_made_again_from_its_row(opened: Open) -> None:
    app = opened()
    begin(app)
    path = edition_path(app.context(KYIV), "kyiv", TUESDAY - timedelta(days=1))
    first = path.read_text(encoding="utf-8")
    assert "data:image/png;base64," in first
    path.unlink()
    assert app.run("digest", now=KYIV - timedelta(hours=4), due=True).counts["files"] == 1
    assert path.read_text(encoding="utf-8") == first
    assert [p.name for p in path.parent.iterdir()] == [path.name], "nothing half-written is left"


def test_a_folder_that_cannot_be_written_stops_no_mail(opened: Open) -> None:
    app = opened("time_zone: Europe/Kyiv\n")
    app.settings.editions_dir.parent.mkdir(parents=True, exist_ok=True)
    app.settings.editions_dir.write_text("in the way")
    report = app.run("digest", now=KYIV, due=True)
    assert report.counts["queued"] == 1
    (problem,) = report.problems
    assert "archive of editions" in problem.what
    assert str(app.settings.editions_dir) in problem.where


def test_a_list_with_themes_is_told_of_those_alone(opened: Open) -> None:
    app = opened()
    watched(app, KYIV - timedelta(days=1), KYIV)
    at = KYIV - timedelta(hours=6)
    write(app, "Kazakhstan and the United States sign memorandum on uranium", at)
    write(app, "Australia and Japan sign critical minerals supply chain agreement", at)
    both = stage.build(app.context(KYIV), app.ruleset, day=TUESDAY, list_name="kyiv")
    one = stage.build(app.context(KYIV), app.ruleset, day=TUESDAY, list_name="delhi")
    assert {s.story.title[:9] for s in both.digest.top} == {"Kazakhsta", "Australia"}
    assert {s.story.title[:9] for s in one.digest.top} == {"Kazakhsta"}
    assert [theme for theme, *_ in one.digest.trend] == ["central_asia"]
    assert "On: Central Asia" in one.rendered.text


def test_corroboration_counts_outlets_that_use_their_own_words(opened: Open) -> None:
    app = opened()
    at = KYIV - timedelta(hours=6)
    title = "Kazakhstan and the United States sign memorandum on uranium"
    write(app, title, at, "Daily")
    write(app, title, at + QUARTER, "Reprint")
    (story,) = stage.build(app.context(KYIV), app.ruleset, day=TUESDAY).digest.top
    assert (len(story.story.outlets), story.independent) == (2, 1)


def test_monday_tells_of_the_week_in_the_same_mail(opened: Open) -> None:
    app = opened()
    monday = datetime(2026, 5, 4, 4, tzinfo=UTC)
    watched(app, monday - timedelta(days=7), monday)
    write(app, "Kazakhstan and the EU sign memorandum on rare earths", monday - timedelta(days=4))
    write(app, "Uzbekistan and France sign agreement on uranium", monday - timedelta(hours=5))
    tick(app, monday - timedelta(days=1))
    app.run("deliver", now=monday - timedelta(days=1))
    assert tick(app, monday) == 1
    with app.database.read() as session:
        weekly = editions.get_edition("kyiv", date(2026, 5, 4), session=session)
    assert weekly is not None
    assert weekly.kind == "weekly"
    assert weekly.subject.startswith("The week: ")
    week = weekly.text.split("THE WEEK\n")[1].split("\n\n")[0]
    assert "2 stories in seven days; 0 stories in the seven before." in week
    assert "rare earths" in week, "what earlier editions of the week told"
    assert "Uzbekistan" not in week, "what this edition tells above"
    daily = stage.build(app.context(monday), app.ruleset, day=date(2026, 5, 4), list_name="delhi")
    assert daily.digest.week is None, "weekly: false"


def test_a_broken_day_says_so_first(opened: Open) -> None:
    app = opened()
    broken = stage.build(app.context(KYIV), app.ruleset, day=TUESDAY)
    assert broken.rendered.subject.startswith("Watch broken: no feed was polled; ")
    watched(app, KYIV - timedelta(days=1), KYIV, failed=True)
    failing = stage.build(app.context(KYIV), app.ruleset, day=TUESDAY)
    assert failing.rendered.subject.startswith("Watch broken: no feed answered; ")
    assert "A quiet day" not in failing.rendered.text


def test_hours_without_an_answer_are_told(opened: Open) -> None:
    app = opened()
    watched(app, KYIV - timedelta(days=2), KYIV - timedelta(hours=20))
    edition = stage.build(app.context(KYIV), app.ruleset, day=TUESDAY)
    gap = edition.digest.watch.gap
    assert gap == (KYIV - timedelta(hours=21), KYIV)
    assert "no feed answered from 4 May 10:00 to 5 May 07:00" in edition.rendered.text


def test_messages_that_do_not_leave_are_told(opened: Open) -> None:
    app = opened("time_zone: Europe/Kyiv\n")
    tick(app, KYIV - timedelta(days=1))  # nobody delivers
    edition = stage.build(app.context(KYIV), app.ruleset, day=TUESDAY)
    assert "Messages do not leave: 1 message should have been sent" in edition.rendered.text


@pytest.mark.parametrize(
    ("yaml", "told_"),
    [
        ("lists: [{name: Kyiv}]", "lists[0].name"),
        ("lists: [{name: a, time_zone: Kyiv}]", "no such time zone 'Kyiv'"),
        ("lists: [{name: a}, {name: a}]", "two lists are called 'a'"),
        ("lists: [{name: a, to: ['a b@example.org']}]", "is not an e-mail address"),
        ("lists: [{name: a, themes: [gold]}]", "list a: there is no theme 'gold'"),
        ("lists: [{name: a, unsubscribe: 'http://x.example/\\u000a'}]", "unsubscribe"),
        ("lists: [{name: a, hour: 24}]", "hour"),
    ],
)
def test_a_wrong_list_is_named(
    tmp_path: Path, make_settings: Callable[..., Settings], yaml: str, told_: str
) -> None:
    (tmp_path / "digest.yaml").write_text(yaml)
    with pytest.raises(ConfigError) as caught, open_app(make_settings(config_dir=tmp_path)):
        pass
    assert told_ in str(caught.value)


def test_an_unknown_list_is_told_with_those_there_are(opened: Open) -> None:
    app = opened()
    with pytest.raises(ConfigError, match="no list 'paris'") as caught:
        stage.build(app.context(KYIV), app.ruleset, list_name="paris")
    assert "kyiv, delhi" in caught.value.mend


def test_relevant_articles_that_nobody_worked_in_are_no_quiet_day(opened: Open) -> None:
    app = opened()
    watched(app, KYIV - timedelta(days=1), KYIV)
    at = KYIV - timedelta(hours=6)
    title = "Kazakhstan and the United States sign memorandum on uranium"
    with app.database.write() as session:
        articles.store_articles([_article(title, at)], feed_id=None, now=at, session=session)
    app.run("assess", now=at)  # and link does not run
    edition = stage.build(app.context(KYIV), app.ruleset, day=TUESDAY)
    assert edition.rendered.subject.startswith("Watch behind: 1 relevant article in no story; ")
