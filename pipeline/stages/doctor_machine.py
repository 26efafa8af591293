"""The doctor's checks of this machine: time zones, the model, room, and what others may read."""

import os
import shutil
import stat
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.assess.assessor import Assessor
from pipeline.assess.model_files import PACKAGE_MODEL, model_hash
from pipeline.errors import PipelineError
from pipeline.stages.context import Context
from schemas.assessment import Document
from schemas.doctor import Check, fail, ok, skipped, warn

ROOM_WARN, ROOM_FAIL = 2_000_000_000, 200_000_000
"""Bytes. 1,000 feeds with their archive grow by some GB a year; 0.2 GB is what Airflow's logs and
database take in some days."""

WINTER, SUMMER = datetime(2026, 1, 15, 12, 0), datetime(2026, 7, 15, 12, 0)  # noqa: DTZ001
_TRIAL = Document("doctor", "Kazakhstan and Japan sign memorandum on rare earths", "", "en")


def zones_of(context: Context) -> tuple[str, ...]:
    """The time zones that the digest's lists and the routes' quiet hours go by."""
    digest = context.catalog.digest
    named = [digest.time_zone, *(one.time_zone for one in digest.lists)]
    named += [rule.quiet.time_zone for rule in context.catalog.routes if rule.quiet is not None]
    return tuple(dict.fromkeys(named))


def check_time_zones(zones: Iterable[str]) -> Check:
    """Whether the data of each zone is there."""
    zones = tuple(zones)
    told = []
    for name in zones:
        try:
            zone = ZoneInfo.no_cache(name)
        except (KeyError, OSError, ValueError) as error:
            return fail(
                "time zones",
                f"{name}: {error}",
                "install the data: apt install tzdata, or uv pip install tzdata; is it spelt so?",
            )
        winter, summer = (at.replace(tzinfo=zone) for at in (WINTER, SUMMER))
        told.append(f"{name} {winter:%z}/{summer:%z}")
    return ok("time zones", ", ".join(told) or "none is used")


def check_model(assessor: Callable[[], Assessor], folder: Path = PACKAGE_MODEL) -> Check:
    """Whether the rules and the learned weights load, and read a sentence."""
    try:
        built = assessor()
        list(built.assess([_TRIAL]))
    except PipelineError as error:
        return fail("model", error.message, error.mend)
    except (OSError, ImportError, ValueError) as error:
        return fail("model", str(error), "install mineralwatch again: a file of it is missing")
    found = model_hash(folder)
    if not found:
        return warn(
            "model",
            f"no learned weights in {folder}: the rules alone judge",
            "install mineralwatch again, or run: mineralwatch train",
        )
    return ok("model", f"ruleset {built.ruleset}, weights sha256 {found[:12]}…")


def check_disk(folder: Path, *, warn_at: int = ROOM_WARN, fail_at: int = ROOM_FAIL) -> Check:
    """Whether there is room in the folder of our files, and we may write there."""
    there = next(one for one in (folder, *folder.resolve().parents) if one.is_dir())
    if not os.access(there, os.W_OK):
        mend = "give it to the user who runs mineralwatch, or set MINERALWATCH_VAR_DIR"
        return fail("disk", f"{there} cannot be written to", mend)
    free = shutil.disk_usage(there).free
    seen = f"{free / 1e9:.1f} GB free for {folder}"
    mend = "make room, keep less (retention.yaml), or set MINERALWATCH_VAR_DIR elsewhere"
    if free < fail_at:
        return fail("disk", seen, mend)
    return warn("disk", seen, mend) if free < warn_at else ok("disk", seen)


def check_private(paths: Sequence[Path]) -> Check:
    """Whether others on this machine can read what holds keys and passwords."""
    there = [path for path in paths if path.exists()]
    if not there:
        return skipped("secrets", "no file of secrets is here")
    open_to_others = [
        f"{path} ({stat.S_IMODE(path.stat().st_mode):04o})"
        for path in there
        if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    if open_to_others:
        return fail(
            "secrets",
            f"others can read {', '.join(open_to_others)}",
            "chmod go= on each; where strangers use this machine, change the secrets too",
        )
    return ok("secrets", f"{len(there)} files and folders, their owner's alone")
