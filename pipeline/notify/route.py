"""Which routes take a story, and why, in words. Pure: nothing is read or written here."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pipeline.notify.words import joined, state_name
from schemas.alert import Alert, AlertKind, Channel, Destination
from schemas.article import Article
from schemas.assessment import Stage
from schemas.routes import RouteConfig, RouteTo, RouteWhen
from schemas.story import Story

DEFAULT_ADDRESS = "default"


class _Taker(NamedTuple):
    """A route that takes the story, why, and the destinations it wants or has won."""

    name: str
    reason: str
    destinations: tuple[Destination, ...]


def route(
    story: Story,
    article: Article,
    *,
    kind: AlertKind,
    routes: Sequence[RouteConfig],
    now: datetime,
    slack: bool,
    default_address: str | None,
    alerted: Collection[Destination] | None = None,
) -> tuple[Alert, ...]:
    """Return the alerts that ``routes`` make of ``article``, the newest report of ``story``.

    An address gets a story once: the first route that takes it wins there, and its reason names
    the others. A route left with no address makes no alert.

    Args:
        story: the story as it stands with this article in it.
        article: the report that gives rise to the alerts; its language and age are asked for.
        kind: why alerts may be due. OUTLET and STAGE are replies to a NEW one.
        routes: the rules, in order.
        now: the time against which the article's age is taken.
        slack: False where no Slack token is set; every destination is then the preview channel.
        default_address: the Slack channel meant by the address ``default``.
        alerted: the destinations that have had a NEW alert for this story, where the caller knows
            them. NEW then goes to others only, OUTLET and STAGE to these only; and a follow-up is
            not asked for ``stages`` again, so that a reader who was told of a signature is told of
            what comes after.
    """
    follow_up = alerted is not None and kind is not AlertKind.NEW
    takers: list[_Taker] = []
    for rule in routes:
        reason = explain(rule, story, article, now=now, ask_stage=not follow_up)
        if reason is not None:
            wanted = _destinations(rule, slack=slack, default_address=default_address)
            if alerted is not None:
                new = kind is AlertKind.NEW
                wanted = tuple(to for to in wanted if (to not in alerted) is new)
            takers.append(_Taker(rule.name, reason, wanted))
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


def explain(
    rule: RouteConfig, story: Story, article: Article, *, now: datetime, ask_stage: bool = True
) -> str | None:
    """Return why ``rule`` takes the story, in words, or None where it does not."""
    when = rule.when
    if now - article.published_at > timedelta(hours=when.max_age_hours):
        return None
    if story.significance < when.min_significance:
        return None
    told: list[str] = []
    for asked, words in _questions(when, story, article, ask_stage=ask_stage):
        if asked and not words:
            return None
        if words:
            told.append(words)
    told.append(f"significance {story.significance} (asks for {when.min_significance} or more)")
    return "; ".join(told)


def alert_key(route_name: str, kind: AlertKind, story: Story, article: Article) -> str:
    """Return the key that makes a re-run harmless.

    One NEW for each route and story, one OUTLET for each article of it, one STAGE for each stage.
    """
    base = f"{route_name}:{kind}:{story.id}"
    if kind is AlertKind.OUTLET:
        return f"{base}:{article.id}"
    if kind is AlertKind.STAGE:
        return f"{base}:{story.stage}"
    return base


def _questions(
    when: RouteWhen, story: Story, article: Article, *, ask_stage: bool
) -> Iterator[tuple[bool, str]]:
    """Each list of a rule: (is it asked for, what of the story answers it, in words)."""
    yield _shared("theme", when.themes, story.themes)
    yield _shared("agreement", when.agreements, (story.agreement,) if story.agreement else ())
    asked, parties = bool(when.parties), tuple(p for p in story.parties if p in when.parties)
    yield asked, f"party {joined(tuple(state_name(p) for p in parties))}" if parties else ""
    yield _shared("mineral", when.minerals, story.minerals)
    stage = (story.stage.value,) if story.stage is not Stage.NONE else ()
    stages = tuple(asked_for.value for asked_for in when.stages) if ask_stage else ()
    if Stage.NONE in when.stages and not stage:
        yield True, "no stage reported"
    else:
        yield _shared("stage", stages, stage)
    yield _shared("language", when.languages, (article.language,))


def _shared(label: str, asked: tuple[str, ...], given: tuple[str, ...]) -> tuple[bool, str]:
    wanted = {word.casefold() for word in asked}
    both = tuple(word for word in given if word.casefold() in wanted)
    return bool(asked), f"{label} {joined(both)}" if both else ""


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


def _destinations(
    rule: RouteConfig, *, slack: bool, default_address: str | None
) -> tuple[Destination, ...]:
    told = (_destination(to, slack=slack, default_address=default_address) for to in rule.to)
    return tuple(dict.fromkeys(told))


def _destination(to: RouteTo, *, slack: bool, default_address: str | None) -> Destination:
    """Where no default channel is set the address stays ``default``: the sender names the mend."""
    address = to.address
    if address == DEFAULT_ADDRESS and default_address and slack and to.channel is Channel.SLACK:
        address = default_address
    channel = to.channel if slack else Channel.PREVIEW
    return Destination(channel=channel, address=address.removeprefix("#"))


def _with_others(reason: str, others: list[str]) -> str:
    if not others:
        return reason
    names = joined(tuple(dict.fromkeys(others)))
    return f"{reason}; also taken by {names}"
