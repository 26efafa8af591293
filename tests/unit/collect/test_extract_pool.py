"""Pages read in worker processes: what a page does to its reader, it does to itself only."""

import asyncio
import os
import signal

from pipeline.collect.extract_pool import PagePool
from pipeline.collect.robots import Verdict
from schemas.feed import Failed, FailureKind, Fetched
from schemas.page import Extracted
from tests.article_pages import PARAGRAPHS, page


def fetched() -> Fetched:
    return Fetched("https://example.com/1", 200, page().encode(), {"content-type": "text/html"})


async def test_pages_and_rules_are_read_by_one_process():
    async with PagePool(1) as pool:
        read = await pool.extract(fetched())
        rules = b"User-agent: *\nDisallow: /x\nCrawl-delay: 4"
        verdict = await pool.judge(rules, "https://example.com/x", "mineralwatch")
    assert isinstance(read, Extracted)
    assert PARAGRAPHS[0] in read.text
    assert verdict == Verdict(allowed=False, delay_s=4.0)


async def test_without_processes_they_are_read_here():
    async with PagePool(0) as pool:
        assert isinstance(await pool.extract(fetched()), Extracted)
        assert await pool.judge(b"", "https://example.com/x", "m") == Verdict(allowed=True)


async def test_a_page_that_kills_its_reader_costs_itself_only():
    async with PagePool(1) as pool:
        await pool.extract(fetched())
        process = pool._workers[0]._process
        assert process is not None
        os.kill(process.pid, signal.SIGSTOP)
        under_way = asyncio.create_task(pool.extract(fetched()))
        await asyncio.sleep(0)
        os.kill(process.pid, signal.SIGKILL)
        lost = await under_way
        after = await pool.extract(fetched())
    assert isinstance(lost, Failed)
    assert lost.kind is FailureKind.PARSER
    assert isinstance(after, Extracted)


async def test_a_page_that_hangs_its_reader_is_stopped():
    async with PagePool(1, limit_s=60.0) as pool:
        await pool.extract(fetched())
        process = pool._workers[0]._process
        assert process is not None
        os.kill(process.pid, signal.SIGSTOP)
        pool._limit_s = 0.05
        hung = await pool.extract(fetched())
        pool._limit_s = 60.0
        unread = await pool.judge(b"User-agent: *", "https://example.com/", "m")
    assert isinstance(hung, Failed)
    assert "0.05 s" in hung.message
    assert unread == Verdict(allowed=True)
