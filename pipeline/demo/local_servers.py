"""What the demo talks to in place of the world: a newsroom, a Slack endpoint, a mail server."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.newsroom import Newsroom, NewsroomThread
from pipeline.demo.slack_page import page
from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from pipeline.settings import PACKAGE_CONFIG

CHANNEL = "minerals"
READER = "reader@demo.example"
_SQLITE = "sqlite:///"
FETCH_TIMEOUT_S = 4
"""Short, so that the feed which answers too late holds nobody up."""


@dataclass(frozen=True, slots=True)
class LocalServers:
    """The servers while they run, and the folder of this run."""

    home: Path
    newsroom: Newsroom
    slack: SlackServer
    mail: MailCatcher
    feeds_file: Path

    @property
    def settings(self) -> Mapping[str, str]:
        """Settings by field name; all that could lead outside is set, whatever else is.

        The packaged configuration and a database of the run's own keep a user's out of the demo.
        """
        home = self.home.resolve()
        return {
            "var_dir": str(home),
            "database_url": f"{_SQLITE}{home / 'mineralwatch.sqlite3'}",
            "config_dir": str(self.config_dir.resolve()),
            "feeds_file": str(self.feeds_file.resolve()),
            "slack_token": DEMO_TOKEN,
            "slack_base_url": self.slack.base_url,
            "slack_channel": f"#{CHANNEL}",
            "smtp_url": self.mail.url,
            "digest_to": READER,
            "digest_from": "mineralwatch demo <mineralwatch@demo.example>",
            "allow_private_networks": "1",
            "fetch_timeout_s": str(FETCH_TIMEOUT_S),
        }

    @property
    def config_dir(self) -> Path:
        """The run's own configuration; a file that is not there is the packaged one."""
        return self.home / "config"

    @property
    def environment(self) -> Mapping[str, str]:
        """The same as environment variables, for Airflow and its tasks.

        Connections come first there, so they are given too: one that a user has set in the
        environment would send the sample news to a real channel.
        """
        settings = self.settings
        connections = {
            "DB": {"conn_type": "sqlite", "host": settings["database_url"].removeprefix(_SQLITE)},
            "SLACK": {
                "conn_type": "slack",
                "password": settings["slack_token"],
                "extra": {
                    "channel": settings["slack_channel"],
                    "base_url": settings["slack_base_url"],
                },
            },
            "SMTP": {
                "conn_type": "smtp",
                "host": "127.0.0.1",
                "port": self.mail.port,
                "extra": {
                    "disable_ssl": True,
                    "disable_tls": True,
                    "from_email": settings["digest_from"],
                    "to": settings["digest_to"],
                },
            },
        }
        ours = {f"MINERALWATCH_{name.upper()}": value for name, value in settings.items()}
        theirs = {
            f"AIRFLOW_CONN_MINERALWATCH_{name}": json.dumps(connection)
            for name, connection in connections.items()
        }
        return {**ours, **theirs, "AIRFLOW__SECRETS__BACKEND": ""}

    @property
    def slack_snapshot(self) -> Path:
        """Where the channel stays readable after the servers are gone."""
        return self.home / "slack.html"


@contextmanager
def local_servers(home: Path, newsroom: Newsroom | None = None) -> Iterator[LocalServers]:
    """Run the servers; at the end the Slack channel is kept as a page in ``home``.

    Raises:
        OSError: ``home`` cannot be written, or no port can be had.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (
        NewsroomThread(newsroom) as served,
        SlackServerThread(channels=[CHANNEL]) as slack,
        MailCatcher(home / "mail") as mail,
    ):
        feeds_file = served.newsroom.feeds_yaml(home / "feeds.yaml")
        servers = LocalServers(home, served.newsroom, slack, mail, feeds_file)
        _agreements_at_their_start(servers.config_dir)
        _replies_at_once(servers.config_dir)
        try:
            yield servers
        finally:
            shown = page(slack.workspace.channels, slack.messages)
            servers.slack_snapshot.write_text(shown, encoding="utf-8")


def _replies_at_once(folder: Path) -> None:
    """Write routes.yaml so that a reply waits for no further outlet: a demo is short."""
    packaged = (PACKAGE_CONFIG / "routes.yaml").read_text(encoding="utf-8")
    (folder / "routes.yaml").write_text(f"{packaged}\nreply_minutes: 0\n", encoding="utf-8")


def _agreements_at_their_start(folder: Path) -> None:
    """Write agreements.yaml with no stage reached: the sample month takes each through its own."""
    folder.mkdir(exist_ok=True)
    packaged = yaml.safe_load((PACKAGE_CONFIG / "agreements.yaml").read_text(encoding="utf-8"))
    reached = {"stage", "stage_date", "facts"}
    lines = [
        {key: value for key, value in agreement.items() if key not in reached}
        for agreement in packaged["agreements"]
    ]
    text = yaml.safe_dump({"agreements": lines}, allow_unicode=True, sort_keys=False)
    (folder / "agreements.yaml").write_text(f"# As they stood at the outset.\n{text}", "utf-8")
