"""The one tree of errors.

PipelineError
├── ConfigError      a setting or a YAML file is wrong; nothing was started (exit code 2)
├── TransientError   may work if tried again: network, a busy database
├── NotFoundError    what a command was asked for is not there (exit code 2)
├── PermanentError   will not work however often it is tried
├── StoreError       the database is missing, locked, or at another revision
└── DeliveryError    a channel is set up so that nothing can be sent

Expected outcomes (a feed that fails, a message refused) are values, not errors: see
schemas.feed.Failed and schemas.alert.Retry.
"""


class PipelineError(Exception):
    """Base of all errors of ours. ``mend`` says what a person can do."""

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.message}\n  mend: {self.mend}" if self.mend else self.message


class ConfigError(PipelineError):
    """A setting or a YAML file is wrong."""


class NotFoundError(PipelineError):
    """What a command was asked for is not there."""


class TransientError(PipelineError):
    """May work if tried again."""


class PermanentError(PipelineError):
    """Will not work however often it is tried."""


class StoreError(PipelineError):
    """The database is missing, locked or at another revision."""


class DeliveryError(PipelineError):
    """A channel is set up so that nothing can be sent."""
