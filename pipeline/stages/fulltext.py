"""fulltext: new articles of feeds with `fulltext: true` → the texts of their pages.

What waits is claimed in one transaction, asked for with none open, and stored a page at a time, so
that a kill loses what was under way and no more.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.collect.extract_pool import PagePool
from pipeline.collect.fetch import Fetcher
from pipeline.collect.pages import (
    ACCEPT,
    CONCURRENCY,
    NotReached,
    PageDone,
    PageReader,
    Visit,
    read_pages,
)
from pipeline.collect.refuse import accepted
from pipeline.collect.retries import after_try
from pipeline.collect.robots import Robots, product_token
from pipeline.collect.turns import Turns
from pipeline.stages.context import Context, Tally
from pipeline.store import texts
from schemas.feed import Failed
from schemas.page import PageTask, PageText, Refused, TextRecord, TextState
from schemas.report import StageReport

LEASE = timedelta(minutes=15)
"""A claim older than this is a dead run's; it is longer than a pass may take."""
GIVE_UP = timedelta(days=2)
"""An article that waited so long for its turn is no news any more."""
_NO_SPACING = 0.01
_TAKEN_BACK = "much the same text is on other pages of this site"
_MEND = "see: mineralwatch fulltext --status"


def fulltext(context: Context) -> StageReport:
    """Fetch the pages that may be asked for, at most so many as the settings say.

    A page that fails or is refused is a problem in the report and a state of its article, never an
    error of the stage; what is done is never fetched again.
    """
    settings = context.settings
    tally = Tally("fulltext", context.now)
    tally.set(pages=0, read=0, refused=0, failed=0, later=0)
    per_host = int(settings.fulltext_pass_s / max(settings.fulltext_spacing_s, _NO_SPACING)) + 1
    with context.database.write() as session:
        old = texts.give_up(
            before=context.now - GIVE_UP,
            reason="its turn did not come within two days",
            session=session,
        )
        tasks = texts.claim_pages(
            now=context.now,
            lease=LEASE,
            limit=settings.fulltext_pages,
            per_host=per_host,
            session=session,
        )
    tally.add("failed", old)
    if tasks:
        asyncio.run(_Pass(context, tally).run(tasks))
    with context.database.read() as session:
        tally.set(waiting=texts.count_waiting(session=session))
    return tally.report()


@dataclass(slots=True)
class _Pass:
    """One pass over claimed pages."""

    context: Context
    tally: Tally
    problems: dict[tuple[str, str], list[TextRecord]] = field(
        default_factory=lambda: defaultdict(list)
    )

    async def run(self, tasks: Sequence[PageTask]) -> None:
        """Read the pages and store each as it comes; then let go of what was not reached."""
        settings = self.context.settings
        turns: Turns[Visit] = Turns(settings.fulltext_spacing_s)
        back: list[int] = []
        async with (
            self._fetcher(settings.max_page_bytes) as pages,
            self._fetcher(settings.max_page_bytes) as rules,
            PagePool(min(settings.parse_processes, len(tasks))) as pool,
        ):
            token = product_token(settings.user_agent)
            robots = Robots(rules, judge=pool.judge, token=token, clock=time.monotonic)
            async for done in read_pages(
                tasks,
                read=PageReader(pages, robots, pool, now=self.context.now),
                turns=turns,
                pass_s=settings.fulltext_pass_s,
                clock=time.monotonic,
            ):
                if isinstance(done, NotReached):
                    back.append(done.task.article_id)
                else:
                    await asyncio.to_thread(self._store, done)
        now = self.context.now
        resting = turns.resting(time.monotonic())
        with self.context.database.write() as session:
            texts.give_back(back, now=now, session=session)
            until = {host: now + timedelta(seconds=rest_s) for host, rest_s in resting.items()}
            texts.let_rest(until, session=session)
        self.tally.add("later", len(back))
        self._tell()

    def _fetcher(self, max_bytes: int) -> Fetcher:
        settings = self.context.settings
        return Fetcher(
            timeout_s=settings.fetch_timeout_s,
            max_bytes=max_bytes,
            concurrency=CONCURRENCY,
            allow_private=settings.allow_private_networks,
            user_agent=settings.user_agent,
            accept=ACCEPT,
        )

    def _store(self, done: PageDone) -> None:
        with self.context.database.write() as session:
            result: str | Refused | Failed
            doubled: tuple[int, ...] = ()
            if isinstance(done.result, PageText):
                known = texts.known_texts(done.host, session=session)
                result, doubled = accepted(done.result, title=done.task.title, known=known)
            else:
                result = done.result
            record = after_try(done.task, done.host, result, self.context.now)
            texts.save_texts([record], session=session)
            texts.take_back(doubled, reason=_TAKEN_BACK, session=session)
        self.tally.add("pages")
        self.tally.add(_COUNT[record.state])
        if record.reason is not None:
            self.problems[record.host, record.kind or ""].append(record)

    def _tell(self) -> None:
        """One problem for each site and reason: a site that refuses us does so for every page."""
        for (host, _), records in self.problems.items():
            states = Counter(_COUNT[record.state] for record in records)
            told = ", ".join(f"{count} {state}" for state, count in states.items())
            self.tally.problem(host or "no host", f"{records[0].reason} ({told})", _MEND)


_COUNT = {
    TextState.READ: "read",
    TextState.REFUSED: "refused",
    TextState.FAILED: "failed",
    TextState.WAITING: "later",
}
