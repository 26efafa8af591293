"""Which routes take a story, where they send it, and why, in words. Pure."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from pipeline.notify.rules import judge
from pipeline.notify.words import joined
from schemas.alert import Alert, AlertKind, Destination
from schemas.article import Article
from schemas.routes import RouteConfig, RouteTo
from schemas.routing import Happening
from schemas.story import Story

Resolve = Callable[[RouteTo], Destination]
"""The place that a rule's destination means with the settings in force."""


class _Taker(NamedTuple):
    """A route that takes the story, why, and the destinations it wants or has won."""

    name: str
    reason: str
    destinations: tuple[Destination, ...]


def route(
    happening: Happening,
    *,
    kind: AlertKind,
    routes: Sequence[RouteConfig],
    now: datetime,
    resolve: Resolve,
    alerted: Collection[Destination] | None = None,
) -> tuple[Alert, ...]:
    """Return the alerts that ``routes`` make of a story and its newest report.

    An address gets a story once: the first route that takes it wins there, and its reason names
    the others. A route left with no address makes no alert.

    Args:
        happening: the story as it stands with the report in it.
        kind: why alerts may be due. OUTLET and STAGE are replies to a NEW one.
        routes: the rules, in order.
        now: the time against which the report's age is taken.
        resolve: the place that a rule's destination means.
        alerted: the destinations that have had a NEW alert for this story, where the caller knows
            them. NEW then goes to others only, OUTLET and STAGE to these only.
    """
    follow_up = alerted is not None and kind is not AlertKind.NEW
    takers: list[_Taker] = []
    for rule in routes:
        verdict = judge(rule, happening, now=now, follow_up=follow_up)
        if verdict.taken:
            wanted = tuple(dict.fromkeys(resolve(to) for to in rule.to))
            if alerted is not None:
                new = kind is AlertKind.NEW
                wanted = tuple(to for to in wanted if (to not in alerted) is new)
            takers.append(_Taker(rule.name, verdict.reason, wanted))
    story, article = happening.story, happening.article
    return tuple(
        Alert(
            key=alert_key(name, kind, story, article),
            kind=kind,
            story_id=story.id,
            route=name,
            destinations=won,
            reason=reason,
            article_id=article.id,
        )
        for name, reason, won in _share_out(takers)
    )


def crossed(
    before: Happening,
    after: Happening,
    *,
    routes: Sequence[RouteConfig],
    place: Destination,
    now: datetime,
    resolve: Resolve,
) -> tuple[str, str] | None:
    """Return (route, reason) of the first rule that sends to ``place`` now and would not before.

    A reader who has the story already is then told so that it is not overlooked in a thread.
    """
    for rule in routes:
        if place not in {resolve(to) for to in rule.to}:
            continue
        verdict = judge(rule, after, now=now)
        if verdict.taken and not judge(rule, before, now=now).taken:
            return rule.name, verdict.reason
    return None


def alert_key(route_name: str, kind: AlertKind, story: Story, article: Article) -> str:
    """Return the key that makes a re-run harmless.

    One NEW for each route and story; of others one for each article that gives rise to it.
    """
    base = f"{route_name}:{kind}:{story.id}"
    return base if kind is AlertKind.NEW else f"{base}:{article.id}"


def _share_out(takers: Sequence[_Taker]) -> Iterator[_Taker]:
    """Give each destination to the first that wants it; name the others in the winner's reason."""
    owner: dict[Destination, str] = {}
    others: dict[str, list[str]] = {}
    for taker in takers:
        for destination in taker.destinations:
            first = owner.setdefault(destination, taker.name)
            if first != taker.name:
                others.setdefault(first, []).append(taker.name)
    for taker in takers:
        won = tuple(to for to in taker.destinations if owner[to] == taker.name)
        if won:
            yield _Taker(taker.name, _with_others(taker.reason, others.get(taker.name, [])), won)


def _with_others(reason: str, others: list[str]) -> str:
    if not others:
        return reason
    names = joined(tuple(dict.fromkeys(others)))
    return f"{reason}; also taken by {names}"
