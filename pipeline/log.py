"""Logging: structlog over the standard library; Airflow's task logs and a terminal agree.

Lines name what they are about by ``article=``, ``story=`` and ``alert=``, the ids of the rows: what
became of a story is found by ``grep -w story=5``.
"""

import json
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

import structlog

Format: TypeAlias = Literal["console", "json"]

_SECRET = re.compile(
    r"""
      xox[abeprs]-[\w-]+                                    # a token of Slack's
    | (?P<login>://[^/\s:@]*:)[^@\s/]*(?=@)                  # a password in an address
    | (?P<name>[?&](?:access_token|api_?key|client_secret|password|secret|signature|token)=)
      [^&\s\#"']+                                            # a parameter of an address
    | (?P<scheme>\b(?:Bearer|Basic)\s+)[\w.~+/=-]{8,}        # the header Authorization
    """,
    re.VERBOSE,
)
_configured = False
_format: Format = "console"
_told: set[str] = set()


def keep_secret(*values: str) -> None:
    """Have ``mask`` hide these values too: secrets that cannot be known by their form."""
    _told.update(value for value in values if value)


def mask(text: str) -> str:
    """Return ``text`` with secrets replaced by ``***``.

    They are Slack tokens, passwords and tokens within URLs, what stands in a header Authorization,
    and what ``keep_secret`` was told.
    """
    # The longest first: one secret may be the beginning of another.
    for value in sorted(_told, key=len, reverse=True):
        text = text.replace(value, "***")
    return _SECRET.sub(
        lambda found: (found[found.lastgroup] if found.lastgroup else "") + "***", text
    )


def _masked(value: Any) -> Any:
    """The value with secrets hidden wherever they stand in it."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {key: _masked(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(one) for one in value]
    return value if isinstance(value, int | float | None) else mask(str(value))


def _mask_event(
    _logger: Any, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key, value in event.items():
        event[key] = _masked(value)
    return event


_pairs = structlog.processors.LogfmtRenderer(bool_as_flag=False)


def _line(logger: Any, name: str, event: MutableMapping[str, Any]) -> str:
    """``what happened key=value …``; the handler says when, how grave and where."""
    if _format == "json":
        return json.dumps(event, ensure_ascii=False, default=str)
    told = str(event.pop("event", ""))
    trace = event.pop("exception", None)
    pairs = _pairs(logger, name, event) if event else ""
    return " ".join(part for part in (told, pairs) if part) + (f"\n{trace}" if trace else "")


class _Formatter(logging.Formatter):
    """A line for a person, or one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        if _format != "json":
            return super().format(record)
        told = record.getMessage()
        try:
            event = json.loads(told)
        except ValueError:
            event = None
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        head = {"at": at, "level": record.levelname.lower(), "logger": record.name}
        body = event if isinstance(event, dict) else {"event": mask(told)}
        head["event"] = body.pop("event", "")
        if record.exc_info:
            body["exception"] = mask(self.formatException(record.exc_info))
        return json.dumps(head | body, ensure_ascii=False)


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
            _Formatter("%(asctime)s %(levelname).1s %(name)s %(message)s", "%H:%M:%S")
        )
        root = logging.getLogger("pipeline")
        root.addHandler(handler)
        root.setLevel(level)
        root.propagate = False
    _configured = True


def use_format(wanted: Format) -> None:
    """Log in this form from here on; it holds for the whole process."""
    global _format  # noqa: PLW0603 - logging is process-wide state
    _format = wanted


def about(**ids: int) -> AbstractContextManager[None]:
    """Within the block, every line says what it is about: ``article=12 story=5``."""
    return structlog.contextvars.bound_contextvars(**ids)


def quiet_reports() -> None:
    """Leave the reports of stages to the caller, who prints them; their errors are still logged."""
    logging.getLogger("pipeline.app").setLevel(logging.ERROR)


def quiet() -> None:
    """Log nothing of ours: the caller tells all."""
    logging.getLogger("pipeline").setLevel(logging.CRITICAL)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger that takes an event and key=value pairs."""
    return structlog.stdlib.get_logger(name)
