"""What is done to a world: killed at random points, and several senders at once."""

import math
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.app import PASS
from tests.kill.check import Told, differences, told, violations
from tests.kill.nursery import Kill, Nursery
from tests.kill.world import Plan, Tally, World

MOST: Final = {"poll": 60, "fulltext": 40, "assess": 24, "link": 160, "deliver": 120}
"""Up to which event of a stage it is killed; a stage that has fewer lives on."""
PHASES: Final = {
    "poll": ("fetch", "fetched", "commit", "committed"),
    "fulltext": ("fetch", "fetched", "commit", "committed"),
    "assess": ("read", "commit", "committed"),
    "link": ("commit", "committed"),
    "deliver": ("request", "requested", "answering", "answered", "commit", "committed"),
}
"""The moments that matter most; half of the kills are at one of the first few of such a kind."""
_FIRST: Final = 8
_WEIGHTS: Final = {"poll": 2, "fulltext": 1, "assess": 2, "link": 3, "deliver": 4}
TIMED: Final = 0.15
"""Share of passes killed at a moment instead of an event."""
_BACKLOG: Final = 5
"""Waves that wait for several senders."""
_UNHURT: Final = 0.05
_PASSES_A_KILL: Final = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    tally: Tally
    waves: int
    violations: list[str]
    messages: int
    replies: int
    stories: int
    moves: int


def killed_anywhere(
    folder: Path,
    database_url: str,
    calm_url: str,
    nursery: Nursery,
    *,
    seed: int,
    kills: int,
    timed: float = TIMED,
) -> Outcome:
    """Kill so many times, settle, check, and compare with a run of the same news left alone.

    Args:
        folder: for configuration; may be empty.
        database_url: migrated and empty.
        calm_url: another such, for the run that is left alone.
        nursery: forks the processes.
        seed: of news, faults and kills.
        kills: how many.
        timed: share of passes killed at a moment instead of an event; with 0 the same is killed
            again, however busy the machine is.
    """
    dice = random.Random(seed)  # noqa: S311
    with World(folder / "killed", database_url, nursery, seed=seed) as world:
        while sum(world.tally.kills.values()) < kills:
            if world.tally.passes > kills * _PASSES_A_KILL:
                raise AssertionError(f"{world.tally.passes} passes brought no {kills} kills")
            if world.quiet():
                world.release()
            world.sabotage(dice)
            world.run(plan(dice, timed=timed))
        world.become_quiet()
        return _outcome(world, folder, calm_url, nursery, seed)


def several_senders(
    folder: Path, database_url: str, calm_url: str, nursery: Nursery, *, seed: int, kills: int
) -> Outcome:
    """The same with three processes at a time: a whole pass, and two that only send."""
    dice = random.Random(seed)  # noqa: S311
    with World(folder / "several", database_url, nursery, seed=seed) as world:
        while sum(world.tally.kills.values()) < kills:
            if world.tally.passes > kills * _PASSES_A_KILL:
                raise AssertionError(f"{world.tally.passes} rounds brought no {kills} kills")
            for _ in range(_BACKLOG):  # so that there is something for three to send
                world.release()
                world.held_back.add(len(world.released_at))
                world.run(Plan(stages=PASS[: PASS.index("deliver")]))
            world.held_back.discard(len(world.released_at))
            while not world.quiet():
                world.sabotage(dice)
                sends = [Plan(kill=_sending(dice), stages=("deliver",)) for _ in range(2)]
                world.run_together([Plan(kill=_sending(dice)), *sends])
        world.become_quiet()
        return _outcome(world, folder, calm_url, nursery, seed)


def plan(dice: random.Random, *, timed: float = TIMED) -> Plan:
    """What happens to the next pass; follows from the dice alone."""
    lot = dice.random()
    if lot < _UNHURT:
        return Plan()
    if lot < _UNHURT + timed:
        workers = dice.random() < 0.3
        longest = 1.5 if workers else 0.4
        return Plan(
            after_s=dice.uniform(0, longest),
            worker=workers and dice.random() < 0.5,
            parse_processes=2 if workers else 0,
        )
    (stage,) = dice.choices([*_WEIGHTS], weights=[*_WEIGHTS.values()])
    return Plan(kill=_kill(dice, stage))


def _kill(dice: random.Random, stage: str) -> Kill:
    if dice.random() < 0.5:
        return Kill(stage, _event(dice, _FIRST), dice.choice(PHASES[stage]))
    return Kill(stage, _event(dice, MOST[stage]))


def _event(dice: random.Random, most: int) -> int:
    """Early events more often than late ones, which not every pass has."""
    return round(math.exp(dice.uniform(0, math.log(most))))


def _sending(dice: random.Random) -> Kill | None:
    return _kill(dice, "deliver") if dice.random() < 0.7 else None


def _outcome(world: World, folder: Path, calm_url: str, nursery: Nursery, seed: int) -> Outcome:
    found = violations(world)
    here = told(world)
    there = left_alone(folder / "calm", calm_url, nursery, seed=seed, like=world)
    messages = world.slack.messages
    return Outcome(
        tally=world.tally,
        waves=len(world.released_at),
        violations=[*found, *differences(here, there)],
        messages=len(messages),
        replies=sum(message.thread_ts is not None for message in messages),
        stories=len(here.stories),
        moves=len(here.moves),
    )


def left_alone(folder: Path, url: str, nursery: Nursery, *, seed: int, like: World) -> Told:
    """The same news at the same times as in another world, with no kill and no fault.

    At the same times, since how far two reports are apart has a part in whether they tell the same;
    and sent before the next wave where it was there, since what has not left yet can still be
    changed instead of being followed up.

    Raises:
        AssertionError: even so something is wrong.
    """
    with World(folder, url, nursery, seed=seed) as world:
        for number, at in enumerate(like.released_at, 1):
            world.now = at
            world.release()
            if number in like.held_back:
                world.run(Plan(stages=PASS[: PASS.index("deliver")]))
            else:
                world.become_quiet()
        world.become_quiet()
        wrong = violations(world)
        assert not wrong, f"already wrong with nobody killed: {wrong}"
        return told(world)
