"""reassess: read anew what was read already, and say what changes."""

from datetime import datetime
from pathlib import Path

from pipeline.assess.assessor import Assessor, build_assessor
from pipeline.catalog import load_rules
from pipeline.errors import ConfigError
from pipeline.log import get_logger
from pipeline.stages.assess import BATCH, read
from pipeline.stages.context import Context, Tally
from pipeline.store import articles, assessments
from schemas.assessment import Assessment
from schemas.report import StageReport

NAMED = 50
"""Articles whose change is told one by one; of more, the number."""
_RULES = ("themes", "lexicon", "agreements.yaml")

_log = get_logger(__name__)


def rules_of(context: Context, folder: Path) -> Assessor:
    """Return the assessor of a folder of YAML that is not in force (``context``: what else is).

    Raises:
        ConfigError: the folder is not there, holds no rules, or a file in it is wrong.
    """
    if not any((folder / name).exists() for name in _RULES):
        raise ConfigError(
            f"{folder}: no rules are there",
            mend=f"give a folder, on the machine of the task, with one of {', '.join(_RULES)}",
        )
    return build_assessor(load_rules(context.settings.model_copy(update={"config_dir": folder})))


def reassess(
    context: Context,
    assessor: Assessor,
    *,
    in_force: str,
    since: datetime,
    dry_run: bool = False,
) -> StageReport:
    """Read every article first seen since then under the assessor's rules.

    Counts how many readings change in relevance, stage or themes against the newest stored one.
    With ``dry_run`` nothing is written. Stories and alerts follow at the next ``link``; what was
    alerted before is not alerted again.

    Args:
        context: what is read, and where to.
        assessor: of the rules in force, or of others that are tried.
        in_force: the id of the rules in force.
        since: articles first seen before are left as they are.
        dry_run: count and name what would change, no more.

    Raises:
        ConfigError: rules that are not in force are not to be written by.
    """
    if assessor.ruleset != in_force and not dry_run:
        raise ConfigError(
            f"the rules {assessor.ruleset} are not in force ({in_force} are)",
            mend="try them in a dry run; to read by them, put them in force first "
            "(MINERALWATCH_CONFIG_DIR)",
        )
    tally = Tally("reassess", context.now)
    tally.set(read=0, first=0, changed=0, relevance=0, stage=0, themes=0, written=0)
    _log.info(
        "reading anew", ruleset=assessor.ruleset, in_force=in_force, since=f"{since:%Y-%m-%d}"
    )
    last = 0
    while True:
        with context.database.read() as session:
            batch = articles.articles_after(last, since=since, limit=BATCH, session=session)
            old = assessments.newest_readings([a.id for a in batch], session=session)
        if not batch:
            break
        readings = read(batch, assessor)
        for article_id, reading in readings:
            _compare(article_id, old.get(article_id), reading, tally)
        if not dry_run:
            _write(context, readings, assessor.ruleset, tally)
        last = batch[-1].id
    if (more := tally.counts["changed"] - NAMED) > 0:
        _log.info("and more change", articles=more)
    return tally.report()


def _write(
    context: Context, readings: list[tuple[int, Assessment]], ruleset: str, tally: Tally
) -> None:
    with context.database.write() as session:
        assessments.drop_readings([i for i, _ in readings], ruleset=ruleset, session=session)
        stored = assessments.save_assessments(readings, now=context.now, session=session)
        tally.add("written", stored)


def _compare(article_id: int, old: Assessment | None, new: Assessment, tally: Tally) -> None:
    tally.add("read")
    if old is None:
        tally.add("first")
        return
    was, now = {theme.id for theme in old.themes}, {theme.id for theme in new.themes}
    told = {}
    if old.relevant is not new.relevant:
        tally.add("relevance")
        told["relevant"] = f"{_word(old.relevant)} → {_word(new.relevant)}"
    if old.stage is not new.stage:
        tally.add("stage")
        told["stage"] = f"{old.stage.value} → {new.stage.value}"
    if was != now:
        tally.add("themes")
        told["themes"] = ", ".join(
            [f"+{theme}" for theme in sorted(now - was)]
            + [f"-{theme}" for theme in sorted(was - now)]
        )
    if told:
        tally.add("changed")
        if tally.counts["changed"] <= NAMED:
            _log.info("changes", article=article_id, **told)


def _word(relevant: bool) -> str:
    return "yes" if relevant else "no"
