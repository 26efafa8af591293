"""Messages into the outbox: first ones, replies, edits; joined, held and rewritten as rules say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from pipeline.log import get_logger
from pipeline.notify import timing
from pipeline.notify.render import render_bundle_payload, render_payload
from pipeline.stages.context import Context
from pipeline.stages.telling import Teller
from pipeline.store import messages
from pipeline.store.engine import after_commit
from schemas.alert import Action, Alert, AlertContent, AlertKind, Channel, Destination
from schemas.routes import RouteConfig
from schemas.routing import Due, Happening, Told

_log = get_logger(__name__)

ONE_EACH = frozenset({Channel.WEBHOOK})
"""Channels in which a story is a message of its own whatever comes with it: programs read them."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a first message goes: when, and what may join it; or which one it joins."""

    due: Due
    gathers: str | None = None
    joins: str | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """Puts messages into the outbox, within the caller's transaction."""

    context: Context
    session: Session
    teller: Teller

    def first(self, made: Alert, alert_id: int, to: Destination, happening: Happening) -> bool:
        """Queue the first message of a story in a place, or let one that waits carry it too."""
        plan = self._plan(made, to, happening)
        if plan.joins is not None and self._join(plan.joins, made, alert_id, to):
            return True
        key = messages.new_root_key(made.story_id, to, session=self.session)
        message = messages.NewMessage(
            key=key,
            channel=to.channel,
            address=to.address,
            payload=self._root_payload(key, [made], to, plan.gathers),
            due_at=plan.due.at,
            gathers=plan.gathers,
        )
        return self._add(message, made, alert_id)

    def renew(self, told: Told, happening: Happening) -> bool:
        """Say what is known by now in a message that nobody has seen, and send it sooner if due."""
        alerts = messages.carried_alerts(told.key, session=self.session)
        gathers = messages.gathering(told.key, session=self.session)
        rule = self.teller.rule(told.route)
        due = None
        if rule is not None:
            sooner = self._sooner(rule, told, gathers, happening)
            due = sooner if sooner < told.due_at else None
        payload = self._root_payload(told.key, alerts, told.destination, gathers)
        return messages.rewrite(told.key, payload, due_at=due, session=self.session)

    def take_back(self, told: Told, story_id: int) -> None:
        """Take a story out of what nobody has seen."""
        alerts = messages.carried_alerts(told.key, session=self.session)
        left = [alert for alert in alerts if alert.story_id != story_id]
        if not left:
            messages.withdraw(told.key, session=self.session)
            return
        messages.drop_carried(told.key, story_id, session=self.session)
        gathers = messages.gathering(told.key, session=self.session)
        payload = self._root_payload(told.key, left, told.destination, gathers)
        messages.rewrite(told.key, payload, session=self.session)

    def edit(self, made: Alert, alert_id: int, told: Told) -> bool:
        """Have the first message say how its stories stand now; the alert's reason says what moved.

        Edits that nobody has made yet become one.
        """
        to, gathers = told.destination, f"update:{told.key}"
        carried = messages.carried_alerts(told.key, session=self.session)
        root = messages.gathering(told.key, session=self.session)
        waiting = messages.open_gathering(gathers, to, session=self.session)
        earlier = messages.carried_alerts(waiting, session=self.session) if waiting else []
        changes = tuple(one.reason for one in (*earlier, made) if one.reason)
        payload = self._root_payload(told.key, carried, to, root, changes=changes, edited=True)
        if waiting and messages.rewrite(waiting, payload, session=self.session):
            messages.carry(waiting, alert_id, session=self.session)
            self._tell("joined a message", waiting, made, alert_id)
            return False
        return self._add(
            messages.NewMessage(
                key=_key(made, to, "-edit"),
                channel=to.channel,
                address=to.address,
                payload=payload,
                thread_key=told.key,
                action=Action.UPDATE,
                due_at=self._at_once(made).at,
                gathers=gathers,
            ),
            made,
            alert_id,
        )

    def reply(
        self,
        made: Alert,
        alert_id: int,
        told: Told,
        *,
        changes: tuple[str, ...] = (),
        broadcast: bool = False,
    ) -> bool:
        """Reply in the thread; outlets that follow one another share a reply."""
        to, gathers, due = told.destination, None, self._at_once(made)
        if made.kind is AlertKind.OUTLET and not broadcast:
            gathers = f"outlets:{told.key}"
            due = timing.reply_due(
                self.teller.rule(made.route),
                now=self.context.now,
                significance=self.teller.story(made.story_id).significance,
                minutes=self.context.catalog.routing.reply_minutes,
            )
            if self._join_reply(gathers, made, alert_id, to):
                return False
        key = _key(made, to)
        payload = self._payload(made, key, to, changes=changes)
        if broadcast and to.channel is Channel.SLACK:
            payload["reply_broadcast"] = True
        return self._add(
            messages.NewMessage(
                key=key,
                channel=to.channel,
                address=to.address,
                payload=payload,
                thread_key=told.key,
                due_at=due.at,
                gathers=gathers,
            ),
            made,
            alert_id,
        )

    def _plan(self, made: Alert, to: Destination, happening: Happening) -> _Plan:
        rule, now = self.teller.rule(made.route), self.context.now
        if rule is None:
            return _Plan(Due(now))
        significance = happening.story.significance
        due = timing.first_due(
            rule, now=now, seen_at=now, significance=significance, outlets=happening.outlets
        )
        if to.channel in ONE_EACH:
            return _Plan(due)
        gathers = None
        if rule.batch_minutes:
            gathers = f"batch:{rule.name}"
            joins = messages.open_gathering(gathers, to, session=self.session)
            if joins is not None:
                return _Plan(due, gathers, joins)
            window = timing.batch_due(rule, now=now, significance=significance)
            due = max(due, window, key=lambda one: one.at)
        room = self._room(rule, to, due, significance)
        if room is not None:
            gathers = f"more:{rule.name}"
            joins = messages.open_gathering(gathers, to, session=self.session)
            return _Plan(room, gathers, joins)
        return _Plan(due, gathers)

    def _room(self, rule: RouteConfig, to: Destination, due: Due, significance: int) -> Due | None:
        told = messages.recent_dues(rule.name, to, since=due.at - timing.HOUR, session=self.session)
        return timing.ceiling_due(rule, due, told, significance=significance)

    def _sooner(
        self, rule: RouteConfig, told: Told, gathers: str | None, happening: Happening
    ) -> datetime:
        """When a message that waits may go, by what is known now."""
        significance = happening.story.significance
        if gathers is None:
            return timing.first_due(
                rule,
                now=self.context.now,
                seen_at=self.context.now,
                significance=significance,
                outlets=happening.outlets,
            ).at
        if gathers.startswith("batch:"):
            window = timing.batch_due(rule, now=told.queued_at, significance=significance)
            return max(window.at, self.context.now)
        return told.due_at

    def _join(self, key: str, made: Alert, alert_id: int, to: Destination) -> bool:
        alerts = [*messages.carried_alerts(key, session=self.session), made]
        gathers = messages.gathering(key, session=self.session)
        payload = self._root_payload(key, alerts, to, gathers)
        if not messages.rewrite(key, payload, session=self.session):
            return False
        messages.carry(key, alert_id, session=self.session)
        self._tell("joined a message", key, made, alert_id)
        return True

    def _join_reply(self, gathers: str, made: Alert, alert_id: int, to: Destination) -> bool:
        key = messages.open_gathering(gathers, to, session=self.session)
        if key is None:
            return False
        earlier = messages.carried_alerts(key, session=self.session)
        payload = self._payload(earlier[0], key, to, more=[*earlier[1:], made])
        if not messages.rewrite(key, payload, session=self.session):
            return False
        messages.carry(key, alert_id, session=self.session)
        self._tell("joined a message", key, made, alert_id)
        return True

    def _payload(
        self,
        made: Alert,
        key: str,
        to: Destination,
        *,
        changes: tuple[str, ...] = (),
        more: Sequence[Alert] = (),
    ) -> dict[str, Any]:
        """A message of one story; ``more`` are further reports of it."""
        content = self.teller.content(made, key=key, changes=changes)
        further = [self.teller.content(alert, key=key) for alert in more]
        reports = tuple(report for one in (content, *further) for report in one.reports)
        return self._rendered(replace(content, reports=reports), to)

    def _root_payload(
        self,
        key: str,
        alerts: Sequence[Alert],
        to: Destination,
        gathers: str | None,
        *,
        changes: tuple[str, ...] = (),
        edited: bool = False,
    ) -> dict[str, Any]:
        """A first message as it is by now: of one story, or of several that go together."""
        overflow = gathers is not None and gathers.startswith("more:")
        kind = AlertKind.UPDATE if edited else AlertKind.NEW
        contents = [
            replace(self.teller.content(alert, key=key, changes=changes), kind=kind)
            for alert in alerts
        ]
        if len(contents) == 1 and not overflow:
            return self._rendered(contents[0], to)
        rule = self.teller.rule(alerts[0].route)
        return render_bundle_payload(
            contents,
            to.channel,
            key=key,
            route=(rule.title if rule else "") or alerts[0].route,
            reason=_together(rule, overflow=overflow),
            more=overflow,
            sender=self.context.settings.digest_from,
        )

    def _rendered(self, content: AlertContent, to: Destination) -> dict[str, Any]:
        return render_payload(content, to.channel, sender=self.context.settings.digest_from)

    def _at_once(self, made: Alert) -> Due:
        return timing.at_once(
            self.teller.rule(made.route),
            now=self.context.now,
            significance=self.teller.story(made.story_id).significance,
        )

    def _add(self, message: messages.NewMessage, made: Alert, alert_id: int) -> bool:
        added = messages.add_message(
            message, now=self.context.now, alert_id=alert_id, session=self.session
        )
        if added:
            self._tell("queued", message.key, made, alert_id)
        return added

    def _tell(self, what: str, key: str, made: Alert, alert_id: int) -> None:
        """One line for each alert that a message carries."""
        named = {"story": made.story_id, "alert": alert_id, "article": made.article_id}
        after_commit(self.session, partial(_log.info, what, **named, route=made.route, key=key))


def _together(rule: RouteConfig | None, *, overflow: bool) -> str:
    """Why stories share a message."""
    if rule is None:
        return "the rule is in routes.yaml no more"
    if overflow:
        return f"at most {rule.max_per_hour} messages an hour go by themselves"
    return f"stories of {rule.batch_minutes} minutes go together"


def _key(made: Alert, to: Destination, suffix: str = "") -> str:
    """The outbox key of a reply or an edit: one for each report, kind and place."""
    turn = f"#{made.turn}" if made.turn else ""
    return f"story:{made.story_id}:{made.kind.value}{suffix}:{made.article_id}:{to.label}{turn}"
