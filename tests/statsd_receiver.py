"""A receiver of StatsD on loopback: UDP, decoded."""

import socket
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

LARGEST = 65_535
"""Bytes of a datagram."""
ROOM = 4_000_000
"""Bytes that the kernel keeps for us: what has no room is lost, as UDP has it."""
_END = b"the test is over"


@dataclass
class Received:
    """What came under one name: ``c`` a counter, ``g`` a gauge, ``ms`` a duration."""

    kind: str
    values: list[float] = field(default_factory=list)
    """Each value as it came."""


class StatsdReceiver:
    """``with StatsdReceiver() as receiver: …``; then ``receiver.metrics`` has all that came."""

    def __init__(self) -> None:
        self.metrics: dict[str, Received] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._receive, daemon=True)

    @property
    def environment(self) -> dict[str, str]:
        """What Airflow is started with so that it sends here."""
        return {
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": str(self._socket.getsockname()[1]),
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._socket.sendto(_END, self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _receive(self) -> None:
        """Until our own last datagram: on loopback all that was sent before came before."""
        while (datagram := self._socket.recv(LARGEST)) != _END:
            for line in datagram.decode().splitlines():
                name, _, told = line.rpartition(":")
                value, kind = told.split("|")[:2]
                self.metrics.setdefault(name, Received(kind)).values.append(float(value))
