"""Load what every task needs once, in the scheduler, before it forks its workers.

LocalExecutor forks its workers from the scheduler, and each worker forks a process a task. What the
scheduler has imported is there in all of them, shared page by page: a task starts in a tenth of a
second instead of two or three, and spaCy is in memory once instead of once a task.
"""

import sys
from importlib import import_module

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

MODULES = (
    # What Airflow itself imports at the first task of each worker …
    "airflow.sdk.api.client",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "airflow.dag_processing.dagbag",
    "airflow.providers.standard.decorators.python",
    # … and what our stages do. Matplotlib is left to the one task a day that draws.
    "pipeline.app",
    "pipeline.assess.assessor",
    "pipeline.stages.poll",
    "pipeline.stages.link",
    "pipeline.stages.deliver",
    "pipeline.notify.slack",
)


def load() -> None:
    """Import the modules."""
    for module in MODULES:
        import_module(module)


class WarmStart:
    """A listener: Airflow calls ``on_starting`` when a component has started."""

    @hookimpl
    def on_starting(self, component: object) -> None:  # noqa: ARG002 - the hook names it
        """Import the modules, in the scheduler alone. No connection is opened: forks share it."""
        if sys.argv[1:2] == ["scheduler"]:
            load()


class WarmStartPlugin(AirflowPlugin):
    """Registers the listener."""

    name = "mineralwatch_warm_start"
    listeners = [WarmStart()]  # noqa: RUF012 - the attribute that Airflow reads


if sys.argv[1:3] == ["celery", "worker"]:
    # Airflow calls no listener there: docker-compose.yml has Celery import this file before it
    # forks the processes that do the tasks.
    load()
