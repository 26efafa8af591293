"""A feed on loopback that gains items."""

from datetime import UTC, datetime
from email.utils import format_datetime

from tests.feed_server import FeedServer


class Feed:
    """One feed that gains items."""

    def __init__(self, server: FeedServer) -> None:
        self._server = server
        self._items: list[str] = []
        self.url = self._publish()

    def gain(self, title: str, summary: str) -> None:
        link = f"https://news.example/{len(self._items)}"
        self._items.append(
            f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid>"
            f"<description>{summary}</description>"
            f"<pubDate>{format_datetime(datetime.now(UTC))}</pubDate></item>"
        )
        self._publish()

    def _publish(self) -> str:
        head = "<title>News</title><link>https://news.example/</link><description>.</description>"
        body = f'<rss version="2.0"><channel>{head}{"".join(self._items)}</channel></rss>'
        return self._server.serve("/feed.xml", body)
