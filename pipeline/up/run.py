"""From nothing to a watching Airflow, and cleanly down again."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

import pipeline
from pipeline import app
from pipeline.errors import ConfigError
from pipeline.settings import Settings, load_settings
from pipeline.up import lock
from pipeline.up.airflow_home import (
    USERNAME,
    AirflowHome,
    ensure_secrets,
    environment,
)
from pipeline.up.api import AirflowApi, DagState
from pipeline.up.steps import Steps
from pipeline.up.supervisor import Crashed, Stopped, Supervisor

FIRST_DAG = "poll_feeds"
DAGS = frozenset(
    {
        FIRST_DAG,
        "assess_articles",
        "send_alerts",
        "daily_digest",
        "read_feedback",
        "upkeep",
        "watch",
        "reassess",
        "import_archive",
        "test_alert",
    }
)

_PARTS = {
    "api_server": "api-server",
    "metadatabase": "metadata database",
    "scheduler": "scheduler",
    "dag_processor": "dag-processor",
    "triggerer": "triggerer",
}


@dataclass(frozen=True, slots=True)
class UpInfo:
    """What a caller may want to know once all is healthy; ``seconds`` is how long it took."""

    url: str
    username: str
    password: str
    home: Path
    outbox: Path
    logs: Path
    seconds: float


class _Signals:
    """Counts how often a stop was asked for."""

    def __init__(self) -> None:
        self.count = 0

    def stopping(self) -> bool:
        return self.count > 0

    def hurry(self) -> bool:
        return self.count > 1

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Catch SIGINT, SIGTERM and SIGHUP within the block; under nohup, SIGHUP stays ignored."""

        def note(_number: int, _frame: object) -> None:
            self.count += 1

        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) != signal.SIG_IGN}
        for number in before:
            signal.signal(number, note)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def up(
    *,
    home: Path,
    port: int,
    feeds: Path | None,
    console: Console,
    extra_env: Mapping[str, str] | None = None,
    on_ready: Callable[[UpInfo], None] | None = None,
) -> int:
    """Run Airflow with our DAGs until SIGINT or SIGTERM; everything lives under ``home``.

    Returns 0 after a stop that was asked for, 1 when a process crashed. ``on_ready`` is called
    once, when all is healthy and the first poll is on its way. Call it from the main thread.

    Raises:
        ConfigError: a setting or YAML file is wrong, the port is taken, or the home is in use;
            nothing was started.
        PipelineError: it could not be started; all that was started is stopped again.
    """
    extra = dict(extra_env or {})
    settings = _settings(home, feeds, extra)
    airflow_home = AirflowHome((settings.var_dir / "airflow").resolve())
    url = f"http://127.0.0.1:{port}"
    signals = _Signals()
    with lock.hold(airflow_home.path / "up.lock", note=url), signals.caught():
        lock.require_free_port(port)
        supervisor, password = _prepare(airflow_home, port, settings, extra, signals)
        try:
            seconds = _start(supervisor, airflow_home, settings, console)
            info = UpInfo(
                url=url,
                username=USERNAME,
                password=password,
                home=settings.var_dir,
                outbox=settings.outbox_dir,
                logs=airflow_home.logs,
                seconds=seconds,
            )
            _tell(info, settings, console)
            if on_ready is not None:
                on_ready(info)
            supervisor.watch()
        except Stopped:
            pass
        except Crashed as crashed:
            _tell_crash(crashed, console)
            return 1
        finally:
            _stop(supervisor, console)
    return 0


def dags_folder() -> Path:
    """The DAG files: package data of an installed wheel, ``dags/`` beside us in a checkout."""
    package = Path(pipeline.__file__).parent
    for folder in (package / "_dags", package.parent / "dags"):
        if (folder / f"{FIRST_DAG}.py").exists():
            return folder.resolve()
    raise ConfigError("the DAG files are not there", mend="install mineralwatch anew")


def _settings(home: Path, feeds: Path | None, extra: Mapping[str, str]) -> Settings:
    """The settings as the tasks will see them; they are checked before anything starts."""
    prefix = "MINERALWATCH_"
    overrides = {
        k.removeprefix(prefix).lower(): v for k, v in extra.items() if k.startswith(prefix)
    }
    given = {"var_dir": home.resolve(), "feeds_file": feeds and feeds.resolve(), **overrides}
    settings = load_settings(**given)
    with app.open_app(settings):
        return settings


def _prepare(
    home: AirflowHome,
    port: int,
    settings: Settings,
    extra: Mapping[str, str],
    signals: _Signals,
) -> tuple[Supervisor, str]:
    found = ensure_secrets(home)
    ours = {"MINERALWATCH_VAR_DIR": str(settings.var_dir)}
    if settings.feeds_file is not None:
        ours["MINERALWATCH_FEEDS_FILE"] = str(settings.feeds_file)
    env = environment(
        home,
        port=port,
        dags=dags_folder(),
        found=found,
        # Not read, but handed on: children need PATH, HOME and the user's own settings.
        inherited=os.environ,
        extra={**ours, **extra},
    )
    api = AirflowApi(f"http://127.0.0.1:{port}", username=USERNAME, password=found.password)
    supervisor = Supervisor(
        env=env, logs=home.logs, api=api, stopping=signals.stopping, hurry=signals.hurry
    )
    return supervisor, found.password


def _start(
    supervisor: Supervisor, home: AirflowHome, settings: Settings, console: Console
) -> float:
    """Bring everything up and the first poll on its way; returns how many seconds that took."""
    with Steps(console).shown() as steps:
        with steps.step("our database"):
            app.migrate(settings)
        _migrate_airflow(supervisor, home, steps)
        steps.begin(*_PARTS.values())
        supervisor.start()
        supervisor.wait_healthy(lambda part: steps.end(_PARTS[part]))
        with steps.step("DAGs"):
            states = supervisor.wait_dags(DAGS)
        if not _paused(states):
            # The timetable's first tick may be five minutes away.
            with steps.step("first poll"):
                supervisor.api.trigger(FIRST_DAG)
        return steps.seconds


def _stop(supervisor: Supervisor, console: Console) -> None:
    console.print("stopping …", highlight=False)
    killed = supervisor.stop()
    console.print(f"stopped; killed: {', '.join(killed)}" if killed else "stopped", highlight=False)


def _migrate_airflow(supervisor: Supervisor, home: AirflowHome, steps: Steps) -> None:
    """Migrate the metadata database, unless this version of Airflow has done so before."""
    stamp = home.path / "migrated-to"
    now = version("apache-airflow-core")
    if stamp.exists() and stamp.read_text() == now and home.database.exists():
        return
    with steps.step("Airflow's database"):
        supervisor.run_once("migrate", "db", "migrate")
        stamp.write_text(now)


def _paused(states: list[DagState]) -> bool:
    return any(state.paused for state in states if state.dag_id == FIRST_DAG)


def _tell(info: UpInfo, settings: Settings, console: Console) -> None:
    lines = [
        f"[bold]Airflow[/]  {info.url}",
        f"login    {info.username} / {escape(info.password)}",
        f"data     {escape(str(info.home))}",
        f"logs     {escape(str(info.logs))}",
    ]
    if settings.slack_token is None:
        lines.append(f"alerts   files in {escape(str(info.outbox))} (no Slack token is set)")
    else:
        lines.append(f"alerts   Slack {escape(settings.slack_channel or '')}")
    lines.append("stop     Ctrl-C")
    console.print(
        Panel("\n".join(lines), title=f"mineralwatch is up after {info.seconds:.0f} s"),
        highlight=False,
    )


def _tell_crash(crashed: Crashed, console: Console) -> None:
    crash = crashed.crash
    console.print(
        f"[bold red]{crash.name} ended with code {crash.code}[/]; everything is stopped.\n"
        f"The end of {escape(str(crash.log))}:",
        highlight=False,
    )
    console.print(crash.tail, markup=False, highlight=False)
