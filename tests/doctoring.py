"""What the tests of `mineralwatch doctor` share."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import text

from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer
from pipeline.demo.slack_workspace import ALL_SCOPES
from pipeline.notify.slack_probe import NEEDED
from pipeline.store import feeds
from pipeline.store.engine import open_database
from schemas.config import FeedConfig
from schemas.feed import PollOutcome, PollRecord

ROOT = Path(__file__).parents[1]
ALL_NEEDED = ALL_SCOPES | frozenset(NEEDED)

Found = dict[str, dict[str, str]]
Doctor = Callable[..., tuple[int, Found]]


def slack_env(slack: SlackServer, **extra: str) -> dict[str, str]:
    return {
        "MINERALWATCH_SLACK_TOKEN": DEMO_TOKEN,
        "MINERALWATCH_SLACK_BASE_URL": slack.base_url,
        "MINERALWATCH_SLACK_CHANNEL": "#minerals",
        **extra,
    }


def own_config(tmp_path: Path, name: str, content: dict[str, Any]) -> dict[str, str]:
    folder = tmp_path / "config"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(yaml.safe_dump(content))
    return {"MINERALWATCH_CONFIG_DIR": str(folder)}


ROUTES: dict[str, Any] = {
    "routes": [{"name": "all", "when": {"min_significance": 1}}],
    "operators": [{"channel": "slack", "address": "operations"}],
}


def polled(url: str, outcome: PollOutcome = PollOutcome.FETCHED) -> None:
    """Let the feed have been polled just now, well or badly."""
    now = datetime.now(UTC)
    database = open_database(url)
    with database.write() as session:
        feed = FeedConfig(name="A", url="https://a.example/feed")
        feeds.sync_feeds([feed], keep_others=False, now=now, session=session)
        (state,) = feeds.due_feeds(now=now, session=session)
        feeds.add_polls([PollRecord(state.feed_id, now, outcome)], session=session)
        session.execute(
            text(
                "UPDATE feed SET failures = :failures, last_success_at = :good,"
                " last_new_at = :good, failure = :kind, failure_message = 'no answer'"
            ),
            {
                "failures": 0 if outcome is PollOutcome.FETCHED else 3,
                "kind": None if outcome is PollOutcome.FETCHED else "timeout",
                "good": now.replace(tzinfo=None),
            },
        )
    database.close()
