"""The only reader of the environment: MINERALWATCH_* variables, and a .env file."""

import json
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SettingsConfigDict,
)

from pipeline.errors import ConfigError

PACKAGE_CONFIG = Path(__file__).parent / "config"
SHORTEST_SECRET = 16
"""Characters of a webhook's secret: a shorter one can be guessed from one signed message."""
SHORTEST_MASKED = 6
"""Characters from which on a secret is masked wherever it stands in a log."""


class Settings(BaseSettings):
    """All settings; each field is MINERALWATCH_<NAME> in the environment."""

    model_config = SettingsConfigDict(
        env_prefix="MINERALWATCH_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    var_dir: Path = Path("var")
    """Where SQLite files, the preview outbox and Airflow's home are."""
    database_url: SecretStr | None = None
    """An SQLAlchemy URL; the default is an SQLite file under ``var_dir``."""
    config_dir: Path | None = None
    """A folder of YAML that is read instead of the packaged one (per file)."""
    feeds_file: Path | None = None
    """A feeds file (YAML or OPML) that is read instead of feeds.yaml."""
    slack_token: SecretStr | None = None
    slack_base_url: str = "https://slack.com/api/"
    slack_channel: str | None = None
    smtp_url: SecretStr | None = None
    """smtp://user:password@host:587?starttls=1, or smtps://…:465."""
    digest_to: str = ""
    """Addresses, separated by commas."""
    digest_from: str = "mineralwatch <mineralwatch@localhost>"
    webhook_secrets: Annotated[dict[str, SecretStr], NoDecode] = Field(default_factory=dict)
    """The secret of each webhook of routes.yaml, by its name; written as a JSON object."""
    allow_private_networks: bool = False
    """Let feeds be on private and loopback addresses (for tests and intranets)."""
    fetch_timeout_s: float = Field(default=30.0, gt=0)
    max_feed_bytes: int = Field(default=10_000_000, gt=0)
    fetch_concurrency: int = Field(default=100, ge=1, le=2000)
    poll_batch: int = Field(default=2000, ge=1, le=100_000)
    """Feeds a task of poll_feeds: a task of Airflow costs about a second, a feed milliseconds."""
    parse_processes: int = Field(default=2, ge=0, le=32)
    """Worker processes for parsing; 0 parses in the calling process."""
    fulltext_pages: int = Field(default=200, ge=1, le=10_000)
    """Pages that one pass asks for at most."""
    fulltext_pass_s: float = Field(default=120.0, gt=0)
    """Seconds after which a pass begins no further page; the rest is for the next pass."""
    fulltext_spacing_s: float = Field(default=3.0, ge=0)
    """Seconds between two pages of one host; a longer Crawl-delay is obeyed."""
    fulltext_wait_minutes: int = Field(default=30, ge=0)
    """How long an article waits for its text before it is assessed without."""
    max_page_bytes: int = Field(default=5_000_000, gt=0)
    user_agent: str = "mineralwatch/0.1 (news monitor; feed reader)"
    log_format: Literal["console", "json"] = "console"
    """How commands log: a line for a person, or one JSON object a line for a collector."""
    websub_callback_url: str | None = None
    """Where hubs reach the WebSub receiver; unset, nothing is subscribed."""

    @field_validator("slack_base_url")
    @classmethod
    def _slash(cls, value: str) -> str:
        if urlsplit(value).scheme not in {"http", "https"}:
            raise ValueError("starts with http:// or https://")
        return value if value.endswith("/") else value + "/"

    @field_validator("webhook_secrets", mode="before")
    @classmethod
    def _by_name(cls, value: object) -> dict[str, SecretStr]:
        """Nothing of what was given is in an error: it may be the secret itself."""
        form = 'is a JSON object, name to secret: {"desk": "…"}'
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                raise ValueError(f"{form}; this is not JSON") from None
        if not isinstance(value, dict):
            raise ValueError(form)  # noqa: TRY004 - pydantic takes a ValueError for its answer
        found: dict[str, SecretStr] = {}
        for name, given in value.items():
            secret = given.get_secret_value() if isinstance(given, SecretStr) else given
            if not isinstance(secret, str) or len(secret.strip()) < SHORTEST_SECRET:
                raise ValueError(
                    f"the secret of {name!r} is a text of {SHORTEST_SECRET} characters or more: "
                    'python3 -c "import secrets; print(secrets.token_hex(32))"'
                )
            found[str(name)] = SecretStr(secret)
        return found

    @field_validator("websub_callback_url")
    @classmethod
    def _public_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the public address of the receiver: https://host/path")
        if parts.query or parts.fragment or parts.username:
            raise ValueError("has no query, fragment or login: hubs append to its path")
        return value.rstrip("/")

    @cached_property
    def database(self) -> str:
        """The SQLAlchemy URL in force, driver named."""
        if self.database_url is None:
            return f"sqlite:///{(self.var_dir / 'mineralwatch.sqlite3').resolve()}"
        url = self.database_url.get_secret_value()
        for old in ("postgres://", "postgresql://"):
            if url.startswith(old):
                return "postgresql+psycopg://" + url.removeprefix(old)
        return url

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be in no log, as written and as percent-encoded; the shortest are left out.

        A password of five letters would blacken words that have nothing to do with it; within an
        address it is masked by its place.
        """
        told = [secret.get_secret_value() for secret in self.webhook_secrets.values()]
        if self.slack_token is not None:
            told.append(self.slack_token.get_secret_value())
        for address in (self.smtp_url, self.database_url):
            told += _passwords(address.get_secret_value()) if address is not None else []
        return tuple(dict.fromkeys(one for one in told if len(one) >= SHORTEST_MASKED))

    @property
    def outbox_dir(self) -> Path:
        """Where the preview channel writes."""
        return self.var_dir / "outbox"

    @property
    def editions_dir(self) -> Path:
        """Where the pages of the digest's editions are kept."""
        return self.var_dir / "editions"

    @property
    def recipients(self) -> tuple[str, ...]:
        """Addresses of the digest."""
        return tuple(part.strip() for part in self.digest_to.split(",") if part.strip())

    def config_file(self, name: str) -> Path:
        """The path of a YAML file: the user's if there, else the packaged one."""
        if self.config_dir is not None:
            if not self.config_dir.is_dir():
                raise ConfigError(
                    f"MINERALWATCH_CONFIG_DIR: no such folder {self.config_dir}",
                    mend="make the folder, or unset the variable to use the packaged files",
                )
            own = self.config_dir / name
            if own.exists():
                return own
        return PACKAGE_CONFIG / name


def _passwords(url: str) -> list[str]:
    """The password of an address, as written and as meant."""
    authority = url.partition("://")[2].partition("/")[0]
    written = authority.rpartition("@")[0].partition(":")[2]
    return [written, unquote(written)]


def source_of(name: str) -> str | None:
    """Which variable says the setting ``name``, and whether it is in .env; None where none does."""
    variable = f"{Settings.model_config['env_prefix']}{name}"
    if variable.lower() in EnvSettingsSource(Settings).env_vars:
        return variable.upper()
    if variable.lower() in DotEnvSettingsSource(Settings).env_vars:
        return f"{variable.upper()} in .env"
    return None


def load_settings(**overrides: Any) -> Settings:
    """Read the environment; keyword arguments win over it.

    Raises:
        ConfigError: a variable has a value that cannot be used; it is named with the reason.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        told = "; ".join(
            f"MINERALWATCH_{'_'.join(str(p) for p in e['loc']).upper()}: {e['msg']}"
            for e in error.errors()
        )
        raise ConfigError(told, mend="set the variable to such a value, or unset it") from error
