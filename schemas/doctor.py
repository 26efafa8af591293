"""What `mineralwatch doctor` finds."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    """The watch works, with something less or something to come."""
    FAIL = "fail"
    """Something that is set up does not work."""
    SKIPPED = "skipped"
    """Not looked at: not set up, not wanted, or it needs what failed before."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, what was seen, and the mend where one is needed."""

    name: str
    verdict: Verdict
    seen: str
    mend: str = ""


def ok(name: str, seen: str) -> Check:
    """All is well."""
    return Check(name, Verdict.OK, seen)


def warn(name: str, seen: str, mend: str) -> Check:
    """It works, with something less."""
    return Check(name, Verdict.WARN, seen, mend)


def fail(name: str, seen: str, mend: str) -> Check:
    """It does not work."""
    return Check(name, Verdict.FAIL, seen, mend)


def skipped(name: str, seen: str) -> Check:
    """It was not looked at."""
    return Check(name, Verdict.SKIPPED, seen)
