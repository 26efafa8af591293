"""What one rule makes of a story: each question, what answers it, in words. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pipeline.notify.words import joined, state_name
from schemas.assessment import Stage
from schemas.routes import Move, RouteConfig, RouteWhen
from schemas.routing import Condition, Happening, Verdict


def judge(
    rule: RouteConfig, happening: Happening, *, now: datetime, follow_up: bool = False
) -> Verdict:
    """Return what ``rule`` makes of the story.

    Args:
        rule: the route.
        happening: the story with its newest report.
        now: the time against which the report's age is taken.
        follow_up: the reader has had the story. Stages, moves and the number of outlets are not
            asked for again then: whoever was told of a signature is told of what comes after.
    """
    return Verdict(rule.name, tuple(_conditions(rule.when, happening, now, follow_up=follow_up)))


def _conditions(
    when: RouteWhen, happening: Happening, now: datetime, *, follow_up: bool
) -> Iterator[Condition]:
    story = happening.story
    yield from _shared("theme", when.themes, story.themes)
    yield from _shared("agreement", when.agreements, (story.agreement,) if story.agreement else ())
    yield from _parties(when, story.parties)
    yield from _shared("mineral", when.minerals, story.minerals)
    if not follow_up:
        yield from _stage(when, story.stage)
        yield from _move(when, happening)
        yield from _outlets(when, happening)
    yield from _shared("language", when.languages, (happening.article.language,))
    yield from _tier(when, happening)
    yield Condition(
        "significance",
        f"{when.min_significance} or more",
        str(story.significance),
        story.significance >= when.min_significance,
        f"significance {story.significance} (asks for {when.min_significance} or more)",
    )
    age = now - happening.article.published_at
    yield Condition(
        "age",
        f"at most {when.max_age_hours} h",
        f"{age.total_seconds() / 3600:.0f} h",
        age <= timedelta(hours=when.max_age_hours),
    )


def _shared(label: str, asked: tuple[str, ...], given: tuple[str, ...]) -> Iterator[Condition]:
    if not asked:
        return
    wanted = {word.casefold() for word in asked}
    both = tuple(word for word in given if word.casefold() in wanted)
    told = f"{label} {joined(both)}" if both else ""
    yield Condition(label, _any_of(asked), joined(given) or "none", bool(both), told)


def _parties(when: RouteWhen, given: tuple[str, ...]) -> Iterator[Condition]:
    if when.parties:
        both = tuple(state_name(code) for code in given if code in when.parties)
        told = f"party {joined(both)}" if both else ""
        asked = _any_of(tuple(state_name(code) for code in when.parties))
        named = joined(tuple(state_name(code) for code in given)) or "none"
        yield Condition("party", asked, named, bool(both), told)


def _stage(when: RouteWhen, stage: Stage) -> Iterator[Condition]:
    if when.stages:
        told = f"stage {stage.value}" if stage is not Stage.NONE else "no stage reported"
        asked = _any_of(tuple(one.value for one in when.stages))
        met = stage in when.stages
        yield Condition("stage", asked, stage.value, met, told if met else "")


def _move(when: RouteWhen, happening: Happening) -> Iterator[Condition]:
    if not when.moves:
        return
    before, now = happening.previous_stage, happening.story.stage
    given = f"{before.value} → {now.value}" if before is not None else "no move"
    met = before is not None and any(_is_move(move, before, now) for move in when.moves)
    asked = " or ".join(f"{_stages(move.before)} → {_stages(move.to)}" for move in when.moves)
    yield Condition("move", asked, given, met, f"moved {given}" if met else "")


def _is_move(move: Move, before: Stage, now: Stage) -> bool:
    fits = (not move.before or before in move.before) and (not move.to or now in move.to)
    return fits and before is not now


def _outlets(when: RouteWhen, happening: Happening) -> Iterator[Condition]:
    if when.min_outlets > 1:
        count = happening.outlets
        told = f"{count} independent outlets (asks for {when.min_outlets} or more)"
        met = count >= when.min_outlets
        asked = f"{when.min_outlets} or more"
        yield Condition("independent outlets", asked, str(count), met, told)


def _tier(when: RouteWhen, happening: Happening) -> Iterator[Condition]:
    if when.max_tier is not None:
        tier = happening.tier if happening.tier is not None else happening.article.tier
        told = f"a source of tier {tier} (asks for {when.max_tier} or better)"
        asked = f"{when.max_tier} or better"
        yield Condition("source tier", asked, str(tier), tier <= when.max_tier, told)


def _any_of(words: tuple[str, ...]) -> str:
    return " or ".join(words)


def _stages(stages: tuple[Stage, ...]) -> str:
    return "/".join(stage.value for stage in stages) or "any"
