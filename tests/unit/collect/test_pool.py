"""Worker processes: what a document does to its parser, it does to itself only."""

import asyncio
import os
import signal

from pipeline.collect.pool import ParsePool
from schemas.feed import Failed, FailureKind, Fetched, ParsedFeed


def fetched(title: str = "Deal") -> Fetched:
    body = f"<rss version='2.0'><channel><item><title>{title}</title></item></channel></rss>"
    return Fetched(url="https://example.com/feed", status=200, body=body.encode())


def title_of(result: ParsedFeed | Failed) -> str:
    assert isinstance(result, ParsedFeed), result
    return result.entries[0].title


def process_of(pool: ParsePool) -> int:
    process = pool._workers[0]._process
    assert process is not None
    return process.pid


async def test_answers_belong_to_their_documents() -> None:
    async with ParsePool(2) as pool:
        found = await asyncio.gather(*(pool.parse(fetched(f"t{n}")) for n in range(40)))
    assert [title_of(result) for result in found] == [f"t{n}" for n in range(40)]


async def test_without_processes_it_parses_here() -> None:
    async with ParsePool(0) as pool:
        assert title_of(await pool.parse(fetched())) == "Deal"


async def test_charset_of_the_header_reaches_the_parser() -> None:
    answer = Fetched(
        url="https://example.com/feed",
        status=200,
        body="<rss version='2.0'><channel><item><title>Ñandú</title></item></channel></rss>".encode(
            "latin-1"
        ),
        headers={"content-type": "text/xml; charset=iso-8859-1"},
    )
    async with ParsePool(1) as pool:
        assert title_of(await pool.parse(answer)) == "Ñandú"


async def test_large_documents_pass_both_pipes() -> None:
    items = "".join(f"<item><title>{n} {'long ' * 90}</title></item>" for n in range(1500))
    body = f"<rss version='2.0'><channel>{items}</channel></rss>".encode()
    async with ParsePool(1) as pool:
        result = await pool.parse(Fetched(url="https://example.com/", status=200, body=body))
    assert isinstance(result, ParsedFeed)
    assert len(result.entries) == 1500


async def test_worker_that_dies_costs_one_feed() -> None:
    async with ParsePool(1) as pool:
        await pool.parse(fetched())
        pid = process_of(pool)
        os.kill(pid, signal.SIGSTOP)
        under_way = asyncio.create_task(pool.parse(fetched()))
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        result = await under_way
        assert isinstance(result, Failed)
        assert result.kind is FailureKind.PARSER
        assert "died" in result.message
        assert title_of(await pool.parse(fetched("next"))) == "next"
        assert process_of(pool) != pid


async def test_worker_that_hangs_is_stopped_and_replaced() -> None:
    async with ParsePool(1) as pool:
        await pool.parse(fetched())
        pid = process_of(pool)
        pool._limit_s = 0.05
        os.kill(pid, signal.SIGSTOP)
        result = await pool.parse(fetched())
        assert isinstance(result, Failed)
        assert result.kind is FailureKind.PARSER
        assert "0.05 s" in result.message
        pool._limit_s = 30
        assert title_of(await pool.parse(fetched("next"))) == "next"
        assert process_of(pool) != pid


async def test_cancelled_parse_leaves_no_answer_behind_for_the_next() -> None:
    async with ParsePool(1) as pool:
        await pool.parse(fetched())
        os.kill(process_of(pool), signal.SIGSTOP)
        under_way = asyncio.create_task(pool.parse(fetched("old")))
        await asyncio.sleep(0)
        under_way.cancel()
        await asyncio.gather(under_way, return_exceptions=True)
        assert title_of(await pool.parse(fetched("next"))) == "next"


async def test_no_process_is_left_behind() -> None:
    async with ParsePool(1) as pool:
        await pool.parse(fetched())
        process = pool._workers[0]._process
        assert process is not None
    assert process.returncode is not None


async def test_no_process_is_started_before_it_is_needed() -> None:
    async with ParsePool(2) as pool:
        assert [worker._process for worker in pool._workers] == [None, None]


async def test_worker_imports_nothing_heavy() -> None:
    code = (
        "import sys; import pipeline.collect.parse_worker; "
        "print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    )
    process = await asyncio.create_subprocess_exec(
        os.sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    loaded = set(told.decode().split())
    assert {"feedparser", "nh3"} <= loaded
    assert not loaded & {"aiohttp", "sqlalchemy", "spacy", "airflow", "pydantic", "asyncio"}
