"""How fast articles are judged: ``python benchmarks/assess.py FILE.jsonl [--relevant FILE.jsonl]``.

FILE holds ordinary news, a JSON object with title, summary and lang a line. ``--relevant`` mixes in
2 % of gold lines. Prints documents a second on one core, load time and peak memory.
"""

import argparse
import itertools
import json
import random
import resource
import time
from pathlib import Path

from pipeline.assess.assessor import build_assessor
from pipeline.catalog import load_rules
from pipeline.settings import load_settings
from schemas.assessment import Document

SHARE_RELEVANT = 0.02


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--relevant", type=Path)
    parser.add_argument("--documents", type=int, default=20_000)
    given = parser.parse_args()
    started = time.perf_counter()
    assessor = build_assessor(load_rules(load_settings()))
    loaded = time.perf_counter() - started
    documents = list(itertools.islice(mix(given.file, given.relevant), given.documents))
    words = sum(len(f"{d.title} {d.summary}".split()) for d in documents) / len(documents)
    for number in (1, 2, 3):
        started = time.process_time()
        found = sum(assessment.relevant for assessment in assessor.assess(documents))
        spent = time.process_time() - started
        rate = len(documents) / spent
        print(f"round {number}: {rate:,.0f} documents/s of CPU, {found} relevant")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{words:.0f} words a document; loaded in {loaded:.2f} s; peak memory {peak:.0f} MB")


def mix(ordinary: Path, relevant: Path | None) -> "itertools.chain[Document]":
    """An endless stream in a fixed random order, each pass with other ids."""
    chosen = random.Random(7)  # noqa: S311 - repeatable, not secret
    common = read(ordinary)
    rare = read(relevant) if relevant else []

    def one_pass(turn: int) -> list[Document]:
        extra = chosen.choices(rare, k=round(len(common) * SHARE_RELEVANT)) if rare else []
        batch = [
            Document(id=f"{turn}-{d.id}", title=d.title, summary=d.summary, language=d.language)
            for d in [*common, *extra]
        ]
        chosen.shuffle(batch)
        return batch

    return itertools.chain.from_iterable(one_pass(turn) for turn in itertools.count())


def read(path: Path) -> list[Document]:
    """Read JSON lines as documents."""
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [
        Document(
            id=line["id"], title=line["title"], summary=line["summary"], language=line.get("lang")
        )
        for line in lines
        if line.get("relevant", True)
    ]


if __name__ == "__main__":
    main()
