"""Pages and robots.txt read in worker processes: what kills or hangs a reader costs itself only."""

import asyncio
import pickle

from pipeline.collect.extract import extract
from pipeline.collect.pool import Died, WorkerPool
from pipeline.collect.robots import Verdict, judge
from schemas.feed import Failed, FailureKind, Fetched
from schemas.page import Extracted


class PagePool(WorkerPool):
    """Worker processes for pages; an async context manager.

    Args:
        processes: how many; 0 reads in this process, one document at a time, without protection.
        limit_s: seconds that a page may take.
    """

    def __init__(self, processes: int = 1, *, limit_s: float = 20.0) -> None:
        super().__init__(processes, limit_s=limit_s, module="pipeline.collect.extract_worker")

    async def extract(self, page: Fetched) -> Extracted | Failed:
        """The text of a page; Failed with PARSER where the worker died or took too long."""
        content_type = page.headers.get("content-type")
        if not self._workers:
            async with self._alone:
                return await asyncio.to_thread(extract, page.body, content_type)
        answer = await self.exchange(pickle.dumps(("page", page.body, content_type)))
        if isinstance(answer, Died):
            return Failed(url=page.url, kind=FailureKind.PARSER, message=answer.message)
        assert isinstance(answer, Extracted)  # noqa: S101 - the worker sends no other
        return answer

    async def judge(self, rules: bytes, url: str, token: str) -> Verdict | None:
        """What a robots.txt says of ``url``; None where the worker died or took too long."""
        if not self._workers:
            async with self._alone:
                return await asyncio.to_thread(judge, rules, url, token)
        answer = await self.exchange(pickle.dumps(("robots", rules, url, token)))
        return answer if isinstance(answer, Verdict) else None
