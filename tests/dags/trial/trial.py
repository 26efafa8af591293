"""A DAG for tests, with the defaults of ours: its task has pieces, and fails as its form says."""

import threading
from datetime import timedelta
from typing import Any

from _shared import DEFAULTS
from airflow.sdk import Param, dag, task


@dag(
    schedule=None,
    default_args={**DEFAULTS, "retries": 0, "retry_policy": None},
    params={"fails": Param([], type="array"), "hangs": Param(False, type="boolean")},
)
def trial() -> None:
    """Three pieces of one task, and one that may hang."""

    @task
    def piece(number: int, *, params: Any = None) -> int:
        if number in params["fails"]:
            raise RuntimeError(f"piece {number} broke\nat postgresql://me:s3cret@db.example/x")
        return number

    @task(execution_timeout=timedelta(seconds=1))
    def hang(*, params: Any = None) -> None:
        if params["hangs"]:
            threading.Event().wait(60)

    piece.expand(number=[0, 1, 2])
    hang()


trial()
