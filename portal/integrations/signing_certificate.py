"""Who signs our documents: a certificate with its private key, in a PKCS#12 file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12


class CertificateUnusable(Exception):
    """Nothing can be signed. The words name the setting and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the file holds, and the moments between which it is good."""

    valid_from: datetime
    valid_until: datetime
    pkcs12: bytes = field(repr=False)
    password: bytes | None = field(repr=False)


def identity(path: str, password: str | None) -> Identity:
    """The one at `path`, read again when that has changed. Raises CertificateUnusable."""
    file = Path(path)
    try:
        state = file.stat()
        return _read(file, state.st_mtime_ns, state.st_size, password)
    except OSError as error:
        raise CertificateUnusable(f"SIGNING_CERTIFICATE, {file}: {error.strerror}") from error


@lru_cache(maxsize=2)
def _read(file: Path, _changed: int, _size: int, password: str | None) -> Identity:
    data = file.read_bytes()
    secret = password.encode() if password else None
    try:
        found = load_pkcs12(data, secret)
    except ValueError as error:
        raise CertificateUnusable(
            f"SIGNING_CERTIFICATE, {file}: no PKCS#12 file, or SIGNING_PASSWORD is not its password"
        ) from error
    if found.key is None or found.cert is None:
        raise CertificateUnusable(f"SIGNING_CERTIFICATE, {file}: it holds no certificate with its private key")
    certificate = found.cert.certificate
    return Identity(certificate.not_valid_before_utc, certificate.not_valid_after_utc, data, secret)
