"""Make the pools that the DAGs name, when a scheduler starts: a task of a missing pool never runs.

A pool that is there is left as it is: its slots are the operators' to choose. By hand, without a
start: `airflow pools import dags/pools.json`, which sets the slots back as well.
"""

import json
import logging
import sys
from pathlib import Path

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

POOLS = Path(__file__).parents[1] / "pools.json"

_log = logging.getLogger(__name__)


def make_pools() -> list[str]:
    """Make those of the pools that are missing; returns their names."""
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session
    from sqlalchemy import select

    wanted = json.loads(POOLS.read_text(encoding="utf-8"))
    with create_session() as session:
        there = set(session.scalars(select(Pool.pool).where(Pool.pool.in_(wanted))))
        missing = [name for name in wanted if name not in there]
        session.add_all(Pool(pool=name, **wanted[name]) for name in missing)
    return missing


class PoolMaker:
    """A listener: Airflow calls ``on_starting`` when a component has started."""

    @hookimpl
    def on_starting(self, component: object) -> None:  # noqa: ARG002 - the hook names it
        """Make the pools, in the scheduler alone: it has the database, and it needs them."""
        if sys.argv[1:2] != ["scheduler"]:
            return
        try:
            made = make_pools()
        except Exception:  # noqa: BLE001 - the scheduler has to start all the same
            # Two schedulers that start at once may both try: the other one has made them.
            _log.exception("the pools could not be made: airflow pools import %s", POOLS)
        else:
            _log.info("pools made: %s", ", ".join(made) or "none was missing")


class PoolMakerPlugin(AirflowPlugin):
    """Registers the listener."""

    name = "mineralwatch_make_pools"
    listeners = [PoolMaker()]  # noqa: RUF012 - the attribute that Airflow reads
