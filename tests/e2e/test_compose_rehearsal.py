"""docker-compose.yml rehearsed without Docker: two workers on a queue, and no profile at all.

The services are read from the file itself (compose_file.py) and run as processes (compose_map.py
has what differs). With workers, three hundred feeds are polled, and one worker is killed in the
middle of a pass. Without a profile, as `docker compose up` has it, thirty feeds are polled once.
`make rehearsal` runs this by itself, and `make test` after all other tests.
"""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer
from pipeline.up.api import AirflowApi
from pipeline.up.env_file import MAKERS, fill
from tests.e2e.compose_file import Health, MissingError, read_services
from tests.e2e.compose_map import ROOT
from tests.e2e.compose_news import FEEDS, Newsroom
from tests.e2e.compose_processes import Container, Stack
from tests.e2e.running import PATIENCE_S, until
from tests.feed_server import FeedServer

pytestmark = pytest.mark.rehearsal

CELERY = frozenset({"celery"})
WORKERS = {"worker-1", "worker-2"}
BATCH = 75

MakeStack = Callable[..., Stack]


@pytest.fixture
def make_stack(tmp_path: Path, bytecode: Path) -> MakeStack:
    """A stack by what `mineralwatch secrets init` writes and the lines given."""

    def make(profiles: frozenset[str] = CELERY, *, doubted: bool = True, **lines: str) -> Stack:
        env_file = tmp_path / f"env-{len(list(tmp_path.iterdir()))}"
        fill(env_file)
        with env_file.open("a") as file:
            file.writelines(f"{name}={value}\n" for name, value in lines.items())
        folder = env_file.with_suffix(".stack")
        folder.mkdir()
        return Stack(folder, bytecode, env_file, profiles=profiles, doubted=doubted)

    return make


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with FeedServer() as server:
        yield Newsroom(server)


class Watch:
    """The stack, the feeds and Slack in one run."""

    def __init__(self, stack: Stack, news: Newsroom, slack: SlackServer) -> None:
        self.stack, self.news, self.slack = stack, news, slack
        self.figures: dict[str, Any] = {}
        environment = stack.services["init"].environment
        self.api = AirflowApi(
            f"http://127.0.0.1:{stack.machine.ports.api}",
            username="admin",
            password=environment["AIRFLOW_ADMIN_PASSWORD"],
        )

    def run(self, *, everything: bool = True) -> str:
        """A pass over the feeds that are due, or over all: its clock would come in minutes.

        All in one lane: a feed that had to wait for its answer would be asked in a task of its own,
        and how many had to follows from what else the machine does.
        """
        self.stack.rows("mineralwatch", "UPDATE feed SET slow = false RETURNING id")
        return self.api.trigger("poll_feeds", {"everything": everything})

    def over(self, run: str) -> None:
        """Wait until the run has ended well, and with it all that it woke."""

        def ended() -> bool:
            states = self.stack.rows("airflow", "SELECT run_id, state::text FROM dag_run")
            bad = [one for one in states if one[1] == "failed"]
            assert not bad, bad
            woken = self.stack.rows("airflow", "SELECT 1 FROM asset_dag_run_queue")
            waiting = self.stack.rows("mineralwatch", "SELECT 1 FROM outbox WHERE state <> 'sent'")
            return {state for _, state in states} == {"success"} and not woken + waiting

        until(ended, timeout_s=PATIENCE_S, what=f"the end of {run}")

    def nothing_is_lost_or_doubled(self) -> None:
        """Each article once, each alert once, in Slack as in the database."""
        rows = self.stack.rows
        [(articles, urls)] = rows(
            "mineralwatch", "SELECT count(*), count(DISTINCT canonical_url) FROM article"
        )
        assert articles == urls == self.news.articles()
        wanted = [t for issue in range(1, self.news.issue + 1) for t in self.news.titles(issue)]
        alerted = rows("mineralwatch", "SELECT title FROM alert JOIN story ON story.id = story_id")
        assert sorted(title for (title,) in alerted) == sorted(wanted)
        told = [json.dumps(message.to_json()) for message in self.slack.messages]
        assert len(told) == len(wanted)
        assert Counter(t for t in wanted for text in told if t in text) == Counter(wanted)
        sent = rows("mineralwatch", "SELECT external_id FROM outbox")
        assert sorted(ts for (ts,) in sent) == sorted(m.ts for m in self.slack.messages)

    def split(self) -> Counter[str | None]:
        """How many feeds each worker asked in this issue."""
        return Counter(who for asked in self.news.askers[self.news.issue].values() for who in asked)


def test_feeds_are_split_over_the_workers_and_survive_the_loss_of_one(
    make_stack: MakeStack, newsroom: Newsroom, slack: SlackServer
) -> None:
    stack = make_stack(
        AIRFLOW_EXECUTOR="CeleryExecutor",
        # Twelve beats of a task: on a loaded machine some come late, and it lives all the same.
        AIRFLOW_TASK_LOST_AFTER_S="60",
        # Two batches at once are then two workers.
        CELERY_CONCURRENCY="1",
        MINERALWATCH_POLL_BATCH=str(BATCH),
        MINERALWATCH_ALLOW_PRIVATE_NETWORKS="1",
        MINERALWATCH_FETCH_TIMEOUT_S=str(int(PATIENCE_S)),
        MINERALWATCH_SLACK_TOKEN=DEMO_TOKEN,
        MINERALWATCH_SLACK_CHANNEL="#minerals",
        MINERALWATCH_SLACK_BASE_URL=slack.base_url,
    )
    watch = Watch(stack, newsroom, slack)
    (stack.machine.folder / "app/config/feeds.yaml").write_text(newsroom.configuration())
    newsroom.owner = stack.owner
    newsroom.publish()
    newsroom.hold()
    with stack:
        began = time.monotonic()
        stack.up()
        watch.figures["all healthy after s"] = round(time.monotonic() - began, 1)
        the_first_pass_is_split(watch)
        every_service_is_healthy(stack)
        nothing_listens_beyond_loopback(stack)
        a_second_pass_is_measured(watch)
        the_init_job_is_harmless_to_repeat(stack)
        a_worker_is_killed_in_the_middle_of_a_pass(watch)
    print(json.dumps(watch.figures, indent=1))


def the_first_pass_is_split(watch: Watch) -> None:
    """Both workers ask feeds at the same time, and each feed is asked once."""
    news = watch.news
    run = watch.run(everything=False)
    until(lambda: set(news.waiting()) == WORKERS, timeout_s=PATIENCE_S, what="two workers at once")
    news.release()
    watch.over(run)
    assert news.asked[1] == Counter(range(FEEDS))
    split = watch.split()
    assert set(split) == WORKERS
    assert all(count % BATCH == 0 for count in split.values()), split
    watch.nothing_is_lost_or_doubled()
    watch.figures["feeds split"] = dict(split)


def every_service_is_healthy(stack: Stack) -> None:
    for container in stack.containers.values():
        if container.service.health is None:
            assert container.ended() == 0, container.output
            continue
        container.wait_healthy()


def nothing_listens_beyond_loopback(stack: Stack) -> None:
    listening = {
        connection.laddr.ip
        for container in stack.containers.values()
        for process in container.family()
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def a_second_pass_is_measured(watch: Watch) -> None:
    watch.news.publish()
    run = watch.run()
    watch.over(run)
    assert watch.news.asked[2] == Counter(range(FEEDS))
    watch.nothing_is_lost_or_doubled()
    [(seconds,)] = watch.stack.rows(
        "airflow",
        "SELECT extract(epoch FROM max(end_date) - min(start_date))::float FROM task_instance "
        "WHERE run_id = %(run)s AND task_id = 'poll'",
        run=run,
    )
    watch.figures["feeds/s"] = round(FEEDS / seconds, 1)
    watch.figures["split of the second pass"] = dict(watch.split())
    for container in watch.stack.containers.values():
        if container.healthy_after is not None:
            watch.figures[container.name] = {
                "healthy after s": round(container.healthy_after, 1),
                "PSS MB": round(container.memory() / 1e6),
            }


def the_init_job_is_harmless_to_repeat(stack: Stack) -> None:
    """As at each `docker compose up`; the passes after it show that all goes on."""
    init = stack.containers["init"]
    init.start()
    assert init.ended() == 0, init.output


def a_worker_is_killed_in_the_middle_of_a_pass(watch: Watch) -> None:
    """Some of its batch is stored, the rest is asked for: the other worker does it all."""
    news, stack = watch.news, watch.stack
    news.hold()
    news.publish()
    run = watch.run()
    until(lambda: set(news.waiting()) == WORKERS, timeout_s=PATIENCE_S, what="both at once")
    lost = stack.containers["worker-1"]

    def some_is_stored() -> bool:
        # One always waits: it may be slow to ask for the next, and is in the middle all the same.
        if news.waiting()[lost.name] > 1:
            news.answer_one(lost.name)
        new = "SELECT 1 FROM article WHERE canonical_url LIKE '%/own-3-%'"
        return bool(stack.rows("mineralwatch", new))

    until(some_is_stored, timeout_s=PATIENCE_S, what="a part of the batch")
    assert news.waiting()[lost.name] > 0, "it is in the middle"
    lost.kill()
    assert lost.check().returncode != 0, "its health check says so"
    news.release()
    watch.over(run)
    query = "SELECT try_number FROM task_instance WHERE run_id = %(run)s AND task_id = 'poll'"
    tries = stack.rows("airflow", query, run=run)
    assert Counter(tries) == {(1,): 3, (2,): 1}
    again = [feed for feed, count in news.asked[3].items() if count > 1]
    assert set(news.asked[3]) == set(range(FEEDS))
    assert 0 < len(again) <= BATCH
    assert {news.askers[3][feed][-1] for feed in again} == {"worker-2"}
    watch.nothing_is_lost_or_doubled()
    it_comes_back(lost)


def it_comes_back(worker: Container) -> None:
    """As compose's `restart` has it."""
    assert worker.service.restart == "unless-stopped"
    worker.start()
    worker.wait_healthy()


def test_without_a_profile_each_article_is_there_once(
    make_stack: MakeStack, slack: SlackServer
) -> None:
    stack = make_stack(
        frozenset(),
        # The same checks have failed in the test above, and each takes seconds.
        doubted=False,
        # Several tasks at once, which meet the same articles.
        MINERALWATCH_POLL_BATCH="10",
        MINERALWATCH_ALLOW_PRIVATE_NETWORKS="1",
        MINERALWATCH_SLACK_TOKEN=DEMO_TOKEN,
        MINERALWATCH_SLACK_CHANNEL="#minerals",
        MINERALWATCH_SLACK_BASE_URL=slack.base_url,
    )
    assert not {"valkey", "worker"} & set(stack.services)
    assert stack.services["scheduler"].environment["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    with FeedServer() as server:
        news = Newsroom(server, feeds=30)
        watch = Watch(stack, news, slack)
        (stack.machine.folder / "app/config/feeds.yaml").write_text(news.configuration())
        news.publish()
        with stack:
            stack.up()
            watch.over(watch.run(everything=False))
            assert news.asked[1] == Counter(range(30))
            watch.nothing_is_lost_or_doubled()
            nothing_listens_beyond_loopback(stack)
            the_scheduler_s_container_backs_up_and_looks_after_itself(stack)


def the_scheduler_s_container_backs_up_and_looks_after_itself(stack: Stack) -> None:
    """The commands of docs/deploy.md, with the client of the server's version."""
    [scheduler] = stack.of("scheduler")

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return scheduler.check(Health(command, timeout_s=PATIENCE_S, interval_s=0))

    kept = stack.rows("mineralwatch", "SELECT count(*) FROM article")
    done = run("mineralwatch", "db", "backup", "/app/var/watch.backup")
    assert done.returncode == 0, done.stderr
    done = run("mineralwatch", "db", "restore", "--force", "/app/var/watch.backup")
    assert done.returncode == 0, done.stderr
    assert stack.rows("mineralwatch", "SELECT count(*) FROM article") == kept
    found = json.loads(run("mineralwatch", "doctor", "--offline", "--json").stdout)
    told = {one["name"]: one for one in found["checks"]}
    assert told["sources"]["verdict"] == "ok"
    assert "database: MINERALWATCH_DATABASE_URL;" in told["sources"]["seen"]
    assert told["sources"]["seen"].startswith(f"Airflow in {stack.machine.folder}/app/airflow;")


@pytest.mark.parametrize("executor", ["LocalExecutor", "CeleryExecutor"])
@pytest.mark.parametrize("queue", [False, True], ids=["no queue", "queue"])
def test_the_executor_and_the_queue_go_together(
    make_stack: MakeStack, executor: str, queue: bool
) -> None:
    profiles = CELERY if queue else frozenset[str]()
    with make_stack(profiles, AIRFLOW_EXECUTOR=executor) as stack:
        if queue:
            stack.start(stack.containers["valkey"])
            stack.containers["valkey"].wait_healthy()
        check = stack.containers["executor-check"]
        check.start()
        code = check.ended()
    if queue == (executor == "CeleryExecutor"):
        assert (code, check.output) == (0, f"{executor}: sound\n")
        return
    assert code == 1
    mend = "AIRFLOW_EXECUTOR=CeleryExecutor into .env" if queue else "COMPOSE_PROFILES=celery"
    assert mend in check.output


def test_the_catcher_of_the_profile_dev_is_healthy(make_stack: MakeStack) -> None:
    with make_stack(frozenset({"dev"})) as stack:
        [catcher] = stack.of("catcher")
        stack.start(catcher)
        catcher.wait_healthy()
        assert catcher.check().returncode == 0


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_secret_that_is_missing_is_named(tmp_path: Path, name: str) -> None:
    env_file = tmp_path / "env"
    fill(env_file)
    lines = env_file.read_text().splitlines()
    env_file.write_text("\n".join(f"{name}=" if x.startswith(f"{name}=") else x for x in lines))
    with pytest.raises(MissingError, match=f"{name} is missing a value: .*secrets init"):
        read_services(ROOT, env_file, CELERY)
