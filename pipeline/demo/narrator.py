"""Says on the console what reaches Slack and the mailbox, as it happens."""

import html
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.slack_server import SlackServer
from pipeline.demo.slack_workspace import SlackMessage

LOOK_S = 0.2


class Narrator:
    """Watches from a thread while the ``with`` block runs; times are seconds since ``began``.

    Args:
        clock: seconds, of which only differences count.
    """

    def __init__(
        self,
        slack: SlackServer,
        mail: MailCatcher,
        console: Console,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.first_alert_s: float | None = None
        self.first_digest_s: float | None = None
        self.alerted = threading.Event()
        """Set once an alert has come."""
        self.mailed = threading.Event()
        """Set once a digest has come."""
        self._slack = slack
        self._mail = mail
        self._console = console
        self._clock = clock
        self._began = clock()
        self._alerts = 0
        self._mails = 0
        self._edits: dict[str, int] = {}
        self._stop = threading.Event()
        self._looking = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="narrator", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self.look()

    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return self._clock() - self._began

    def say(self, text: str, *, style: str = "") -> None:
        """Print a line with the time before it."""
        line = Text(f"{self.elapsed():6.1f} s  ", style="dim")
        line.append(text, style=style)
        self._console.print(line)

    def look(self) -> None:
        """Tell what has come since the last look."""
        with self._looking:
            messages, mails = self._slack.messages, list(self._mail.messages)
            for message in messages[self._alerts :]:
                self._tell_message(message)
            self._alerts = len(messages)
            for message in messages:
                self._tell_edit(message)
            for caught in mails[self._mails :]:
                if self.first_digest_s is None:
                    self.first_digest_s = self.elapsed()
                    self.say("the first digest:", style="bold green")
                self.say(f"mail to {', '.join(caught.recipients)}: {caught.subject}")
                self.mailed.set()
            self._mails = len(mails)

    def _tell_message(self, message: SlackMessage) -> None:
        text = html.unescape(message.text)
        if self.first_alert_s is None:
            self.first_alert_s = self.elapsed()
            self.say("the first alert:", style="bold green")
        place = "  ↳ in its thread" if message.thread_ts else f"#{message.channel.name}"
        self.say(f"{place}: {text}")
        self.alerted.set()

    def _tell_edit(self, message: SlackMessage) -> None:
        known = self._edits.get(message.ts, 0)
        if message.edits > known:
            self.say(f"#{message.channel.name}, edited: {html.unescape(message.text)}")
        self._edits[message.ts] = message.edits

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_S):
            self.look()
