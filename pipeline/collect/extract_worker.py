"""The worker process of PagePool: reads pages and robots.txt, one document at a time."""

from pipeline.collect.extract import extract
from pipeline.collect.parse_worker import serve
from pipeline.collect.robots import Verdict, judge
from schemas.page import Extracted


def answer(kind: str, body: bytes, *rest: str | None) -> Extracted | Verdict:
    """Read a document: ``page`` with its content type, ``robots`` with the address and our token.

    Raises:
        ValueError: it is neither, or what belongs to it is not there.
    """
    match kind, rest:
        case "page", (content_type,):
            return extract(body, content_type)
        case "robots", (str(url), str(token)):
            return judge(body, url, token)
    raise ValueError(f"no such document: {kind!r} with {len(rest)} arguments")


def main() -> None:
    """Answer until stdin ends."""
    serve(answer)
