"""What tests of integrations ask for: a bank that misbehaves, a mailbox, and a certificate to serve with."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask

from sandbox.harness import RunningMailbox, running_mailbox
from tests.integrations.misbehaving_bank import MisbehavingBank, Script
from tests.integrations.sample_mail import configure


@dataclass(frozen=True)
class Certificate:
    """Files of a certificate of 127.0.0.1, which nobody trusts unless a test says so, and of its key."""

    file: Path
    key: Path

    def of_server(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.file, self.key)
        return context


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server of the tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    paths = Certificate(folder / "server.pem", folder / "server.key")
    paths.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.fixture
def misbehaving() -> Iterator[Callable[[Script], MisbehavingBank]]:
    started: list[MisbehavingBank] = []

    def start(script: Script) -> MisbehavingBank:
        started.append(MisbehavingBank(script))
        return started[-1]

    yield start
    for bank in started:
        bank.close()


@pytest.fixture
def app() -> Iterator[Flask]:
    """The least application: Flask-Mail and its settings."""
    app = Flask("test")
    with app.app_context():
        configure(app)
        yield app


@pytest.fixture
def mailbox(tmp_path: Path, app: Flask) -> Iterator[RunningMailbox]:
    with running_mailbox(tmp_path / "mails") as running:
        configure(app, running.smtp_port)
        yield running
