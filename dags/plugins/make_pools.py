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
    from sqlalchemy.exc import IntegrityError

    wanted = json.loads(POOLS.read_text(encoding="utf-8"))
    made = []
    for name, pool in wanted.items():
        with create_session() as session:
            if session.scalar(select(Pool.id).where(Pool.pool == name)) is not None:
                continue
            session.add(Pool(pool=name, **pool))
            try:
                session.flush()
            except IntegrityError:  # another scheduler that starts has just made it
                session.rollback()
                continue
        made.append(name)
    return made


class PoolMaker:
    """A listener: Airflow calls ``on_starting`` when a component has started."""

    @hookimpl
    def on_starting(self, component: object) -> None:
        """Make the pools where the component is the scheduler's job, which has no type yet.

        The tasks that a scheduler forks start as well: they have its command line, are no job, and
        may not open the database.
        """
        if sys.argv[1:2] != ["scheduler"] or type(component).__name__ != "Job":
            return
        try:
            made = make_pools()
        except Exception:  # noqa: BLE001 - the scheduler has to start all the same
            _log.exception("the pools could not be made: airflow pools import %s", POOLS)
        else:
            _log.info("pools made: %s", ", ".join(made) or "none was missing")


class PoolMakerPlugin(AirflowPlugin):
    """Registers the listener."""

    name = "mineralwatch_make_pools"
    listeners = [PoolMaker()]  # noqa: RUF012 - the attribute that Airflow reads
