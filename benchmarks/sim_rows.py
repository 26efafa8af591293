"""The desk of benchmarks/simulate.py on real rows: `due_feeds` and `count_due` say what is due."""

import math
from collections.abc import Sequence
from datetime import datetime

from sim_feeds import SimFeed
from sim_run import BATCH

from pipeline.store import feeds as store
from pipeline.store.engine import Database
from schemas.feed import PollRecord


class StoreDesk:
    """The real rows, on a database whose tables are there and hold the feeds."""

    def __init__(self, feeds: Sequence[SimFeed], database: Database) -> None:
        self.feeds = {feed.state.feed_id: feed for feed in feeds}
        self.database = database

    def due(self, tick: int, planned: datetime) -> list[list[SimFeed]]:  # noqa: ARG002 - the desk's
        """As `pipeline.stages.poll.plan` and `poll` ask for them; states come from the rows."""
        batches = []
        with self.database.read() as session:
            for slow in (False, True):
                count = store.count_due(now=planned, slow=slow, session=session)
                of = math.ceil(count / BATCH)
                for batch in range(of):
                    states = store.due_feeds(
                        now=planned, slow=slow, batch=batch, of=of, session=session
                    )
                    batches.append([self._with(state) for state in states])
        return batches

    def _with(self, state: object) -> SimFeed:
        feed = self.feeds[state.feed_id]  # type: ignore[attr-defined]
        feed.state = state  # type: ignore[assignment]
        return feed

    def keep(self, polled: Sequence[tuple[SimFeed, PollRecord]], tick: int) -> None:  # noqa: ARG002
        """One transaction a batch, as the stage does for each lot."""
        with self.database.write() as session:
            store.save_states([(feed.state, record) for feed, record in polled], session=session)
            store.add_polls([record for _, record in polled], session=session)

    def release(self, tick: int, now: datetime) -> int:  # noqa: ARG002 - the desk's
        """Not on rows: a plan with a cut has no place here."""
        raise ValueError("a cut of the network is simulated in memory: leave --store out")
