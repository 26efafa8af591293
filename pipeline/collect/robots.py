"""robots.txt (RFC 9309): may this page be fetched, and how far apart.

What the file says is worked out by protego, in a worker process: its patterns are a stranger's, and
so are the addresses they are held against.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from pipeline.collect.fetch import Fetcher
from schemas.feed import Failed, FailureKind, Fetched

MAX_BYTES = 512_000
"""Of a longer file the first part is read; RFC 9309, 2.5 asks for at least 500 KiB."""
MAX_AGE_S = 24 * 3600.0
"""RFC 9309, 2.4: a cached file is not used for longer than a day."""
_TOKEN = re.compile(r"[A-Za-z_-]+")
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Verdict:
    """What robots.txt says of one page; ``delay_s`` is its Crawl-delay, in seconds."""

    allowed: bool
    delay_s: float = 0.0


ALLOWED = Verdict(allowed=True)
Judge = Callable[[bytes, str, str], Awaitable[Verdict | None]]
"""(robots.txt, address of the page, our token) → what it says; None: it could not be read."""


def product_token(user_agent: str) -> str:
    """Our name as robots.txt has it (RFC 9309, 2.2.1): ``mineralwatch/0.1 (…)`` → mineralwatch."""
    found = _TOKEN.match(user_agent.strip())
    return found.group() if found else "*"


def judge(rules: bytes, url: str, token: str) -> Verdict:
    """What the file ``rules`` says of ``url`` to the crawler ``token``.

    Bytes that are not UTF-8 are replaced; lines that are none of the protocol's are ignored.
    """
    text = rules[:MAX_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
    read = Protego.parse(text)
    delay = read.crawl_delay(token)
    return Verdict(read.can_fetch(url, token), max(0.0, float(delay)) if delay else 0.0)


class Robots:
    """The robots.txt of every site met, each asked for once in a run and at most once a day.

    Args:
        fetcher: asks for the files; another one than that for pages, which may wait for this.
        judge: works out what a file says, see ``Judge``.
        token: our name in these files.
        clock: seconds, for the age of what is kept.
    """

    def __init__(
        self, fetcher: Fetcher, *, judge: Judge, token: str, clock: Callable[[], float]
    ) -> None:
        self._fetcher = fetcher
        self._judge = judge
        self._token = token
        self._clock = clock
        self._kept: dict[str, tuple[float, bytes | Failed]] = {}

    async def verdict(self, url: str) -> Verdict | Failed:
        """What the site's file says of ``url``; Failed where the site cannot say (RFC, 2.3.1).

        Without a file (4xx) all is allowed. Where the server fails or is not reached, nothing is;
        429 is counted as that: a server that asks for fewer requests is not sent more.
        """
        rules = await self._rules(url)
        if isinstance(rules, Failed):
            return rules
        if not rules.strip():
            return ALLOWED
        told = await self._judge(rules, url, self._token)
        if told is None:
            words = "robots.txt could not be read, so that nothing is asked of this site"
            return Failed(url=url, kind=FailureKind.PARSER, message=words)
        return told

    async def _rules(self, url: str) -> bytes | Failed:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        asked_at, rules = self._kept.get(site, (0.0, None))
        if rules is None or self._clock() - asked_at >= MAX_AGE_S:
            rules = self._meaning(await self._fetcher.fetch(f"{site}/robots.txt"))
            self._kept[site] = self._clock(), rules
        return rules

    @staticmethod
    def _meaning(answer: object) -> bytes | Failed:
        if isinstance(answer, Fetched):
            return answer.body[:MAX_BYTES]
        if not isinstance(answer, Failed):
            return b""  # 304, though no validator was sent
        status = answer.status or 0
        if 400 <= status < 500 and status != _TOO_MANY:  # noqa: PLR2004 - the client's errors
            return b""
        return Failed(
            url=answer.url,
            kind=answer.kind,
            message=f"robots.txt cannot be had: {answer.message}",
            status=answer.status,
            retry_after_s=answer.retry_after_s,
        )
