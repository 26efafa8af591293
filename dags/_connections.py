"""What Airflow's connections say, for `mineralwatch doctor`, which is no task.

    python _connections.py    one JSON object on standard output, with secrets: it is for a pipe

``settings``: arguments of ``load_settings``; ``places``: where each connection is; ``faults``: what
could not be opened. Asked in a task's order: ``[workers] secrets_backend`` and AIRFLOW_CONN_…
variables, and what its api-server would ask: ``[secrets] backend`` and Airflow's database.
"""

import json
import sys
from typing import Any

from _settings import READERS

_KNOWN = {
    "EnvironmentVariablesBackend": "a variable AIRFLOW_CONN_…",
    "MetastoreBackend": "Airflow's database",
}


def told() -> dict[str, Any]:
    """What all of ours say."""
    from airflow.sdk.configuration import ensure_secrets_loaded

    worker = ["airflow.secrets.environment_variables.EnvironmentVariablesBackend"]
    backends = [*ensure_secrets_loaded(default_backends=worker), *ensure_secrets_loaded()]
    settings: dict[str, Any] = {}
    places: dict[str, str] = {}
    faults: list[list[str]] = []
    for conn_id, read in READERS.items():
        for backend in backends:
            kind = type(backend).__name__
            place = _KNOWN.get(kind, kind)
            try:
                connection = backend.get_connection(conn_id)
                said = None if connection is None else read(connection)
            except Exception as error:  # noqa: BLE001 - whatever a backend raises is to be told
                fault = [conn_id, place, f"{type(error).__name__}: {error}"]
                faults += [fault] if fault not in faults else []
                continue
            if said is not None:
                settings |= {name: value for name, value in said.items() if value is not None}
                places[conn_id] = place
                break
    return {"settings": settings, "places": places, "faults": faults}


def main() -> None:
    """Print it, and nothing else: what Airflow prints meanwhile goes to standard error."""
    out, sys.stdout = sys.stdout, sys.stderr
    out.write(json.dumps(told()) + "\n")


if __name__ == "__main__":
    main()
