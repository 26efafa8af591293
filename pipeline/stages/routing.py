"""Which alerts a story's change makes: new places, replies in threads, edits of what was told.

A place that has not had the story gets it as new. In places that have, a message that nobody has
seen yet is rewritten; otherwise the first message is edited where stage or significance changed,
and replies in its thread say what is new. What happens in which place is decided here and put into
the outbox by stages.queueing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from pipeline.notify.route import Resolve, alert_key, crossed, route
from pipeline.stages.context import Context
from pipeline.stages.places import resolver
from pipeline.stages.queueing import Queue
from pipeline.stages.telling import Teller, independent
from pipeline.store import messages
from pipeline.store.assessments import ReadArticle
from schemas.alert import Alert, AlertKind, Channel, Destination
from schemas.routing import Happening, Told
from schemas.story import Story

QUIET_CHANNELS = frozenset({Channel.EMAIL})
"""Where one outlet more is no message: a thread takes it in its stride, an inbox does not."""
EDITABLE = frozenset({Channel.SLACK})


@dataclass(frozen=True, slots=True)
class _Change:
    """A story before and after a report, as rules are asked about it."""

    before: Happening | None
    after: Happening
    said: tuple[str, ...]
    """What changed of stage and significance, in words."""
    new_outlet: bool


def alert(
    before: Story | None, story: Story, read: ReadArticle, context: Context, session: Session
) -> int:
    """Store the alerts that this report causes and their messages; returns how many messages."""
    router = Router(context, session)
    return router.tell(before, story, read)


class Router:
    """Decides and queues, within the caller's transaction."""

    def __init__(self, context: Context, session: Session) -> None:
        self._context = context
        self._session = session
        self._teller = Teller(context, session)
        self._queue = Queue(context, session, self._teller)
        self._resolve: Resolve = resolver(context)

    def tell(self, before: Story | None, story: Story, read: ReadArticle) -> int:
        """Tell of one report; returns how many messages were queued."""
        change = self._change(before, story, read)
        told = messages.told_places(story.id, session=self._session)
        queued = self._open(change.after, {one.destination for one in told})
        if before is not None and before.retracted_reason is not None:
            return queued + self.correct(before, story, read)
        for one in told:
            if one.waiting:
                self._queue.renew(one, change.after)
        gone = [one for one in told if not one.waiting]
        if change.said:
            queued += self._edit(change.after, gone, change.said)
            queued += self._reply(AlertKind.STAGE, change, gone)
        elif change.new_outlet:
            loud = [one for one in gone if one.destination.channel not in QUIET_CHANNELS]
            queued += self._reply(AlertKind.OUTLET, change, loud)
        return queued

    def retract(self, story: Story) -> int:
        """Tell that a story does not stand; returns how many messages were queued."""
        newest = self._teller.reads(story.id)[-1]
        return self._close(AlertKind.RETRACTED, Happening(story, newest.article))

    def _close(self, kind: AlertKind, after: Happening) -> int:
        """Take a story out of what waits; have what went say that it does not stand by itself."""
        story = after.story
        told = messages.told_places(story.id, session=self._session)
        gone = []
        for one in told:
            if one.waiting:
                self._queue.take_back(one, story.id)
            else:
                gone.append(one)
        edits = self._each(kind, after, gone, self._queue.edit, only=EDITABLE)
        # Who reads the channel and no threads believes what was told there until told otherwise.
        reply = partial(self._queue.reply, broadcast=kind is AlertKind.RETRACTED)
        reason = "it told of this story"
        return edits + self._each(kind, after, gone, reply, reason=reason, suffix=":reply")

    def correct(self, before: Story, story: Story, withdrawn: ReadArticle) -> int:
        """Tell that a story stands otherwise than told, since one report is not counted any more.

        Also where it stands again after it was retracted.
        """
        after = self._teller.happening(story, withdrawn)
        said = _said(before, story)
        if before.retracted_reason is not None:
            said = ("it stands again", *said)
        told = messages.told_places(story.id, session=self._session)
        for one in told:
            if one.waiting:
                self._queue.renew(one, after)
        gone = [one for one in told if not one.waiting]
        if not said:
            return 0
        queued = self._edit(after, gone, said)
        return queued + self._reply(AlertKind.STAGE, _Change(None, after, said, False), gone)

    def hand_over(self, story: Story, to: Story) -> int:
        """Let the messages of a story that turned out to be part of another stand for that one.

        Where the other has a message of its own, this one says that it is part of it.
        """
        theirs = {m.destination for m in messages.told_places(to.id, session=self._session)}
        after = self._teller.happening(to, self._teller.reads(to.id)[-1])
        moved = [
            one
            for one in messages.told_places(story.id, session=self._session)
            if one.destination not in theirs
        ]
        for one in moved:
            messages.give_alerts(story.id, to.id, one.key, session=self._session)
            if one.waiting:
                self._queue.renew(one, after)
        queued = self._close(AlertKind.MERGED, Happening(story, after.article))
        return queued + self._edit(after, [one for one in moved if not one.waiting], ())

    def _open(self, happening: Happening, told: set[Destination]) -> int:
        queued = 0
        for made in route(
            happening,
            kind=AlertKind.NEW,
            routes=self._context.catalog.routes,
            now=self._context.now,
            resolve=self._resolve,
            alerted=told,
        ):
            alert_id = messages.add_alert(made, now=self._context.now, session=self._session)
            if alert_id is None:
                continue
            for place in made.destinations:
                queued += self._queue.first(made, alert_id, place, happening)
        return queued

    def _edit(self, after: Happening, gone: Sequence[Told], said: tuple[str, ...]) -> int:
        return self._each(
            AlertKind.UPDATE, after, gone, self._queue.edit, only=EDITABLE, reason="; ".join(said)
        )

    def _reply(self, kind: AlertKind, change: _Change, gone: Sequence[Told]) -> int:
        """Reply in the thread, and into the channel besides where a rule's bar is crossed."""
        queued = 0
        for made, one, loudly in self._replies(kind, change, gone):
            alert_id = messages.add_alert(made, now=self._context.now, session=self._session)
            if alert_id is not None:
                queued += self._queue.reply(
                    made, alert_id, one, changes=change.said, broadcast=loudly
                )
        return queued

    def _replies(
        self, kind: AlertKind, change: _Change, gone: Sequence[Told]
    ) -> list[tuple[Alert, Told, bool]]:
        """(alert, place, whether the channel sees it) for each place where a rule has it told."""
        after, before = change.after, change.before
        routes, now = self._context.catalog.routes, self._context.now
        followed = {
            place: made
            for made in route(
                after,
                kind=kind,
                routes=routes,
                now=now,
                resolve=self._resolve,
                alerted=[one.destination for one in gone],
            )
            for place in made.destinations
        }
        found = []
        for one in gone:
            place = one.destination
            over = before and crossed(
                before, after, routes=routes, place=place, now=now, resolve=self._resolve
            )
            made = followed.get(place)
            name, reason = over or ((made.route, made.reason) if made else ("", ""))
            if name:
                found.append((self._alert(kind, after, name, reason, one), one, over is not None))
        return found

    def _each(
        self,
        kind: AlertKind,
        after: Happening,
        gone: Sequence[Told],
        put: Callable[[Alert, int, Told], int],
        *,
        only: frozenset[Channel] | None = None,
        reason: str = "",
        suffix: str = "",
    ) -> int:
        """An alert and a message for each place that has had the story, whatever rules say now."""
        queued = 0
        for one in gone:
            if only is not None and one.destination.channel not in only:
                continue
            made = self._alert(kind, after, one.route, reason, one, suffix)
            alert_id = messages.add_alert(made, now=self._context.now, session=self._session)
            if alert_id is not None:
                queued += put(made, alert_id, one)
        return queued

    def _alert(
        self,
        kind: AlertKind,
        after: Happening,
        name: str,
        reason: str,
        one: Told,
        suffix: str = "",
    ) -> Alert:
        base = alert_key(name, kind, after.story, after.article)
        key = f"{base}:{one.destination.label}{suffix}"
        turn = messages.count_alerts(key, session=self._session)
        return Alert(
            key=f"{key}#{turn}" if turn else key,
            turn=turn,
            kind=kind,
            story_id=after.story.id,
            route=name,
            destinations=(one.destination,),
            reason=reason,
            article_id=after.article.id,
        )

    def _change(self, before: Story | None, story: Story, read: ReadArticle) -> _Change:
        after = self._teller.happening(story, read)
        if before is None:
            return _Change(None, after, (), new_outlet=False)
        others = [one for one in self._teller.reads(story.id) if one.article.id != read.article.id]
        earlier = Happening(
            before,
            read.article,
            previous_stage=None,
            outlets=independent(others),
            tier=min((one.article.tier for one in others), default=None),
        )
        new_outlet = read.article.outlet not in before.outlets
        return _Change(earlier, after, _said(before, story), new_outlet=new_outlet)


def _said(before: Story, story: Story) -> tuple[str, ...]:
    """What a reader of the first message would have to be told, in words."""
    said = []
    if story.stage is not before.stage:
        said.append(f"{before.stage.value} → {story.stage.value}")
    if story.significance != before.significance:
        said.append(f"significance {before.significance} → {story.significance}")
    return tuple(said)
