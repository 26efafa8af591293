"""A process that has loaded everything, and forks the processes that are killed.

    with Nursery() as nursery:
        child = nursery.fork(job)
        os.kill(child, signal.SIGKILL)
        end = nursery.wait(child)

Loading spaCy, the rules and the encoder takes seconds; a fork takes milliseconds. The nursery opens
no database and starts no thread: each child opens its own connections and runs the real stages.
"""

import gc
import itertools
import json
import mmap
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TextIO

ROOT = Path(__file__).parents[2]
PASS: Final = ("poll", "fulltext", "assess", "link", "deliver")
FAULT: Final = 3
"""Exit code of a child in which a stage raised."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Where a process is to die: at the ``number``-th event of a stage, or of one phase of it.

    With ``stopped`` it is stopped there instead, until someone lets it go on.
    """

    stage: str
    number: int
    phase: str | None = None
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """What a child does: the stages at ``now``, until it is killed."""

    database_url: str
    slack_url: str
    config_dir: str
    var_dir: str
    now: str
    stages: tuple[str, ...]
    kill: Kill | None = None
    parse_processes: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """How a child ended, and where it was: from the board that it leaves behind."""

    killed: bool
    stage: str
    phase: str
    number: int
    found: int = 0
    events: dict[str, int] = field(default_factory=dict)


class Nursery:
    """The process; a context manager. Its errors go to ``errors``, which is shown on failure."""

    def __init__(self, errors: Path) -> None:
        self._errors = errors
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MINERALWATCH_")}
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.kill.nursery"],
                cwd=ROOT,
                env={**environment, **threads, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def fork(self, job: Job) -> int:
        """Start a child; returns its process id, which stays its own until it is waited for."""
        return int(self._ask("fork", asdict(job))["pid"])

    def wait(self, pid: int) -> End:
        """Wait until the child is gone.

        Raises:
            AssertionError: a stage raised an error, which a kill must never lead to.
        """
        told = self._ask("wait", pid)
        status = told.pop("status")
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
            raise AssertionError(f"a stage failed in {told}:\n{self._errors.read_text()[-6000:]}")
        return End(killed=os.WIFSIGNALED(status), **told)

    def _ask(self, do: str, what: Any) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([do, what]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise AssertionError(f"the nursery died:\n{self._errors.read_text()[-6000:]}")
        return dict(json.loads(answer))


class _Loaded:
    """What is loaded once: the assessor, and each world's configuration."""

    def __init__(self) -> None:
        from pipeline.assess.assessor import build_assessor
        from pipeline.catalog import load_catalog
        from pipeline.settings import Settings

        self._catalogs: dict[str, Any] = {}
        self.assessor = build_assessor(load_catalog(Settings()).rules)

    def catalog(self, job: Job) -> Any:
        from pipeline.catalog import load_catalog

        if job.config_dir not in self._catalogs:
            self._catalogs[job.config_dir] = load_catalog(settings(job))
        return self._catalogs[job.config_dir]


def _rehearse(loaded: _Loaded) -> None:
    """A pass that nobody counts: all that is built at first use is built before the forks."""
    import psycopg  # noqa: F401

    from pipeline.demo.slack_server import SlackServerThread
    from pipeline.store.engine import open_database
    from pipeline.store.migrate import upgrade
    from schemas.assessment import Document
    from tests.feed_server import FeedServer
    from tests.kill.news import Item, page, rss, waves

    # Not every text needs every part of the assessor: the encoder is for those in doubt.
    news = itertools.chain.from_iterable(itertools.islice(waves(0), 20))
    list(loaded.assessor.assess(Document("", one.title, one.summary, "en", "") for one in news))
    title = "Kazakhstan and Japan sign lithium agreement"
    now = datetime.now(UTC)
    with (
        tempfile.TemporaryDirectory() as folder,
        FeedServer() as feeds,
        SlackServerThread(channels=["minerals"]) as slack,
    ):
        database = open_database(f"sqlite:///{folder}/own.sqlite3")
        upgrade(database)
        database.close()
        item = Item(1, 0, title, title, about_agreement=True)
        link = feeds.serve(item.path, page(item), content_type="text/html")
        feed = {"name": "One", "url": feeds.serve("/1.xml", rss("one", [(item, link, now)]))}
        told = json.dumps({"feeds": [{**feed, "fulltext": True}]})
        (Path(folder) / "feeds.yaml").write_text(told)
        url = f"sqlite:///{folder}/own.sqlite3"
        _run(Job(url, slack.base_url, folder, folder, now.isoformat(), PASS), loaded, None)
        assert slack.messages, "the rehearsal sent nothing"
    assert threading.active_count() == 1, "a fork of several threads may hang"
    gc.collect()
    gc.freeze()  # what is shared stays shared: the collector writes to what it looks at


def settings(job: Job) -> Any:
    """The settings of a child."""
    from pipeline.demo.slack_server import DEMO_TOKEN
    from pipeline.settings import Settings

    return Settings(
        database_url=job.database_url,
        config_dir=job.config_dir,
        var_dir=job.var_dir,
        slack_token=DEMO_TOKEN,
        slack_base_url=job.slack_url,
        slack_channel="minerals",
        allow_private_networks=True,
        parse_processes=job.parse_processes,
        fulltext_spacing_s=0.0,
        fetch_timeout_s=5.0,
    )


def _run(job: Job, loaded: _Loaded, board: mmap.mmap | None) -> None:
    """The stages through the app, as cron or Airflow would run them."""
    from pipeline.app import App
    from pipeline.app import _Loaded as AppLoaded
    from pipeline.store.engine import open_database
    from tests.kill.hook import Hook, install

    given = settings(job)
    database = open_database(given.database)
    hook = Hook(board, job.kill) if board is not None else None
    if hook is not None:
        install(hook, database.engine)
    app = App(given, loaded.catalog(job), database, AppLoaded(loaded.assessor))
    now = datetime.fromisoformat(job.now)
    for stage in job.stages:
        if hook is not None:
            hook.enter(stage)
        app.run(stage, now=now, **({"everything": True} if stage == "poll" else {}))
        if hook is not None:
            hook.event("end")
    database.close()


def _fork(job: Job, loaded: _Loaded, board: mmap.mmap) -> int:
    loaded.catalog(job)
    pid = os.fork()
    if pid:
        return pid
    code = 0
    try:
        _run(job, loaded, board)
    except BaseException:  # noqa: BLE001 - the child ends here, whatever it was
        traceback.print_exc()
        code = FAULT
    finally:
        sys.stderr.flush()
        os._exit(code)


def _serve(answers: TextIO) -> None:
    from tests.kill.hook import SIZE, read_board

    loaded = _Loaded()
    _rehearse(loaded)
    boards: dict[int, mmap.mmap] = {}
    for line in sys.stdin:
        do, what = json.loads(line)
        if do == "fork":
            board = mmap.mmap(-1, SIZE)
            kill = Kill(**what.pop("kill")) if what.get("kill") else what.pop("kill")
            pid = _fork(Job(**what, kill=kill), loaded, board)
            boards[pid] = board
            told: dict[str, Any] = {"pid": pid}
        else:
            _, status = os.waitpid(what, 0)
            board = boards.pop(what)
            told = {"status": status, **read_board(board)}
            board.close()
        answers.write(json.dumps(told) + "\n")
        answers.flush()


def main() -> None:
    """Answer until stdin ends; what the stages log goes nowhere."""
    answers = os.fdopen(os.dup(1), "w")
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    _serve(answers)


if __name__ == "__main__":
    main()
