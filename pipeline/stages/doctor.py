"""The doctor: looks at all that the watch needs, and says the mend of each. Nothing is sent.

What is written is taken back: one row is set to what it is, to see whether that is allowed.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.assess.assessor import Assessor
from pipeline.errors import ConfigError, PipelineError, StoreError
from pipeline.log import mask
from pipeline.stages import doctor_channels, doctor_machine
from pipeline.stages.context import Context
from pipeline.stages.places import resolver
from pipeline.stages.watch import sick
from pipeline.store import feeds
from pipeline.store.engine import Database
from pipeline.store.migrate import require_current, revisions
from pipeline.store.probe import server_of, try_write
from schemas.alert import Channel
from schemas.doctor import Check, fail, ok, skipped, warn

SHOWN = 3
"""Sick feeds that are named; `mineralwatch feeds health` has all."""


def examine(
    context: Context,
    *,
    fault: ConfigError | None,
    assessor: Callable[[], Assessor],
    private: Sequence[Path],
    offline: bool = False,
) -> Iterator[Check]:
    """Yield each check as it is done, what others need before them.

    Args:
        context: with the packaged configuration where the user's cannot be read.
        fault: why it cannot.
        assessor: builds the reader of articles (about a second).
        private: files and folders that nobody but their owner may read.
        offline: leave out what needs the network.
    """
    yield check_configuration(context, fault)
    yield check_routes(context)
    yield check_digest(context)
    database = check_database(context.database)
    yield database
    usable = not database.mend
    schema = check_migrations(context.database) if usable else _unseen("migrations")
    yield schema
    yield check_feeds(context) if usable and not schema.mend else _unseen("feeds")
    yield from doctor_channels.check_slack(context, offline=offline)
    yield doctor_channels.check_smtp(context, offline=offline)
    yield doctor_machine.check_time_zones(doctor_machine.zones_of(context))
    yield doctor_machine.check_model(assessor)
    yield doctor_machine.check_disk(context.settings.var_dir)
    yield doctor_machine.check_private(private)


def _unseen(name: str) -> Check:
    return skipped(name, "the database has to be mended first")


def check_configuration(context: Context, fault: ConfigError | None) -> Check:
    """Whether every YAML file can be read and what they say of each other is true."""
    if fault is not None:
        return fail("configuration", fault.message, fault.mend)
    catalog = context.catalog
    return ok(
        "configuration",
        f"{len(catalog.feeds)} feeds, {len(catalog.rules.themes)} themes, "
        f"{len(catalog.agreements)} agreements, {len(catalog.routes)} routes",
    )


def check_routes(context: Context) -> Check:
    """Whether alerts and what is told to operators go to people, and not into a folder."""
    catalog, settings = context.catalog, context.settings
    if not catalog.routes:
        return fail("routes", "there is no route: nobody is alerted", "add one to routes.yaml")
    resolve = resolver(context)
    unsent = [
        f"{route.name} → {to.channel.value}:{to.address}"
        for route in catalog.routes
        for to in route.to
        if to.channel is not Channel.PREVIEW and resolve(to).channel is Channel.PREVIEW
    ]
    if unsent:
        return warn(
            "routes",
            f"{len(unsent)} destinations have no channel, so that their alerts become files in "
            f"{settings.outbox_dir}: {'; '.join(unsent[:SHOWN])}",
            "set MINERALWATCH_SLACK_TOKEN or MINERALWATCH_SMTP_URL",
        )
    if not catalog.operators:
        return warn(
            "routes", "nobody is told when the watch fails", "name operators in routes.yaml"
        )
    return ok("routes", f"{len(catalog.routes)} routes, {len(catalog.operators)} operators")


def check_digest(context: Context) -> Check:
    """Whether each list of the digest has readers and a way to them."""
    settings = context.settings
    lists = context.catalog.digest.lists
    if not lists and not settings.recipients:
        return warn("digest", "it has no reader", "set MINERALWATCH_DIGEST_TO")
    alone = [one.name for one in lists if not (one.to or one.slack or settings.recipients)]
    if alone:
        return warn(
            "digest",
            f"lists without a reader: {', '.join(alone)}",
            "give them `to` in digest.yaml, or set MINERALWATCH_DIGEST_TO",
        )
    if settings.smtp_url is None and (settings.recipients or any(one.to for one in lists)):
        return warn("digest", "no mail server: it becomes files", "set MINERALWATCH_SMTP_URL")
    return ok("digest", f"{len(lists) or 1} lists")


def check_database(database: Database) -> Check:
    """Whether it answers, and takes what is written."""
    try:
        seen = server_of(database)
        try_write(database)
    except PipelineError as error:
        return fail("database", mask(error.message), error.mend)
    return ok("database", f"{seen}, writable")


def check_migrations(database: Database) -> Check:
    """Whether its tables are those of this programme."""
    try:
        require_current(database)
    except StoreError as error:
        return fail("migrations", error.message, error.mend)
    return ok("migrations", f"at revision {revisions(database)[1]}, the newest")


def check_feeds(context: Context) -> Check:
    """How the feeds are."""
    with context.database.read() as session:
        health = feeds.feed_health(now=context.now, session=session)
    watched = [one for one in health if one.state not in {"disabled", "paused"}]
    healthy = sum(one.state == "healthy" for one in watched)
    if not watched and not context.catalog.feeds:
        return fail("feeds", "none is watched", "mineralwatch feeds add https://…")
    if not watched:
        return warn("feeds", "none was polled yet", "run: mineralwatch poll, or start Airflow")
    ill = sick(health)
    if not ill:
        return ok("feeds", f"{len(watched)} watched, {healthy} healthy")
    named = "; ".join(f"{one.name}: {one.reason}" for one in ill[:SHOWN])
    seen = f"{len(ill)} of {len(watched)} are sick: {mask(named)}"
    mend = "see: mineralwatch feeds health"
    return fail("feeds", seen, mend) if len(ill) * 2 > len(watched) else warn("feeds", seen, mend)
