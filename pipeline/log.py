"""Logging: structlog over the standard library; Airflow's task logs and a terminal agree."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET = re.compile(r"(xox[abeprs]-[\w-]+|://[^/\s:@]+:)[^@\s/]*(?=@)|xox[abeprs]-[\w-]+")
_configured = False
_told: set[str] = set()


def keep_secret(*values: str) -> None:
    """Have ``mask`` hide these values too: secrets that cannot be known by their form."""
    _told.update(value for value in values if value)


def mask(text: str) -> str:
    """Return ``text`` with secrets replaced by ``***``.

    They are Slack tokens, passwords within URLs, and what ``keep_secret`` was told.
    """
    # The longest first: one secret may be the beginning of another.
    for value in sorted(_told, key=len, reverse=True):
        text = text.replace(value, "***")
    return _SECRET.sub(lambda m: (m.group(1) or "") + "***" if m.group(1) else "***", text)


def _mask_event(
    _logger: Any, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = mask(value)
    return event


_pairs = structlog.processors.LogfmtRenderer(bool_as_flag=False)


def _line(logger: Any, name: str, event: MutableMapping[str, Any]) -> str:
    """``what happened key=value …``; the handler says when, how grave and where."""
    told = str(event.pop("event", ""))
    trace = event.pop("exception", None)
    pairs = _pairs(logger, name, event) if event else ""
    return " ".join(part for part in (told, pairs) if part) + (f"\n{trace}" if trace else "")


def configure(*, level: int = logging.INFO, to_stderr: bool = True) -> None:
    """Set up logging once per process; Airflow has handlers of its own (``to_stderr=False``)."""
    global _configured  # noqa: PLW0603 - logging is process-wide state
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            _mask_event,
            _line,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    if to_stderr and not _configured:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname).1s %(name)s %(message)s", "%H:%M:%S")
        )
        root = logging.getLogger("pipeline")
        root.addHandler(handler)
        root.setLevel(level)
        root.propagate = False
    _configured = True


def quiet_reports() -> None:
    """Leave the reports of stages to the caller, who prints them; their errors are still logged."""
    logging.getLogger("pipeline.app").setLevel(logging.ERROR)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger that takes an event and key=value pairs."""
    return structlog.stdlib.get_logger(name)
