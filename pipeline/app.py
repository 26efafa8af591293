"""The composition root: settings → app → stages. The CLI and the DAGs come in here.

    with open_app() as app:
        report = app.run("poll")

Stages import what they need when they run, so that a task that only sends does not load spaCy.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import log
from pipeline.catalog import Catalog, load_catalog, stand_in
from pipeline.errors import ConfigError
from pipeline.settings import Settings, load_settings
from pipeline.stages.context import Context
from pipeline.store import migrate as store_migrate
from pipeline.store.engine import Database, open_database
from schemas.alert import Channel
from schemas.report import StageReport

if TYPE_CHECKING:
    from pipeline.assess.assessor import Assessor
    from pipeline.notify.outbox import Senders
    from schemas.backtest import Backtest
    from schemas.routes import RouteConfig

_log = log.get_logger(__name__)

PASS = ("poll", "fulltext", "assess", "link", "deliver", "watch")
"""The stages of one pass, in order."""

_CAREFUL = frozenset({"watch", "deliver"})
"""Stages that run on the packaged configuration where the user's is broken: it has to be told."""


@dataclass(slots=True)
class _Loaded:
    """What is built once and only when asked for."""

    assessor: "Assessor | None" = None


@dataclass(frozen=True)
class App:
    """Settings, configuration and database put together."""

    settings: Settings
    catalog: Catalog
    database: Database
    fault: ConfigError | None = None
    """Why the user's configuration cannot be read; the packaged one stands in for it."""
    _loaded: _Loaded = field(default_factory=_Loaded)

    @property
    def assessor(self) -> "Assessor":
        """The spaCy pipeline, built at first use (about a second)."""
        from pipeline.assess.assessor import build_assessor

        if self._loaded.assessor is None:
            self._loaded.assessor = build_assessor(self.catalog.rules)
        return self._loaded.assessor

    @cached_property
    def ruleset(self) -> str:
        """The id of the rules in force; cheap, no spaCy is loaded."""
        from pipeline.assess.ruleset import ruleset_id

        return ruleset_id(self.catalog.rules)

    @cached_property
    def senders(self) -> "Senders":
        """A sender for each channel that is set up."""
        from pipeline.notify.email import EmailSender
        from pipeline.notify.outbox import Sender, Senders
        from pipeline.notify.preview import PreviewSender
        from pipeline.notify.slack import SlackSender
        from pipeline.notify.smtp_url import parse_smtp_url

        settings = self.settings
        senders: dict[Channel, Sender] = {Channel.PREVIEW: PreviewSender(settings.outbox_dir)}
        if settings.slack_token is not None:
            token = settings.slack_token.get_secret_value()
            senders[Channel.SLACK] = SlackSender(token, settings.slack_base_url)
        if settings.smtp_url is not None:
            smtp = parse_smtp_url(settings.smtp_url.get_secret_value())
            senders[Channel.EMAIL] = EmailSender(smtp)
        if self.catalog.routing.webhooks:
            from pipeline.notify.webhook import WebhookSender
            from pipeline.notify.webhook_config import webhooks_of

            webhooks = webhooks_of(self.catalog.routing, settings.webhook_secrets)
            senders[Channel.WEBHOOK] = WebhookSender(webhooks, user_agent=settings.user_agent)
        return Senders(senders)

    def context(self, now: datetime | None = None) -> Context:
        """What a stage is handed."""
        return Context(self.settings, self.catalog, self.database, now or datetime.now(UTC))

    def backtest(
        self,
        routes: "Sequence[RouteConfig]",
        *,
        days: int,
        now: datetime,
        progress: Callable[[int, int], None],
    ) -> "Backtest":
        """Return what ``routes`` would have sent of the last ``days``; nothing is written."""
        from pipeline.stages.backtest import backtest

        store_migrate.require_current(self.database)
        since = now - timedelta(days=days)
        return backtest(
            self.context(now), self.ruleset, routes=routes, since=since, progress=progress
        )

    def run(self, name: str, *, now: datetime | None = None, **params: Any) -> StageReport:
        """Run one stage and log its outcome.

        Raises:
            ConfigError: there is no such stage.
            StoreError: the database is not at the newest revision, or cannot be used.
        """
        stage = _STAGES.get(name)
        if stage is None:
            raise ConfigError(f"no such stage {name!r}", mend=f"one of {', '.join(_STAGES)}")
        store_migrate.require_current(self.database)
        report = stage(self, self.context(now), params)
        for problem in report.problems:
            # In Airflow, its own processors write the line: ours, which mask, do not.
            where, what = log.mask(problem.where), log.mask(problem.what)
            _log.warning(what, stage=name, where=where, mend=problem.mend)
        _log.info(report.line())
        return report


@contextmanager
def open_app(settings: Settings | None = None, *, careful: bool = False) -> Iterator[App]:
    """Put the app together, and take it apart again.

    Args:
        settings: those of the environment, where none are given.
        careful: go on with the packaged configuration where the user's cannot be read.

    Raises:
        ConfigError: a setting or a YAML file is wrong; nothing was started.
    """
    settings = settings or load_settings()
    log.keep_secret(*settings.secrets)
    log.use_format(settings.log_format)
    fault = None
    try:
        catalog = load_catalog(settings)
        _check_slack(settings, catalog)
        _check_webhooks(settings, catalog)
        _check_mail(settings)
    except ConfigError as error:
        if not careful:
            raise
        fault, catalog = error, stand_in(settings)
        _log.error("the packaged configuration stands in", why=str(error))
    database = open_database(settings.database)
    try:
        yield App(settings, catalog, database, fault)
    finally:
        database.close()


def run_stage(
    name: str, *, settings: Settings | None = None, now: datetime | None = None, **params: Any
) -> StageReport:
    """Open the app, run one stage, close it: what a DAG's task does."""
    with open_app(settings, careful=name in _CAREFUL) as app:
        return app.run(name, now=now, **params)


def note_task(
    dag: str,
    task: str,
    *,
    settings: Settings,
    error: BaseException | str | None = None,
    settled: Callable[[], bool] = lambda: True,
    run_settled: Callable[[], bool] = lambda: False,
    now: datetime | None = None,
) -> bool:
    """Note that a task failed for good or succeeded; True where that was news.

    It opens the database alone, in some milliseconds: the configuration may be what is broken.

    Raises:
        StoreError: the database cannot be used.
    """
    from pipeline.notify.watch import one_line, run_subject, task_subject
    from pipeline.stages.note_task import note_task as note

    database = open_database(settings.database)
    try:
        return note(
            database,
            task_subject(dag, task),
            now=now or datetime.now(UTC),
            error=None if error is None else one_line(error),
            settled=settled,
            run=run_subject(dag),
            run_settled=run_settled,
        )
    finally:
        database.close()


def run_pass(*, settings: Settings | None = None, now: datetime | None = None) -> list[StageReport]:
    """One pass without Airflow: poll → fulltext → assess → link → deliver → watch."""
    with open_app(settings) as app:
        return [app.run(name, now=now) for name in PASS]


def migrate(settings: Settings | None = None) -> tuple[str | None, str]:
    """Bring the database to the newest revision; returns (revision before, revision now)."""
    settings = settings or load_settings()
    database = open_database(settings.database)
    try:
        return store_migrate.upgrade(database)
    finally:
        database.close()


def _check_slack(settings: Settings, catalog: Catalog) -> None:
    """A token without a channel would park every message: say so before anything starts."""
    if settings.slack_token is None or settings.slack_channel is not None:
        return
    for route in catalog.routes:
        if any(to.channel is Channel.SLACK and to.address == "default" for to in route.to):
            raise ConfigError(
                f"MINERALWATCH_SLACK_CHANNEL is not set, and route {route.name!r} sends to the "
                "default channel",
                mend="set it to a channel such as #minerals, or name channels in routes.yaml",
            )


def _check_webhooks(settings: Settings, catalog: Catalog) -> None:
    """A webhook without its secret would be sent nothing: say so before anything starts."""
    if not catalog.routing.webhooks:
        return
    from pipeline.notify.webhook_config import check_webhooks

    check_webhooks(
        catalog.routing,
        settings.webhook_secrets,
        allow_private=settings.allow_private_networks,
    )


def _check_mail(settings: Settings) -> None:
    """Say a wrong mail setting at the start, not at seven in the morning."""
    if settings.smtp_url is None and not settings.recipients:
        return
    from pipeline.notify.email import check_addresses
    from pipeline.notify.smtp_url import parse_smtp_url

    check_addresses(settings.digest_from, settings.recipients)
    if settings.smtp_url is not None:
        parse_smtp_url(settings.smtp_url.get_secret_value())


def _plan(_app: App, context: Context, params: Mapping[str, Any]) -> StageReport:
    from pipeline.stages.poll import plan

    return plan(context, **params)


def _poll(_app: App, context: Context, params: Mapping[str, Any]) -> StageReport:
    from pipeline.stages.poll import poll

    return poll(context, **params)


def _fulltext(_app: App, context: Context, params: Mapping[str, Any]) -> StageReport:
    from pipeline.stages.fulltext import fulltext

    return fulltext(context, **params)


def _assess(app: App, context: Context, params: Mapping[str, Any]) -> StageReport:
    from pipeline.stages.assess import assess

    return assess(context, app.assessor, **params)


def _link(app: App, context: Context, params: Mapping[str, Any]) -> StageReport:
    from pipeline.stages.link import link

    return link(context, app.ruleset, **params)


def _deliver(app: App, context: Context, params: Mapping[str, Any]) -> StageReport:
    from pipeline.stages.deliver import deliver

    return deliver(context, app.senders, **params)


def _watch(app: App, context: Context, params: Mapping[str, Any]) -> StageReport:
    from pipeline.stages.failures import watch

    return watch(context, app.senders, fault=app.fault, **params)


def _digest(app: App, context: Context, params: Mapping[str, Any]) -> StageReport:
    from pipeline.stages.digest import digest

    params = dict(params)
    given = params.pop("date", None)
    day = date.fromisoformat(given) if isinstance(given, str) else given
    return digest(context, app.ruleset, **{**params, "day": day})


def _feedback(_app: App, context: Context, params: Mapping[str, Any]) -> StageReport:
    from pipeline.notify.reactions import ReactionReader
    from pipeline.stages.feedback import feedback

    token = context.settings.slack_token
    reader = (
        ReactionReader(token.get_secret_value(), context.settings.slack_base_url) if token else None
    )
    return feedback(context, reader, **params)


def _upkeep(app: App, context: Context, params: Mapping[str, Any]) -> StageReport:
    from pipeline.stages.upkeep import upkeep

    return upkeep(context, app.ruleset, **params)


def _websub(_app: App, context: Context, params: Mapping[str, Any]) -> StageReport:
    from pipeline.stages.websub import websub

    return websub(context, **params)


def _reassess(app: App, context: Context, params: Mapping[str, Any]) -> StageReport:
    from pipeline.stages.reassess import reassess, rules_of

    given, folder = params["since"], params.get("ruleset")
    since = datetime.fromisoformat(given) if isinstance(given, str) else given
    return reassess(
        context,
        rules_of(context, Path(folder)) if folder else app.assessor,
        in_force=app.ruleset,
        since=since if since.tzinfo else since.replace(tzinfo=UTC),
        dry_run=params.get("dry_run", False),
    )


def _test_alert(app: App, context: Context, params: Mapping[str, Any]) -> StageReport:
    from pipeline.stages.trial_alert import trial_alert

    return trial_alert(context, app.senders, **params)


def _import_archive(_app: App, context: Context, params: Mapping[str, Any]) -> StageReport:
    from pipeline.stages.import_archive import import_archive

    return import_archive(context, path=Path(params["path"]), file_format=params.get("format"))


_Stage = Callable[[App, Context, Mapping[str, Any]], StageReport]
_STAGES: Mapping[str, _Stage] = {
    "plan": _plan,
    "poll": _poll,
    "fulltext": _fulltext,
    "assess": _assess,
    "link": _link,
    "deliver": _deliver,
    "watch": _watch,
    "digest": _digest,
    "feedback": _feedback,
    "upkeep": _upkeep,
    "websub": _websub,
    "reassess": _reassess,
    "import_archive": _import_archive,
    "test_alert": _test_alert,
}
