"""Parsing in worker processes, so that a document that kills or hangs a parser costs itself only.

Not multiprocessing: its children import the parent's main module again, which under Airflow is all
of Airflow, and its shared pools cannot say which document broke them. A worker here is a plain
interpreter with one document at a time; it is killed and replaced where it dies or takes too long.
"""

import asyncio
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipeline.collect.parse import parse_feed
from pipeline.collect.parse_worker import LENGTH
from pipeline.log import get_logger
from schemas.feed import Failed, FailureKind, Fetched, ParsedFeed

_ROOT = Path(__file__).resolve().parents[2]
_log = get_logger(__name__)


class _Worker:
    """One process, started when it is first needed; ``module`` is what it runs the main of."""

    def __init__(self, module: str) -> None:
        self._start = (
            f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from {module} import main; main()"
        )
        self._process: Process | None = None

    async def ask(self, document: bytes) -> Any:
        """Send a document and wait for the answer.

        Raises:
            EOFError: the process died (asyncio.IncompleteReadError is one).
            OSError: so did it, while being written to.
        """
        process = await self._started()
        assert process.stdin is not None  # noqa: S101 - opened as pipes just before
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(LENGTH.pack(len(document)) + document)
        await process.stdin.drain()
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        return pickle.loads(await process.stdout.readexactly(length))  # noqa: S301 - our own child

    async def _started(self) -> Process:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-c", self._start), stdin=PIPE, stdout=PIPE, limit=1 << 20
            )
        return self._process

    async def kill(self) -> int | None:
        """End the process; the next document starts another. Returns its exit code."""
        process, self._process = self._process, None
        if process is None:
            return None
        if process.returncode is None:
            try:
                process.kill()
            except ProcessLookupError:
                _log.debug("parse_worker_gone", pid=process.pid)
        return await process.wait()


@dataclass(frozen=True, slots=True)
class Died:
    """A document that its worker did not survive, in words."""

    message: str


class WorkerPool:
    """Worker processes that read documents; an async context manager.

    Args:
        processes: how many.
        limit_s: seconds that a document may take.
        module: of the worker; its ``main`` answers documents on stdin.
    """

    def __init__(self, processes: int, *, limit_s: float, module: str) -> None:
        self._workers = [_Worker(module) for _ in range(processes)]
        self._limit_s = limit_s
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()
        self._alone = asyncio.Lock()

    async def __aenter__(self) -> Self:
        for worker in self._workers:
            self._free.put_nowait(worker)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.gather(*(worker.kill() for worker in self._workers))

    async def exchange(self, document: bytes) -> Any:
        """Have a worker answer a document; Died where it died or took too long."""
        worker = await self._free.get()
        whole = False
        try:
            async with asyncio.timeout(self._limit_s):
                answer = await worker.ask(document)
            whole = True
        except TimeoutError:
            return Died(f"the parser took more than {self._limit_s:g} s and was stopped")
        except (EOFError, OSError):
            return Died(f"the parser died on it (exit code {await worker.kill()})")
        else:
            return answer
        finally:
            if not whole:  # also where we are cancelled: half an answer is left in the pipe
                await worker.kill()
            self._free.put_nowait(worker)


class ParsePool(WorkerPool):
    """Worker processes for parse_feed.

    Args:
        processes: how many; 0 parses in this process, one document at a time, without protection.
        limit_s: seconds that a document may take.
    """

    def __init__(self, processes: int = 2, *, limit_s: float = 30.0) -> None:
        super().__init__(processes, limit_s=limit_s, module="pipeline.collect.parse_worker")

    async def parse(self, fetched: Fetched, known: bytes = b"") -> ParsedFeed | Failed:
        """Parse an answer; Failed with PARSER where the worker died or took too long.

        ``known`` is as `parse_feed` takes it.
        """
        content_type = fetched.headers.get("content-type")
        if not self._workers:
            async with self._alone:
                return await asyncio.to_thread(
                    parse_feed,
                    fetched.body,
                    url=fetched.url,
                    content_type=content_type,
                    known=known,
                )
        document = pickle.dumps((fetched.body, fetched.url, content_type, known))
        answer = await self.exchange(document)
        if isinstance(answer, Died):
            return Failed(url=fetched.url, kind=FailureKind.PARSER, message=answer.message)
        assert isinstance(answer, ParsedFeed | Failed)  # noqa: S101 - the worker sends no other
        return answer
