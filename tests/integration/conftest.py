"""A desk's command line with one feed in its file; a feed with its hub and the receiver."""

import ipaddress
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner, Result

from pipeline.assess.assessor import Assessor, build_assessor
from pipeline.catalog import load_catalog
from pipeline.cli import app
from pipeline.settings import Settings
from tests.websub_world import World, world

Cli = Callable[..., Result]


@pytest.fixture(scope="session")
def assessor() -> Assessor:
    """The packaged one, built once: every command would build its own."""
    return build_assessor(load_catalog(Settings()).rules)


@pytest.fixture
def desk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str, assessor: Assessor
) -> Cli:
    """The command line on either database, with one configured feed."""
    file = tmp_path / "feeds.yaml"
    file.write_text("feeds: [{name: Filed, url: 'https://filed.example/feed', tier: 1}]\n")
    monkeypatch.setattr("pipeline.assess.assessor.build_assessor", lambda _rules: assessor)
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", database_url)
    monkeypatch.setenv("MINERALWATCH_FEEDS_FILE", str(file))
    monkeypatch.setenv("MINERALWATCH_ALLOW_PRIVATE_NETWORKS", "1")
    monkeypatch.setenv("MINERALWATCH_PARSE_PROCESSES", "0")
    monkeypatch.setenv("COLUMNS", "250")

    def call(*args: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, list(args), input=stdin)

    return call


@pytest.fixture
def watch(
    make_settings: Callable[..., Settings], tmp_path: Path, database_url: str, now: datetime
) -> Iterator[World]:
    """On SQLite and on PostgreSQL."""
    with world(make_settings, tmp_path, now, database_url=database_url) as made:
        yield made


@pytest.fixture
def lite(make_settings: Callable[..., Settings], tmp_path: Path, now: datetime) -> Iterator[World]:
    """On SQLite, for what has nothing to do with the database."""
    with world(make_settings, tmp_path, now) as made:
        yield made


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for 127.0.0.1: (path of certificate and key, server context)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.now(UTC) - timedelta(days=1)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return path, context
