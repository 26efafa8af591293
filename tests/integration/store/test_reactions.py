"""Reactions in the store: seen, gone, back; who says what of an alert. On both databases."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from pipeline.demo.slack_server import SlackServerThread
from pipeline.store import reactions
from pipeline.store.engine import Database
from schemas.alert import Action, AlertKind, Channel, OutboxState
from schemas.feedback import Judgements, Reacted, Reaction, Saved, Verdict
from schemas.tables import ArticleRow, OutboxRow, ReactionRow
from tests.feedback_world import PLACE, Teller, Told

RIGHT, WRONG = ("white_check_mark", "+1"), ("x", "-1")
CHECK, CROSS = "white_check_mark", "x"
HOUR = timedelta(hours=1)


@pytest.fixture
def teller(database: Database, now: datetime) -> Iterator[Teller]:
    clock = now.timestamp
    with SlackServerThread(channels=["minerals", "asia"], clock=clock) as slack:
        yield Teller(database, slack, now)


def see(
    teller: Teller, told: Told, *given: tuple[str, str], at: datetime, complete: bool = True
) -> Saved:
    """Save that these (user, name) are on the message now."""
    now = frozenset(Reaction(user, name) for user, name in given)
    one = Reacted(told.outbox_id, now, complete)
    with teller.database.write() as session:
        return reactions.save_reactions([one], right=RIGHT, wrong=WRONG, now=at, session=session)


def judged(teller: Teller, **span: datetime) -> Judgements:
    with teller.database.read() as session:
        return reactions.judgements(session=session, **span)


def verdicts(teller: Teller) -> list[tuple[int, int]]:
    return [(one.right, one.wrong) for one in judged(teller).alerts]


def rows(teller: Teller) -> dict[tuple[str, str], tuple[bool, datetime, datetime | None]]:
    with teller.database.read() as session:
        return {
            (row.user, row.name): (row.right, row.seen_at, row.removed_at)
            for row in session.scalars(select(ReactionRow))
        }


# ---- what is asked for -------------------------------------------------------------------------


def asked(teller: Teller, since: datetime) -> list[int]:
    with teller.database.read() as session:
        return [m.outbox_id for m in reactions.sent_messages(since=since, session=session)]


def change(teller: Teller, told: Told, **values: object) -> None:
    with teller.database.write() as session:
        session.execute(update(OutboxRow).where(OutboxRow.id == told.outbox_id).values(**values))


def test_sent_alert_messages_of_the_days_are_asked_for(teller: Teller, now: datetime) -> None:
    young = teller.tell("young")
    old = teller.tell("old", at=now - timedelta(days=15))
    bare = teller.message()  # carries no alert: word of a feed that fell silent
    assert asked(teller, now - timedelta(days=14)) == [young.outbox_id]
    assert asked(teller, now - timedelta(days=16)) == [young.outbox_id, old.outbox_id]
    assert bare.outbox_id not in asked(teller, now - timedelta(days=99))
    with teller.database.read() as session:
        (message, _) = reactions.sent_messages(since=now - timedelta(days=16), session=session)
    assert (message.place, message.address, message.ts) == (PLACE, "minerals", young.ts)
    assert not message.reply


@pytest.mark.parametrize(
    "values",
    [
        {"channel": Channel.PREVIEW.value},
        {"action": Action.UPDATE.value},
        {"state": OutboxState.PARKED.value},
        {"external_id": None},
    ],
    ids=lambda values: next(iter(values)),
)
def test_what_is_not_a_message_in_slack_is_not_asked_for(
    teller: Teller, now: datetime, values: dict[str, object]
) -> None:
    change(teller, teller.tell("one"), **values)
    assert asked(teller, now - HOUR) == []


def test_those_never_read_come_first_then_those_read_longest_ago(
    teller: Teller, now: datetime
) -> None:
    one, two, three = (teller.tell(title) for title in ("one", "two", "three"))
    four = teller.tell("four", at=now - 2 * HOUR)
    with teller.database.write() as session:
        reactions.note_read([one.outbox_id], now=now, session=session)
        reactions.note_read([two.outbox_id], now=now - HOUR, session=session)
    ids = [m.outbox_id for m in (three, four, two, one)]
    assert asked(teller, now - 9 * HOUR) == ids


# ---- what is seen ------------------------------------------------------------------------------


def test_a_reaction_is_new_then_known_then_gone_then_back(teller: Teller, now: datetime) -> None:
    told = teller.tell("one")
    assert see(teller, told, ("U1", CHECK), at=now) == Saved(added=1)
    assert see(teller, told, ("U1", CHECK), at=now + HOUR) == Saved()
    assert rows(teller) == {("U1", CHECK): (True, now, None)}
    assert see(teller, told, at=now + 2 * HOUR) == Saved(removed=1)
    assert rows(teller) == {("U1", CHECK): (True, now, now + 2 * HOUR)}
    assert see(teller, told, at=now + 3 * HOUR) == Saved()
    assert verdicts(teller) == []
    assert see(teller, told, ("U1", CHECK), at=now + 4 * HOUR) == Saved(returned=1)
    assert rows(teller) == {("U1", CHECK): (True, now + 4 * HOUR, None)}


def test_other_reactions_are_not_kept(teller: Teller, now: datetime) -> None:
    told = teller.tell("one")
    assert see(teller, told, ("U1", "eyes"), ("U1", CROSS), at=now) == Saved(added=1)
    assert list(rows(teller)) == [("U1", CROSS)]


def test_what_was_seen_in_part_takes_nothing_away(teller: Teller, now: datetime) -> None:
    told = teller.tell("one")
    see(teller, told, ("U1", CHECK), at=now)
    seen = see(teller, told, ("U2", CHECK), at=now + HOUR, complete=False)
    assert seen == Saved(added=1)
    assert verdicts(teller) == [(2, 0)]


def test_a_name_that_changes_sides_or_counts_no_more_is_read_anew(
    teller: Teller, now: datetime
) -> None:
    told = teller.tell("one")
    see(teller, told, ("U1", "+1"), ("U2", CHECK), at=now)
    given = frozenset({Reaction("U1", "+1"), Reaction("U2", CHECK)})
    with teller.database.write() as session:
        reactions.save_reactions(
            [Reacted(told.outbox_id, given)],
            right=(),
            wrong=("+1",),
            now=now + HOUR,
            session=session,
        )
    assert rows(teller) == {
        ("U1", "+1"): (False, now, None),
        ("U2", CHECK): (True, now, now + HOUR),
    }


def test_many_messages_are_saved_at_once(teller: Teller, now: datetime) -> None:
    story = teller.story("one")
    with teller.database.write() as session:
        made = [
            OutboxRow(
                key=f"k{n}",
                channel="slack",
                address="minerals",
                payload={},
                state="sent",
                created_at=now,
                next_attempt_at=now,
                sent_at=now,
                external_id=f"1.{n:06d}",
            )
            for n in range(1200)
        ]
        session.add_all(made)
        session.flush()
        ids = [row.id for row in made]
        seen = [Reacted(id_, frozenset({Reaction("U1", CHECK)})) for id_ in ids]
        saved = reactions.save_reactions(seen, right=RIGHT, wrong=WRONG, now=now, session=session)
        reactions.note_read(ids, now=now, session=session)
    assert saved == Saved(added=1200)
    assert story
    with teller.database.read() as session:
        query = select(OutboxRow.id).where(OutboxRow.reactions_at == now)
        assert len(session.scalars(query).all()) == 1200


# ---- who says what -----------------------------------------------------------------------------


def test_an_alert_has_its_route_its_themes_and_its_report(teller: Teller, now: datetime) -> None:
    told = teller.tell("Signed", route="asia", themes=("central_asia", "localization"))
    see(teller, told, ("U1", CHECK), ("U2", CROSS), ("U3", CROSS), at=now + HOUR)
    (one,) = judged(teller).alerts
    assert (one.route, one.themes) == ("asia", ("central_asia", "localization"))
    assert (one.title, one.url) == ("Signed", "https://example.org/Signed")
    assert one.article is not None
    assert (one.story_id, one.kind) == (told.story_id, AlertKind.NEW)
    assert (one.sent_at, one.judged_at) == (now, now + HOUR)
    assert (one.right, one.wrong, one.verdict) == (1, 2, Verdict.WRONG)


def test_a_reader_counts_once_whatever_he_gives_of_a_kind(teller: Teller, now: datetime) -> None:
    told = teller.tell("one")
    see(teller, told, ("U1", CHECK), ("U1", "+1"), at=now)
    assert verdicts(teller) == [(1, 0)]


def test_of_both_the_one_seen_last_is_the_readers_word(teller: Teller, now: datetime) -> None:
    told = teller.tell("one")
    see(teller, told, ("U1", CHECK), at=now)
    see(teller, told, ("U1", CHECK), ("U1", CROSS), at=now + HOUR)
    assert verdicts(teller) == [(0, 1)]
    see(teller, told, ("U1", CHECK), at=now + 2 * HOUR)
    assert verdicts(teller) == [(1, 0)], "the last one is taken back: the one before it stands"
    see(teller, told, ("U1", CHECK), ("U1", CROSS), at=now + 3 * HOUR)
    assert verdicts(teller) == [(0, 1)]


def test_of_both_given_between_two_readings_neither_counts(teller: Teller, now: datetime) -> None:
    told = teller.tell("one")
    see(teller, told, ("U1", CHECK), ("U1", CROSS), at=now)
    assert verdicts(teller) == []
    see(teller, told, ("U1", CHECK), ("U1", CROSS), ("U2", CROSS), at=now + HOUR)
    assert verdicts(teller) == [(0, 1)]
    see(teller, told, ("U1", CHECK), ("U2", CROSS), at=now + 2 * HOUR)
    assert verdicts(teller) == [(1, 1)]


def test_one_alert_in_two_channels_is_judged_once_and_a_reader_of_both_counts_once(
    teller: Teller, now: datetime
) -> None:
    first = teller.tell("one")
    second = teller.message(*first.alerts, address="asia", place="C0000000002")
    see(teller, first, ("U1", CHECK), ("U2", CHECK), at=now)
    see(teller, second, ("U1", CROSS), at=now + HOUR)
    assert verdicts(teller) == [(1, 1)]


def test_a_message_with_several_stories_is_left_out_and_counted(
    teller: Teller, now: datetime
) -> None:
    alerts = [teller.alert(teller.story(title)) for title in ("one", "two")]
    told = teller.message(*alerts)
    silent = teller.message(*alerts)
    see(teller, told, ("U1", CHECK), at=now)
    see(teller, silent, at=now)
    assert judged(teller) == Judgements((), several=1)


def test_a_message_of_several_stories_judges_none_of_them(teller: Teller, now: datetime) -> None:
    one, other = (teller.alert(teller.story(title)) for title in ("one", "two"))
    root = teller.message(one, other)
    see(teller, root, ("U1", CHECK), at=now)
    assert verdicts(teller) == []


def test_a_reply_on_two_outlets_of_one_story_judges_the_first(
    teller: Teller, now: datetime
) -> None:
    root = teller.tell("one")
    articles = [teller.article(title) for title in ("first", "second")]
    alerts = [
        teller.alert(root.story_id, kind=AlertKind.OUTLET, article_id=article)
        for article in articles
    ]
    reply = teller.message(*alerts, root=root)
    see(teller, reply, ("U1", CHECK), at=now)
    (one,) = judged(teller).alerts
    assert (one.alert_id, one.kind, one.title) == (alerts[0], AlertKind.OUTLET, "first")


@pytest.mark.parametrize("kind", [AlertKind.MERGED, AlertKind.RETRACTED])
def test_word_of_a_story_withdrawn_is_not_judged(
    teller: Teller, now: datetime, kind: AlertKind
) -> None:
    root = teller.tell("one")
    reply = teller.message(teller.alert(root.story_id, kind=kind), root=root)
    see(teller, reply, ("U1", CHECK), at=now)
    assert judged(teller) == Judgements()


def test_the_span_is_that_of_sending(teller: Teller, now: datetime) -> None:
    for number, ago in enumerate((0, 5, 9)):
        told = teller.tell(f"title {number}", at=now - timedelta(days=ago))
        see(teller, told, ("U1", CHECK), at=now + number * HOUR)
    assert [j.title for j in judged(teller).alerts] == ["title 2", "title 1", "title 0"]
    week = judged(teller, since=now - timedelta(days=7)).alerts
    assert [j.title for j in week] == ["title 1", "title 0"]
    before = judged(teller, since=now - timedelta(days=5), until=now).alerts
    assert [j.title for j in before] == ["title 1"]


def test_an_article_that_is_gone_leaves_the_storys_title(teller: Teller, now: datetime) -> None:
    told = teller.tell("one")
    see(teller, told, ("U1", CROSS), at=now)
    with teller.database.write() as session:
        session.execute(delete(ArticleRow))
    (one,) = judged(teller).alerts
    assert (one.title, one.url, one.article) == ("one", None, None)
